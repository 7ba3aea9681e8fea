"""What the metadata of a TIFF say: the names of its channels and the size of a voxel."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from shalelib.scale import Scale, plausible_scale, unit_in_metres


def channel_names(tif: Any, image: int) -> list[str]:
    """Return the names of an image's channels that OME's metadata give."""
    if not tif.is_ome:
        return []
    about = _ome_pixels(tif, image)
    found = [] if about is None else [c.get("Name") for c in _elements(about, "Channel")]
    return [name for name in found if name]


def _elements(root: Any, name: str) -> list[Any]:
    return [item for item in root.iter() if item.tag.rpartition("}")[2] == name]


def _ome_pixels(tif: Any, image: int) -> Any:
    """Return what OME's metadata say of one image of the file; None where another file has it."""
    found = _elements(ElementTree.fromstring(tif.ome_metadata), "Pixels")
    return found[min(image, len(found) - 1)] if found else None


def voxel_scale(tif: Any, page: Any, image: int) -> tuple[Scale | None, bool]:
    """Return the edges of a voxel by ImageJ's or OME's metadata, and whether they say its depth."""
    if tif.is_ome:
        pixels = _ome_pixels(tif, image)
        return (None, False) if pixels is None else _ome_scale(pixels)
    about = tif.imagej_metadata or {}
    unit = unit_in_metres(about.get("unit", ""))
    if unit is None:
        return None, False
    along: list[Any] = [_pixel_edge(page, f"{name}Resolution") for name in "YX"]
    if about.get("yunit"):
        along[0] = along[0] and along[0] * (unit_in_metres(about["yunit"]) or unit) / unit
    if not all(along):
        return None, False
    depth = _length(about.get("spacing", along[1]))  # left out of slices, and where it is 1
    if depth is not None and about.get("zunit"):
        depth = depth * (unit_in_metres(about["zunit"]) or unit) / unit
    edges = (depth and depth * unit, *(edge * unit for edge in along))
    return plausible_scale(edges), "spacing" in about


def _length(written: Any) -> float | None:
    """Return a length as a number; None if what is written is none."""
    try:
        return float(written)
    except (TypeError, ValueError):
        return None


def _pixel_edge(page: Any, tag: str) -> float | None:
    found = page.tags.get(tag)
    if found is None or not all(found.value):
        return None
    pixels, units = found.value
    return float(units / pixels)


def _ome_scale(about: Any) -> tuple[Scale | None, bool]:
    edges: list[float | None] = []
    for name in "ZYX":
        size = _length(about.get(f"PhysicalSize{name}"))
        unit = unit_in_metres(about.get(f"PhysicalSize{name}Unit", "µm"))
        edges.append(size * unit if size and unit else None)
    said = edges[0] is not None
    if not said:
        edges[0] = edges[2]
    return plausible_scale(tuple(edges)), said
