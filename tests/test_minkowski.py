"""Minkowski functionals: known shapes, symmetry, duality, other libraries, bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from skimage.measure import euler_number, perimeter_crofton

from shalelib.metrics.functionals import (
    FAMILIES,
    edge_perimeter,
    minkowski,
    plane_blocks,
    plane_functionals,
    quad_counts,
    quantimpy_perimeter,
)

ROOT = Path(__file__).parents[1]
QUANTIMPY = ROOT / "tests" / "literature" / "quantimpy.json"
ALONG_A_ROW = np.pi / 8 * (1 + np.sqrt(2))  # Cauchy-Crofton length of a unit of straight boundary


def disc(radius):
    """A disc whose centre is a pixel, well inside the frame."""
    y, x = np.mgrid[: 2 * radius + 9, : 2 * radius + 9] - radius - 4
    return y**2 + x**2 <= radius**2


def random_images(seed, share=0.5, shape=(6, 17, 23)):
    return np.random.default_rng(seed).random(shape) < share


# Analytic


def test_a_rectangle_has_its_area_and_known_perimeter():
    """Each unit along rows and columns counts pi/8 (1 + sqrt 2); a corner loses pi/(8 sqrt 2)."""
    image = np.zeros((1, 20, 30), bool)
    image[0, 5:12, 4:21] = True
    area, perimeter, euler = minkowski(image)[0]
    assert area == 7 * 17
    edges = 2 * (7 + 17)
    assert perimeter == pytest.approx(edges * ALONG_A_ROW - 4 * np.pi / 8 / np.sqrt(2))
    assert euler == 1


def test_a_boundary_along_a_row_is_five_percent_short():
    """It crosses the image, so it has no ends: 199 neighbourhoods of pi/8 (1 + sqrt 2) each."""
    image = np.zeros((1, 200, 200), bool)
    image[0, :100] = True
    assert minkowski(image)[0, 1] == pytest.approx(199 * ALONG_A_ROW, rel=1e-12)
    assert abs(1 - 0.052 - ALONG_A_ROW) < 5e-4


@pytest.mark.parametrize("angle", np.radians([0.5, 10, 22.5, 45, 70, 112.5, 150]).round(6))
def test_a_straight_boundary_in_any_direction_is_as_wide_off_as_four_directions_make_it(angle):
    """Lines in direction k pi/4 cross a unit of boundary |sin(angle - k pi/4)| times.

    A half plane cuts a disc of radius 150; twice its chord is what the two halves have more than
    the disc, but for a pixel or two at each end, so within 4/600.
    """
    y, x = np.mgrid[:400, :400] - 199.5
    inner = y**2 + x**2 < 150**2
    half = x * np.sin(angle) - y * np.cos(angle) > 0.3
    one, other, whole = minkowski(np.stack([half & inner, ~half & inner, inner]))[:, 1]
    expected = np.pi / 8 * np.abs(np.sin(angle - np.arange(4) * np.pi / 4)).sum()
    assert (one + other - whole) / 600 == pytest.approx(expected, abs=4 / 600)
    assert expected > 1 - 0.0525
    assert expected < 1 + 0.0263


@pytest.mark.parametrize("radius", [10, 20, 40, 80])
def test_a_disc_approaches_its_area_and_perimeter(radius):
    """Gauss: the area is within the boundary's pixels. The perimeter's bias goes as 1/radius."""
    area, perimeter, euler = minkowski(disc(radius)[None])[0]
    assert abs(area - np.pi * radius**2) < 2 * np.sqrt(2) * np.pi * radius
    assert perimeter / (2 * np.pi * radius) == pytest.approx(1, abs=0.8 / radius)
    assert euler == 1


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_an_annulus_has_euler_zero_and_both_boundaries(connectivity, frame):
    ring = disc(40)
    hole = np.zeros_like(ring)
    hole[20:69, 20:69] = disc(20)
    area, perimeter, euler = minkowski(
        (ring & ~hole)[None], connectivity=connectivity, frame=frame
    )[0]
    assert area == ring.sum() - hole.sum()
    parts = minkowski(np.stack([ring, hole]), connectivity=connectivity, frame=frame)
    assert perimeter == pytest.approx(parts[:, 1].sum())
    assert euler == 0


@pytest.mark.parametrize("grid", [(1, 1), (3, 5), (7, 4)])
def test_a_grid_of_holes_counts_one_less_each(grid):
    rows, columns = grid
    image = np.pad(np.ones((4 * rows + 2, 4 * columns + 2), bool), 2)
    for i in range(rows):
        for j in range(columns):
            image[4 + 4 * i : 6 + 4 * i, 4 + 4 * j : 6 + 4 * j] = False
    assert minkowski(image[None])[0, 2] == 1 - rows * columns
    assert minkowski(~image[None])[0, 2] == rows * columns - 1  # an open frame: no corner outside
    assert minkowski(~image[None], frame=True)[0, 2] == rows * columns  # and the outside


def test_pixels_that_touch_at_corners_are_apart_or_joined():
    board = np.indices((6, 6)).sum(axis=0) % 2 == 0
    image = np.pad(board, 2)[None]
    assert minkowski(image)[0, 2] == board.sum()
    # 25 corners join 18 pixels: points less links
    assert minkowski(image, connectivity=8)[0, 2] == board.sum() - 25


def test_the_frame_counts_for_nothing_unless_asked():
    """A filled image: no boundary. Closed, it is a rectangle."""
    full = np.ones((1, 8, 11), bool)
    assert minkowski(full)[0].tolist() == [88, 0, 0]
    area, perimeter, euler = minkowski(full, frame=True)[0]
    assert (area, euler) == (88, 1)
    assert perimeter == pytest.approx(minkowski(np.pad(full, ((0, 0), (3, 3), (3, 3))))[0, 1])


def test_an_empty_image_has_nothing():
    for frame in (False, True):
        assert minkowski(np.zeros((2, 5, 5), bool), frame=frame).tolist() == [[0, 0, 0]] * 2


# Invariants


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_rotation_and_mirror_change_nothing(connectivity, frame):
    images = random_images(0)
    options = {"connectivity": connectivity, "frame": frame}
    expected = minkowski(images, **options)
    for turned in (
        np.rot90(images, axes=(1, 2)),
        np.rot90(images, 2, axes=(1, 2)),
        images[:, ::-1],
        images.transpose(0, 2, 1),
    ):
        np.testing.assert_allclose(minkowski(turned, **options), expected, rtol=1e-12)


@pytest.mark.parametrize("shift", [(1, 0), (0, 3), (-2, 2)])
def test_translation_changes_nothing(shift):
    images = np.pad(random_images(1), ((0, 0), (4, 4), (4, 4)))
    moved = np.roll(images, shift, axis=(1, 2))
    np.testing.assert_array_equal(minkowski(moved), minkowski(images))


def test_with_a_closed_frame_the_place_in_the_image_does_not_matter():
    """At the corner of the frame as in the middle; with an open one it does matter."""
    inner = random_images(2, shape=(3, 9, 9))
    cornered = np.pad(inner, ((0, 0), (0, 7), (0, 7)))
    centred = np.pad(inner, ((0, 0), (3, 4), (3, 4)))
    closed = [minkowski(a, frame=True) for a in (cornered, centred)]
    np.testing.assert_array_equal(*closed)
    assert (minkowski(cornered) != minkowski(centred)).any()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_euler_of_a_set_and_its_complement_with_an_open_frame(share):
    """The boundary's curvature changes its sign with the side; the frame adds nothing."""
    images = random_images(3, share)
    np.testing.assert_array_equal(
        minkowski(images)[:, 2], -minkowski(~images, connectivity=8)[:, 2]
    )
    np.testing.assert_allclose(minkowski(images)[:, 1], minkowski(~images)[:, 1], rtol=1e-12)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_euler_of_a_set_and_its_complement_with_a_closed_frame(share):
    """A set off the frame is cut out of a rectangle, whose own 1 is what both add up to."""
    images = np.pad(random_images(4, share), ((0, 0), (2, 2), (2, 2)))
    own = minkowski(images, frame=True)[:, 2]
    rest = minkowski(~images, connectivity=8, frame=True)[:, 2]
    np.testing.assert_array_equal(own + rest, 1)


