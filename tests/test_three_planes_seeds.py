"""The generator of volumes by the seed of its training: measured alike, from the same code."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from companion import volume_measures, volumes
from companion.pages import three_planes_seeds as page
from companion.pages.three_planes import reached
from companion.pages.truth import BY_NAME
from companion.rows import THREE_PLANES, TRUTH
from companion.run import open_run
from shalelib.data.pairs import Dataset, Volumes
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import domain_from_grey
from shalelib.flow.thresholds import connected_threshold
from shalelib.flow.voxels import central_piece
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.fabric_config import LOW, SOFT
from shalelib.segmentation import ClassifierConfig, Phase, save_classifier, train_classifier

VOXEL = 5e-8


@pytest.fixture
def cubes():
    """Two cubes of smooth rock, the TXM a faint view of it."""
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.normal(size=(2, 40, 40, 40)), (0, 2, 2, 2))
    low = field < np.quantile(field, 0.35)
    sem = np.where(low, 60, 150) + rng.integers(0, 20, low.shape)
    return Cubes(
        txm=(40 + sem // 2).astype(np.uint8),
        sem=sem.astype(np.uint8),
        labels=np.where(low, LOW, SOFT).astype(np.uint8),
        voxel_size=VOXEL,
    )


@pytest.fixture
def data(toy_pairs):
    few = toy_pairs.take(np.arange(2))
    slices = {"train": toy_pairs, "validation": few, "test": few}
    txm = np.zeros((toy_pairs.slice_index.max() + 1, *toy_pairs.txm.shape[1:]), np.uint8)
    volume = Volumes(txm=txm, test_z=(0, 1))
    return Dataset(name="phantom", description="toy", pixel_size=VOXEL, volumes=volume, **slices)


@pytest.fixture
def runs(monkeypatch, tmp_path, cubes):
    """Seed 0 with the pixel classifier, seeds 1 and 2 of which 1 was trained."""
    every = [
        open_run(profile="smoke", dataset="phantom", seed=seed, results=str(tmp_path))
        for seed in range(3)
    ]
    for run in every[:2]:
        generator = run.folder / THREE_PLANES.key / volumes.GENERATOR
        generator.parent.mkdir()
        generator.write_text("weights")
    marked = np.where(cubes.labels[0, :2] == LOW, Phase.LOW, Phase.HIGH).astype(np.uint8)
    few = ClassifierConfig(n_trees=2, max_depth=3)
    instrument = train_classifier(cubes.sem[0, :2], marked, config=few)
    save_classifier(instrument, every[0].folder / volume_measures.CLASSIFIER)
    monkeypatch.setattr("shalelib.models.inference.load_generator", lambda path: path)
    monkeypatch.setattr(
        "shalelib.models.volumes.translate_volume", lambda network, txm, path: 2 * (txm - 40)
    )
    monkeypatch.setattr(page, "read_trainings", lambda run, *_, **__: run.seed == 1)
    return every


def test_another_seed_is_measured_as_the_first_is(runs, cubes, data):
    """By the classifier of the first; the volumes here are the truth, within a grey level."""
    first, other, missing = runs
    assert page.measure_seed(missing, first, cubes, data) is None
    found = page.measure_seed(other, first, cubes, data)
    same = volume_measures.measure_rows((THREE_PLANES,), first, cubes, data, progress=False)
    for name, values in same[THREE_PLANES.key].scores.items():
        np.testing.assert_array_equal(found.scores[name], values)
    assert found.scores["auc"].min() > 0.99
    expected = []
    for txm in cubes.txm:
        grey = central_piece(2 * (txm - 40), first.profile.flow.cube_edge)
        domain = domain_from_grey(grey, threshold=connected_threshold(grey))
        expected.append(permeability(domain, voxel_size=VOXEL, knudsen=True).permeability_nd)
    np.testing.assert_allclose(found.permeability_nd, expected, rtol=1e-6)


def test_what_was_measured_is_found_without_its_volumes(runs, cubes, data):
    """They are large, and kept by no reference; other weights are another training."""
    first, other, _ = runs
    found = page.measure_seed(other, first, cubes, data)
    (other.folder / volumes.FOLDER / f"{THREE_PLANES.key}.tif").unlink()
    later = open_run(profile="smoke", dataset="phantom", seed=1, results=other.above.parent)
    again = page.measure_seed(later, first, cubes, data)
    assert again.permeability_nd == found.permeability_nd
    assert later.store.origins == {page.MEASURES: "found", page.FLOWS: "found"}
    (other.folder / THREE_PLANES.key / volumes.GENERATOR).write_text("other weights")
    page.measure_seed(later, first, cubes, data)
    assert later.store.origins[page.MEASURES] == "computed"
    assert later.store.origins[page.FLOWS] == "computed"


def measures(share, auc):
    scores = {name: np.ones(2) for name in BY_NAME}
    scores |= {"low_share": np.full(2, share), "auc": np.full(2, auc)}
    return page.Measures(scores=scores, permeability_nd=[50.0, 50.0])


def test_the_goal_is_counted_seed_by_seed():
    """Against a truth of 0.1 and 1; the regularised row errs by 0.05 and 0.2."""
    rival = measures(0.05, 0.8).scores
    scores = {TRUTH.key: measures(0.1, 1.0).scores, "srgan_4x_vanilla_reg": rival}
    k = {TRUTH.key: [100.0, 100.0], "srgan_4x_vanilla_reg": [20.0, 20.0]}
    seeds = {0: measures(0.09, 0.95), 2: measures(0.07, 0.7)}
    table = page.seeds_goal(scores, k, seeds)
    lines = table.set_index(["measure", "seed"])
    share, auc = (BY_NAME[name].title for name in ("low_share", "auc"))
    np.testing.assert_allclose(lines.loc[share, "ratio"], [0.2, 0.6])
    np.testing.assert_allclose(lines.loc[auc, "ratio"], [0.25, 1.5])
    np.testing.assert_allclose(lines.loc["k", "ratio"], np.log(2) / np.log(5))
    found = reached(table)
    assert (found.seeds, found.measures) == ((0, 2), 13)
    assert (found.met, found.smaller) == ((3, 1), (3, 2))
    assert (found.shares, found.aucs) == ((0.09, 0.07), (0.95, 0.7))
    laid = page.format_seeds_goal(table)
    line = laid[laid["", "Measure"] == share].iloc[0]
    assert line.tolist() == [share, "0.100", "0.090", "0.20", "0.070", "0.60"]
    assert [head for _, head in laid] == ["Measure", "Truth", *["value", "ratio"] * 2]


def test_the_middle_planes_of_a_seed_are_kept_without_its_volume(runs, cubes, data):
    """x-y, and x-z with z upwards."""
    _, other, _ = runs
    found = page.middle_planes(other, cubes, data)
    whole = 2 * (cubes.txm[0] - 40)
    np.testing.assert_array_equal(found, [whole[20], whole[::-1, 20]])
    (other.folder / volumes.FOLDER / f"{THREE_PLANES.key}.tif").unlink()
    np.testing.assert_array_equal(page.middle_planes(other, cubes, data), found)


def test_a_seed_without_a_flow_has_no_line_of_k():
    rival = measures(0.05, 0.8).scores
    scores = {TRUTH.key: measures(0.1, 1.0).scores, "srgan_4x_vanilla_reg": rival}
    k = {TRUTH.key: [100.0, 100.0], "srgan_4x_vanilla_reg": [20.0, 20.0]}
    dry = dataclasses.replace(measures(0.09, 0.95), permeability_nd=[None, 50.0])
    table = page.seeds_goal(scores, k, {0: measures(0.09, 0.95), 1: dry})
    assert table[table["measure"] == "k"]["seed"].tolist() == [0]
