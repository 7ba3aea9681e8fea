r"""Rarefied flow through a long pore by the linearised BGK equation, a reference for slip models.

The gas of a pore of constant section, driven along it, with diffuse walls, obeys

.. math:: u(x) = \frac{1}{2 \pi} \int d\Omega \int_0^{s_w} [2 \delta\, u(x - s \Omega) + 1]\,
          T_0(\delta s)\, ds, \qquad T_0(x) = \int_0^\infty e^{-c^2 - x / c}\, dc,

with lengths in units of the length :math:`\ell` of the section, :math:`s_w` the way to the wall and
the rarefaction :math:`\delta = \sqrt \pi\, \ell / (2 \lambda)` (Cercignani 1988, whom the
published tables of slit and tube follow). Nothing of the lattice is used here. The velocity is
interpolated linearly between nodes that are denser near the walls; the integrals over rays and
distances use Gauss points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Section = Literal["slit", "tube", "square"]

_FAR = 60.0
"""Distance, in about mean free paths, beyond which T0 is below 1e-12."""

_Field = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shape:
    """A section: its nodes, the ways to its wall, and the interpolation between nodes."""

    nodes: _Field  # (n, 2)
    area: _Field  # (n,) shares of the section, sum 1
    to_wall: Callable[[_Field, _Field], _Field]  # from points (..., 2) along directions (..., 2)
    hats: Callable[[_Field], tuple[NDArray[np.int64], _Field]]  # (m, 2) points -> nodes, weights


def flow_rate(section: Section, delta: float, *, points: int = 24) -> float:
    r"""Return the dimensionless flow rate G of a long pore.

    .. math:: G = 2 \delta\, k / \ell^2

    Parameters
    ----------
    section : {"slit", "tube", "square"}
        The length :math:`\ell` is the height, the radius or the edge.
    delta : float
        Rarefaction, inverse Knudsen number times :math:`\sqrt \pi / 2`.
    points : int
        Number of points from the middle to the wall, even. A second run with half as many removes
        the error of second order.

    Examples
    --------
    Free molecules in a tube have 8 / (3 sqrt(pi)) = 1.5045.

    >>> round(flow_rate("tube", 1e-6), 2)
    1.5
    """
    if section not in _SHAPES:
        msg = f"section must be one of {', '.join(_SHAPES)}, got {section!r}"
        raise ValueError(msg)
    if not (np.isfinite(delta) and delta > 0):
        msg = f"delta must be positive, got {delta}"
        raise ValueError(msg)
    fine, coarse = (_flow_rate(_SHAPES[section](n), delta, n) for n in (points, points // 2))
    return fine + (fine - coarse) / 3


def _flow_rate(shape: _Shape, delta: float, points: int) -> float:
    """Solve the integral equation on the nodes of a section."""
    angles, shares = rays()
    way, length = np.polynomial.legendre.leggauss(points)
    way, length = (way + 1) / 2, length / 2
    matrix = np.zeros((len(shape.nodes),) * 2)
    source = np.empty(len(shape.nodes))
    for n, node in enumerate(shape.nodes):
        direction = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        reach = np.minimum(shape.to_wall(node, direction), _FAR / delta)
        s = reach[:, None] * way**2  # denser where T0 is steep
        weight = shares[:, None] * reach[:, None] * 2 * way * length * _T0(delta * s)
        source[n] = weight.sum()
        places = (node + s[..., None] * direction[:, None]).reshape(-1, 2)
        index, hat = shape.hats(places)
        copies = len(index) // weight.size
        np.add.at(matrix[n], index, hat * 2 * delta * np.tile(weight.ravel(), copies))
    velocity = np.linalg.solve(np.eye(len(source)) - matrix, source)
    return float(2 * shape.area @ velocity)


def rays(per_quadrant: int = 24) -> tuple[_Field, _Field]:
    """Return angles, denser near the axes in each quadrant, and their weights over 2 pi."""
    x, w = np.polynomial.legendre.leggauss(per_quadrant)
    x, w = (x + 1) / 2, w / 2
    angle = x**2 * (3 - 2 * x) * np.pi / 2
    share = w * 6 * x * (1 - x) / 4
    quadrants = np.arange(4)[:, None] * np.pi / 2
    return (quadrants + angle).ravel(), np.tile(share, 4)


def _T0(x: _Field) -> _Field:  # noqa: N802
    """Interpolate T0 over the square root of its argument, in which it is smooth enough."""
    return np.interp(np.sqrt(x), _ROOTS, _VALUES)


def _tabulate_T0(count: int = 4000) -> tuple[_Field, _Field]:  # noqa: N802
    """Tabulate T0 by the trapezoidal rule over log c, which converges exponentially."""
    roots = np.linspace(0, np.sqrt(_FAR), count)
    c = np.exp(np.arange(-30, 2, 0.05))
    values = (np.exp(-(c**2) - roots[:, None] ** 2 / c) * c * 0.05).sum(1)
    return roots, values


_ROOTS, _VALUES = _tabulate_T0()


def _line(points: int) -> tuple[_Field, _Field]:
    """Return nodes from the middle, 0, to the wall, 1, and the integrals of their hat functions."""
    x = np.sin(np.linspace(0, np.pi / 2, points + 1))
    gaps = np.diff(x)
    return x, (np.append(gaps, 0) + np.append(0, gaps)) / 2


def _hats_on(x: _Field, at: _Field) -> tuple[NDArray[np.int64], _Field]:
    """Return the lower node and its weight for each value, which rounding may put past the wall."""
    low = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    return low, np.clip(1 - (at - x[low]) / (x[low + 1] - x[low]), 0, 1)


def _slit(points: int) -> _Shape:
    """Height 1; only the second coordinate counts."""
    x, area = _line(points)
    nodes = np.stack([np.zeros_like(x), x / 2], axis=1)

    def to_wall(node: _Field, direction: _Field) -> _Field:
        up = direction[:, 1]
        return (0.5 - node[1] * np.sign(up)) / np.maximum(np.abs(up), 1e-300)

    def hats(places: _Field) -> tuple[NDArray[np.int64], _Field]:
        low, weight = _hats_on(x, 2 * np.abs(places[:, 1]))
        return np.concatenate([low, low + 1]), np.concatenate([weight, 1 - weight])

    return _shape(nodes, area, to_wall, hats)


def _tube(points: int) -> _Shape:
    """Radius 1."""
    x, _ = _line(points)
    nodes = np.stack([x, np.zeros_like(x)], axis=1)
    inner, outer = x[:-1], x[1:]  # integrals of 2 r hat(r), exactly
    low = (outer - inner) * (2 * inner + outer) / 3
    high = (outer - inner) * (inner + 2 * outer) / 3
    area = np.append(low, 0) + np.append(0, high)

    def to_wall(node: _Field, direction: _Field) -> _Field:
        along = direction @ node
        return np.maximum(np.sqrt(np.maximum(along**2 + 1 - node @ node, 0)) - along, 0)

    def hats(places: _Field) -> tuple[NDArray[np.int64], _Field]:
        low, weight = _hats_on(x, np.hypot(*places.T))
        return np.concatenate([low, low + 1]), np.concatenate([weight, 1 - weight])

    return _shape(nodes, area, to_wall, hats)


def _square(points: int) -> _Shape:
    """Edge 1; a quarter stands for the whole."""
    x, part = _line(points // 2)
    size = len(x)
    nodes = np.stack(np.meshgrid(x / 2, x / 2, indexing="ij"), axis=-1).reshape(-1, 2)

    def to_wall(node: _Field, direction: _Field) -> _Field:
        ways = (0.5 - node * np.sign(direction)) / np.maximum(np.abs(direction), 1e-300)
        return np.asarray(ways.min(1))

    def hats(places: _Field) -> tuple[NDArray[np.int64], _Field]:
        (a, wa), (b, wb) = (_hats_on(x, 2 * np.abs(places[:, axis])) for axis in (0, 1))
        index = [a * size + b, (a + 1) * size + b, a * size + b + 1, (a + 1) * size + b + 1]
        weight = [wa * wb, (1 - wa) * wb, wa * (1 - wb), (1 - wa) * (1 - wb)]
        return np.concatenate(index), np.concatenate(weight)

    return _shape(nodes, np.outer(part, part).ravel(), to_wall, hats)


def _shape(nodes: _Field, area: _Field, to_wall: Any, hats: Any) -> _Shape:
    return _Shape(nodes=nodes, area=area / area.sum(), to_wall=to_wall, hats=hats)


_SHAPES: dict[Section, Callable[[int], _Shape]] = {
    "slit": _slit,
    "tube": _tube,
    "square": _square,
}