def test_border_terms_of_the_duality_when_the_set_touches_the_frame():
    """Closed frame: chi_4(X) + chi_8(rest) = 1 + r, r the runs of the rest along the frame.

    On a sphere chi(X) + chi(rest and outside) = 2. The outside is a disc, so that the second is
    chi(rest) + 1 - r: the rest meets it in r arcs.
    """
    images = random_images(5)
    closed = (
        minkowski(images, frame=True)[:, 2] + minkowski(~images, connectivity=8, frame=True)[:, 2]
    )
    ring = np.concatenate(
        [images[:, 0], images[:, 1:, -1], images[:, -1, -2::-1], images[:, -2:0:-1, 0]], axis=1
    )
    runs = (ring != np.roll(ring, 1, axis=1)).sum(axis=1) / 2
    assert runs.min() > 1
    np.testing.assert_array_equal(closed, 1 + runs)


# Other libraries


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_scikit_image_agrees_with_a_closed_frame(share):
    images = random_images(6, share)
    ours = minkowski(images, frame=True)
    eight = minkowski(images, connectivity=8, frame=True)[:, 2]
    for k, image in enumerate(images):
        padded = np.pad(image, 1)  # it misses what touches the edge of the array
        assert ours[k, 1] == pytest.approx(perimeter_crofton(padded, directions=4), rel=1e-12)
        assert ours[k, 2] == euler_number(padded, connectivity=1)
        assert eight[k] == euler_number(padded, connectivity=2)


