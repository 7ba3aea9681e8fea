"""The command line that the pipeline hands to Snakemake."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from pipeline import TOGETHER, command

from companion.profiles import get_profile

SNAKEFILE = Path(__file__).resolve().parents[1] / "workflow" / "Snakefile"


def words(profile="laptop", **options):
    """The command with these options, and the defaults of the others."""
    defaults = {"where": "local", "target": None, "cores": "2", "gpus": 0, "retrain": False}
    defaults["all"] = False
    chosen = argparse.Namespace(**defaults | {"more": []} | options)
    return command(chosen, get_profile(profile))


def test_trainings_share_a_card_of_this_machine_and_none_of_a_cluster():
    """Six jobs fit on the card here; there each job asks Slurm for one of its own."""
    here, there = words(gpus=1), words(gpus=1, where="slurm")
    assert f"card={TOGETHER}" in here[here.index("--resources") :]
    assert f"together={TOGETHER}" in here
    assert not any(word.startswith(("card=", "together=")) for word in there)
    assert "gpus=1" in there


def test_without_a_card_nothing_is_limited_by_one():
    assert not any(word.startswith("card=") for word in words())


def test_all_rows_are_asked_for_by_name():
    assert ("all=1" in words(all=True), "all=1" in words()) == (True, False)


def test_nothing_is_trained_again_unasked():
    assert "--forcerun" not in words()


@pytest.mark.parametrize(
    ("profile", "gpus", "rules"),
    [
        ("laptop", 0, ["train"]),
        ("smoke", 0, ["train", "train_real", "train_phantom"]),
        ("smoke", 1, ["train"]),
    ],
)
def test_every_rule_that_trains_is_forced_and_none_that_there_is_not(profile, gpus, rules):
    """Snakemake takes a name that is no rule for a file, which nothing makes."""
    found = words(profile, gpus=gpus, retrain=True)
    assert [w for w in found[found.index("--forcerun") :] if w.startswith("train")] == rules
    text = SNAKEFILE.read_text(encoding="utf-8")
    assert "rule train:" in text
    assert all(f"ruleorder: {rule} > train" in text for rule in rules[1:])
