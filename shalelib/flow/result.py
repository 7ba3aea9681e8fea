"""The result of a flow calculation: numbers, fields, a ten-line summary and files."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arrays import Mask
from shalelib.files import given_path, write_json
from shalelib.flow.gas import Gas
from shalelib.flow.slip import SlipModel
from shalelib.flow.units import NANODARCY, LatticeUnits, nanodarcy_text
from shalelib.flow.vtk import write_vtk

_NUMBERS = (
    "permeability",
    "permeability_nd",
    "permeability_lu",
    "axis",
    "voxel_size",
    "pressure_drop",
    "porosity",
    "porosity_connected",
    "kn_mean",
    "kn_flux",
    "kn_thickness",
    "spread",
    "change",
    "steps",
    "seconds",
    "memory",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FlowResult:
    """A converged gas flow through a pore volume, in SI units and on the axes of the volume.

    Its ``repr`` is a ten-line summary.

    Attributes
    ----------
    permeability : float
        Apparent permeability, from the flux between slices [m²].
    axis : int
        Axis of the flow.
    gas : Gas
        State of the gas.
    slip : SlipModel
        Slip law at the walls.
    voxel_size : float
        Edge of a voxel [m].
    pressure_drop : float
        From face to face [Pa].
    porosity : float
        Pore voxels, isolated ones included, per voxel of rock.
    porosity_connected : float
        Pore voxels that percolate, per voxel of rock.
    kn_mean : float
        Mean of the local Knudsen number over the connected pores; NaN if it was not computed.
    kn_flux : float
        The same, weighted by the speed.
    kn_thickness : float
        Mean free path over the mean local thickness of the connected pores; NaN likewise.
    pore : (z, y, x) bool array
        True in the connected pores.
    velocity : (3, z, y, x) float64 array
        Components along z, y and x [m/s]; 0 in the solid.
    pressure : (z, y, x) float64 array
        Absolute pressure [Pa]; that of the outlet in the solid.
    kn : (z, y, x) float64 array or None
        Local Knudsen number, 0 in the solid; None if it was not computed.
    spread : float
        Relative spread of the flux between slices, (max - min) / mean.
    change : float
        Estimated relative change of the permeability still to come.
    steps : int
        Lattice steps, those inside the Krylov method included.
    seconds : float
        Time that the solver took [s].
    memory : int
        Peak memory, as predicted before the run [byte].
    units : LatticeUnits
        Value of a lattice unit in SI, and the parameters of the scheme; print it to read them.
    """

    permeability: float
    axis: int
    gas: Gas
    slip: SlipModel
    voxel_size: float
    pressure_drop: float
    porosity: float
    porosity_connected: float
    kn_mean: float
    kn_flux: float
    kn_thickness: float
    pore: Mask
    velocity: NDArray[np.float64]
    pressure: NDArray[np.float64]
    kn: NDArray[np.float64] | None
    spread: float
    change: float
    steps: int
    seconds: float
    memory: int
    units: LatticeUnits

    @property
    def permeability_lu(self) -> float:
        """Permeability [voxel²]."""
        return self.permeability / self.voxel_size**2

    @property
    def permeability_nd(self) -> float:
        """Permeability [nanodarcy]."""
        return self.permeability / NANODARCY

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.pore.shape))
        gas = self.gas
        kn = (
            "not asked for (knudsen=True)"
            if math.isnan(self.kn_mean)
            else f"{_kn(self.kn_mean)} mean, {_kn(self.kn_flux)} by flux, "
            f"{_kn(self.kn_thickness)} of the mean width"
        )
        return "\n".join(
            [
                f"Gas flow along axis {self.axis}, {size} voxels of {self.voxel_size * 1e9:.4g} nm",
                f"permeability    {nanodarcy_text(self.permeability)} nd, "
                f"{self.permeability:.3g} m², {self.permeability_lu:.3g} voxel²",
                f"gas             {gas.name}, {gas.temperature:g} K, {gas.pressure / 1e6:g} MPa",
                f"mean free path  {gas.mean_free_path * 1e9:.3g} nm",
                f"walls           {self.slip.name}",
                f"porosity        {self.porosity:.3f}, connected {self.porosity_connected:.3f}",
                f"Knudsen number  {kn}",
                f"flux            {self.spread:.1e} apart between slices, "
                f"{self.change:.1e} still to come",
                f"cost            {self.steps:,} lattice steps, {self.seconds:.3g} s, "
                f"{self.memory / 1e6:,.0f} MB",
                "fields          pore, velocity [m/s], pressure [Pa], kn; save(path) keeps them",
            ]
        )

    def record(self) -> dict[str, Any]:
        """Return the numbers, the gas and the name of the slip law, without the fields.

        Returns
        -------
        dict
            Ready for JSON; None replaces NaN.
        """
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        told = {
            k: None if isinstance(v, float) and math.isnan(v) else v for k, v in numbers.items()
        }
        return {
            **told,
            "shape": list(self.pore.shape),
            "gas": asdict(self.gas),
            "slip": self.slip.name,
        }

    def save(self, path: str | Path) -> None:
        """Write the numbers as .json, or the fields as .vti for ParaView.

        Parameters
        ----------
        path : str or Path
            Its suffix, .json or .vti, decides which.

        Raises
        ------
        ValueError
            The path has another suffix.
        """
        path = given_path(path)
        if path.suffix == ".json":
            write_json(path, self.record())
        elif path.suffix == ".vti":
            write_vtk(path, self)
        else:
            msg = f"a flow is saved as .json (numbers) or .vti (fields), got {path.name!r}"
            raise ValueError(msg)


def _kn(value: float) -> str:
    """Write a Knudsen number, with the three decimals of the book's tables where they suffice."""
    return f"{value:.3f}" if value >= 0.01 else f"{value:.2g}"
