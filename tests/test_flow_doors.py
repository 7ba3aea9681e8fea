"""What a flow decides before it begins, and what it says when it ends early."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from shalelib.flow import apparent, sweeps
from shalelib.flow.apparent import permeability
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import DoesNotPercolateError
from shalelib.flow.gas import METHANE
from shalelib.flow.options import SolverOptions
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.sweeps import permeability_along_axes, threshold_sweep
from shalelib.flow.validation import medium

CHANNEL = np.zeros((4, 6, 6), bool)
CHANNEL[:, 1:4, 1:4] = True
EDGE = {"voxel_size": 3e-8}


def test_a_gas_of_single_precision_has_the_drop_that_is_asked_for():
    """Beside 0.6 MPa a float32 cannot hold 0.06 Pa, the default drop."""
    single = replace(METHANE, pressure=np.float32(0.6e6))
    double = replace(METHANE, pressure=0.6e6)
    one, two = (permeability(CHANNEL, gas=gas, **EDGE) for gas in (single, double))
    assert (one.permeability, one.pressure_drop) == (two.permeability, two.pressure_drop)
    assert type(single.pressure) is float


def test_a_drop_that_rounding_loses_is_refused_with_one_that_it_does_not():
    with pytest.raises(ValueError, match=r"lost in rounding beside 800000 Pa; take 0.08 Pa"):
        permeability(CHANNEL, pressure_drop=1e-11, **EDGE)
    drop = permeability(CHANNEL, pressure_drop=0.08, **EDGE).pressure_drop
    assert drop == pytest.approx(0.08, rel=1e-8)


def test_a_record_of_numpy_numbers_is_json():
    gas = replace(METHANE, pressure=np.float32(0.6e6), temperature=np.int64(300))
    record = permeability(CHANNEL, axis=np.int64(0), gas=gas, **EDGE).record()
    assert json.loads(json.dumps(record))["axis"] == 0


@pytest.fixture
def unsolved(monkeypatch):
    """No flow is solved."""

    def solve(*_, **__):
        pytest.fail("a flow was solved first")

    monkeypatch.setattr(sweeps, "permeability", solve)


def test_the_axes_that_do_not_percolate_are_told_before_any_flow(unsolved):
    with pytest.raises(DoesNotPercolateError, match="axis 1"):
        permeability_along_axes(CHANNEL, **EDGE)
    with pytest.raises(ValueError, match="axis must be"):
        permeability_along_axes(CHANNEL, axes=(0, 3), **EDGE)


def test_the_levels_that_do_not_percolate_are_told_before_any_flow(unsolved):
    grey = np.where(CHANNEL, 50, 200).astype(np.uint8)
    with pytest.raises(DoesNotPercolateError, match="at threshold"):
        threshold_sweep(grey, [60, 55, 20], **EDGE)
    with pytest.raises(ValueError, match="threshold"):
        threshold_sweep(grey, [60, 300], **EDGE)


def test_a_checkpoint_is_a_file_of_which_the_home_folder_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SolverOptions(checkpoint="~/run.npz").checkpoint == tmp_path / "run.npz"
    with pytest.raises(ValueError, match="is a folder; name a file in it"):
        SolverOptions(checkpoint=tmp_path)
    with pytest.raises(TypeError):
        SolverOptions(checkpoint=5)


def test_a_tolerance_below_rounding_is_told_to_be_one():
    options = SolverOptions(tolerance=1e-15)
    with pytest.raises(NotConvergedError, match="rounding leaves no less: take a tolerance above"):
        permeability(medium(8, porosity=0.5), slip=NO_SLIP, options=options, **EDGE)


@pytest.mark.parametrize(("most", "taken"), [(30, 30), (31, 32), (10, 10)])
def test_steps_alone_end_at_their_most(monkeypatch, most, taken):
    options = SolverOptions(method="step", max_steps=most, tolerance=1e-12)
    with pytest.raises(NotConvergedError, match=f"after {taken} lattice steps"):
        permeability(medium(8, porosity=0.5), slip=NO_SLIP, options=options, **EDGE)


def test_a_checkpoint_holds_arrays_that_any_numpy_reads_back(tmp_path):
    path = tmp_path / "run.npz"
    options = SolverOptions(checkpoint=path, checkpoint_every=0.0)
    apparent.permeability(CHANNEL, slip=NO_SLIP, options=options, **EDGE)
    with np.load(path, allow_pickle=False) as stored:
        assert "allow_pickle" not in stored.files
