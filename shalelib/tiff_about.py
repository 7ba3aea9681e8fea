"""What the metadata of a TIFF say: the names of its channels and the size of a voxel."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from shalelib.microscopes import beside, length, of_tags
from shalelib.scale import (
    Said,
    names_no_unit,
    print_aside,
    resolution_scale,
    said_scale,
    unit_in_metres,
)

_BASELINE = {2: ("an inch", 0.0254), 3: ("a centimetre", 0.01)}  # the tag ResolutionUnit


def channel_names(tif: Any, image: int) -> list[str]:
    """Return the names of an image's channels in OME's metadata, in order; empty without any."""
    if not tif.is_ome:
        return []
    about = _ome_pixels(tif, image)
    return [] if about is None else [c.get("Name", "") for c in _elements(about, "Channel")]


def _elements(root: Any, name: str) -> list[Any]:
    return [item for item in root.iter() if item.tag.rpartition("}")[2] == name]


def _ome_pixels(tif: Any, image: int) -> Any:
    """Return what OME's metadata say of one image of the file; None where another file holds it."""
    found = _elements(ElementTree.fromstring(tif.ome_metadata), "Pixels")
    return found[min(image, len(found) - 1)] if found else None


def voxel_scale(tif: Any, page: Any, image: int) -> Said:
    """Return what a TIFF says of its voxels, from the first source that says anything.

    The sources are OME's and ImageJ's metadata, those of electron microscopes, in the image or next
    to it (`shalelib.microscopes`), and the resolution that any TIFF may have. The last is often
    that of a print or a screen, such as 72 pixels an inch, and is believed only where it cannot be.
    """
    said = Said()
    for source in (_of_ome, _of_imagej, _of_microscope, _of_resolution):
        said = source(tif, page, image)
        if said.edges is not None or said.odd:
            break
    return said


def _of_ome(tif: Any, page: Any, image: int) -> Said:
    about = _ome_pixels(tif, image) if tif.is_ome else None
    if about is None:
        return Said()
    edges: dict[str, float | None] = {}
    for axis in "ZYX":
        size = about.get(f"PhysicalSize{axis}")
        unit = about.get(f"PhysicalSize{axis}Unit", "µm")
        edges[axis], odd = _ome_edge(size, unit)
        if odd:
            return Said(odd=f"{odd} along {axis.lower()}")
    if (edges["Y"] is None) != (edges["X"] is None):
        known = "x" if edges["Y"] is None else "y"
        return Said(odd=f"the length of a pixel along {known} alone")
    depth = edges["Z"] is not None
    return print_aside(
        said_scale((edges["Z" if depth else "X"], edges["Y"], edges["X"]), depth=depth)
    )


def _ome_edge(size: str | None, unit: str) -> tuple[float | None, str]:
    """Return a length [m], and what is odd about it: None and an empty text where none is given."""
    if size is None or names_no_unit(unit):
        return None, ""
    number, metres = length(size), unit_in_metres(unit)
    if number is None:
        return None, f"{size!r}, which is no number,"
    if metres is None and number:
        return None, f"a length in {unit!r}, which is no unit known here,"
    return (number * metres if number and metres else None), ""  # 0 is not calibrated


def _of_imagej(tif: Any, page: Any, image: int) -> Said:
    about = tif.imagej_metadata or {}
    name = str(about.get("unit", ""))
    unit = unit_in_metres(name)
    height, width = (_pixel_edge(page, f"{axis}Resolution") for axis in "YX")
    if unit is None or not (height and width):
        strange = unit is None and not names_no_unit(name)
        return Said(odd=f"a length in {name!r}, which is no unit known here" if strange else "")
    along, across = (about.get(f"{axis}unit") or name for axis in "zy")  # left out where the same
    tall, deep = unit_in_metres(across), unit_in_metres(along)
    if tall is None or (deep is None and not names_no_unit(along)):
        other = across if tall is None else along
        return Said(odd=f"the width of a pixel in {name!r} and another edge in {other!r}")
    written = about.get("spacing", width * unit / (deep or unit))  # left out where it is 1
    spacing = length(written)
    if spacing is None:
        return Said(odd=f"{written!r} between its slices, which is no number")
    known = "spacing" in about and deep is not None
    depth = spacing and abs(spacing) * deep if deep else width * unit  # < 0: from below
    return print_aside(said_scale((depth, height * tall, width * unit), depth=known))


def _of_microscope(tif: Any, page: Any, image: int) -> Said:
    """Read the tags of a microscope, else the text file that it left next to the image."""
    said = of_tags(tif)
    known = said.edges is not None or said.odd
    return said if known else beside(Path(tif.filehandle.path))


def _of_resolution(tif: Any, page: Any, image: int) -> Said:
    """Read the resolution, in pixels per inch or per centimetre, that any TIFF may have."""
    tag = page.tags.get("ResolutionUnit")
    name, metres = _BASELINE.get(2 if tag is None else int(tag.value), ("", 0.0))
    height, width = (_pixel_edge(page, f"{axis}Resolution") for axis in "YX")
    if not (metres and height and width):
        return Said()
    said = f"{1 / width:g} pixels {name}"
    return resolution_scale(height * metres, width * metres, said)


def _pixel_edge(page: Any, tag: str) -> float | None:
    found = page.tags.get(tag)
    if found is None or not all(found.value):
        return None
    pixels, units = found.value
    return float(units / pixels)
