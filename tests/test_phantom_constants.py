"""What the constants of the rock stand for: each is found again in a rock that has little else.

The settings of the digital shale are choices. But each is a share, a length or a level of
something, and where all else is switched off that something can be measured.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shalelib.phantom.fabric import make_rock
from shalelib.phantom.fabric_config import HIGH, LOW, FabricConfig
from shalelib.phantom.shapes import Field, make_scratch, noise

NEVER = 1e3  # beyond the range of any noise field

PLAIN = {
    **{"openness": -NEVER, "porosity": -NEVER, "fine_share": 0.0},
    **{"belt": -NEVER, "belt_varies": 0.0, "roughness": 0.0, "rounding": 1e-9},
    **{"cluster_share": 0.0, "speck_share": 0.0, "spark_least": NEVER},
    **{"tone": 0.0, "light": 0.0, "fleck": 0.0, "cloud": 0.0, "haze": 0.0, "mu_tone": 0.0},
}
"""A rock of matrix alone, without grains, clusters, specks or charging."""

ROUND = {
    **{"cluster_radius_range": 0.0, "cluster_flatness": 0.0, "streak_cut": -NEVER},
    **{"cluster_rough": 0.0, "cluster_rough_fine": 0.0},
}
"""Clusters that are spheres of one size without streaks."""

BRIGHT = {"speck_dull": 0.0, "speck_range": 0.0, "crowd_least": -NEVER}
"""Specks of one size, all of them there and bright."""

DEFAULT = FabricConfig()


def make(*kept, edge=100, depth=40, every=1, seed=0, z0=0, **given):
    """A rock of matrix with what is given, and what is kept of the digital shale's settings."""
    plain = {name: value for name, value in PLAIN.items() if name not in kept}
    outline = np.zeros((edge, edge), bool)
    outline[::every, ::every] = True
    config = dataclasses.replace(DEFAULT, **plain | given)
    parts = [
        make_rock(config, outline, z0=z0 + z, depth=1, seed=seed) for z in range(0, depth, every)
    ]
    return type(parts[0])(
        *(np.concatenate([part[:, ::every, ::every] for part in whole])
          for whole in zip(*parts, strict=True))
    )  # fmt: skip


def volume(rock, label=HIGH):
    return float((rock.labels == label).mean())


def sphere(radius):
    return 4 / 3 * np.pi * radius**3


def test_a_rock_without_anything_is_matrix():
    """The ground of what follows."""
    rock = make(depth=2)
    assert len(np.unique(rock.labels)) == 1
    assert len(np.unique(rock.grey)) == 1
    assert not rock.charging.any()


# Shares of grains and places


def test_three_grains_of_ten_are_clay():
    """Clay is lighter for X-rays; one point a grain, so that each counts for itself."""
    rock = make("fine_share", edge=400, depth=80, every=8, grain=8.0, mu_clay=-100.0,
                clay_edge=1e-6)  # fmt: skip
    clay = (rock.attenuation < 64).mean()
    assert clay == pytest.approx(0.3, rel=0.05)  # 25,000 points: a standard error of 1 %


def test_nine_places_of_ten_hold_a_cluster():
    """Spheres of a quarter of the spacing, of which none touch: their volume counts them."""
    rock = make("cluster_share", edge=96, depth=96, every=2, cluster=8.0, cluster_radius=0.25,
                hollow_share=0.0, **ROUND)  # fmt: skip
    assert volume(rock) / sphere(0.25) == pytest.approx(0.9, rel=0.04)  # 1728 places: 0.8 %


def test_a_third_of_the_clusters_are_hollow():
    """With shells of no thickness those are not there; with a wide reach each point has one."""
    rock = make(edge=400, depth=80, every=8, cluster_share=1.0, cluster=8.0, cluster_radius=0.95,
                hollow=0.0, **ROUND)  # fmt: skip
    assert 1 - volume(rock) == pytest.approx(0.35, rel=0.05)


def hollow_clusters(**given):
    return make(**{"edge": 96, "depth": 96, "every": 2, "cluster_share": 1.0, "cluster": 32.0,
                   "cluster_radius": 0.25, **ROUND} | given)  # fmt: skip


