"""The page Try it, its first knob: a grey threshold, the pores below it and the gas in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from companion.flow_cases import Case, read_scene, solve_cases
from companion.flow_scenes import FlowScene
from companion.flow_volumes import (
    PAPER_MODELS,
    TRUE_SEM,
    FlowVolume,
    by_name,
    central_volume,
    flow_volumes,
    row_label,
)
from companion.run import Run
from companion.site.display import show_notice, show_slices
from companion.style import number
from shalelib.arrays import Grey
from shalelib.flow.domain import connected_pores, domain_from_grey
from shalelib.phantom.cubes import Cubes
from shalelib.store import stage_key

KNOBS = (*PAPER_MODELS, TRUE_SEM)
SOLID, CUT_OFF, CONNECTED = 235, 150, 20  # grey levels of a segmented picture
FINENESS = 4  # pixels of a picture of streamlines to the edge of a voxel
LINES = 100  # streamlines of a picture, each of the same share of the flow
PER_LINE = 0.5  # by how much, in powers of e, a line that passes darkens a pixel

Levels = Sequence[Mapping[str, Any]]


def levels_along_z(record: Mapping[str, Any] | None) -> dict[str, Levels]:
    """Return the thresholds that were solved along z, by volume, from the lowest up.

    Parameters
    ----------
    record : record, optional
        Of the page on the threshold.
    """
    solved = record["table"] if record else []
    return {
        name: sorted(
            (line for line in solved if line["key"] == name and line["axis"] == "z"),
            key=lambda line: line["level"],
        )
        for name in KNOBS
    }


def line_cases(piece: FlowVolume, levels: Levels, *, voxel_size: float) -> list[Case]:
    """Cases of a piece of a volume at each threshold, with their streamlines."""
    return [
        Case(
            name=f"lines/{piece.name}_{line['level']}",
            domain=domain_from_grey(piece.grey, threshold=line["level"]),
            voxel_size=voxel_size,
            scene=True,
            identity=stage_key(
                "lines", code=domain_from_grey, inputs=[piece.key, piece.grey.shape, line["level"]]
            ),
        )
        for line in levels
    ]


def lines_picture(flow: FlowScene | None, shape: tuple[int, ...]) -> Grey:
    """Project streamlines along y, z upwards: the darker, the more of them pass.

    Parameters
    ----------
    flow : FlowScene, optional
        Along z; without one, as where no flow settled, the picture is blank.
    shape : tuple of int
        Of the volume, z, y, x [voxel].

    Returns
    -------
    (z, x) uint8 array
        `FINENESS` pixels to the edge of a voxel.
    """
    size = (FINENESS * shape[0], FINENESS * shape[2])
    if flow is None:
        return np.full(size, SOLID, np.uint8)
    seen = np.zeros(size, int)
    for line in flow.lines[:LINES]:
        places = line[:, [0, 2]] / flow.voxel_size
        between = (places[1:] + places[:-1]) / 2  # points are farther apart than pixels
        pixels = (FINENESS * np.concatenate([places, between])).astype(int)
        z, x = np.unique(np.clip(pixels, 0, np.array(size) - 1), axis=0).T
        seen[z, x] += 1
    return (SOLID * np.exp(-PER_LINE * seen)).astype(np.uint8)[::-1]


def threshold_states(
    grey: Grey, levels: Levels, flows: Mapping[int, FlowScene]
) -> tuple[dict[str, Grey], list[str]]:
    """Return pictures of a volume at each threshold that was solved, and what to call them.

    Parameters
    ----------
    grey : (z, y, x) uint8 array
        The piece that was thresholded.
    levels : sequence of records
        Of `levels_along_z`.
    flows : mapping of grey level to FlowScene
        The flow at each threshold.

    Returns
    -------
    mapping of panel to (n, z, x) uint8 array
        The grey levels and the pores in the middle x-z plane, z upwards: what is connected is
        black, what is cut off grey; and the streamlines of the whole piece, seen along y.
    list of str
        Threshold, porosity, permeability and minimum cut of each.
    """
    middle = grey.shape[1] // 2
    pictures, lines, labels = [], [], []
    for level in levels:
        pore = grey <= level["level"]
        kinds = np.where(pore, np.uint8(CUT_OFF), np.uint8(SOLID))
        kinds[connected_pores(pore)] = CONNECTED
        pictures.append(kinds[::-1, middle])
        lines.append(lines_picture(flows.get(level["level"]), grey.shape))
        labels.append(
            f"pores up to grey {level['level']}: φ {number(level['porosity'], '.3f')}, "
            f"k {number(level['permeability_nd'], '#.3g')} nd through {level['cut']} voxel"
            f"{'s' if level['cut'] > 1 else ''}"
        )
    still = np.repeat(grey[None, ::-1, middle], len(labels), axis=0)
    panels = {"grey levels, x-z": still, "pores, x-z": np.stack(pictures)}
    return panels | {"streamlines, seen along y": np.stack(lines)}, labels


def show_thresholds(run: Run, levels: Mapping[str, Levels], cubes: Cubes) -> None:
    """Show the thresholds of the paper's models and of the true FIB-SEM, a slider each.

    Parameters
    ----------
    run : Run
        In whose store the flows are, or will be, kept.
    levels : mapping of volume to records
        Of `levels_along_z`.
    cubes : Cubes
    """
    volumes = by_name(flow_volumes(run, cubes))
    for name, lines in levels.items():
        label = f"try-threshold-{name.replace('_', '-')}"
        title = f"{row_label(name)}, central piece, gas flowing up (profile {run.profile.name})."
        if not lines:
            missing = "No threshold was solved by the current code; run notebooks/10_threshold.py."
            show_notice(missing, name=label, caption=title)
            continue
        piece = central_volume(volumes[name], run.profile.flow.sweep_edge)
        cases = line_cases(piece, lines, voxel_size=cubes.voxel_size)
        solved = solve_cases(cases, run, progress=False)
        flows = {
            line["level"]: read_scene(case, run)
            for line, case in zip(lines, cases, strict=True)
            if solved[case.name]["files"]
        }
        pictures, labels = threshold_states(piece.grey, lines, flows)
        show_slices(
            pictures,
            labels=labels,
            start=0,
            lossless=True,
            what="Grey threshold",
            name=label,
            caption=f"{title} {len(lines)} thresholds were solved. Black: connected pores; "
            f"grey: pores that are cut off. Each of {LINES} streamlines stands for the same share "
            "of the flow; where they meet, the picture is darker.",
            alt="An x-z plane in grey levels, its pores, and the streamlines, at each threshold.",
        )


def reaches(levels: Mapping[str, Levels]) -> dict[str, tuple[float, float]]:
    """Return the least and the greatest permeability [nd] that a threshold gives each volume."""
    found = {
        f"threshold, {row_label(name)}": [line["permeability_nd"] for line in lines]
        for name, lines in levels.items()
    }
    return {knob: (min(values), max(values)) for knob, values in found.items() if values}
