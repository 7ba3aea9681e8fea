"""Volumes to turn in the browser: what the traces and their controls hold."""

import base64
import json
import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from companion.intervals import interval_view
from companion.site import display
from companion.site.controls import Control, constant, show_one_of
from companion.views import cut_planes, plane_sliders, pore_surface, stream_lines, view

VOXEL = 33.6e-9  # m
TEXT = {"name": "a", "caption": "A.", "alt": "What it shows."}


def enclosed(mesh):
    """Volume inside a closed mesh [µm³], by the divergence theorem."""
    corners = np.stack([mesh.z, mesh.y, mesh.x], axis=1).astype(float)
    a, b, c = (corners[np.asarray(index)] for index in (mesh.i, mesh.j, mesh.k))
    return abs(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("triangles", [90_000, 900])
def test_surface_bounds_the_pores(triangles):
    """A ball of radius 10 voxels lies where the voxels are and has their volume.

    To 12%: the level keeps the number of coarse voxels above it, not the enclosed volume.
    """
    ball = np.linalg.norm(np.indices((32, 30, 28)).T - [17, 15, 13], axis=-1).T <= 10
    mesh, block = pore_surface(ball, voxel_size=VOXEL, triangles=triangles)
    assert len(mesh.i) <= triangles
    assert block == 1 if triangles > 10_000 else block > 1
    assert enclosed(mesh) == pytest.approx(ball.sum() * (VOXEL * 1e6) ** 3, rel=0.12)
    middle = [(max(axis) + min(axis)) / 2 / (VOXEL * 1e6) for axis in (mesh.z, mesh.y, mesh.x)]
    np.testing.assert_allclose(middle, [17.5, 15.5, 13.5], atol=0.3 * block)


def test_surface_is_closed_at_the_faces_of_the_box():
    """Every edge of a channel through the box belongs to two triangles."""
    pore = np.zeros((12, 12, 12), bool)
    pore[:, 4:8, 4:8] = True
    mesh, _ = pore_surface(pore, voxel_size=VOXEL)
    faces = np.stack([mesh.i, mesh.j, mesh.k], axis=1)
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1]) == {2}


@pytest.mark.parametrize("value", [False, True])
def test_surface_of_nothing_is_refused(value):
    with pytest.raises(ValueError, match="pores and solid"):
        pore_surface(np.full((4, 4, 4), value), voxel_size=VOXEL)


def test_planes_are_slices_of_the_volume():
    volume = np.arange(4 * 6 * 8, dtype=np.uint8).reshape(4, 6, 8)
    planes = cut_planes(volume, voxel_size=VOXEL)
    for axis, plane in enumerate(planes):
        shown = np.asarray(plane.surfacecolor)
        np.testing.assert_array_equal(shown, volume.take(volume.shape[axis] // 2, axis))
        where = np.asarray([plane.z, plane.y, plane.x][axis])
        assert np.ptp(where) == 0
        middle = volume.shape[axis] // 2 + 0.5
        np.testing.assert_allclose(where, middle * VOXEL * 1e6, atol=1e-4)


def test_sliders_carry_the_slices_they_name():
    """Base64 in Plotly's form comes back as the slice at the place that the label says."""
    rng = np.random.default_rng(0)
    volumes = [rng.integers(0, 256, (10, 12, 14), dtype=np.uint8) for _ in range(2)]
    controls = plane_sliders(volumes, [1, 4], voxel_size=1e-6, steps=5)
    assert [control.traces for control in controls] == [[1, 4], [2, 5], [3, 6]]
    for axis, control in enumerate(controls):
        for label, update in zip(control.labels, control.updates, strict=True):
            index = round(float(label.split()[2]) - 0.5)
            for volume, encoded in zip(volumes, update["surfacecolor"], strict=True):
                shape = tuple(map(int, encoded["shape"].split(", ")))
                image = np.frombuffer(base64.b64decode(encoded["bdata"]), np.uint8).reshape(shape)
                np.testing.assert_array_equal(image, volume.take(index, axis))
            assert update["zyx"[axis]][0] == constant(index + 0.5, shape)
        assert control.labels[control.start].startswith(f"{'zyx'[axis]} = ")


def test_large_planes_are_thinned_out():
    plane = cut_planes(np.zeros((8, 500, 300), np.uint8), voxel_size=VOXEL)[0]
    assert max(np.shape(plane.surfacecolor)) <= 96
    assert np.max(plane.y) == pytest.approx(500 * VOXEL * 1e6)


def test_lines_keep_their_ends_and_a_gap_between_them():
    line = np.column_stack([np.linspace(0, 1e-6, 1001), *[np.full(1001, 2e-6)] * 2, np.ones(1001)])
    trace = stream_lines([line, line], points=100)
    z = np.asarray(trace.z)
    assert len(z) <= 110
    assert np.isnan(z).sum() == 2
    assert z[0] == 0
    assert np.nanmax(z) == pytest.approx(1)
    shade = np.asarray(trace.line.color)
    np.testing.assert_allclose(shade[np.isfinite(z)], 0, atol=1e-6)  # log10 of 1 m/s
    assert (trace.line.cmin, trace.line.cmax) == (-3, 0)
    with pytest.raises(ValueError, match="no streamlines"):
        stream_lines([])


def test_controls_are_reachable_markup(monkeypatch):
    """A range input and a list, named for screen readers, and updates that JSON carries whole."""
    shown = []
    monkeypatch.setattr(display, "publish_figure", lambda html, **_: shown.append(html))
    volume = np.zeros((8, 8, 8), np.uint8)
    figure = view(cut_planes(volume, voxel_size=VOXEL), shape=volume.shape, voxel_size=VOXEL)
    choice = show_one_of("Model <a>", {"one": [0], "two": [1, 2]}, start=1)
    controls = [choice, *plane_sliders([volume], [0], voxel_size=VOXEL, steps=3)]
    display.show_plotly(figure, controls=controls, **TEXT)
    [html] = shown
    assert html.count('<input type="range"') == 3
    assert "<span>Model &lt;a&gt;</span>" in html
    assert "<option selected>two</option>" in html
    content = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert [len(c["updates"]) for c in json.loads(content[1])] == [2, 3, 3, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"labels": ["one"]}, "every state needs"), ({"start": 2}, "start must be one of 2")],
)
def test_bad_controls_are_refused(change, message):
    good = {"title": "A", "labels": ["one", "two"], "updates": [{}, {}], "traces": [0]}
    with pytest.raises(ValueError, match=message):
        Control(**(good | change))


