"""Figures of the page Volumes: axes that begin where the numbers do, titles over one panel."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from companion.cubes import volume_grid
from companion.pages import volumes_figures
from companion.site._bundle import COLUMN, laid_out


def test_the_axis_of_the_divergences_begins_where_they_do():
    table = pd.DataFrame(
        {"column": "area_xy", "model": ["a", "b"], "kind": ["paper", "truth"], "ours": [0.3, 9.0]}
        | {"low": [0.2, 8.0], "high": [0.5, 20.0], "quantity": "Area", "planes": "x-y"}
    )
    table = pd.concat([table.assign(column=f"area_{plane}") for plane in ("xy", "xz", "yz")])
    fig = volumes_figures.divergence_plot(table)
    assert fig.axes[0].get_xlim() == (0.1, 40)
    assert volumes_figures.clipped(table) == ""
    fig.canvas.draw()
    [name] = [axis.xaxis.label for axis in fig.axes if axis.get_xlabel()]
    ticks = [label.get_window_extent() for axis in fig.axes for label in axis.get_xticklabels()]
    assert name.get_window_extent().y1 < min(box.y0 for box in ticks)
    panels = [axis.get_window_extent() for axis in fig.axes]  # the middle of all of them is below
    middle = (panels[0].x0 + panels[-1].x1) / 2
    assert abs((name.get_window_extent().x0 + name.get_window_extent().x1) / 2 - middle) < 1
    plt.close(fig)
    small = table.assign(low=1e-5)
    fig = volumes_figures.divergence_plot(small)
    assert fig.axes[0].get_xlim()[0] < volumes_figures.LEAST
    assert volumes_figures.clipped(small).startswith("Values below 0.001")
    plt.close(fig)


def test_functionals_are_drawn_with_their_units():
    fig = volumes_figures.functional_histograms(np.eye(3), {"x-y": np.eye(3)})
    assert [axis.get_xlabel() for axis in fig.axes] == [
        "area [pixel²]",
        "perimeter [pixel]",
        "Euler characteristic",
    ]
    plt.close(fig)


def test_long_titles_of_cuts_stay_over_their_own_panel():
    title = "Regularized SRGAN 4x (Vanilla) + median"
    cubes = {f"{title} {k}": np.zeros((8, 8, 8), np.uint8) for k in range(8)}
    fig = volumes_figures.side_cuts(cubes, voxel_size=1e-8)
    laid_out(fig, COLUMN)
    for axis in fig.axes:
        assert axis.title.get_window_extent().width < axis.get_window_extent().width
    below = max(axis.title.get_window_extent().y1 for axis in fig.axes[4:])
    assert below < fig.axes[0].get_window_extent().y0
    plt.close(fig)


def test_axes_are_named_below_the_last_cube():
    """Where rows of cubes follow, on a phone, a name would lie on a title."""
    volumes = {name: np.zeros((4, 4, 4), np.uint8) for name in "abcdefgh"}
    fig = volume_grid(volumes, columns=4, voxel_size=1e-8)
    assert [bool(axis.texts) for axis in fig.axes] == [False] * 7 + [True]
    plt.close(fig)
