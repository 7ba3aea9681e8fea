"""Thresholds by the three rules: definitions, order, sweeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from shalelib.flow.domain import DoesNotPercolateError, connected_pores
from shalelib.flow.thresholds import (
    common_threshold,
    connected_threshold,
    sweep_levels,
    threshold_curve,
    threshold_rules,
)


def grey_volume(seed, n=20):
    """Smooth grey levels that fill 0 to 255."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((n,) * 3), 1.2)
    low, high = field.min(), field.max()
    return ((field - low) / (high - low) * 255).astype(np.uint8)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_rules_are_in_order_and_mean_what_they_say(axis):
    """First percolation is the lowest level that joins the faces; the others come no earlier."""
    volumes = {"one": grey_volume(0), "two": grey_volume(1)}
    rules = threshold_rules(volumes, axis=axis)
    for name, grey in volumes.items():
        first, own, common = (rules[name][rule] for rule in ("first", "own", "common"))
        assert connected_pores(grey <= first.level, axis=axis).any()
        assert not connected_pores(grey <= first.level - 1, axis=axis).any()
        assert first.level <= own.level <= common.level
        for found in (own, common):
            assert found.porosity_connected >= 0.9 * found.porosity
            assert found.porosity == (grey <= found.level).mean()
    assert rules["one"]["common"].level == rules["two"]["common"].level


def test_a_sweep_begins_where_the_faces_first_connect():
    grey = grey_volume(2)
    first = threshold_rules({"grey": grey})["grey"]["first"].level
    levels = sweep_levels(grey, 5, last=first + 8)
    assert levels == [first + step for step in (0, 2, 4, 6, 8)]
    assert sweep_levels(grey, 5, last=0) == [first, first + 1]


def test_bad_sweeps_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        sweep_levels(grey_volume(0), 1, last=90)
    with pytest.raises(ValueError, match="grey level"):
        sweep_levels(grey_volume(0), 4, last=256)


def in_a_box(grey, air):
    """A volume in a wider box, and the mask of its place."""
    margin = [(0, 0), (6, 6), (6, 6)]
    return np.pad(grey, margin, constant_values=air), np.pad(np.ones(grey.shape, bool), margin)


@pytest.mark.parametrize("air", [0, 30, 255])
def test_with_the_mask_a_plug_has_the_thresholds_of_its_rock(air):
    """Whatever lies round it: levels, porosities and shares are those of the rock cut out."""
    alone = {"one": grey_volume(0), "two": grey_volume(1)}
    boxed = {name: in_a_box(grey, air) for name, grey in alone.items()}
    volumes = {name: grey for name, (grey, _) in boxed.items()}
    rocks = {name: rock for name, (_, rock) in boxed.items()}
    found = threshold_rules(volumes, rocks=rocks)
    for name, rules in threshold_rules(alone).items():
        for rule, expected in rules.items():
            assert found[name][rule].level == expected.level
            assert found[name][rule].porosity == pytest.approx(expected.porosity)
            assert found[name][rule].porosity_connected == pytest.approx(
                expected.porosity_connected
            )
    grey, rock = boxed["one"]
    assert sweep_levels(grey, 4, last=200, rock=rock) == sweep_levels(alone["one"], 4, last=200)
    assert connected_threshold(grey, rock=rock) == connected_threshold(alone["one"])


def test_periodic_sides_join_pores_for_thresholds_too():
    """A channel that goes on across a side opens the volume where that side repeats."""
    grey = np.full((6, 5, 5), 200, np.uint8)
    grey[:4, 2, 0] = grey[3:, 2, 4] = 10
    walls, round_ = ({"sides": sides} for sides in ("wall", "periodic"))
    assert (connected_threshold(grey, **walls), connected_threshold(grey, **round_)) == (200, 10)
    assert threshold_rules({"rock": grey}, **round_)["rock"]["common"].level == 10
    assert sweep_levels(grey, 2, last=20, **round_) == [10, 20]
    np.testing.assert_allclose(threshold_curve(grey, [10], **round_), [[7 / 150, 7 / 150]])
    with pytest.raises(ValueError, match="sides must be one of"):
        threshold_rules({"rock": grey}, sides="Periodic")


def test_a_rock_in_pieces_has_no_threshold_that_connects_most_of_it():
    """Half of the mask ends before the far face: no grey level helps, and none is returned."""
    grey = grey_volume(3)
    rock = np.ones(grey.shape, bool)
    rock[8:12, :, :12] = rock[..., 12:13] = False
    with pytest.raises(DoesNotPercolateError, match=r"of the rock itself 42\.2% reach .*largest"):
        connected_threshold(grey, rock=rock)
    largest = rock.copy()
    largest[..., :13] = False
    assert connected_threshold(grey, rock=largest) < 255
    assert connected_threshold(grey, rock=rock, fraction=0.2) < 255


@pytest.mark.parametrize("fraction", [0, 1.1, 90, True, "0.9", None, float("nan")])
def test_a_fraction_is_a_share_of_the_pores(fraction):
    with pytest.raises(ValueError, match=r"fraction must lie in \(0, 1\].*write 0\.9"):
        connected_threshold(grey_volume(0), fraction=fraction)


def test_masks_belong_to_volumes():
    grey = grey_volume(0)
    mask = np.ones(grey.shape, bool)
    with pytest.raises(ValueError, match=r"a mask of \['plug'\]; the volumes are called 'rock'"):
        threshold_rules({"rock": grey}, rocks={"plug": mask})
    with pytest.raises(TypeError, match="rocks must map names"):
        threshold_rules({"rock": grey}, rocks=[mask])
    with pytest.raises(TypeError, match=r"write rocks=\[mask\]"):
        common_threshold([grey], rocks=mask)
    with pytest.raises(ValueError, match="a mask of each volume, got 2 for 1"):
        common_threshold([grey], rocks=[mask, mask])
