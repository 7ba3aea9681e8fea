r"""Permeability estimates that need no flow: straight pores, Kozeny-Carman, Katz-Thompson.

They say what a pore space of a given width and porosity *could* let through, for comparison with
solved or published values. Straight pores of width h, without throats, have

.. math:: k = \frac{\phi}{\tau^2}\, \frac{h^2}{12}\, S(Kn) \quad\text{(slits)}, \qquad
          k = \frac{\phi}{\tau^2}\, \frac{h^2}{32}\, S(Kn) \quad\text{(tubes)}

with S the slip factor and :math:`\tau` the length of the pores over that of the sample. SI units.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from shalelib.arguments import check_number, given_mask
from shalelib.arrays import Mask
from shalelib.flow.arguments import check_gas_and_walls
from shalelib.flow.gas import METHANE, Gas
from shalelib.flow.slip import NO_SLIP, SlipModel, relative_path

_ROUND_OFF = 1e-6


def slit_estimate(
    kn: float,
    porosity: float,
    *,
    tortuosity: float = 1.0,
    slip: SlipModel = NO_SLIP,
    gas: Gas = METHANE,
) -> float:
    r"""Return the permeability of parallel slits that all have the same Knudsen number.

    .. math:: k = \frac{\phi}{\tau^2}\, \frac{h^2}{12}\, S

    with the porosity :math:`\phi`, tortuosity :math:`\tau`, width h and slip factor S.

    Parameters
    ----------
    kn : float
        Knudsen number: mean free path over the width of the slits, positive.
    porosity : float
        Volume of the slits over that of the sample, in (0, 1].
    tortuosity : float
        Length of the slits over that of the sample, at least 1.
    slip : SlipModel
        Slip law at the walls; its slip factor is
        :math:`S = (1 + 6 C_1 \Psi Kn + 12 C_2 \Psi^2 Kn^2) / \Psi`.
    gas : Gas
        Its mean free path over `kn` is the width of the slits.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    ValueError
        A number is not positive and finite, `porosity` is above 1 or `tortuosity` below 1.

    Notes
    -----
    Compared with such slits, throats make a rock tighter and a spread of widths makes it more
    permeable.

    Examples
    --------
    >>> from shalelib.flow.units import NANODARCY
    >>> round(slit_estimate(0.1, 0.187) / NANODARCY)
    133437
    """
    return _straight(kn, porosity, tortuosity, gas, slip, (12, 6, 12))


def tube_estimate(
    kn: float,
    porosity: float,
    *,
    tortuosity: float = 1.0,
    slip: SlipModel = NO_SLIP,
    gas: Gas = METHANE,
) -> float:
    r"""Return the permeability of parallel tubes that all have the same Knudsen number.

    .. math:: k = \frac{\phi}{\tau^2}\, \frac{h^2}{32}\, S

    with the porosity :math:`\phi`, tortuosity :math:`\tau`, diameter h and slip factor S.

    Parameters
    ----------
    kn : float
        Knudsen number: mean free path over the diameter of the tubes, positive.
    porosity, tortuosity, gas
        As for `slit_estimate`, of tubes.
    slip : SlipModel
        Slip law at the walls; its slip factor is
        :math:`S = (1 + 8 C_1 \Psi Kn + 16 C_2 \Psi^2 Kn^2) / \Psi`.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    ValueError
        As for `slit_estimate`.

    Examples
    --------
    >>> round(tube_estimate(0.1, 0.2) / slit_estimate(0.1, 0.2), 3)  # 12 / 32
    0.375
    """
    return _straight(kn, porosity, tortuosity, gas, slip, (32, 8, 16))


def kozeny_carman(porosity: float, surface: float, *, shape: float = 5.0) -> float:
    r"""Estimate the permeability of a pore space from its porosity and the area of its walls.

    .. math:: k = \frac{\phi^3}{c\, S^2}

    Parameters
    ----------
    porosity : float
        In (0, 1].
    surface : float
        Area S of the pore walls per volume of the sample [1/m].
    shape : float
        The constant c: 5 for packed grains, tortuosity included (Carman 1937); exactly 3 for slits
        and 2 for tubes along the flow.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    ValueError
        A number is not positive and finite, or `porosity` is above 1.

    Examples
    --------
    Spheres of 1 mm: S = 6 (1 - phi) / d, and c = 5 makes the 180 of the textbooks.

    >>> k = kozeny_carman(0.4, 6 * 0.6 / 1e-3)
    >>> round(k / (0.4**3 * 1e-6 / (180 * 0.6**2)), 9)
    1.0
    """
    porosity, surface, shape = _checked(porosity=porosity, surface=surface, shape=shape)
    return porosity**3 / (shape * surface**2)


def katz_thompson(critical_diameter: float, formation_factor: float) -> float:
    r"""Estimate the permeability from the largest sphere that passes and the formation factor.

    .. math:: k = \frac{l_c^2}{226 F}

    Parameters
    ----------
    critical_diameter : float
        Diameter of the largest sphere that passes [m], see `shalelib.flow.critical_diameter`,
        which returns it in voxels.
    formation_factor : float
        At least 1, see `shalelib.flow.formation_factor`.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    ValueError
        A number is not positive and finite, or the formation factor is below 1.

    Notes
    -----
    Katz and Thompson 1986, eq. 1, for a broad spread of pore widths. Pores that are all of one
    width let through more, tubes 226 / 32 times as much.

    Examples
    --------
    >>> f"{katz_thompson(33.6e-9, 100.0):.2e}"
    '5.00e-20'
    """
    diameter, factor = _checked(
        critical_diameter=critical_diameter, formation_factor=formation_factor
    )
    return diameter**2 / (226 * factor)


def archie_exponent(formation_factor: float, porosity: float) -> float:
    """Return the exponent m of Archie's law, F = porosity^-m.

    Parameters
    ----------
    formation_factor : float
        At least 1, see `shalelib.flow.formation_factor`.
    porosity : float
        In (0, 1).

    Returns
    -------
    float
        The exponent; 1.3 to 3 in rocks (Archie 1942).

    Raises
    ------
    ValueError
        A number is not positive and finite, the formation factor is below 1, or the porosity is 1
        or more.

    Examples
    --------
    >>> round(archie_exponent(25.0, 0.2), 9)
    2.0
    """
    factor, porosity = _checked(formation_factor=formation_factor, porosity=porosity)
    if porosity >= 1:
        msg = f"porosity must be below 1 to have an Archie exponent, got {porosity}"
        raise ValueError(msg)
    return -math.log(factor) / math.log(porosity)


def channel_width(domain: Mask) -> float:
    """Return the mean width of the channels of a pore space.

    It is twice the mean distance to the wall on the ridge, which is where no neighbouring voxel
    lies further from the wall.

    Parameters
    ----------
    domain : (z, y, x) bool array
        True = void.

    Returns
    -------
    float
        Width [voxel]; NaN if there are no pores or no solid.

    Notes
    -----
    Not in the paper. Distances run from voxel centre to voxel centre, so slits of even width come
    out exactly and those of odd width one voxel too wide. Beyond the faces the pores continue as
    their mirror image: a channel that runs along a face counts with twice the width between the
    face and its wall.

    Examples
    --------
    >>> slit = np.zeros((5, 9, 5), bool)
    >>> slit[:, 3:6] = True
    >>> channel_width(slit)
    4.0
    """
    given_mask("domain", domain, ndim=3)
    if not domain.any() or domain.all():
        return float("nan")
    distance = ndimage.distance_transform_edt(domain)
    ridge = domain & (distance == ndimage.maximum_filter(distance, 3))
    return 2.0 * float(distance[ridge].mean())


def _straight(
    kn: float,
    porosity: float,
    tortuosity: float,
    gas: Gas,
    slip: SlipModel,
    numbers: tuple[int, int, int],
) -> float:
    """Return the permeability of straight pores; `numbers` divide h² and multiply C1 and C2."""
    kn, porosity, tortuosity = _checked(kn=kn, porosity=porosity, tortuosity=tortuosity)
    check_gas_and_walls(gas, slip, 0)
    shape, first, second = numbers
    psi = float(relative_path(slip, np.array(kn)))
    effective = psi * kn
    factor = (1 + first * slip.c1 * effective + second * slip.c2 * effective**2) / psi
    width = gas.mean_free_path / kn
    return porosity / tortuosity**2 * width**2 / shape * factor


def _checked(**values: float) -> list[float]:
    """Return plain floats, which do not overflow as NumPy's narrow numbers do.

    What is not positive and finite is refused, as a porosity above 1 and a tortuosity below 1.

    A formation factor must be at least 1, too; one that was computed may be less by rounding.
    """
    found = {name: check_number(name, value, above=0) for name, value in values.items()}
    for name, value in found.items():
        if name in ("tortuosity", "formation_factor") and value < 1 - _ROUND_OFF:
            msg = f"{name} is at least 1, which straight pores and an open box have, got {value}"
            raise ValueError(msg)
    if found.get("porosity", 0) > 1:
        msg = f"porosity is a share of the volume and cannot exceed 1, got {found['porosity']}"
        raise ValueError(msg)
    return list(found.values())