def test_the_shell_of_a_hollow_cluster_is_nearly_half_its_radius():
    """The core is a sphere of the rest of the radius."""
    full = volume(hollow_clusters(hollow_share=0.0))
    core = 1 - volume(hollow_clusters(hollow_share=1.0)) / full
    assert 1 - core ** (1 / 3) == pytest.approx(0.45, rel=0.03)


def test_the_core_of_a_cluster_is_half_as_rough_as_its_outline():
    """A roughness without end in space moves all outlines by one length, and the cores by half.

    The other way: where the outline is the smaller by it, the core is the larger.
    """
    wide = {"roughness": 1.0, "cluster_rough": 4.0, "cluster_rough_scale": 1e9}
    moved = []
    for radius, hollow_share in ((8.0, 0.0), (4.0, 1.0)):  # of the spheres, of half of them
        plain, rough = (
            volume(hollow_clusters(hollow_share=0.0, **given))
            - hollow_share * volume(hollow_clusters(hollow_share=1.0, hollow=0.5, **given))
            for given in ({}, wide)
        )
        moved.append(radius * ((rough / plain) ** (1 / 3) - 1))
    outline, core = moved
    assert abs(outline) > 1  # voxel
    assert -core / outline == pytest.approx(0.5, rel=0.04)


# Small objects


def test_six_places_of_ten_hold_a_small_object():
    """Small ones, which hardly overlap, against those of a rock in which each place has one."""
    about = {"edge": 80, "depth": 80, "speck": 8.0, "speck_least": 0.1, **BRIGHT}
    held = volume(make("speck_share", **about)) / volume(make(speck_share=1.0, **about))
    assert held == pytest.approx(0.6, rel=0.06)  # of 1000 places


def specks(**given):
    """Dull ones of 8 voxels, without rims; pores are LOW."""
    about = {"edge": 240, "depth": 240, "every": 3, "speck": 80.0, "speck_least": 0.1}
    about |= {"speck_share": 1.0, "speck_rough": 0.0, "speck_rim_size": NEVER, **BRIGHT}
    return make(**about | {"speck_dull": 1.0, "speck_pore_depth": 0.0} | given)


def test_two_small_objects_of_five_are_pores_inside():
    about = {"edge": 80, "depth": 80, "every": 1, "speck": 8.0, "speck_least": 0.1}
    porous, all_of_them = (specks(**about, **given) for given in ({}, {"speck_pore": 1.0}))
    assert volume(porous, LOW) / volume(all_of_them, LOW) == pytest.approx(0.4, rel=0.06)


def test_their_pores_begin_a_voxel_below_the_outline():
    """Of a body of plane faces what lies deeper is the body itself, smaller by so much."""
    size = 8.0
    inside, body = (
        volume(specks(speck_pore=1.0, **given), LOW)
        for given in ({"speck_pore_depth": DEFAULT.speck_pore_depth}, {})
    )
    assert size * (1 - (inside / body) ** (1 / 3)) == pytest.approx(1.0, rel=0.05)


def test_their_pores_are_nearly_as_dark_as_the_dark_phase():
    """Between its level deep inside and at its outline. This pins the level itself: a choice."""
    rock = specks(speck_pore=1.0)
    assert np.unique(rock.grey[rock.labels == LOW]).tolist() == [25]
    assert DEFAULT.low < 25 < DEFAULT.low + DEFAULT.low_edge


@pytest.mark.parametrize(("size", "rims"), [(2.45, False), (2.55, True)])
def test_objects_of_more_than_two_and_a_half_voxels_have_rims(size, rims):
    about = {"depth": 20, "speck": 10.0, "speck_least": size / 10, "speck_share": 1.0}
    rock = make(**about | BRIGHT | {"speck_dull": 1.0})
    assert rock.charging.any() == rims


