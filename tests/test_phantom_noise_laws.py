"""Laws of the random numbers and noise fields that the digital shale is made of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shalelib.phantom.noise import (
    hash3,
    mix,
    nearest_cells,
    normals,
    round_off,
    stream,
    uniforms,
    unit,
    value_noise,
)
from shalelib.phantom.shapes import Field, make_scratch, noise

U = np.uint64
SEED = stream(0, "laws")


def test_the_hash_is_splitmix64():
    """The first outputs of the generator from state 0 (Steele, Lea and Flood 2014)."""
    golden = 0x9E3779B97F4A7C15
    known = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(mix(U(n * golden % 2**64))) for n in (1, 2, 3)] == known


def test_a_hash_becomes_its_share_of_the_range():
    assert [unit(U(n)) for n in (0, 2**62, 2**63)] == [0.0, 0.25, 0.5]
    assert unit(U(2**64 - 1)) == 1 - 2**-53


def test_no_two_places_have_one_hash():
    """Of 9³, negative ones and mirrored and turned ones among them, with two seeds."""
    around = range(-4, 5)
    places = [(U(s), z, y, x) for s in (1, 2) for z in around for y in around for x in around]
    assert len({int(hash3(*place)) for place in places}) == len(places)


def test_deviates_have_the_distributions_that_they_are_called_by():
    """Kolmogorov and Smirnov's distance of 20,000: beyond 1.63 / sqrt(n) in one of a hundred."""
    most = 1.63 / np.sqrt(20_000)
    assert stats.kstest(uniforms(SEED, 3, 20_000), "uniform").statistic < most
    assert stats.kstest(normals(SEED, 3, 20_000), "norm").statistic < most
    assert (uniforms(SEED, 3, 5) != uniforms(SEED, 4, 5)).all()


def value(z, y, x):
    """Value noise at a place, of a walk that begins there."""
    return value_noise(SEED, z, y, x, np.full((1, 11), np.nan), 0)


def test_noise_lies_evenly_in_its_range_at_the_lattice_points():
    found = [value(float(z), float(y), 0.0) for z in range(-20, 20) for y in range(40)]
    assert stats.kstest(found, stats.uniform(-1, 2).cdf).statistic < 1.63 / np.sqrt(len(found))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_noise_fades_from_point_to_point_by_perlins_curve(axis):
    """6 t⁵ - 15 t⁴ + 10 t³: 53/512 of the way at a quarter, half at the middle."""
    step = np.eye(3)[axis]
    for place in np.array([[0.0, 0, 0], [-3, 2, 7], [4, -5, -1]]):
        start, stop = value(*place), value(*(place + step))
        for t, share in ((0.25, 53 / 512), (0.5, 0.5), (0.75, 459 / 512)):
            found = value(*(place + t * step))
            assert (found - start) / (stop - start) == pytest.approx(share)


def test_noise_in_the_middle_of_a_cell_is_the_mean_of_its_corners():
    corners = [value(float(z), float(y), float(x)) for z in (2, 3) for y in (4, 5) for x in (-1, 0)]
    assert value(2.5, 4.5, -0.5) == pytest.approx(np.mean(corners))
    assert value(2.5, 4.5, -1.0) == pytest.approx(np.mean(corners[::2]))


def test_a_walk_remembers_no_other_cell():
    """From cell to cell along each axis the values are those of walks that begin there."""
    scratch = np.full((2, 11), np.nan)
    rng = np.random.default_rng(0)
    for place in np.cumsum(rng.normal(0, 0.5, (60, 3)) * np.eye(3)[rng.integers(0, 3, 60)], 0):
        assert value_noise(SEED, *place, scratch, 1) == value(*place)


def test_a_field_has_features_of_its_scale_and_is_no_other_field():
    """A scale of 8: at the middle of two lattice points, 8 apart, it is their mean."""
    lattice = make_scratch()[0]

    def at(slot, x):
        return noise(SEED, slot, 8.0, 16.0, 24.0, x, lattice)

    for x in (0.0, 8.0, -16.0):
        mean = (at(Field.WARP_Z, x) + at(Field.WARP_Z, x + 8)) / 2
        assert at(Field.WARP_Z, x + 4) == pytest.approx(mean)
    assert len({at(slot, 8.0) for slot in Field}) == len(Field)


# Grains


def cell(place, spread):
    return nearest_cells(SEED, *place, spread, np.full((1, 28, 5), np.nan), 0)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_face_of_a_grain_is_as_far_as_it_says(spread):
    """Short of that distance all is the same grain; straight on, just beyond it, is another."""
    rng = np.random.default_rng(1)
    for place in rng.uniform(-3, 3, (40, 3)):
        first, second, grain = cell(place, spread)
        assert 0 < first <= second
        away = rng.standard_normal((10, 3))
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        assert {cell(place + 0.99 * first * one, spread)[2] for one in away} == {grain}
        if second - first < 1e-3 or first < 1e-3:
            continue
        step = 1e-6 * np.eye(3)
        slope = np.array(
            [(cell(place + s, spread)[0] - cell(place - s, spread)[0]) / 2e-6 for s in step]
        )
        assert np.linalg.norm(slope) == pytest.approx(1, rel=1e-5)
        assert cell(place - 0.999 * first * slope, spread)[2] == grain
        assert cell(place - (1.001 * first + 1e-6) * slope, spread)[2] != grain


def test_grains_differ_in_size_the_more_the_wider_their_weights_spread():
    """One a unit cube without; with weights some vanish, and the others take their room."""
    rng = np.random.default_rng(2)
    places = rng.uniform(0, 12, (6000, 3))
    scratch = np.full((1, 28, 5), np.nan)
    found = []
    for spread in (0.0, 2.0):
        scratch[:] = np.nan
        names = [int(nearest_cells(SEED, *p, spread, scratch, 0)[2]) for p in places]
        found.append(len(set(names)))
    assert 1500 < found[0] < 2300  # 12³ and those that reach in from beyond the sides
    assert found[1] < 0.8 * found[0]


def test_a_grain_is_rounded_by_a_quarter_at_its_edges_and_not_at_all_at_its_faces():
    """At an edge two faces are as near; half the rounding off it falls to a quarter of that."""
    assert round_off(2.0, 2.0, 0.8) == pytest.approx(2.0 - 0.2)
    assert round_off(2.0, 2.4, 0.8) == pytest.approx(2.0 - 0.2 / 4)
    assert round_off(2.0, 2.8, 0.8) == round_off(2.0, 9.0, 0.8) == 2.0
