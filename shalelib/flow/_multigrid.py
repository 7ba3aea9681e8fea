"""One multigrid cycle on compressed rows of float32, in parallel and with reproducible bits.

The hierarchy is set up by pyamg: smoothed aggregation (Vanek, Mandel and Brezina, Computing 56, 179
(1996)). The smoother is Gauss-Seidel within chunks of rows and Jacobi between them; the chunks do
not depend on the number of threads.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyamg  # type: ignore[import-untyped]
from numba import prange
from numpy.typing import NDArray
from scipy import sparse

from shalelib.parallel import parallel_kernel

_ROWS = 4096
"""Rows per chunk."""

_STRONG = "classical", {"theta": 0.25}
"""Links of at least a quarter of the strongest in their row merge nodes into one."""

_SMOOTH = "jacobi", {"omega": 4 / 3, "weighting": "local"}
"""Smoothing of the interpolation: weights by row, as pyamg's own estimate starts at random."""

_COARSEST = 100
_SINGULAR = 1e-6
"""Share of the largest eigenvalue of the coarsest matrix below which another counts as zero."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """A sparse matrix by compressed rows, the columns of a row in order."""

    start: NDArray[np.int32]
    column: NDArray[np.int32]
    value: Vector

    @classmethod
    def of(cls, matrix: Any) -> Rows:
        """Convert from scipy."""
        csr = sparse.csr_matrix(matrix)
        csr.sort_indices()
        return cls(
            start=csr.indptr.astype(np.int32),
            column=csr.indices.astype(np.int32),
            value=csr.data.astype(np.float32),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of the three arrays."""
        return self.start.nbytes + self.column.nbytes + self.value.nbytes


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """Matrices from fine to coarse, the transfers between them, and the inverse of the coarsest."""

    matrices: tuple[Rows, ...]
    coarsen: tuple[Rows, ...]
    refine: tuple[Rows, ...]
    middles: tuple[NDArray[np.int32], ...]  # index of the diagonal entry in each row of a matrix
    diagonals: tuple[Vector, ...]  # their inverses
    inverse: Vector  # (m, m)

    @property
    def nbytes(self) -> int:
        """Bytes of all matrices."""
        rows = (*self.matrices, *self.coarsen, *self.refine)
        vectors = (*self.middles, *self.diagonals, self.inverse)
        return sum(m.nbytes for m in rows) + sum(v.nbytes for v in vectors)


def build_hierarchy(matrix: Any) -> Hierarchy:
    """Set up the hierarchy of a symmetric positive sparse matrix."""
    levels = pyamg.smoothed_aggregation_solver(
        sparse.csr_matrix(matrix), strength=_STRONG, smooth=_SMOOTH, max_coarse=_COARSEST
    ).levels
    coarsest = levels[-1].A.toarray()
    matrices = tuple(Rows.of(level.A) for level in levels[:-1])
    return Hierarchy(
        matrices=matrices,
        coarsen=tuple(Rows.of(level.R) for level in levels[:-1]),
        refine=tuple(Rows.of(level.P) for level in levels[:-1]),
        middles=tuple(map(_middles, matrices)),
        diagonals=tuple((1 / level.A.diagonal()).astype(np.float32) for level in levels[:-1]),
        inverse=np.linalg.pinv(coarsest, rcond=_SINGULAR, hermitian=True).astype(np.float32),
    )


def _middles(rows: Rows) -> NDArray[np.int32]:
    """Find the index of the diagonal entry in each row."""
    row = np.repeat(np.arange(len(rows.start) - 1), np.diff(rows.start))
    return np.flatnonzero(rows.column == row).astype(np.int32)


def cycle(hierarchy: Hierarchy, b: Vector) -> Vector:
    """Take one V-cycle from 0: a sweep on the way down and one on the way up on each level."""
    return _cycle(hierarchy, 0, b)


def _cycle(hierarchy: Hierarchy, level: int, b: Vector) -> Vector:
    if level == len(hierarchy.matrices):
        return (hierarchy.inverse * b).sum(1)
    a, inverse = hierarchy.matrices[level], hierarchy.diagonals[level]
    middle = hierarchy.middles[level]
    down, up = hierarchy.coarsen[level], hierarchy.refine[level]
    x, left = np.empty_like(b), np.empty_like(b)
    _sweep_from_zero(a.start, middle, a.column, a.value, inverse, b, x)
    _residual(a.start, middle, a.column, a.value, x, left)
    coarse = np.zeros(len(down.start) - 1, np.float32)
    _add_product(down.start, down.column, down.value, left, coarse)
    _add_product(up.start, up.column, up.value, _cycle(hierarchy, level + 1, coarse), x)
    np.copyto(left, x)
    _sweep_back(a.start, a.column, a.value, inverse, b, left, x)
    return x


@parallel_kernel()
def _sweep_from_zero(start, middle, column, value, inverse, b, x):
    """Gauss-Seidel forward within chunks, where x is 0 before: entries left of the diagonal."""
    for chunk in prange((b.size + _ROWS - 1) // _ROWS):
        lo = np.int64(chunk) * _ROWS
        for n in range(lo, min(b.size, lo + _ROWS)):
            total = b[n]
            for entry in range(start[n], middle[n]):
                if column[entry] >= lo:
                    total -= value[entry] * x[column[entry]]
            x[n] = total * inverse[n]


@parallel_kernel()
def _sweep_back(start, column, value, inverse, b, old, x):
    """Gauss-Seidel backward within chunks; what lies outside a chunk is taken from `old`."""
    for chunk in prange((b.size + _ROWS - 1) // _ROWS):
        lo = np.int64(chunk) * _ROWS
        hi = min(b.size, lo + _ROWS)
        for n in range(hi - 1, lo - 1, -1):
            total = b[n]
            for entry in range(start[n], start[n + 1]):
                m = column[entry]
                total -= value[entry] * (x[m] if lo <= m < hi else old[m])
            x[n] += total * inverse[n]


@parallel_kernel()
def _residual(start, middle, column, value, x, out):
    """Compute the residual of a sweep from zero: the entries of A x that it has not yet seen."""
    for chunk in prange((out.size + _ROWS - 1) // _ROWS):
        lo = np.int64(chunk) * _ROWS
        for n in range(lo, min(out.size, lo + _ROWS)):
            total = np.float32(0)
            for entry in range(middle[n] + 1, start[n + 1]):
                total -= value[entry] * x[column[entry]]
            entry = start[n]
            while column[entry] < lo:
                total -= value[entry] * x[column[entry]]
                entry += 1
            out[n] = total


@parallel_kernel()
def _add_product(start, column, value, x, out):
    """Add the product of a matrix with x to `out`."""
    for chunk in prange((out.size + _ROWS - 1) // _ROWS):
        lo = np.int64(chunk) * _ROWS
        for n in range(lo, min(out.size, lo + _ROWS)):
            total = out[n]
            for entry in range(start[n], start[n + 1]):
                total += value[entry] * x[column[entry]]
            out[n] = total