def test_the_scene_is_as_large_as_the_volume():
    figure = view([go.Scatter3d(x=[0], y=[0], z=[0])], shape=(10, 20, 30), voxel_size=1e-6)
    ranges = [figure.layout.scene[axis].range[1] for axis in ("zaxis", "yaxis", "xaxis")]
    np.testing.assert_allclose(ranges, [10, 20, 30])


def table_of_two():
    rows = [
        {"metric": "PSNR", "model": "a", "paper": 13.59, "ours": 12.0, "low": 11.0, "high": 14.0},
        {"metric": "PSNR", "model": "b", "paper": np.nan, "ours": 16.0, "low": 15.5, "high": 16.5},
        {"metric": "SSIM", "model": "a", "paper": 0.22, "ours": 0.1, "low": np.nan, "high": np.nan},
    ]
    return pd.DataFrame(rows)


def test_a_companion_shows_one_group_with_intervals_and_hover_values():
    figure, [control] = interval_view(table_of_two(), group="metric")
    assert control.labels == ["PSNR", "SSIM"]
    assert [trace.visible for trace in figure.data] == [True, True, False, False]
    ours, paper, other, _ = figure.data
    np.testing.assert_allclose(ours.error_x.array, [2, 0.5])
    np.testing.assert_allclose(ours.error_x.arrayminus, [1, 0.5])
    assert ours.text[0] == "a<br>12 [11, 14]"
    assert list(paper.x) == [13.59]
    assert other.text == ("a<br>0.1",)


def test_rows_of_a_companion_stand_from_top_to_bottom_as_in_the_table():
    axis = interval_view(table_of_two(), group="metric")[0].layout.yaxis
    assert list(axis.categoryarray) == ["b", "a"]  # an axis counts from below


def test_a_companion_without_the_paper_has_no_legend_of_it():
    figure, _ = interval_view(table_of_two().drop(columns="paper"), group="metric")
    assert not figure.data[1].showlegend
    with pytest.raises(ValueError, match="no rows"):
        interval_view(table_of_two().iloc[:0], group="metric")


def test_every_row_has_room_for_its_label_even_where_no_point_is():
    """A row without points at the end, and labels of three lines, in the figure of a page."""
    long = "Regularized SRGAN 4x (Vanilla) + median, first percolation"
    table = table_of_two().replace({"model": {"b": long}})
    table.loc[table["model"] == long, "ours"] = np.nan
    figure, _ = interval_view(table, group="metric")
    assert list(figure.layout.yaxis.range) == [-0.5, 1.5]
    assert figure.layout.yaxis.ticktext[1].count("<br>") == 2
    per_row = (figure.layout.height - 130) / 2
    assert per_row >= 3 * 1.3 * figure.layout.yaxis.tickfont.size  # pixels of three lines
