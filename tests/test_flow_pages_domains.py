"""The flow page on what a thresholded domain is made of, and on one grey level more."""

import numpy as np
import pandas as pd
import pytest

from companion.flow_scenes import FlowScene
from companion.flow_volumes import TABLE_3
from companion.pages import flow_domains as page
from companion.pages import threshold
from companion.pages.flow import piece_summary
from companion.pages.flow_findings import domain_sentences, factor_sentence


def masks():
    """A true channel of 8 of 64 columns, a domain that is half of it and half beside it."""
    pores = np.zeros((4, 8, 8), bool)
    pores[:, 2, :] = True
    domain = np.zeros_like(pores)
    domain[:, 2:4, :4] = True
    return pores, domain


def test_the_share_of_true_pores_is_that_of_the_domains_voxels():
    pores, domain = masks()
    [row] = page.share_table({"truth_sem_first": domain}, pores).to_dict("records")
    assert row["true"] == 0.5
    assert row["by chance"] == row["φ connected"] == 1 / 8
    assert row["Domain"] == "True FIB-SEM, thresholded, first percolation"


def scene(open_columns):
    """Gas in the first columns of 100 along x, in every plane."""
    pore = np.zeros((2, 3, 100), bool)
    pore[..., :open_columns] = True
    nothing = np.zeros(pore.shape, np.float32)
    return FlowScene(pore=pore, fall=nothing, lines=[], voxel_size=1e-8)


def test_planes_with_few_pores_are_named():
    told = page.empty_planes({"wide": scene(40), "narrow": scene(2)})
    assert told == (
        "Share of pores in the middle x-z plane: wide 40.0%, narrow 2.0%. "
        "Too little to show a pressure: narrow."
    )
    assert "Too little" not in page.empty_planes({"wide": scene(40)})


def test_a_surface_of_one_colour_is_told_with_the_share_of_the_drop_that_it_hides():
    """Gas that loses all but 2% of its pressure below the view, and gas that loses it in sight."""
    pore = np.ones((16, 16, 16), bool)
    hidden = np.ones(pore.shape, np.float32)
    hidden[1:] = np.linspace(0.02, 0.0, 15, dtype=np.float32)[:, None, None]
    pore[0, -1, :] = pore[0, :, -1] = False  # the lowest slice is not seen
    in_sight = np.broadcast_to(np.linspace(1.0, 0.0, 16)[:, None, None], pore.shape)
    drawn = {
        title: FlowScene(pore=pore, fall=fall.astype(np.float32), lines=[], voxel_size=1e-8)
        for title, fall in {"hidden": hidden, "in sight": in_sight}.items()
    }
    assert page.flat_surfaces(drawn) == (
        " The surface of hidden has one colour: 98% of its drop falls in narrow places that the "
        "surface hides."
    )
    assert page.flat_surfaces({"in sight": drawn["in sight"]}) == ""


@pytest.mark.parametrize(
    ("k", "verdict"),
    [([100.0, 101.0, 99.0], "the volumes agree"), ([100.0, 300.0, 20.0], "no representative")],
)
def test_volumes_that_differ_are_not_representative(k, verdict):
    pores, domain = masks()
    of_networks = {name + end: ~pores for name in TABLE_3 for end in ("_first", "")}
    shares = page.share_table(of_networks | {"truth_sem_first": domain, "truth_sem": pores}, pores)
    pieces = pd.DataFrame({"edge [voxel]": [4, 4], "piece": [0, 1], "k [nd]": [3.0, np.nan]})
    told = domain_sentences(
        shares, {"truth": {"permeability_grid_nd": k}}, piece_summary(pieces, 3.0)
    )
    assert (
        "of the translated central volume, 0% to 0% are true pores, as are 12% of all voxels"
        in told[0]
    )
    assert "the true FIB-SEM, 50% at first percolation and 100% when 90% are connected" in told[0]
    assert verdict in told[1]
    assert f"{np.std(k, ddof=1) / np.mean(k):.0%} of the mean" in told[1]
    assert "of 2 pieces of 4³ voxels 1 let gas through" in told[1]


def test_what_moves_k_most_comes_first_and_pairs_without_flow_do_not_count():
    """Readings 8 apart, volumes 2 or (where one has no flow) 1 pair, models alike, the grid 4."""
    numbers = {
        name + end: {
            "permeability_grid_nd": [k, None, 2 * k],
            "permeability_nd": [k / 4, None, k / 2],
        }
        for name in (*TABLE_3, "truth_sem")
        for end, k in (("_first", 1.0), ("", 8.0))
    }
    assert factor_sentence(numbers) == (
        "The median factor by which k differs, over all pairs, is 8.0 between the two "
        "readings of the threshold, 4.0 between the voxels as they are and a fine grid, 2.0 "
        "between two test volumes, 1.0 between two models."
    )
    nothing = {key: [None] for key in ("permeability_grid_nd", "permeability_nd")}
    assert factor_sentence(dict.fromkeys(numbers, nothing)).endswith("is unknown.")


@pytest.mark.parametrize(
    ("k", "said"),
    [([100.0, 600.0], "says nothing about"), ([100.0, 200.0], "more than the paper's two rows")],
)
def test_the_papers_rows_are_held_against_domains_at_first_percolation(k, said):
    table = pd.DataFrame({"key": ["a", "b"], "axis": "z", "first": True, "cut": [1, 2]})
    told = threshold.row_sentence(table.assign(permeability_nd=k))
    assert "1 to 2 voxels carry all the gas" in told
    assert "two rows differ by a factor of 5.0" in told
    assert said in told


def test_one_grey_level_more_is_taken_by_volume_and_axis():
    """Only the level that follows first percolation counts, and only of the same sweep."""
    table = pd.DataFrame(
        {
            "key": ["a", "a", "a", "b", "b"],
            "axis": ["z", "z", "y", "z", "z"],
            "first": [True, False, True, True, False],
            "level": [10, 11, 20, 10, 15],
            "permeability_nd": [2.0, 10.0, 1.0, 1.0, 9.0],
        }
    )
    [(place, ratio)] = threshold.next_level(table).items()
    assert place == ("a", "z")
    assert ratio == 5.0
