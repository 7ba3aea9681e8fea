"""Laws of the page on one's own images: what is solved beside the whole, what is read and kept."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import jupytext
import numpy as np
import pandas as pd
import pytest
import tifffile

from companion import own_data
from companion.datasets import OWN, load_dataset, own_place
from companion.own_reader import reader_options, told_in_parameters
from shalelib import data
from shalelib.choice import ChoiceError
from shalelib.flow import DoesNotPercolateError, NotConvergedError, domain_from_mask

ROOT = Path(__file__).parents[1]
VOXEL = 3e-8


@pytest.fixture
def solved(monkeypatch):
    """The pores and the rock that are solved, in turn."""
    cases = []

    def solve(pore, rock, voxel_size):
        assert voxel_size == VOXEL
        cases.append((pore.copy(), rock.copy()))
        return float(len(cases)), np.nan, np.nan

    monkeypatch.setattr(own_data, "_solve", solve)
    return cases


def volume(edge):
    """Grey levels from 0 to 255 at random, and a rock without one corner."""
    sem = np.random.default_rng(0).integers(0, 256, (edge,) * 3, dtype=np.uint8)
    rock = np.ones(sem.shape, bool)
    rock[:4, :4, :4] = False
    return sem, rock


def test_five_levels_darker_and_lighter_are_solved_and_the_level_itself_is_a_pore(solved):
    sem, rock = volume(20)
    table = own_data.own_spread(sem, threshold=100, rock=rock, voxel_size=VOXEL)
    assert table["Case"].tolist() == ["threshold 95", "threshold 105"]
    for (pore, inside), most in zip(solved, (95, 105), strict=True):
        assert sem[pore].max() == most
        assert sem[~pore].min() == most + 1
        np.testing.assert_array_equal(inside, rock)


def test_thresholds_beyond_black_and_white_are_left_out(solved):
    sem, rock = volume(20)
    for threshold, known in ((3, ["threshold 8"]), (252, ["threshold 247"])):
        table = own_data.own_spread(sem, threshold=threshold, rock=rock, voxel_size=VOXEL)
        assert table["Case"].tolist() == known


@pytest.mark.parametrize(("edge", "pieces"), [(31, 0), (32, 8), (35, 8)])
def test_octants_are_solved_from_16_voxels_on_each_with_its_own_rock(solved, edge, pieces):
    """They tile the volume but for what is left at the far faces, and none is seen twice."""
    sem, rock = volume(edge)
    table = own_data.own_spread(sem, threshold=100, rock=rock, voxel_size=VOXEL)
    assert len(table) == 2 + pieces
    half = edge // 2
    for pore, inside in solved[2:]:
        assert pore.shape == inside.shape == (half,) * 3
    if pieces:
        shares = np.mean([inside.mean() for _, inside in solved[2:]])
        cut = np.s_[: 2 * half, : 2 * half, : 2 * half]
        assert shares == pytest.approx(rock[cut].mean())
        pores = np.mean([pore.mean() for pore, _ in solved[2:]])
        assert pores == pytest.approx((sem <= 100)[cut].mean())
        assert sum(not inside[0, 0, 0] for _, inside in solved[2:]) == 1


def test_a_volume_that_is_no_cube_has_eight_octants_of_its_own_shape(solved):
    sem = np.random.default_rng(0).integers(0, 256, (33, 70, 40), dtype=np.uint8)
    table = own_data.own_spread(sem, threshold=100, rock=np.ones_like(sem, bool), voxel_size=VOXEL)
    assert table["Case"][9] == "piece 8 of 16 × 35 × 20, threshold 100"
    assert len(table) == 2 + 8
    np.testing.assert_array_equal(solved[9][0], sem[16:32, 35:, 20:] <= 100)


@pytest.mark.parametrize("error", [DoesNotPercolateError, NotConvergedError])
def test_a_case_that_has_no_flow_or_does_not_settle_has_no_number(monkeypatch, error):
    def solve(*_, **__):
        raise error

    monkeypatch.setattr(own_data.flow, "permeability", solve)
    pore = np.ones((4, 4, 4), bool)
    porosity, *rest = own_data._solve(pore, pore, VOXEL)
    assert porosity == 1
    assert np.isnan(rest).all()


def test_classified_pores_take_the_place_of_the_threshold_in_the_octants(solved):
    sem, rock = volume(32)
    classified = sem > 200
    given = {"threshold": 100, "rock": rock, "voxel_size": VOXEL, "classified": classified}
    table = own_data.own_spread(sem, **given)
    assert [len(table), table["Case"][1]] == [3 + 8, "threshold 100"]
    np.testing.assert_array_equal(solved[1][0], sem <= 100)
    share = np.mean([pore.mean() for pore, _ in solved[3:]])
    assert share == pytest.approx(classified.mean())


def test_a_case_without_flow_has_the_porosity_of_its_rock():
    pore, rock = np.zeros((4, 4, 4), bool), np.zeros((4, 4, 4), bool)
    rock[:, :, :2] = True
    pore[0, 0, 0] = pore[3, 3, 3] = pore[1, 1, 3] = True  # one in the rock, of 32 voxels
    porosity, *rest = own_data._solve(pore, rock, VOXEL)
    assert porosity == 1 / 32
    assert np.isnan(rest).all()


def test_a_case_with_flow_has_the_cut_of_its_pores():
    pore = np.zeros((4, 6, 6), bool)
    pore[:, 1:4, 1:3] = True
    rock = np.ones(pore.shape, bool)
    porosity, k, cut = own_data._solve(pore, rock, VOXEL)
    assert porosity == domain_from_mask(pore).porosity == 1 / 6
    assert k > 0
    assert cut == 6


def test_the_sentences_say_the_least_and_the_greatest_permeability():
    """Of three cases, one of them without flow."""
    spread = pd.DataFrame({"Permeability [nd]": [30.0, np.nan, 10.0]})
    found = SimpleNamespace(permeability_nd=30.0, kn_mean=0.125)
    domain = SimpleNamespace(porosity=0.25, porosity_connected=0.125)
    told = own_data.findings(found, domain, spread, rule="a rule", volume="it")
    assert "is 30.0 nd" in told[0]
    assert "the porosity is 0.250, of which 0.125 is connected" in told[1]
    assert "In 2 of 3 cases" in told[2]
    assert "between 10.0 and 30.0 nd; in the others nothing" in told[2]


# What is read


@pytest.fixture
def folder(tmp_path):
    """Pairs of one's own, one in each split."""
    rng = np.random.default_rng(1)
    for split in ("train", "val", "test"):
        for kind in ("txm", "sem"):
            place = tmp_path / "mine" / split / kind
            place.mkdir(parents=True)
            image = rng.integers(1, 256, (16, 20), dtype=np.uint8)
            tifffile.imwrite(place / "001.tif", image, photometric="minisblack")
    return tmp_path / "mine"


