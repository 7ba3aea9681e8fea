"""Figure 6: what is seen of a volume from above, along its diagonal."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from companion.flow_scenes import FlowScene
from companion.pages.flow_scene import RIGHT, first_hit, pressure_and_streamlines

PIXELS = 120


def test_a_full_box_shows_three_faces_of_one_size():
    """In an isometric drawing each face is a rhombus of area cos 30 degrees, edges of length 1.

    A pixel on an edge may fall to either side, and each face has 4 edges of PIXELS; the view takes
    steps of half a voxel and may miss as much along the two edges of a face in the outline.
    """
    pore = np.ones((32, 32, 32), bool)
    hit, face = first_hit(pore, pixels=PIXELS)
    for axis in range(3):
        seen = ((hit >= 0) & (face == axis)).sum() / PIXELS**2
        assert seen == pytest.approx(RIGHT, abs=4 / PIXELS + 2 * 0.5 / 32)
    z, y, x = np.unravel_index(hit[hit >= 0], pore.shape)
    assert set(np.unique(np.maximum(np.maximum(z, y), x))) == {31}  # only voxels at the near faces


def test_the_nearer_voxel_hides_the_farther():
    """Two voxels on one line of sight, which goes along (1, 1, 1)."""
    pore = np.zeros((6, 6, 6), bool)
    pore[1, 1, 1] = pore[4, 4, 4] = True
    hit, _ = first_hit(pore, pixels=PIXELS)
    assert set(np.unique(hit[hit >= 0])) == {int(np.ravel_multi_index((4, 4, 4), pore.shape))}
    pore[4, 4, 4] = False
    hit, _ = first_hit(pore, pixels=PIXELS)
    assert set(np.unique(hit[hit >= 0])) == {int(np.ravel_multi_index((1, 1, 1), pore.shape))}


def test_up_is_along_z_and_right_along_x():
    """The picture's first row is its top; what lies at large x is drawn at the right."""
    pore = np.zeros((9, 9, 9), bool)
    pore[8, 4, 4] = True
    rows, columns = np.nonzero(first_hit(pore, pixels=PIXELS)[0] >= 0)
    middle = np.array(first_hit(pore, pixels=PIXELS)[0].shape) / 2
    assert rows.mean() < middle[0]
    assert columns.mean() == pytest.approx(middle[1], abs=2)
    pore[8, 4, 4], pore[4, 4, 8] = False, True
    assert np.nonzero(first_hit(pore, pixels=PIXELS)[0] >= 0)[1].mean() > middle[1]


def test_a_volume_without_pores_shows_nothing():
    assert (first_hit(np.zeros((4, 4, 4), bool), pixels=40)[0] == -1).all()


def test_the_direction_of_the_flow_is_written_beside_the_box():
    """At both widths no letter of it lies on an edge of the box."""
    pore = np.zeros((6, 6, 6), bool)
    pore[:, 2:4, 2:4] = True
    line = np.column_stack([np.arange(6.0), np.full((6, 2), 3.0), np.ones(6)]).astype(np.float32)
    fall = np.where(pore, np.float32(0.5), np.float32(np.nan))
    flow = FlowScene(pore=pore, fall=fall, lines=[line], voxel_size=1.0)
    for fig in pressure_and_streamlines({"a": flow, "b": flow, "c": flow, "d": flow}):
        fig.canvas.draw()
        axis = fig.axes[0]
        left = axis.transData.transform((-RIGHT, -0.5))  # the lower left corner of the box
        text = Text.get_window_extent(axis.texts[0])  # its lower edge goes down by 30° from there
        assert text.y1 < left[1]
        assert text.x1 < left[0] or (text.x1 - left[0]) * 0.577 < left[1] - text.y1
        plt.close(fig)
