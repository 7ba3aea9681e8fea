"""VTK image data (.vti) for ParaView, written without further libraries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shalelib.files import given_path, whole_file
from shalelib.flow.arguments import check_result

if TYPE_CHECKING:
    from shalelib.flow.result import FlowResult


def write_vtk(path: str | Path, result: FlowResult) -> None:
    """Write the fields of a flow as cell data of a VTK image.

    The fields are the velocity [m/s], the absolute pressure [Pa], the pores (1 = pore) and, if it
    was computed, the local Knudsen number, ``kn``.

    Parameters
    ----------
    path : str or Path
        Must end in .vti.
    result : FlowResult

    Raises
    ------
    TypeError
        `result` lacks a field.
    ValueError
        `path` does not end in .vti.

    Notes
    -----
    The data are binary, uncompressed and appended raw. The x, y and z of VTK are our last, middle
    and first axis.
    """
    path = given_path(path)
    check_result(result, "velocity", "pressure", "pore")
    if path.suffix != ".vti":
        msg = f"VTK image data files end in .vti, got {path.name!r}"
        raise ValueError(msg)
    vectors = np.stack([result.velocity[a] for a in (2, 1, 0)], axis=-1)
    arrays: dict[str, NDArray[np.generic]] = {
        "velocity": vectors.astype("<f4"),
        "pressure": result.pressure.astype("<f8"),
        "pore": result.pore.astype("u1"),
    }
    if result.kn is not None:
        arrays["kn"] = result.kn.astype("<f4")
    with whole_file(path) as stream:
        stream.write(_header(result, arrays).encode())
        for array in arrays.values():
            stream.write(np.uint64(array.nbytes).tobytes())
            stream.write(np.ascontiguousarray(array).tobytes())
        stream.write(b"\n</AppendedData>\n</VTKFile>\n")


def _header(result: FlowResult, arrays: dict[str, NDArray[np.generic]]) -> str:
    """Return everything in the file before the raw data."""
    kinds = {"<f4": "Float32", "<f8": "Float64", "|u1": "UInt8"}
    nz, ny, nx = result.pore.shape
    lines, offset = [], 0
    for name, array in arrays.items():
        components = 3 if array.ndim == 4 else 1
        lines.append(
            f'<DataArray Name="{name}" type="{kinds[array.dtype.str]}" '
            f'NumberOfComponents="{components}" format="appended" offset="{offset}"/>'
        )
        offset += 8 + array.nbytes
    extent = f"0 {nx} 0 {ny} 0 {nz}"
    spacing = " ".join([repr(result.voxel_size)] * 3)
    return (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" '
        'header_type="UInt64">\n'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing}">\n'
        f'<Piece Extent="{extent}">\n<CellData Scalars="pressure" Vectors="velocity">\n'
        + "\n".join(lines)
        + '\n</CellData>\n</Piece>\n</ImageData>\n<AppendedData encoding="raw">\n_'
    )
