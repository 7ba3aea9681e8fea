"""The size of a pixel as electron microscopes write it, in the image or in a file next to it.

Zeiss, FEI (now Thermo Fisher), TESCAN and Olympus SIS write it into a tag of the TIFF; JEOL and
Hitachi, and some TESCAN, into a text file with the image's name. They give the size of pixels, not
the distance of slices, which they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shalelib.scale import Said, said_scale, unit_in_metres

_ZEISS = ("ap_image_pixel_size", "ap_pixel_size")
_FEI = ("Scan", "EScan", "IScan")
_TESCAN = 50431  # the tag with TESCAN's sections
_LONGEST = 1 << 20  # of a text next to an image [byte]
_LENGTH = re.compile(r"([\d.]+(?:e[+-]?\d+)?)\s*([^\W\d]+)", re.IGNORECASE)  # such as 5um
_JEOL = re.compile(r"\$+[CS]M_\w+\s+\S")


def of_tags(tif: Any) -> Said:
    """Return what the tags of Zeiss, FEI, TESCAN and Olympus SIS in a TIFF say of its pixels."""
    for source in (_of_zeiss, _of_fei, _of_tescan, _of_sis):
        said = source(tif)
        if said.edges is not None or said.odd:
            return said
    return Said()


def beside(path: Path) -> Said:
    """Return what a text file next to an image says of its pixels, and JEOL's of its rows.

    Parameters
    ----------
    path : Path
        Path of the image; the text has its name and ends in ``.txt`` (JEOL, Hitachi) or ``.hdr``
        (TESCAN: ``image-tif.hdr``).

    Returns
    -------
    Said
        Nothing where there is no such text, or it is about something else.
    """
    for text in _texts(path):
        for maker in (_jeol, _hitachi, _tescan):
            said = maker(text)
            if said.edges is not None or said.odd:
                return said
    return Said()


def length(written: Any) -> float | None:
    """Return a written length as a number; None if it is not one."""
    try:
        return float(written)
    except (TypeError, ValueError):
        return None


def _table(found: Any) -> Mapping[Any, Any]:
    return found if isinstance(found, Mapping) else {}


def _pixels(height: float | None, width: float | None) -> Said:
    """Return what two edges [m] say; nothing if one is missing or zero."""
    if not height or not width:
        return Said()
    return said_scale((width, height, width), depth=False)


def _of_zeiss(tif: Any) -> Said:
    about = _table(tif.sem_metadata)
    for _, size, unit in (about[name] for name in _ZEISS if len(about.get(name, ())) == 3):
        edge, metres = length(size), unit_in_metres(unit)
        if edge and metres:
            return _pixels(edge * metres, edge * metres)
    return Said()


def _of_fei(tif: Any) -> Said:
    about = _table(tif.fei_metadata)
    for part in (_table(about.get(name)) for name in _FEI):
        said = _pixels(*(length(part.get(f"Pixel{edge}")) for edge in ("Height", "Width")))
        if said.edges is not None or said.odd:
            rows = length(_table(about.get("Image")).get("ResolutionY"))
            return replace(said, rows=int(rows) if rows else None)
    return Said()


def _of_tescan(tif: Any) -> Said:
    raw = tif.pages.first.tags.valueof(_TESCAN)
    if isinstance(raw, bytes | str):
        return _tescan(raw if isinstance(raw, str) else _decoded(raw))
    return Said()


def _of_sis(tif: Any) -> Said:
    about = _table(tif.sis_metadata)
    return _pixels(*(length(about.get(f"pixelsize{axis}")) for axis in "yx"))


def _texts(path: Path) -> Iterator[str]:
    """Yield the text files next to an image, whose endings may be in capitals."""
    end = path.suffix[1:]
    for name in (f"{path.stem}.txt", f"{path.stem}-{end}.hdr", f"{path.stem}.hdr"):
        stem, _, kind = name.rpartition(".")
        for spelt in (kind, kind.upper(), kind.title()):
            file = path.with_name(f"{stem}.{spelt}")
            if file.is_file() and file.stat().st_size <= _LONGEST:
                yield _decoded(file.read_bytes())
                break


def _decoded(raw: bytes) -> str:
    """Decode a text: as UTF-16 where it is marked so or every other byte is zero."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    if raw[1:40:2].count(0) > 10:
        return raw.decode("utf-16-le", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _values(text: str) -> dict[str, str]:
    """Return lines of name=value."""
    lines = (line.partition("=") for line in text.replace("\0", "\n").splitlines())
    return {name.strip(): value.strip() for name, sign, value in lines if sign}


def _jeol(text: str) -> Said:
    """Read the pixels of the scale bar, the length that it stands for, and the image's rows."""
    lines = [line.strip() for line in text.splitlines()]
    about = dict(line.lstrip("$").split(maxsplit=1) for line in lines if _JEOL.match(line))
    pixels = length(about.get("SM_MICRON_BAR"))
    marker = _LENGTH.fullmatch(about.get("SM_MICRON_MARKER", ""))
    metres = unit_in_metres(marker[2]) if marker else None
    if not pixels or not marker or not metres:
        return Said()
    edge = float(marker[1]) * metres / pixels
    size = about.get("CM_FULL_SIZE", "").split()
    rows = int(size[1]) if len(size) == 2 and size[1].isdigit() else None
    return replace(_pixels(edge, edge), rows=rows)


def _hitachi(text: str) -> Said:
    """Read PixelSize in nanometres, in a text that has Hitachi's section."""
    if not re.search(r"^\s*\[(Sem|Tem)ImageFile\]", text, re.MULTILINE):
        return Said()
    edge = length(_values(text).get("PixelSize"))
    return _pixels(edge * 1e-9, edge * 1e-9) if edge else Said()


def _tescan(text: str) -> Said:
    """Read PixelSizeX and PixelSizeY in metres."""
    about = _values(text)
    width = length(about.get("PixelSizeX"))
    return _pixels(length(about.get("PixelSizeY", width)), width)
