"""The page Try it: every state is what the page that it belongs to would compute."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion.flow_cases import read_scene, solve_cases
from companion.flow_scenes import FlowScene
from companion.flow_volumes import FlowVolume
from companion.pages import try_it, try_threshold
from companion.pages.truth_ladder import metric_titles
from companion.pages.volumes import row_divergences
from companion.run import open_run
from companion.site._bundle import PHONE_COLUMN, laid_out
from companion.site._phone import for_phone
from companion.style import COLOURS
from companion.volume_measures import Measured
from shalelib.flow.domain import connected_pores
from shalelib.flow.gas import METHANE
from shalelib.flow.sweeps import threshold_sweep
from shalelib.flow.units import NANODARCY
from shalelib.metrics.ladder import TRUE_RUNG
from shalelib.metrics.table2 import measure_images, measure_volumes

VOXEL = 33.6e-9  # [m]


def test_a_threshold_shows_what_is_connected_and_what_is_not():
    """A channel of grey 50 joins inlet and outlet; a pit of grey 80 opens later and ends blind."""
    grey = np.full((6, 5, 7), 200, np.uint8)
    grey[:, 2, 1] = 50
    grey[2:4, 2, 5] = 80
    record = {"porosity": 0.1, "permeability_nd": 1234.5, "cut": 1}
    found = [record | {"level": 90, "cut": 2}, record | {"level": 60}]
    lines = [line | {"key": "truth_sem", "axis": "z"} for line in found]
    lines.append(lines[0] | {"axis": "y"})
    levels = try_threshold.levels_along_z({"table": lines})["truth_sem"]
    panels, labels = try_threshold.threshold_states(grey, levels, {})
    assert labels[0] == "pores up to grey 60: φ 0.100, k 1230 nd through 1 voxel"
    assert labels[1].endswith("through 2 voxels")
    for picture, level in zip(panels["pores, x-z"], (60, 90), strict=True):
        pore = grey <= level
        upside = picture[::-1]
        np.testing.assert_array_equal(upside != try_threshold.SOLID, pore[:, 2])
        np.testing.assert_array_equal(
            upside == try_threshold.CONNECTED, connected_pores(pore)[:, 2]
        )
    assert (panels["pores, x-z"][1] == try_threshold.CUT_OFF).sum() == 2


def test_streamlines_of_a_straight_flow_are_straight_and_dark_where_they_pass():
    """A uniform flow along z in the right half of the box: lines stay in their columns."""
    pore = np.zeros((6, 4, 8), bool)
    pore[:, :, 4:] = True
    fall = np.where(pore, np.float32(0.5), np.float32(np.nan))
    z = np.arange(0.5, 6.0, 0.4)  # as far apart as the points that are kept
    lines = [
        VOXEL * np.column_stack([z, np.full((len(z), 2), (2.5, x)), np.ones(len(z))])
        for x in (4.6, 6.3, 6.3, 6.3)
    ]
    flow = FlowScene(pore=pore, fall=fall, lines=lines, voxel_size=VOXEL)
    picture = try_threshold.lines_picture(flow, pore.shape)
    fine = try_threshold.FINENESS
    assert picture.shape == (6 * fine, 8 * fine)
    assert (picture[:, : 3 * fine] == try_threshold.SOLID).all()
    middle = picture[fine:-fine]
    assert (middle == middle[0]).all()
    assert middle.min() < try_threshold.CUT_OFF
    blank = try_threshold.lines_picture(None, pore.shape)
    assert (blank == try_threshold.SOLID).all()


def test_the_flow_that_is_drawn_has_the_permeability_of_its_label(tmp_path):
    """A channel of 3 x 3 voxels: the scene that is kept is of the solved level."""
    grey = np.full((8, 7, 7), 200, np.uint8)
    grey[:, 2:5, 2:5] = 50
    piece = FlowVolume(name="truth_sem", label="", grey=grey, key="key")
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=tmp_path)
    [case] = try_threshold.line_cases(piece, [{"level": 60}], voxel_size=VOXEL)
    solved = solve_cases([case], run, progress=False)[case.name]
    [row] = threshold_sweep(grey, [60], voxel_size=VOXEL)
    assert solved["permeability_nd"] == pytest.approx(row.permeability / NANODARCY, rel=1e-6)
    flow = read_scene(case, run)
    np.testing.assert_array_equal(flow.pore, grey == 50)
    dark = try_threshold.lines_picture(flow, grey.shape) < try_threshold.SOLID
    columns = np.flatnonzero(dark.any(axis=0)) // try_threshold.FINENESS
    assert set(columns) <= {2, 3, 4}
    half = try_threshold.FINENESS // 2  # velocities are those of voxel centres
    assert dark[half:-half].any(axis=1).all(), "lines go from the inlet to the outlet"


def test_another_level_or_volume_is_another_flow():
    grey = np.full((4, 5, 5), 50, np.uint8)
    grey[:, 0] = 90
    keys = [
        case.inputs()
        for name in ("a", "b")
        for case in try_threshold.line_cases(
            FlowVolume(name="truth_sem", label="", grey=grey, key=name),
            [{"level": 60}, {"level": 100}],
            voxel_size=VOXEL,
        )
    ]
    assert len({str(key) for key in keys}) == 4


def test_how_far_a_threshold_reaches_is_said_of_the_volumes_that_were_solved():
    line = {"key": "truth_sem", "axis": "z", "level": 60, "permeability_nd": 500.0}
    levels = try_threshold.levels_along_z({"table": [line, line | {"permeability_nd": 2e4}]})
    assert try_threshold.reaches(levels) == {"threshold, True FIB-SEM, thresholded": (500.0, 2e4)}
    assert try_threshold.reaches(try_threshold.levels_along_z(None)) == {}
    [bar, *papers] = try_it.reach_plot(try_threshold.reaches(levels), edge=64).axes[0].lines
    assert list(bar.get_xdata()) == [500.0, 2e4]
    assert [line.get_xdata()[0] for line in papers] == [820.0, 162.8]  # twice those of 128³


def test_names_of_knobs_do_not_touch_on_a_phone():
    names = ("Regularized SRGAN 4x (Vanilla)", "True FIB-SEM, thresholded", "SRGAN 4x (Vanilla)")
    fig = try_it.reach_plot({f"threshold, {name}": (5e2, 2e4) for name in names}, edge=64)
    narrow = for_phone(fig)
    laid_out(narrow, PHONE_COLUMN)
    boxes = [label.get_window_extent() for label in narrow.axes[0].get_yticklabels()]
    assert all(below.y1 < above.y0 for above, below in pairwise(boxes))
    plt.close(fig)


def test_the_profile_of_the_slit_carries_its_permeability():
    """k is the mean velocity times width squared, by Simpson exact for a parabola.

    The Knudsen number is the mean free path over the width, and falls as the pressure rises.
    """
    width = 90e-9
    states = try_it.slit_states(width)
    assert (np.diff(states["kn"]) < 0).all()
    np.testing.assert_allclose(states["kn"] * states["pressure"], states["kn"][0] * 1e5)
    weights = np.full(try_it.ACROSS.size, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    for line in states.itertuples():
        mean = (weights * line.profile).sum() / weights.sum()
        assert mean * width**2 / NANODARCY == pytest.approx(line.k, rel=1e-9)
        assert line.k_no_slip == pytest.approx(width**2 / 12 / NANODARCY)


def test_the_slider_starts_at_the_gas_of_the_paper():
    figure, [knob] = try_it.slit_figure(try_it.slit_states(90e-9))
    assert try_it.PRESSURES[knob.start] == METHANE.pressure
    assert knob.labels[knob.start].startswith("0.8 MPa: Kn 0.1")
    np.testing.assert_allclose(figure.data[1].y, knob.updates[knob.start]["y"][0], atol=1e-5)


@pytest.fixture(scope="module")
def measures():
    """Two rows: one like the real images, one with twice as many pores."""
    rng = np.random.default_rng(0)

    def volume(share):
        low = rng.random((1, 16, 16, 16)) < share
        grey = np.where(low, np.uint8(40), np.uint8(160))
        return measure_volumes(low, grey, grey)

    low = rng.random((16, 16, 16)) < 0.1
    grey = np.where(low, np.uint8(40), np.uint8(160))
    real = measure_images(low, grey, grey, np.arange(16))
    rows = {
        key: Measured(planes=volume(share), scores={}, two_point=np.zeros((3, 2)))
        for key, share in (("truth", 0.1), ("pix2pix_wgan", 0.4))
    }
    return rows, real


def test_ranks_are_those_of_the_divergences_under_each_rule(measures):
    rows, real = measures
    ranks = try_it.rank_states(rows, real)
    assert list(ranks) == list(try_it.RULES)
    bins, floor = try_it.RULES[1]
    found = row_divergences(rows, real, resamples=0, bins=bins, floor=floor)
    area = [cells["area_xy"].value for cells in found.values()]
    assert area[0] < area[1]
    assert ranks[bins, floor].iloc[:, 0].tolist() == [1, 2]
    figure, [knob] = try_it.rank_figure(ranks)
    assert knob.start == try_it.RULES.index((try_it.BINS, try_it.FLOOR))
    np.testing.assert_array_equal(figure.data[0].z, knob.updates[knob.start]["z"][0])


@pytest.fixture
def errors():
    """Two metrics: the first prefers the blurred copy, the second the truth."""
    first, second = list(metric_titles())[:2]
    rungs = [TRUE_RUNG, "blurred", "noise"]
    return pd.DataFrame({"rung": rungs, first: [2.0, 1.0, 3.0], second: [0.0, 4.0, np.inf]})


def test_a_metric_that_prefers_the_fake_points_to_the_left(errors):
    """Differences over the spread on the ladder: -1/2 and 4/4; an infinite error has no bar."""
    figure, [knob] = try_it.ladder_figure(errors)
    assert knob.labels[0] == "blurred: before the truth by 1 of 2 metrics"
    assert figure.data[0].x == (1.0, -0.5)  # the first metric is at the top
    assert knob.updates[1]["x"] == [[0.0, 0.5]]
    assert knob.updates[0]["marker.color"][0] == [COLOURS[0], COLOURS[1]]  # the truth is passed


def test_a_metric_that_only_the_truth_meets_whole_has_a_full_bar():
    """The PSNR of the truth is infinite, so that its error is the least there can be."""
    key = next(iter(metric_titles()))
    errors = pd.DataFrame({"rung": [TRUE_RUNG, "blurred", "noise"], key: [-np.inf, -20.0, -15.0]})
    figure, [knob] = try_it.ladder_figure(errors)
    assert knob.updates[0]["x"] == knob.updates[1]["x"] == [[1.0]]
    assert knob.labels[0] == "blurred: before the truth by 0 of 1 metrics"
    assert figure.data[0]["marker"]["color"] == (COLOURS[0],)


def test_weights_come_in_their_order():
    rows = {
        "b": {"lambda_jac": 1e-3, "slice_jump": 0.5, "jacobian": 10.0},
        "a": {"lambda_jac": 0.0, "slice_jump": 2.0, "jacobian": 300.0},
    }
    slabs = {key: np.full((4, 6, 8), grey, np.uint8) for key, grey in (("b", 9), ("a", 7))}
    slabs["b"][-1] = 1  # the top
    planes, labels = try_it.weight_states(slabs, rows)
    assert planes["x-y"].shape == (2, 6, 8)
    assert planes["x-z"].shape == (2, 4, 8)
    assert planes["x-y"][:, 0, 0].tolist() == [7, 9]
    assert planes["x-z"][1, :, 0].tolist() == [1, 9, 9, 9]
    assert labels[0] == "λ_jac 0: |∂Ŝ/∂z| 2.00 grey levels, ‖J‖² 300"
    assert labels[1].startswith("λ_jac 10⁻³" if "10" in labels[1] else "λ_jac 1")


def test_findings_count_what_the_knobs_move(measures):
    ranks = try_it.rank_states(*measures)
    reaches = {"a knob": (100.0, 250.0), "another": (1.0, 2.0)}
    rewards = pd.DataFrame({"metric": ["a", "b", "kl_c"], "before": ["blurred", "", ""]})
    moved, slip, firm, fooled = try_it.findings(reaches, try_it.slit_states(90e-9), ranks, rewards)
    assert moved.startswith(
        "One knob alone moves k by factors of 2.50 (a knob) and 2.00 (another); the"
    )
    assert "0.1 MPa" in slip
    assert f"Over {len(try_it.RULES)} choices" in firm
    assert fooled.startswith("0 of the 1 columns of Table 2 put a volume")
    assert "1 of the 2 other metrics, those that know the true phase" in fooled
    assert fooled.endswith("has a lower error for such a volume, sampling aside.")
