"""Thresholds by the three rules: definitions, order, sweeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from shalelib.flow.domain import connected_pores
from shalelib.flow.thresholds import sweep_levels, threshold_rules


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
