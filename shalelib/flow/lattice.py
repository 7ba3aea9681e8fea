r"""The D3Q19 lattice and the two-relaxation-time collision in lattice units.

Direction 0 rests; directions ``2 k + 1`` and ``2 k + 2`` are opposite. Vectors are ``(z, y, x)``.
The equilibrium is linear (Stokes flow), :math:`e_i = w_i (\rho + 3\, c_i \cdot j)`, and what is
stored is the deviation :math:`g_i = f_i - w_i` from the gas at rest, so that float32 keeps its
digits and the whole problem scales with the force.

The even part of the populations relaxes with :math:`\omega_+`, the odd part with
:math:`\omega_-`; with :math:`T_\pm = 1 / \omega_\pm - 1/2` the viscosity is :math:`T_+ / 3` and
the place of a wall depends on :math:`\Lambda = T_+ T_-` alone (Ginzburg, Verhaeghe and
d'Humières 2008).
"""

from __future__ import annotations

import numpy as np

from shalelib.arguments import check_number

Q = 19
VELOCITIES = np.array(
    [
        (0, 0, 0),
        *[
            (sign * z, sign * y, sign * x)
            for z, y, x in [
                (1, 0, 0),
                (0, 1, 0),
                (0, 0, 1),
                (1, 1, 0),
                (1, -1, 0),
                (1, 0, 1),
                (1, 0, -1),
                (0, 1, 1),
                (0, 1, -1),
            ]
            for sign in (1, -1)
        ],
    ],
    dtype=np.int64,
)
"""(19, 3) lattice vectors, ``(z, y, x)``."""

WEIGHTS = np.array([1 / 3] + [1 / 18] * 6 + [1 / 36] * 12)
"""(19,) weights of the directions."""

OPPOSITE = np.array([0] + [i + 1 if i % 2 else i - 1 for i in range(1, Q)], dtype=np.int64)
"""(19,) index of the opposite direction."""

_INDEX = {tuple(c): i for i, c in enumerate(VELOCITIES.tolist())}

REFLECTED = np.array(
    [
        [
            [
                [
                    _INDEX[(c[0] * (1 - 2 * z), c[1] * (1 - 2 * y), c[2] * (1 - 2 * x))]
                    for c in VELOCITIES
                ]
                for x in (0, 1)
            ]
            for y in (0, 1)
        ]
        for z in (0, 1)
    ],
    dtype=np.int64,
)
"""(2, 2, 2, 19) index of the direction with the marked components reversed."""

MAGIC = 3 / 16
"""The product of T+ and T- that puts a flat no-slip wall exactly half a link off the node."""


T_PLUS = (1e-3, 3.0)
"""Three times the lattice viscosity: the range in which the solver is known to settle."""


def check_T_plus(T_plus: float) -> None:  # noqa: N802
    """Refuse a T+ outside the range in which the solver settles."""
    low, high = T_PLUS
    check_number("T_plus", T_plus)
    if not low <= T_plus <= high:
        msg = (
            f"T_plus must lie between {low:g} and {high:g}, got {T_plus}; the result does not "
            "depend on it, and the default of 0.5 settles fast"
        )
        raise ValueError(msg)
