"""The command line that the pipeline hands to Snakemake."""

from __future__ import annotations

import argparse

import pytest
from pipeline import TOGETHER, command

from companion.profiles import get_profile


def words(**options):
    """The command with these options, and the defaults of the others."""
    defaults = {"where": "local", "target": None, "cores": "2", "gpus": 0, "retrain": False}
    defaults["all"] = False
    chosen = argparse.Namespace(**defaults | {"more": []} | options)
    return command(chosen, get_profile("laptop"))


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


@pytest.mark.parametrize("retrain", [False, True])
def test_all_is_trained_again_only_when_asked(retrain):
    found = words(retrain=retrain)
    assert ("--forcerun" in found) == retrain
    if retrain:
        assert found[found.index("--forcerun") + 1] == "train"
