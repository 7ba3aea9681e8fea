r"""IDR(s) for the steady state, with the lattice step as the operator.

Two lattice steps are an affine map of the populations, :math:`f \mapsto A f + b`; the steady state
solves :math:`(I - A) f = b`. IDR(s) (Sonneveld and van Gijzen 2008, in the biorthogonal form of
van Gijzen and Sonneveld 2011) needs 4 + 2 s vectors and no long recurrence. Its s shadow vectors
are random signs with disjoint supports, so that they cost one byte per population together.

All sums run over fixed chunks in a fixed order: the result has the same bits for any number of
threads.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from shalelib.flow._kernels import LANES
from shalelib.parallel import parallel_kernel

_CHUNK = 128 * LANES  # populations that a thread takes at a time
_SUMS = {"contract", "reassoc"}  # vector sums within a chunk; the order is fixed when compiled
EXHAUSTED = 1e-9
"""Fall of the residual beyond which the recurrence has no digits left."""

_ANGLE = 0.7  # keeps omega away from 0 (Sleijpen and van der Vorst 1995)


@dataclass(kw_only=True, eq=False)
class KrylovState:
    """All that an IDR(s) run needs to go on; arrays are (n,) and (s, n)."""

    x: NDArray[Any]
    residual: NDArray[Any]
    images: NDArray[Any]
    directions: NDArray[Any]
    products: NDArray[np.float64]
    omega: float
    norm: float  # of the residual
    start: float  # norm of the first residual

    @classmethod
    def begin(cls, residual: NDArray[Any], s: int) -> KrylovState:
        """Start from x = 0 with the given residual."""
        shape = (s, residual.size)
        size = norm(residual)
        return cls(
            x=np.zeros_like(residual),
            residual=residual,
            images=np.zeros(shape, residual.dtype),
            directions=np.zeros(shape, residual.dtype),
            products=np.eye(s),
            omega=1.0,
            norm=size,
            start=size,
        )


def idr_cycles(
    step: Callable[[NDArray[Any]], None],
    state: KrylovState,
    *,
    precondition: Callable[[NDArray[Any]], None] | None = None,
    seed: int = 0,
) -> Iterator[KrylovState]:
    """Improve `state` in place, yielding it after every cycle of s + 1 applications.

    Parameters
    ----------
    step : callable
        Replaces its argument f by A f, in place.
    state : KrylovState
        Solves (I - A) x = residual at the start.
    precondition : callable, optional
        Replaces its argument by a rough solution for it, in place; linear.
    seed : int
        Of the shadow signs.

    Raises
    ------
    ArithmeticError
        The recurrence broke down; start again from the present x.
    """
    s, size = state.images.shape
    signs = np.random.default_rng(seed).integers(0, 2, size, np.int8) * np.int8(2) - np.int8(1)
    chunks = -(-size // _CHUNK)
    partial = np.zeros((chunks, max(s, 3)))
    u, w = np.empty_like(state.x), np.empty_like(state.x)
    images, directions, products, r = state.images, state.directions, state.products, state.residual
    while state.norm > EXHAUSTED * state.start:
        _project(signs, r, partial, s)
        f = partial[:, :s].sum(0)
        for k in range(s):
            c = np.linalg.solve(products[k:, k:], f[k:])
            _leave_out(r, images, c, k, u)
            if precondition is not None:
                precondition(u)
            _combine(directions, c, k, state.omega, u, w)
            step(w)
            _subtract_and_project(signs, u, w, partial, s)
            p = partial[:, :s].sum(0)
            alpha = np.linalg.solve(products[:k, :k], p[:k])
            products[k:, k] = p[k:] - products[k:, :k] @ alpha
            if not (np.isfinite(products[k, k]) and abs(products[k, k]) > 0):
                msg = "IDR(s) broke down"
                raise ArithmeticError(msg)
            beta = f[k] / products[k, k]
            _update(state.x, r, images, directions, alpha, beta, k, u, w)
            f[k + 1 :] -= beta * products[k + 1 :, k]
        np.copyto(u, r)
        if precondition is not None:
            precondition(u)
        np.copyto(w, u)
        step(w)
        _minimise(r, u, w, partial)
        tt, tr, rr = partial[:, :3].sum(0)
        if not (np.isfinite(tt) and tt > 0 and rr > 0 and tr != 0):
            msg = "IDR(s) stagnated"
            raise ArithmeticError(msg)
        cosine = abs(tr) / np.sqrt(tt * rr)
        state.omega = tr / tt * (_ANGLE / cosine if cosine < _ANGLE else 1.0)
        state.norm = _finish(state.x, r, u, w, state.omega, partial)
        if not np.isfinite(state.norm):
            msg = "IDR(s) diverged"
            raise ArithmeticError(msg)
        yield state


def norm(v: NDArray[Any]) -> float:
    """Euclidean norm, summed in a fixed order."""
    partial = np.zeros((-(-v.size // _CHUNK), 3))
    _minimise(v, v, np.zeros_like(v), partial)
    return float(np.sqrt(partial[:, 2].sum()))


@parallel_kernel(fastmath=_SUMS)
def _project(signs, v, partial, s):
    for chunk in prange(partial.shape[0]):
        lo = np.int64(chunk) * _CHUNK
        for k in range(s):
            partial[chunk, k] = 0.0
        for row in range(lo // LANES, min(v.size, lo + _CHUNK) // LANES):
            total = 0.0
            for i in range(row * LANES, (row + 1) * LANES):
                total += np.float64(v[i]) * signs[i]
            partial[chunk, row % s] += total


@parallel_kernel(fastmath=_SUMS)
def _subtract_and_project(signs, u, w, partial, s):
    """Form w <- u - w, and its products with the shadow vectors."""
    for chunk in prange(partial.shape[0]):
        lo = np.int64(chunk) * _CHUNK
        for k in range(s):
            partial[chunk, k] = 0.0
        for row in range(lo // LANES, min(u.size, lo + _CHUNK) // LANES):
            total = 0.0
            for i in range(row * LANES, (row + 1) * LANES):
                difference = u[i] - w[i]
                w[i] = difference
                total += np.float64(difference) * signs[i]
            partial[chunk, row % s] += total


@parallel_kernel(fastmath={"contract"})
def _leave_out(r, images, c, k, u):
    """Form u = r - sum c images over the vectors from k on."""
    for chunk in prange((u.size + _CHUNK - 1) // _CHUNK):
        lo = np.int64(chunk) * _CHUNK
        hi = min(u.size, lo + _CHUNK)
        for i in range(lo, hi):
            u[i] = r[i]
        for j in range(c.size):
            cj = u.dtype.type(c[j])
            for i in range(lo, hi):
                u[i] -= cj * images[k + j, i]


@parallel_kernel(fastmath={"contract"})
def _combine(directions, c, k, omega, u, w):
    """Form u <- omega u + sum c directions over the vectors from k on; w is a copy."""
    one = u.dtype.type(omega)
    for chunk in prange((u.size + _CHUNK - 1) // _CHUNK):
        lo = np.int64(chunk) * _CHUNK
        hi = min(u.size, lo + _CHUNK)
        for i in range(lo, hi):
            u[i] = one * u[i]
        for j in range(c.size):
            cj = u.dtype.type(c[j])
            for i in range(lo, hi):
                u[i] += cj * directions[k + j, i]
        for i in range(lo, hi):
            w[i] = u[i]


@parallel_kernel(fastmath={"contract"})
def _update(x, r, images, directions, alpha, beta, k, u, w):
    """Make u and w biorthogonal, keep them as U_k and G_k, and step x and r along them."""
    b = x.dtype.type(beta)
    for chunk in prange((u.size + _CHUNK - 1) // _CHUNK):
        lo = np.int64(chunk) * _CHUNK
        hi = min(u.size, lo + _CHUNK)
        for j in range(k):
            a = x.dtype.type(alpha[j])
            for i in range(lo, hi):
                u[i] -= a * directions[j, i]
                w[i] -= a * images[j, i]
        for i in range(lo, hi):
            directions[k, i] = u[i]
            images[k, i] = w[i]
            x[i] += b * u[i]
            r[i] -= b * w[i]


@parallel_kernel(fastmath=_SUMS)
def _minimise(r, u, w, partial):
    """Form w <- t = u - w, and the products t.t, t.r and r.r."""
    for chunk in prange(partial.shape[0]):
        lo = np.int64(chunk) * _CHUNK
        tt = 0.0
        tr = 0.0
        rr = 0.0
        for i in range(lo, min(r.size, lo + _CHUNK)):
            t = u[i] - w[i]
            w[i] = t
            tt += np.float64(t) * np.float64(t)
            tr += np.float64(t) * np.float64(r[i])
            rr += np.float64(r[i]) * np.float64(r[i])
        partial[chunk, 0] = tt
        partial[chunk, 1] = tr
        partial[chunk, 2] = rr


@parallel_kernel(fastmath=_SUMS)
def _step_along(x, r, u, t, omega, partial):
    """Form x <- x + omega u, r <- r - omega t, and the new r.r."""
    om = x.dtype.type(omega)
    for chunk in prange(partial.shape[0]):
        lo = np.int64(chunk) * _CHUNK
        rr = 0.0
        for i in range(lo, min(r.size, lo + _CHUNK)):
            x[i] += om * u[i]
            r[i] -= om * t[i]
            rr += np.float64(r[i]) * np.float64(r[i])
        partial[chunk, 0] = rr


def _finish(
    x: NDArray[Any],
    r: NDArray[Any],
    u: NDArray[Any],
    t: NDArray[Any],
    omega: float,
    partial: NDArray[np.float64],
) -> float:
    _step_along(x, r, u, t, omega, partial)
    return float(np.sqrt(partial[:, 0].sum()))
