"""Calls that a stranger made of the flow functions, and what came of them."""

import dataclasses
import json

import numpy as np
import pytest

from shalelib import flow
from shalelib.flow.resolution import RatioOfPieces

VOXEL = 3e-8


@pytest.fixture
def tube():
    pore = np.zeros((4, 6, 6), bool)
    pore[:, 1:5, 1:5] = True
    return pore


def test_a_buffer_of_a_narrow_number_is_doubled_as_any(tube):
    """130 slices are 260 halved ones, which a byte does not hold."""
    wide, narrow = (
        flow.extrapolated_permeability(tube, voxel_size=VOXEL, ends="pressure", buffer=buffer)
        for buffer in (130, np.uint8(130))
    )
    assert narrow.permeability == wide.permeability


def test_the_rows_of_a_sweep_are_plain_numbers():
    grey = np.full((4, 5, 5), 200, np.uint8)
    grey[:, 1:4, 1:4] = 50
    [row] = flow.threshold_sweep(grey, np.array([60]), axis=np.int8(0), voxel_size=VOXEL)
    assert json.loads(json.dumps(dataclasses.asdict(row)))["threshold"] == 60


@pytest.mark.parametrize("estimate", [flow.slit_estimate, flow.tube_estimate])
@pytest.mark.parametrize("effective", [lambda kn: -kn, lambda kn: kn * np.nan, lambda kn: None])
def test_an_estimate_refuses_the_slip_law_that_a_flow_refuses(estimate, effective):
    law = flow.SlipModel(name="odd", c1=1.0, c2=0.5, effective=effective)
    with pytest.raises(ValueError, match="of 'odd' must return a positive, finite number"):
        estimate(0.1, 0.2, slip=law)


def test_a_slip_law_that_is_not_positive_is_told_its_range():
    law = flow.SlipModel(name="odd", c1=1.0, c2=0.5, effective=lambda kn: -kn)
    with pytest.raises(ValueError, match=r"from -0\.1 to -0\.1"):
        flow.slit_estimate(0.1, 0.2, slip=law)


@pytest.mark.parametrize("depth", [0, 3])
def test_pores_that_end_are_not_told_to_be_mirrored(depth):
    """A dead end, or no pore at all, connects no faces whatever lies beyond them."""
    pore = np.zeros((6, 5, 5), bool)
    pore[:depth, 2, 2] = True
    with pytest.raises(flow.DoesNotPercolateError, match="do not connect the two faces") as told:
        flow.permeability(pore, voxel_size=VOXEL, ends="periodic")
    assert "mirror" not in str(told.value)


def test_pores_that_the_next_box_does_not_continue_flow_where_its_ends_are_mirrored():
    pore = np.zeros((4, 4, 4), bool)
    pore[:3, :2, 1] = pore[2:, 1:3, 1] = True
    pore[:, 1, 1] = pore[0, 1, 1] = pore[-1, :2, 1] = False
    pore[2, 1, 1] = pore[2, 2, 1] = pore[2, 0, 1] = True
    with pytest.raises(flow.DoesNotPercolateError, match="take ends='mirror'"):
        flow.permeability(pore, voxel_size=VOXEL, ends="periodic")
    assert flow.permeability(pore, voxel_size=VOXEL, ends="mirror").permeability > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda pore: flow.permeability_along_axes(pore, voxel_size=VOXEL, axis=1),
        lambda pore: flow.permeability_tensor(pore, voxel_size=VOXEL, axis=1),
        lambda pore: flow.ratio_of_pieces(
            flow.domain_from_mask(pore), voxel_size=VOXEL, edge=4, axis=0
        ),
    ],
)
def test_an_axis_that_a_call_sets_itself_is_refused_by_its_name(tube, call):
    with pytest.raises(TypeError, match="axis cannot be given here; "):
        call(tube)


def test_a_slippage_far_above_all_pressures_is_said():
    """k = 1 + 1e6 / p at pressures up to 2 kPa: b is 500 times the highest."""
    pressure = np.array([1e3, 2e3])
    with pytest.warns(UserWarning, match="500 times the highest pressure"):
        fit = flow.klinkenberg_fit(pressure, 1e-18 * (1 + 1e6 / pressure))
    assert fit.b == pytest.approx(1e6)


def test_a_permeability_that_rises_with_the_pressure_is_said():
    with pytest.warns(UserWarning, match="rises with the pressure"):
        flow.klinkenberg_fit([1e5, 2e5], [1e-18, 2e-18])


def test_a_pressure_in_megapascal_is_refused_with_the_one_in_pascal(tube):
    with pytest.raises(ValueError, match=r"for 0\.8 MPa write 0\.8e6"):
        dataclasses.replace(flow.METHANE, pressure=0.8)
    with pytest.raises(ValueError, match=r"for 0\.4 MPa write 0\.4e6"):
        flow.klinkenberg(tube, [0.4, 0.8], voxel_size=VOXEL)


def test_thresholds_that_are_no_row_are_told_an_example():
    grey = np.full((4, 5, 5), 50, np.uint8)
    with pytest.raises(TypeError, match=r"such as \[60, 90\]"):
        flow.threshold_sweep(grey, (level for level in (60, 90)), voxel_size=VOXEL)


@pytest.mark.parametrize(
    "call",
    [flow.effective_conductivity, lambda k: flow.microporous_permeability(k, voxel_size=VOXEL)],
)
def test_what_conducts_and_connects_no_faces_is_not_called_pores(call):
    conductivity = np.full((3, 3, 3), 1e-18)
    conductivity[1] = 0.0
    with pytest.raises(flow.DoesNotPercolateError, match=r"what is above 0 \(66\.7% of") as told:
        call(conductivity)
    assert "grey" not in str(told.value)


def test_what_is_extrapolated_prints_as_a_line(tube):
    found = flow.extrapolated_permeability(tube, voxel_size=VOXEL)
    assert repr(found) == str(found)
    assert str(found).count("\n") == 0
    ratio = RatioOfPieces(mean=0.7, spread=0.01, pieces=[found, found])
    for mask in (flow.domain_from_mask(tube), flow.minimum_cut(tube)):
        assert "array" not in repr(mask)
    assert repr(ratio) == "0.700 ± 0.010 of the voxels as they are, in 2 pieces"
