"""Regions outlined by eye: polygons in a text file, and their pixels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from skimage.draw import polygon as fill_polygon

from shalelib.arguments import check_choice, check_kind, given_row, given_values, is_whole, short
from shalelib.arrays import Labels
from shalelib.files import given_path
from shalelib.memory import check_room
from shalelib.segmentation.phases import UNLABELLED, Phase, phase_of


@dataclass(frozen=True, kw_only=True)
class Polygon:
    """A region outlined by eye.

    Attributes
    ----------
    patch : str
        Name of the image on which it is drawn.
    phase : Phase
        Class of the region.
    vertices : tuple of (row, column)
        Corners of the polygon [pixel], counted so that pixel (i, j) spans i to i + 1 and j to
        j + 1.

    Raises
    ------
    TypeError, ValueError
        `phase` is not one of `Phase`, or `vertices` are not pairs of finite numbers.
    """

    patch: str
    phase: Phase
    vertices: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        check_choice("phase", self.phase, Phase)
        corners = given_values("vertices", self.vertices)
        if corners.ndim != 2 or corners.shape[1] != 2 or not np.isfinite(corners).all():
            msg = f"vertices must be pairs (row, column), got {short(self.vertices)}"
            raise ValueError(msg)


def load_polygons(path: Path | str | None = None) -> tuple[Polygon, ...]:
    """Read regions outlined by eye.

    Parameters
    ----------
    path : path, optional
        A JSON file with ``{"polygons": [{"patch": ..., "class": ..., "vertices": [[row, column],
        ...]}, ...]}``; by default, that of the package with regions of the real patches, drawn by
        the protocol in ``data/LABELS.md``.

    Returns
    -------
    tuple of Polygon

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is not a file of polygons.

    Examples
    --------
    >>> polygons = load_polygons()
    >>> len({polygon.patch for polygon in polygons}) >= 6
    True
    """
    if path is None:
        source: Any = files("shalelib.segmentation") / "vaca_muerta_polygons.json"
    elif path == "" or not (source := given_path(path)).is_file():
        msg = f"there is no polygon file {str(path)!r}; omit path for those of the package"
        raise FileNotFoundError(msg)
    try:
        entries = json.loads(source.read_text(encoding="utf-8"))["polygons"]
        return tuple(
            Polygon(
                patch=str(entry["patch"]),
                phase=phase_of(entry["class"]),
                vertices=tuple((float(row), float(column)) for row, column in entry["vertices"]),
            )
            for entry in entries
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        msg = (
            f"{source} is no polygon file ({type(error).__name__}: {error}); it must hold "
            '{"polygons": [{"patch": "000", "class": "low", "vertices": [[row, column], ...]}]}'
        )
        raise ValueError(msg) from error


def rasterise(polygons: Sequence[Polygon], shape: tuple[int, int]) -> Labels:
    """Fill the polygons of one image.

    Parameters
    ----------
    polygons : sequence of Polygon
        All on one image; a pixel belongs to the polygon in which its centre lies.
    shape : (rows, columns)
        Of the image [pixel].

    Returns
    -------
    (y, x) uint8 array
        Codes of `Phase`, `UNLABELLED` where nothing is drawn.

    Raises
    ------
    TypeError
        `polygons` is not a sequence of `Polygon`.
    ValueError
        A polygon has fewer than three vertices, extends beyond the image, contains no centre of a
        pixel, or overlaps one of another class.

    Examples
    --------
    >>> square = Polygon(patch="a", phase=Phase.LOW, vertices=((1, 1), (1, 3), (3, 3), (3, 1)))
    >>> rasterise([square], (4, 4))
    array([[255, 255, 255, 255],
           [255,   1,   1, 255],
           [255,   1,   1, 255],
           [255, 255, 255, 255]], dtype=uint8)
    """
    polygons, shape = _drawn(polygons), _image_shape(shape)
    out = np.full(shape, UNLABELLED, np.uint8)
    for number, region in enumerate(polygons):
        where = f"polygon {number} ({region.phase.name.lower()}) of patch {region.patch}"
        corners = np.array(region.vertices, dtype=float)
        if len(corners) < 3 or (corners < 0).any() or (corners > shape).any():
            msg = f"{where} must have three or more vertices within the {shape} image"
            raise ValueError(msg)
        rows, columns = fill_polygon(corners[:, 0] - 0.5, corners[:, 1] - 0.5, shape)
        if not rows.size:
            msg = f"{where} holds no pixel centre; draw it larger"
            raise ValueError(msg)
        before = out[rows, columns]
        if ((before != UNLABELLED) & (before != region.phase)).any():
            msg = f"{where} overlaps a polygon of another class; redraw one of the two"
            raise ValueError(msg)
        out[rows, columns] = region.phase
    return out


def _drawn(polygons: object) -> list[Polygon]:
    """Return polygons as a list, and refuse anything else."""
    found = given_row("polygons", polygons, mend="pass [Polygon(...), ...], see load_polygons")
    for number, region in enumerate(found):
        mend = "see shalelib.segmentation.Polygon"
        check_kind(f"polygons[{number}]", region, Polygon, mend=mend)
    return found


def _image_shape(shape: object) -> tuple[int, int]:
    """Return the shape of an image as two whole numbers of pixels."""
    edges = given_row("shape", shape, mend="that of an image is (rows, columns)")
    if len(edges) != 2 or not all(map(is_whole, edges)) or min(edges) < 1:
        msg = f"shape must be that of an image, (rows, columns), got {short(shape)}"
        raise ValueError(msg)
    rows, columns = map(int, edges)
    check_room(f"an image of {rows:,} x {columns:,} pixels", rows * columns, mend="mend its shape")
    return rows, columns


def polygon_labels(
    names: Sequence[str],
    shape: tuple[int, int],
    *,
    polygons: Sequence[Polygon] | None = None,
) -> Labels:
    """Rasterise polygons for a series of images.

    Parameters
    ----------
    names : sequence of str
        The images' names, such as ``PairedSlices.names``; images without polygons stay unlabelled.
    shape : (rows, columns)
        Of each image [pixel].
    polygons : sequence of Polygon, optional
        By default, those that come with the package.

    Returns
    -------
    (n, y, x) uint8 array
        As `rasterise`, for each name in turn.

    Raises
    ------
    TypeError
        `polygons` is not a sequence of `Polygon`.
    ValueError
        `names` is empty or lacks an image on which a polygon is drawn, or a polygon is refused by
        `rasterise`.
    """
    regions = load_polygons() if polygons is None else _drawn(polygons)
    names = [str(name) for name in given_row("names", names, mend="such as PairedSlices.names")]
    missing = sorted({region.patch for region in regions} - set(names))
    if not len(names):
        msg = "names is empty; pass the name of each image, such as PairedSlices.names"
        raise ValueError(msg)
    if missing:
        msg = f"polygons are drawn on {missing}, which are not among the {len(names)} images"
        raise ValueError(msg)
    return np.stack(
        [rasterise([region for region in regions if region.patch == name], shape) for name in names]
    )