def _recorded():
    """The images of bench/quantimpy_reference.py, drawn again, with what quantimpy said."""
    values = json.loads(QUANTIMPY.read_text())["functionals"]
    for name, (area, perimeter, euler) in values.items():
        kind, number = name.split()
        if kind == "disc":
            image = disc(int(number))
        else:
            image = np.random.default_rng(int(number)).random((40, 30)) < 0.2 + 0.2 * int(number)
        yield name, image, area, 2 * np.pi * perimeter, np.pi * euler


@pytest.mark.parametrize("recorded", list(_recorded()), ids=lambda r: r[0])
def test_quantimpy_has_our_euler_and_a_perimeter_and_area_of_its_own(recorded):
    """Its area leaves out the last row and column: it counts a pixel with its neighbourhood."""
    _, image, area, perimeter, euler = recorded
    ours = minkowski(image[None])[0]
    assert ours[2] == pytest.approx(euler, abs=1e-9)
    assert image[:-1, :-1].sum() == area
    assert quantimpy_perimeter(image[None])[0] == pytest.approx(perimeter, rel=1e-9)


def test_counting_edges_makes_a_disc_27_percent_too_long():
    found = edge_perimeter(disc(80)[None])[0] / (2 * np.pi * 80)
    assert found == pytest.approx(4 / np.pi, rel=0.01)


# Volumes


def test_plane_families_cut_a_volume_as_their_names_say():
    """A box of 3 x 5 x 8 voxels: its sections have 5 x 8, 3 x 8 and 3 x 5 pixels."""
    phase = np.zeros((10, 11, 14), bool)
    phase[2:5, 3:8, 4:12] = True
    across_z = plane_functionals(phase, "x-y")
    assert across_z[:, 0].tolist() == [0, 0, 40, 40, 40, 0, 0, 0, 0, 0]
    others = plane_functionals(phase, "x-z, y-z")
    assert others[:, 0].tolist() == [0] * 3 + [24] * 5 + [0] * 3 + [0] * 4 + [15] * 8 + [0] * 2
    assert set(FAMILIES) == {"x-y", "x-z, y-z"}
    with pytest.raises(ValueError, match="'x-y' or 'x-z, y-z', got 'xy'"):
        plane_functionals(phase, "xy")


@pytest.mark.parametrize("choice", [{}, {"frame": True}, {"connectivity": 8}])
def test_a_plane_counts_as_the_image_that_it_is(choice):
    """With an open frame and four neighbours where nothing is said, on both sides."""
    phase = random_images(3)
    for family, axes in FAMILIES.items():
        images = [minkowski(np.moveaxis(phase, axis, 0), **choice) for axis in axes]
        np.testing.assert_array_equal(
            plane_functionals(phase, family, **choice), np.concatenate(images)
        )


def test_blocks_number_the_planes_in_the_order_of_the_functionals():
    assert plane_blocks((4, 6, 5), "x-y", block=2).tolist() == [0, 0, 1, 1]
    assert plane_blocks((4, 6, 5), "x-z, y-z", block=3).tolist() == [0] * 3 + [1] * 3 + [
        0,
        0,
        0,
        1,
        1,
    ]


def test_neighbourhoods_are_counted_once_each():
    images = random_images(7)
    assert quad_counts(images).sum(axis=1).tolist() == [16 * 22] * 6
    assert quad_counts(images, frame=True).sum(axis=1).tolist() == [18 * 24] * 6
    image = np.array([[[True, False], [False, True]]])
    assert np.flatnonzero(quad_counts(image)[0]).tolist() == [1 + 8]


# Bad input


def test_the_layout_in_memory_does_not_matter(tmp_path):
    images = random_images(8)
    expected = minkowski(images)
    images.flags.writeable = False
    np.save(tmp_path / "i.npy", images)
    for same in (
        images,
        np.asfortranarray(images),
        np.repeat(images, 2, axis=0)[::2],
        np.load(tmp_path / "i.npy", mmap_mode="r"),
    ):
        np.testing.assert_array_equal(minkowski(same), expected)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((2, 4, 4), np.uint8), TypeError, "boolean"),
        ([[[True]]], TypeError, "boolean"),
        (np.zeros((4, 4), bool), ValueError, "3 dimensions"),
        (np.zeros((0, 4, 4), bool), ValueError, "empty"),
    ],
)
def test_what_is_no_stack_of_masks_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        minkowski(images)


@pytest.mark.parametrize("connectivity", [0, 6, "4"])
def test_an_unknown_connectivity_is_refused(connectivity):
    with pytest.raises(ValueError, match="4 or 8"):
        minkowski(np.zeros((1, 4, 4), bool), connectivity=connectivity)


def test_one_pixel_and_one_row_are_images():
    """With an open frame they have no neighbourhood, so no boundary; closed they have one."""
    for shape in ((1, 1, 1), (1, 1, 5)):
        image = np.ones(shape, bool)
        assert minkowski(image)[0].tolist() == [image.sum(), 0, 0]
        assert minkowski(image, frame=True)[0, 2] == 1
