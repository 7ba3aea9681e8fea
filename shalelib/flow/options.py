"""How a steady flow is reached: method, tolerance, limits, backend and checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from shalelib.arguments import check_choice, check_kind, check_number, check_whole
from shalelib.files import given_path
from shalelib.flow.arguments import check_torch
from shalelib.flow.lattice import check_T_plus

Method = Literal["krylov", "step"]


@dataclass(frozen=True, kw_only=True)
class SolverOptions:
    """How to reach the steady state; none of this changes the result beyond the tolerance.

    Attributes
    ----------
    method : {"krylov", "step"}
        "krylov" alternates lattice steps with corrections of density and momentum by a Krylov
        method; "step" takes lattice steps alone, which needs less memory.
    T_plus : float
        Three times the lattice viscosity, from 0.001 to 3.
    tolerance : float
        Largest relative spread of the flux between slices, and largest estimated relative change
        of the permeability still to come, in (0, 1).
    max_steps : int
        Largest number of lattice steps, those inside the Krylov method included.
    vectors : int
        Number of GMRES vectors in a correction, for "krylov".
    precondition : bool
        Precondition GMRES by the pressure correction, for "krylov".
    check_every : int
        Number of steps between two checks of the fluxes, for "step".
    dtype : {"float64", "float32"}
        Type of the populations; "float32" for "step" only.
    backend : {"numba", "torch"}
        What carries out the steps and corrections. "torch" cannot solve by "krylov" where slip is
        so strong that corrections take all populations; that raises a ValueError.
    device : str
        Device of torch, such as "cpu" or "cuda".
    checkpoint : str or Path, optional
        An .npz file to which the state is saved; if it exists, the run continues from it. A file
        of another problem or method is refused.
    checkpoint_every : float
        Time between two checkpoints [s].

    Raises
    ------
    TypeError, ValueError
        An option is of the wrong type or out of range, or two of them do not go together.
    """

    method: Method = "krylov"
    T_plus: float = 0.5
    tolerance: float = 1e-3
    max_steps: int = 200_000
    vectors: int = 14
    precondition: bool = True
    check_every: int = 400
    dtype: Literal["float64", "float32"] = "float64"
    backend: Literal["numba", "torch"] = "numba"
    device: str = "cpu"
    checkpoint: str | Path | None = None
    checkpoint_every: float = 300.0

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("krylov", "step"))
        check_choice("dtype", self.dtype, ("float64", "float32"))
        if self.method == "krylov" and self.dtype == "float32":
            msg = (
                "method='krylov' keeps its populations in float64; take float32 with method='step'"
            )
            raise ValueError(msg)
        check_choice("backend", self.backend, ("numba", "torch"))
        check_kind("SolverOptions.device", self.device, str, mend="such as 'cpu' or 'cuda'")
        yes_no = (bool, np.bool_)
        check_kind("SolverOptions.precondition", self.precondition, yes_no, mend="True or False")
        object.__setattr__(self, "precondition", bool(self.precondition))
        if self.backend == "numba" and self.device != "cpu":
            msg = f"device={self.device!r} needs backend='torch'"
            raise ValueError(msg)
        check_T_plus(self.T_plus)
        object.__setattr__(self, "T_plus", float(self.T_plus))
        if self.checkpoint is not None:
            path = given_path(self.checkpoint)
            if path.is_dir():
                msg = (
                    f"checkpoint must name an .npz file, and {path} is a folder; name a file in it"
                )
                raise ValueError(msg)
            object.__setattr__(self, "checkpoint", path)
        for name in ("max_steps", "vectors", "check_every"):
            whole = check_whole(f"SolverOptions.{name}", getattr(self, name), least=1)
            object.__setattr__(self, name, whole)
        check_number("SolverOptions.checkpoint_every", self.checkpoint_every, least=0)
        check_number("SolverOptions.tolerance", self.tolerance, above=0, below=1)


def settled_options(options: object) -> SolverOptions:
    """Return the options, the defaults if there are none; refuse what torch cannot do here."""
    if options is None:
        return SolverOptions()
    if not isinstance(options, SolverOptions):
        msg = (
            f"options must be shalelib.flow.SolverOptions(...), got {options!r}; of a mapping "
            "write SolverOptions(**options)"
        )
        raise TypeError(msg)
    if options.backend == "torch":
        check_torch(options.device, options.dtype)
    return options
