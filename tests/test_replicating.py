"""One replicate of one row: trained, scored, found again, and read by the pages."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from companion import profiles, replicates, replicating, run
from companion.evaluation import Evaluation
from companion.replicates import Replicate
from companion.rows import ABLATION, BEYOND, PAIRS, VARIANTS, by_importance
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.metrics.paired import psnr
from shalelib.models.config import TrainConfig

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)
FIRST = Replicate(dataset="vaca-muerta-patches", fold=0)


@pytest.fixture
def toy(toy_pairs, tmp_path, monkeypatch):
    """The toy pairs in place of the real patches, at a tiny profile, without references."""
    data = Dataset(
        name="vaca-muerta-patches",
        description="toy",
        train=toy_pairs,
        validation=toy_pairs,
        test=toy_pairs,
        pixel_size=1e-8,
    )
    test = PatchSampler(toy_pairs, size=64).draw(4, rng=np.random.default_rng(0))
    tiny = dataclasses.replace(profiles.get_profile("smoke"), train=TINY)
    for module in (replicates, run):
        monkeypatch.setattr(module, "get_profile", lambda _: tiny)
    monkeypatch.setattr(replicating, "load_dataset", lambda *_, **__: data)
    monkeypatch.setattr(replicating, "open_evaluation", lambda *_, **__: Evaluation(test=test))
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path / "none"))
    return test


def test_a_row_is_trained_once_scored_and_read(toy, tmp_path, steps):
    with steps() as taken:
        record = replicating.replicate("smoke", FIRST, "pix2pix_vanilla", results=str(tmp_path))
    assert taken == list(range(TINY.total_steps))
    assert {"psnr", "ssim"} <= record["means"].keys()
    assert record["as_published"].keys() == record["means"].keys()
    assert record["as_published"]["psnr"] != record["means"]["psnr"]  # dropout is left on
    assert record["seconds"] > 0
    with steps() as taken:
        again = replicating.replicate("smoke", FIRST, "pix2pix_vanilla", results=str(tmp_path))
    assert taken == []
    assert again["means"] == record["means"]
    folder = tmp_path / "smoke"
    [read] = replicates.read_replicates("smoke", "vaca-muerta-patches", folder)
    assert (read["row"], read["replicate"]) == ("pix2pix_vanilla", FIRST.name)
    assert read["means"] == record["means"]


def test_an_interrupted_replicate_goes_on_from_its_last_epoch(toy, tmp_path, steps):
    with steps(killed_at=3), pytest.raises(KeyboardInterrupt):
        replicating.replicate("smoke", FIRST, "feedforward", results=str(tmp_path))
    folder = tmp_path / "smoke"
    assert replicates.read_replicates("smoke", "vaca-muerta-patches", folder) == []
    with steps() as taken:
        replicating.replicate("smoke", FIRST, "feedforward", results=str(tmp_path))
    assert taken == [2, 3, 4, 5]  # two steps an epoch: of the second and the third


def test_rows_without_training_are_scored_too(toy, tmp_path):
    """The untranslated TXM has the metric's own PSNR; a constant has no contrast to be similar."""
    found = {
        row: replicating.replicate("smoke", FIRST, row, results=str(tmp_path))
        for row in replicates.UNTRAINED
    }
    own = np.mean([psnr(a, b) for a, b in zip(toy.txm, toy.sem, strict=True)])
    assert found["no_model"]["means"]["psnr"] == pytest.approx(own, rel=1e-12)
    assert found["affine"]["means"]["psnr"] >= found["no_model"]["means"]["psnr"]
    assert all("as_published" not in record for record in found.values())


@pytest.mark.parametrize("dataset", ["phantom", "vaca-muerta-patches"])
def test_the_rows_that_claims_are_about_come_first_and_none_is_forgotten(dataset):
    order = by_importance(dataset)
    paired = {name for plain, regularised, _ in PAIRS for name in (plain, regularised)}
    assert set(order[3:7]) == paired
    assert list(order[:3]) == list(replicates.UNTRAINED)
    every = {row.name for row in VARIANTS + BEYOND + ABLATION * (dataset == "phantom")}
    assert set(order[3:]) == every
    assert len(order) == len(set(order))