def crowd(**given):
    """Specks that are everywhere, where their neighbourhood lets them be; all else is matrix."""
    about = {"speck": 16.0, "speck_least": 20.0, "speck_share": 1.0, "speck_rough": 0.0}
    about |= {"speck_dull": 0.0, "speck_range": 0.0}
    about |= {"crowd": 0.0, "crowd_cloud": 0.0, "crowd_rank": 0.0}
    return make(**about | given)


@pytest.mark.parametrize(("level", "reach"), [(0.0, 20.0), (0.1, 15.0), (0.2, 10.0)])
def test_small_objects_crowd_within_20_voxels_of_a_cluster(level, reach):
    """There the crowd is zero, and grows by 0.02 a voxel: 0.1 is reached 5 voxels nearer.

    A sphere of 16 voxels in each cell of 128 is the larger by that.
    """
    about = {"edge": 512, "depth": 512, "every": 8, "cluster": 128.0, "cluster_radius": 0.125}
    about |= {"cluster_share": 1.0, "hollow_share": 0.0, **ROUND}
    crowded = volume(crowd(**about, crowd_least=level))
    radius = 128 * (crowded / sphere(1)) ** (1 / 3)
    assert radius - 16 == pytest.approx(reach, rel=0.04)


@pytest.mark.parametrize(
    ("radius", "level", "share"),
    [(0.0, 0.0, 0.8), (0.95, 1.0, 0.5)],
    ids=["far from clusters", "inside"],
)
def test_the_nearness_of_clusters_counts_no_less_and_no_more_than_so_much(radius, level, share):
    """Of objects by their rank, evenly from 0 to 1: those above 0.2, those above 1 - 0.5."""
    about = {"edge": 512, "depth": 64, "every": 8, "cluster": 100.0, "cluster_radius": radius}
    about |= {"cluster_share": float(radius > 0), "hollow_share": 0.0, "streak_cut": NEVER}
    rock = crowd(**about, crowd_rank=1.0, crowd_least=level, speck=8.0)
    assert volume(rock) == pytest.approx(share, rel=0.015)


# Levels and edges


def test_clay_sets_in_across_four_voxels():
    """A drop of 120 across it is 30 a voxel, whichever way a belt of clay runs."""
    rock = make(edge=100, depth=30, belt=8.0, mu_clay=-120.0, grain=60.0)
    dense = rock.attenuation.astype(float)
    slope = np.sqrt(sum(part**2 for part in np.gradient(dense)))
    middle = np.abs(dense - 68) < 15
    assert np.median(slope[middle]) == pytest.approx(120 / 4, rel=0.03)


def test_the_matrix_is_mottled_by_three_grey_levels():
    """A mottle of 90 is thirty times as strong at the same places."""
    weak, strong = (make("fleck", depth=4, **given).grey for given in ({}, {"fleck": 90.0}))
    slope = np.polyfit(strong.ravel().astype(float), weak.ravel().astype(float), 1)[0]
    assert 90 * slope == pytest.approx(3.0, rel=0.02)


def test_a_hollow_cluster_is_as_large_and_as_flat_as_any():
    """Without their shells the hollow ones are gone, and with them their share of the volume."""
    about = {"hollow": 0.0, "cluster_flatness": 9.0, "cluster": 8.0}
    about |= {"cluster_radius": 0.05, "cluster_radius_range": 0.2}
    kept = volume(hollow_clusters(**about)) / volume(hollow_clusters(**about, hollow_share=0.0))
    assert 1 - kept == pytest.approx(0.35, rel=0.15)  # of 1728, most of them small: 6 %


def test_fields_of_noise_are_independent():
    """Streaks of two sizes, three warps, two hazes: no field is another one in disguise.

    What is measured is the noise itself: at one scale any two of them are uncorrelated.
    """
    lattice = make_scratch()[0]
    place = np.random.default_rng(0).uniform(0, 1000, (400, 3))
    slots = [int(slot) for slot in Field.__members__.values()]  # second names of one are among them
    fields = [
        [noise(np.uint64(5), slot, 1.0, *point, lattice) for point in place] for slot in slots
    ]
    related = np.corrcoef(fields) - np.eye(len(slots))
    assert np.abs(related).max() < 5 / np.sqrt(len(place))
