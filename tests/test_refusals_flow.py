"""What flow and metrics cannot take is refused in own words (`refusals`), and nothing is made."""

import numpy as np
import pandas as pd
import pytest
from refusals import checks_of

from shalelib import flow, metrics
from shalelib.flow.microporous import phase_permeability
from shalelib.segmentation import Phase

GREY = np.random.default_rng(0).integers(1, 256, (4, 32, 32), dtype=np.uint8)
INSIDE = np.ones(GREY.shape, bool)
LOW = GREY < 90
PORE = np.zeros((6, 6, 6), bool)
PORE[:, 1:4, 1:4] = True
ROCK = np.where(PORE, np.uint8(20), np.uint8(200))
LABELS = (GREY % 3 + 1).astype(np.uint8)
RESULT = flow.permeability(PORE, voxel_size=3e-8)
EDGE = {"voxel_size": 3e-8}
MEASURED = metrics.measure_images(LOW, GREY, GREY, np.arange(4))
SCORES = {"row": metrics.score_patches(None, LABELS, predicted_phases=LABELS, true_phases=LABELS)}

CALLS = {
    "slit_estimate": (
        flow.slit_estimate,
        {"kn": 0.1, "porosity": 0.2},
        {"kn": [None, "0.1", True, [0.1]], "gas": ["methane", None], "slip": ["none", 5]},
    ),
    "katz_thompson": (
        flow.katz_thompson,
        {"critical_diameter": 3e-8, "formation_factor": 9.0},
        {"critical_diameter": ["3e-8", None], "formation_factor": [np.array([1.0, 2.0]), True]},
    ),
    "common_threshold": (
        flow.common_threshold,
        {"volumes": [ROCK]},
        {"volumes": [5, None, "ab", []], "rocks": [5, "ab"]},
    ),
    "domain_from_labels": (
        flow.domain_from_labels,
        {"labels": ROCK, "pore_class": 20},
        {"pore_class": [True, "20", [20], None, 20.5]},
    ),
    "connected_pores": (
        flow.connected_pores,
        {"pore": PORE},
        {"ends": [np.zeros(3), None], "sides": [PORE, 0], "pore": [None, 5]},
    ),
    "local_knudsen": (
        flow.local_knudsen,
        {"thickness": np.ones((2, 2, 2)), "mean_free_path": 1e-8, **EDGE},
        {"mean_free_path": [True, "1e-8", None, np.nan, 0.0], "thickness": [None, 5]},
    ),
    "local_thickness": (
        flow.local_thickness,
        {"pore": PORE},
        {"beyond": [5, None, "wall", ("wall",), (PORE, PORE, PORE)]},
    ),
    "klinkenberg_fit": (
        flow.klinkenberg_fit,
        {"pressure": [1e5, 2e5], "permeability": [2e-18, 1e-18]},
        {"pressure": [5, None, [[1, 2]], ["a", "b"]], "permeability": [5, {}, [np.nan, 1e-18]]},
    ),
    "klinkenberg": (
        flow.klinkenberg,
        {"pore": PORE, "pressure": [4e5, 8e5], **EDGE},
        {"gas": [None, "methane"], "pressure": [5, None]},
    ),
    "stokes_permeability": (
        flow.stokes_permeability,
        {"pore": PORE},
        {
            "rtol": [-1.0, 0.0, np.nan, 2.0, "1e-3", True],
            "max_iterations": [0, None, 1.5],
            "pore": [~np.ones((3, 3, 3), bool)],
        },
    ),
    "microporous_permeability": (
        flow.microporous_permeability,
        {"voxels": np.full((3, 3, 3), 2e-20), **EDGE},
        {"rtol": [-1.0, 0.0, np.nan, 2.0, None]},
    ),
    "phase_permeability": (
        phase_permeability,
        {"labels": ROCK, "phases": {20: np.inf, 200: 0.0}},
        {"phases": [5, None], "labels": [None, PORE]},
    ),
    "streamlines": (
        flow.streamlines,
        {"result": RESULT, "count": 2},
        {
            "result": [None, 5, PORE],
            "count": [0, 1.5, "2", True],
            "seed": [-1, None, "a", 0.5],
            "max_length": [0.0, None, np.inf, -1],
        },
    ),
    "threshold_sweep": (
        flow.threshold_sweep,
        {"grey": ROCK, "thresholds": [20], **EDGE},
        {"thresholds": [[], 20, None], "ends": [PORE, 3]},
    ),
    "permeability_along_axes": (
        flow.permeability_along_axes,
        {"pore": np.ones((3, 3, 3), bool), "axes": (0,), **EDGE},
        {"axes": [[], 0, None, "012"]},
    ),
    "SlipModel": (
        flow.SlipModel,
        {"name": "own", "c1": 1.0, "c2": 0.0, "effective": np.ones_like},
        {"c1": [None, -1.0, np.nan, "1", np.inf], "c2": [True, [1]], "effective": [None, 1.0]},
    ),
    "SolverOptions": (
        flow.SolverOptions,
        {"T_plus": 0.5},
        {
            "T_plus": ["0.5", None, np.ones(2)],
            "method": [np.ones(2), None, "lu"],
            "dtype": [np.ones(2), np.float64, "float16"],
            "backend": [np.ones(2), None, "jax"],
            "tolerance": [np.ones(2), None, "1e-3", np.nan, 0.0, 5.0],
        },
    ),
    "affine_prediction": (
        metrics.affine_prediction,
        {
            "txm": GREY,
            "inside": INSIDE,
            "train_txm": GREY,
            "train_sem": GREY,
            "train_inside": INSIDE,
        },
        {"inside": [None, GREY], "train_txm": [None, GREY[1:]], "train_inside": [None, GREY]},
    ),
    "nearest_slice": (
        metrics.nearest_slice,
        {
            "inside": INSIDE[:1],
            "place": [[5, 0, 0]],
            "train_sem": GREY[:1],
            "train_inside": INSIDE[:1],
            "train_place": [[6, 0, 0]],
        },
        {"place": [None, [5, 0, 0], [[5.5, 0, 0]]], "train_place": [[], 3]},
    ),
    "random_mask": (
        metrics.random_mask,
        {"phase": Phase.LOW, "inside": INSIDE, "share": 0.5},
        {"phase": [None, "low", 9, True], "share": [None, 1.5, np.nan], "seed": [None, -1]},
    ),
    "everywhere": (
        metrics.everywhere,
        {"phase": Phase.LOW, "inside": INSIDE},
        {"phase": [None, "low", 9]},
    ),
    "band_terms": (
        metrics.band_terms,
        {"first": np.ones((9, 9)), "second": np.ones((9, 9))},
        {"first": [None, GREY[0], np.ones((3, 3)), 5], "constant": [None, -1.0, 0.0]},
    ),
    "bootstrap_mean": (
        metrics.bootstrap_mean,
        {"values": [1.0, 2.0], "groups": [0, 1], "resamples": 9},
        {"values": ["ab", {}], "seed": [None, -1, "a"]},
    ),
    "common_edges": (
        metrics.common_edges,
        {"real": [1.0, 2.0], "synthesised": [2.0]},
        {"bins": ["spam", 0, None]},
    ),
    "kl_from_counts": (
        metrics.kl_from_counts,
        {"real": [1, 2], "synthesised": [2, 1]},
        {"floor": [None, "0", 1.0], "real": ["ab", {}]},
    ),
    "dark_phase": (
        metrics.dark_phase,
        {"sem": GREY},
        {"threshold": [None, "60", np.nan], "sigma": [None, -1, np.inf]},
    ),
    "darkest": (metrics.darkest, {"grey": GREY, "share": 0.5}, {"share": [None, 1.5, "half"]}),
    "grey_percentiles": (
        metrics.grey_percentiles,
        {"images": GREY, "inside": INSIDE},
        {"percentiles": [None, "50", (-1,), (101,), ()]},
    ),
    "minkowski": (
        metrics.minkowski,
        {"images": LOW},
        {"connectivity": [6, None, GREY], "frame": ["no", None, GREY]},
    ),
    "plane_blocks": (
        metrics.plane_blocks,
        {"shape": (4, 4, 4), "family": "x-y", "block": 2},
        {"shape": [None, 4, (4, 4), (4, 4, 0.5)], "family": [["x-y"], None, "z"]},
    ),
    "measure_images": (
        metrics.measure_images,
        {"low": LOW, "txm": GREY, "sem": GREY, "slice_index": np.arange(4)},
        {"txm": [None, GREY[1:]], "sem": [None, 5]},
    ),
    "divergences": (
        metrics.divergences,
        {"measured": MEASURED, "real": MEASURED, "resamples": 2},
        {"measured": [None, LOW], "real": [None, 5]},
    ),
    "table_1": (
        metrics.table_1,
        {"scores": SCORES, "slice_index": np.arange(4), "resamples": 9},
        {"scores": [None, {}, [1], {"row": 5}]},
    ),
    "get_metric": (metrics.get_metric, {"name": "psnr"}, {"name": [None, GREY, "spam"]}),
    "two_point_curves": (metrics.two_point_curves, {"phase": PORE}, {"phase": [None, ROCK]}),
}

test_the_calls_work, test_what_cannot_be_taken_is_refused = checks_of(CALLS)


@pytest.mark.parametrize("bad", [None, 5, "text", [1]])
def test_a_table_and_its_rows_are_asked_for(bad):
    with pytest.raises(TypeError, match=r"table must be a DataFrame, got .*table_1"):
        metrics.separation(bad, networks=["row"], rivals=["row"])
    for name in ("networks", "rivals"):
        rows = {"networks": ["row"], "rivals": ["row"], name: 5}
        with pytest.raises(TypeError, match=f"{name} must be a row"):
            metrics.separation(pd.DataFrame({"metric": []}), **rows)
