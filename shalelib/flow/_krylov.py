"""GMRES on float32 vectors; sums are in float64.

All sums run over fixed chunks in a fixed order: the result has the same bits for any number of
threads.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from shalelib.parallel import parallel_kernel

_CHUNK = 2048
_SUMS = {"contract", "reassoc"}  # vector sums within a chunk; the order is fixed when compiled

Vector = NDArray[np.float32]


def gmres(
    apply: Callable[[Vector, Vector], None],
    right: Vector,
    *,
    vectors: int,
    tolerance: float,
) -> tuple[Vector, int]:
    """Solve for x where `apply(x, out)` fills `out` with the operator's product.

    Parameters
    ----------
    apply : callable
    right : (n,) float32 array
        The right-hand side; it is overwritten with x.
    vectors : int
        Largest number of applications, and of basis vectors kept.
    tolerance : float
        Relative residual at which to stop.

    Returns
    -------
    x : (n,) float32 array
    applications : int

    Notes
    -----
    Source: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986), with classical
    Gram-Schmidt, whose two passes suit the few vectors of a rough solution.
    """
    size = norm(right)
    if not size:
        return right, 0
    basis = np.zeros((vectors + 1, right.size), np.float32)
    scale(right, 1 / size, basis[0])
    hessenberg = np.zeros((vectors + 1, vectors))
    first = np.zeros(vectors + 1)
    first[0] = size
    for k in range(vectors):
        w = basis[k + 1]
        apply(basis[k], w)
        hessenberg[: k + 1, k] = products(basis, k + 1, w)
        hessenberg[k + 1, k] = remove(basis, hessenberg[: k + 1, k], w)
        part, target = hessenberg[: k + 2, : k + 1], first[: k + 2]
        weights = np.linalg.lstsq(part, target, rcond=None)[0]
        left = float(np.linalg.norm(target - part @ weights))
        if left <= tolerance * size or not hessenberg[k + 1, k] > 0:
            break
        scale(w, 1 / hessenberg[k + 1, k], w)
    right[:] = 0
    remove(basis, -weights, right)
    return right, len(weights)


def norm(v: NDArray[Any]) -> float:
    """Euclidean norm."""
    return float(np.sqrt(dot(v, v)))


def dot(v: NDArray[Any], w: NDArray[Any]) -> float:
    """Inner product."""
    return float(products(v[None], 1, w)[0])


def products(basis: NDArray[Any], count: int, w: NDArray[Any]) -> NDArray[np.float64]:
    """Inner products of w with the first `count` rows of `basis`."""
    partial = np.zeros((-(-w.size // _CHUNK), count))
    _products(basis, count, w, partial)
    return partial.sum(0)


def remove(basis: NDArray[Any], weights: NDArray[Any], w: NDArray[Any]) -> float:
    """Subtract the weighted rows of `basis` from w and return the norm of what is left."""
    partial = np.zeros(-(-w.size // _CHUNK))
    _remove(basis, weights.astype(w.dtype), w, partial)
    return float(np.sqrt(partial.sum()))


@parallel_kernel(fastmath=_SUMS)
def _products(basis, count, w, partial):
    for chunk in prange(partial.shape[0]):
        lo = np.int64(chunk) * _CHUNK
        for k in range(count):
            total = 0.0
            for i in range(lo, min(w.size, lo + _CHUNK)):
                total += np.float64(basis[k, i]) * np.float64(w[i])
            partial[chunk, k] = total


@parallel_kernel(fastmath=_SUMS)
def _remove(basis, weights, w, partial):
    for chunk in prange(partial.size):
        lo = np.int64(chunk) * _CHUNK
        hi = min(w.size, lo + _CHUNK)
        for k in range(weights.size):
            for i in range(lo, hi):
                w[i] -= weights[k] * basis[k, i]
        total = 0.0
        for i in range(lo, hi):
            total += np.float64(w[i]) * np.float64(w[i])
        partial[chunk] = total


@parallel_kernel()
def scale(v, factor, out):
    """Fill `out` with factor times v."""
    for chunk in prange((v.size + _CHUNK - 1) // _CHUNK):
        lo = np.int64(chunk) * _CHUNK
        for i in range(lo, min(v.size, lo + _CHUNK)):
            out[i] = factor * v[i]
