r"""The gas: its state, its mean free path, and two readings of the paper's viscosity.

The paper gives methane at 370 K and 0.8 MPa with a kinematic viscosity of 1e-4 cm²/s. In that
state the viscosity of methane is about 1.34e-5 Pa s, its density 4.17 kg/m³ and its kinematic
viscosity 3.2e-2 cm²/s. The stated value would mean a mean free path of 0.03 nm and no slip in any
pore, while the Knudsen numbers of the paper's Table 3 fit the physical value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real

R = 8.314462618
"""Molar gas constant [J/(mol K)]."""

_LEAST_PRESSURE = 100.0  # [Pa]


@dataclass(frozen=True, kw_only=True)
class Gas:
    """State of an ideal gas: four numbers from which its other properties follow.

    Attributes
    ----------
    name : str
        How results name the gas.
    temperature : float
        [K]
    pressure : float
        Absolute pressure [Pa].
    viscosity : float
        Dynamic viscosity [Pa s].
    molar_mass : float
        [kg/mol]

    Raises
    ------
    ValueError
        A number is not positive and finite, or cannot be in SI units: too large a viscosity or
        molar mass, a pressure below 100 Pa.
    """

    name: str
    temperature: float
    pressure: float
    viscosity: float
    molar_mass: float

    def __post_init__(self) -> None:
        for name in ("temperature", "pressure", "viscosity", "molar_mass"):
            value = getattr(self, name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):
                msg = f"Gas.{name} must be positive and finite (SI units), got {value!r}"
                raise ValueError(msg)
            object.__setattr__(self, name, float(value))  # of float32 a small drop would be lost
        for name, most, mend in (
            ("molar_mass", 1.0, "for 16.043 g/mol write 16.043e-3"),
            ("viscosity", 1e-3, "for 0.0134 cP write 0.0134e-3, for 13.4 µPa s 13.4e-6"),
        ):
            if getattr(self, name) > most:
                msg = f"no gas has a {name} of {getattr(self, name):g} in SI units; {mend}"
                raise ValueError(msg)
        if self.pressure < _LEAST_PRESSURE:
            msg = (
                f"at a pressure of {self.pressure:g} Pa the molecules of a gas do not meet in any "
                f"pore; for {self.pressure:g} MPa write {self.pressure:g}e6"
            )
            raise ValueError(msg)

    @property
    def density(self) -> float:
        """Density [kg/m³]."""
        return self.pressure * self.molar_mass / (R * self.temperature)

    @property
    def kinematic_viscosity(self) -> float:
        """Kinematic viscosity [m²/s]."""
        return self.viscosity / self.density

    @property
    def mean_free_path(self) -> float:
        r"""Mean free path of a hard-sphere gas [m].

        .. math:: \lambda = \frac{\mu}{p} \sqrt{\frac{\pi R T}{2 M}}
        """
        return mean_free_path(
            viscosity=self.viscosity,
            pressure=self.pressure,
            temperature=self.temperature,
            molar_mass=self.molar_mass,
        )

    def with_kinematic_viscosity(self, value: float, *, name: str) -> Gas:
        """Return a gas in the same state with another kinematic viscosity.

        Parameters
        ----------
        value : float
            Kinematic viscosity [m²/s].
        name : str
            Name of the new gas.

        Returns
        -------
        Gas
        """
        return replace(self, name=name, viscosity=value * self.density)


def mean_free_path(
    *, viscosity: float, pressure: float, temperature: float, molar_mass: float
) -> float:
    r"""Return the mean free path of a hard-sphere gas, from its viscosity.

    .. math:: \lambda = \frac{\mu}{p} \sqrt{\frac{\pi R T}{2 M}}

    Parameters
    ----------
    viscosity : float
        Dynamic viscosity [Pa s].
    pressure : float
        Absolute pressure [Pa].
    temperature : float
        Absolute temperature [K].
    molar_mass : float
        Molar mass [kg/mol].

    Returns
    -------
    float
        Mean free path [m].

    Notes
    -----
    Not in the paper's text; the standard kinetic-theory form.

    Examples
    --------
    >>> round(METHANE.mean_free_path * 1e9, 1)  # nm
    9.2
    >>> round(METHANE_AS_STATED.mean_free_path * 1e9, 3)
    0.029
    """
    return viscosity / pressure * math.sqrt(math.pi * R * temperature / (2 * molar_mass))


METHANE = Gas(
    name="methane, physical viscosity",
    temperature=370.0,
    pressure=0.8e6,
    viscosity=1.34e-5,
    molar_mass=16.043e-3,
)
"""Methane at the paper's 370 K and 0.8 MPa, with its physical viscosity of 1.34e-5 Pa s (NIST
Chemistry WebBook, rounded)."""

METHANE_AS_STATED = METHANE.with_kinematic_viscosity(1e-8, name="methane, viscosity as stated")
"""Methane in the same state with the kinematic viscosity that the paper states, 1e-4 cm²/s."""


def gas_permeability(
    *,
    viscosity: float,
    length: float,
    outlet_flux: float,
    inlet_pressure: float,
    outlet_pressure: float,
) -> float:
    r"""Compute a permeability from a gas flow by the integrated Darcy law of an ideal gas.

    .. math:: k = \frac{2 \mu L\, \bar q_o\, p_o}{(p_i - p_o)(p_i + p_o)}

    Parameters
    ----------
    viscosity : float
        Dynamic viscosity of the bulk gas [Pa s].
    length : float
        Length of the sample [m].
    outlet_flux : float
        Superficial velocity: volume of gas, at the outlet pressure, per area of the whole section
        and time [m/s].
    inlet_pressure, outlet_pressure : float
        Absolute pressures [Pa]. They are subtracted before anything is squared: at the paper's
        drop of 1e-7 the difference of the squares would lose half the digits.

    Returns
    -------
    float
        Permeability [m²].

    Raises
    ------
    ValueError
        A value other than the flux is not positive and finite, or the outlet pressure is not below
        the inlet pressure.

    Notes
    -----
    Source: Anderson et al. 2021, Methods.

    Examples
    --------
    >>> k = gas_permeability(
    ...     viscosity=1e-5, length=1.0, outlet_flux=1e-9, inlet_pressure=2e5, outlet_pressure=1e5
    ... )
    >>> f"{k:.3e}"
    '6.667e-20'
    """
    values = {
        "viscosity": viscosity,
        "length": length,
        "inlet_pressure": inlet_pressure,
        "outlet_pressure": outlet_pressure,
    }
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            msg = f"{name} must be positive and finite (SI units), got {value}"
            raise ValueError(msg)
    if outlet_pressure >= inlet_pressure:
        msg = (
            f"the outlet pressure ({outlet_pressure} Pa) must be below the inlet pressure "
            f"({inlet_pressure} Pa); exchange them or choose the other flow direction"
        )
        raise ValueError(msg)
    drop = inlet_pressure - outlet_pressure
    total = inlet_pressure + outlet_pressure
    return 2 * viscosity * length * outlet_flux * outlet_pressure / (drop * total)
