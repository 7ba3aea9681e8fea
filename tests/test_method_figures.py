"""Figures of the pages of method: known images, and what they are said to be."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion.pages import method_figures
from companion.site._themes import drawing, light, lighten_ink
from shalelib.metrics.functionals import minkowski


def test_shapes_have_the_functionals_that_the_caption_tells():
    """A hole is one less; four discs of half the radius have four times less area each."""
    names = list(method_figures.shapes())
    values = minkowski(np.stack(list(method_figures.shapes().values())))
    disc, ring, parts, cut = (dict(zip(names, values, strict=True))[name] for name in names)
    assert [one[2] for one in (disc, ring, parts, cut)] == [1, 0, 4, 0.5]
    assert ring[1] > disc[1]
    assert parts[0] == pytest.approx(disc[0], rel=0.02)
    assert parts[1] == pytest.approx(2 * disc[1], rel=0.03)
    assert cut[:2] == pytest.approx(disc[:2] / 2, rel=0.03)


def test_a_distorted_image_is_bytes_of_the_same_shape():
    sem = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    worse = method_figures.distortions(sem // 2, sem)
    assert {(image.shape, image.dtype) for image in worse.values()} == {(sem.shape, sem.dtype)}
    assert worse["its mean"].std() == 0
    fig = method_figures.metrics_figure(sem // 2, sem)
    assert len(fig.axes) == 6
    plt.close(fig)


def drawn():
    fig, axis = plt.subplots(figsize=(2, 2))
    axis.imshow(np.zeros((4, 4)), cmap="gray", vmin=0, vmax=1)
    axis.plot([0, 1], [0, 1], color="black")
    axis.plot([0, 1], [1, 0], color="#c4692f")
    axis.text(0, 0, "on a box", bbox={"facecolor": "white"})
    axis.annotate("", (1, 1), (0, 1), arrowprops={"arrowstyle": "->", "color": "black"})
    axis.set_title("bare")
    return fig


def test_a_photograph_is_the_same_in_both_themes_and_ink_is_not():
    fig = drawn()
    lighten_ink(fig)
    axis = fig.axes[0]
    assert axis.lines[0].get_color() == pytest.approx(light("black"))
    assert axis.lines[1].get_color() == "#c4692f"
    assert axis.texts[0].get_color() == "black"
    arrow = axis.texts[1].arrow_patch.get_edgecolor()
    assert arrow == pytest.approx(light("black"))
    assert axis.title.get_color() == pytest.approx(light("black"))
    fig.canvas.draw()
    picture = np.asarray(fig.canvas.buffer_rgba())
    height, width = picture.shape[:2]
    assert picture[0, 0, 3] == 0  # no ground
    assert picture[height // 2, int(width * 0.75)].tolist() == [0, 0, 0, 255]  # black stays black
    plt.close(fig)


def test_a_figure_is_there_twice_unless_the_page_inverts_it():
    fig = drawn()
    twice = drawing(fig, None, alt="x", invert=False)
    assert twice.count("<img") == 2
    assert twice.count(" hidden ") == 1
    assert drawing(fig, None, alt="x", invert=True).count("<img") == 1
    plt.close(fig)