def test_the_pixel_of_ones_own_images_is_what_is_said(folder):
    assert load_dataset(
        OWN, path=folder, pixel_size=7e-9, patches=False
    ).pixel_size == pytest.approx(7e-9)


def test_results_of_pairs_lie_by_their_images_and_not_by_their_labels(folder):
    """Labels may come later; another image, or another name of one, is another data set."""
    first = own_place(folder)
    assert first.startswith("mine-")
    (folder / "test" / "labels").mkdir()
    (folder / "test" / "labels" / "001.tif").write_bytes(b"phases")
    (folder / "README.txt").write_text("notes")
    assert own_place(folder) == first
    image = folder / "train" / "sem" / "001.tif"
    image.rename(image.with_name("002.tif"))
    renamed = own_place(folder)
    image.with_name("002.tif").write_bytes(b"another")
    assert len({first, renamed, own_place(folder)}) == 3


EMPTY = {
    **dict.fromkeys(("window", "channel", "image", "axes", "level", "shape", "dtype"), ""),
    **{"byte_order": "", "voxel_size": 0.0, "slice_distance": 0.0, "clip": 0.0, "offset": 0},
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"clip": 0.5}, {"percentiles": (0.5, 99.5)}),  # in per cent, as much at either end
        ({"voxel_size": 5e-8}, {"voxel_size": 5e-8}),
        ({"voxel_size": 5e-8, "slice_distance": 9e-8}, {"voxel_size": (9e-8, 5e-8, 5e-8)}),
        ({"channel": "2"}, {"channel": 2}),
        ({"channel": "InLens"}, {"channel": "InLens"}),
        ({"image": "1", "level": "2"}, {"image": 1, "level": 2}),
        ({"shape": "(3; 4; 5)"}, {"shape": (3, 4, 5)}),
        ({"axes": "zyx", "offset": 512}, {"axes": "ZYX", "offset": 512}),
    ],
)
def test_parameters_of_the_page_are_the_readers_options(given, expected):
    assert reader_options(**EMPTY | given) == expected


@pytest.mark.parametrize("name", ["channel", "image", "level"])
def test_the_first_of_several_can_be_asked_for(name):
    """They are counted from 0."""
    assert reader_options(**EMPTY | {name: "0"}) == {name: 0}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"window": (0, 4095)}, {"window": (0.0, 4095.0)}),
        ({"shape": [3, 4, 5]}, {"shape": (3, 4, 5)}),
        ({"channel": 0, "image": 1, "level": 2}, {"channel": 0, "image": 1, "level": 2}),
        ({"window": None, "channel": None}, {}),
    ],
)
def test_what_a_message_says_can_be_written_as_numbers_in_a_notebook(given, expected):
    """There `window = (0, 4095)` is no text, as it is on the command line."""
    assert reader_options(**EMPTY | given) == expected


def test_the_page_tells_its_own_parameters_wherever_it_is_run(tmp_path):
    """In JupyterLab no command stands between the reader's words and the user."""
    deep = np.random.default_rng(0).integers(0, 4096, (3, 12, 9), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="minisblack")
    [cell] = [
        cell.source
        for cell in jupytext.read(ROOT / "notebooks/18_own_data.py").cells
        if cell.cell_type == "code" and "data.read_volume(" in cell.source
    ]
    reading = cell[: cell.index("volume = brought_to_cubes")]
    known = {"data": data, "told_in_parameters": told_in_parameters, "rock": ""}
    known["txm_file"] = tmp_path / "deep.tif"
    with pytest.raises(ChoiceError, match=r"window=\(\S+, \S+\) or clip=0\.1;") as refusal:
        exec(reading, known | {"options": {}})
    assert "percentiles" not in str(refusal.value)
    [share] = re.findall(r"clip=(\S+);", str(refusal.value))
    exec(reading, known | {"options": reader_options(**EMPTY | {"clip": float(share)})})
    about = {"unit": "nm", "axes": "ZYX"}
    options = {"imagej": True, "resolution": (0.1, 0.1), "metadata": about}
    tifffile.imwrite(tmp_path / "deep.tif", (deep >> 4).astype(np.uint8), **options)
    with pytest.warns(UserWarning, match=r"pass voxel_size and slice_distance \[m\]") as told:
        exec(reading, known | {"options": {}})
    assert len(told) == 1
