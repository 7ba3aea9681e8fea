"""The corrections of `shalelib.flow._correction` in torch, for a GPU.

The state, steps and moments are the same. GMRES works on tensors, and the smoother of the multigrid
cycle is damped Jacobi, since Gauss-Seidel goes through the rows one by one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch

from shalelib.flow._correction import (
    ROUGH,
    CorrectionState,
    share_of_step,
    steps_of,
)
from shalelib.flow._kernels import LANES
from shalelib.flow._multigrid import Hierarchy, Rows
from shalelib.flow._pressure import axis_links, pressure_correction
from shalelib.flow._reduced import MOMENTS
from shalelib.flow._torch import lattice_step
from shalelib.flow.lattice import VELOCITIES, WEIGHTS, Q
from shalelib.flow.problem import Problem

_DAMPING = 2 / 3
"""Damping of Jacobi; the best for Laplace's equation in three dimensions is 6/7 at most."""

Map = Callable[[torch.Tensor], torch.Tensor]


def build_torch_correction(
    problem: Problem, *, precondition: bool, vectors: int, device: str
) -> Callable[[CorrectionState], int]:
    """Return a function that corrects a state in place and returns the lattice steps it took."""
    step = lattice_step(problem, torch.float64, device)
    undriven = lattice_step(problem, torch.float32, device, driven=False)
    count = problem.domain.count
    moments, spread = _moments(count, device), _equilibrium(device)
    balance = _pressure(problem, device) if precondition else None

    share = share_of_step(problem)

    def balanced(v: torch.Tensor) -> torch.Tensor:
        """Add to v what balances the mass that a step of it leaves."""
        return v if balance is None else v + balance(moments(undriven(spread(v))))

    def apply(v: torch.Tensor) -> torch.Tensor:
        return balanced(v - moments(undriven(spread(v))))

    def correct(state: CorrectionState) -> int:
        f, moved = (torch.as_tensor(v).to(device, torch.float64) for v in (state.f, state.moved))
        part = share * (step(f) - f)
        f, moved = f + part, moved + part
        change = step(f) - f
        state.size = float(change.norm())
        residual = moments(change).float()
        last = torch.tensor(state.residual, device=device)  # a copy: it is overwritten
        state.residual[:] = residual.cpu().numpy()
        difference = residual - last
        back = (
            float(difference.double() @ residual.double() / difference.double().norm() ** 2)
            if last.any()
            else 0.0
        )
        moved = -back * moved
        f = f + moved
        solution, applied = _gmres(apply, balanced(residual - back * difference), vectors)
        part = spread(solution).double()
        f, moved = f + part, moved + part
        part = share * (step(f) - f)
        f, moved = f + part, moved + part
        state.f[:], state.moved[:] = f.cpu().numpy(), moved.cpu().numpy()
        return steps_of(applied, precondition)

    return correct


def _gmres(apply: Map, right: torch.Tensor, vectors: int) -> tuple[torch.Tensor, int]:
    """Solve roughly, as `shalelib.flow._krylov.gmres` does."""
    size = float(right.double().norm())
    if not size:
        return right, 0
    basis = torch.zeros((vectors + 1, right.numel()), dtype=right.dtype, device=right.device)
    basis[0] = right / size
    hessenberg = np.zeros((vectors + 1, vectors))
    target = np.zeros(vectors + 1)
    target[0] = size
    for k in range(vectors):
        w = apply(basis[k])
        known = basis[: k + 1] @ w
        w = w - known @ basis[: k + 1]
        hessenberg[: k + 1, k] = known.cpu().numpy()
        hessenberg[k + 1, k] = float(w.double().norm())
        part = hessenberg[: k + 2, : k + 1]
        weights = np.linalg.lstsq(part, target[: k + 2], rcond=None)[0]
        left = float(np.linalg.norm(target[: k + 2] - part @ weights))
        if left <= ROUGH * size or not hessenberg[k + 1, k] > 0:
            break
        basis[k + 1] = w / hessenberg[k + 1, k]
    chosen = torch.as_tensor(weights, dtype=right.dtype, device=right.device)
    return chosen @ basis[: len(weights)], len(weights)


def _moments(count: int, device: str) -> Map:
    """Return a function from populations to densities and momenta, 0 in the unused lanes."""
    c = np.concatenate([np.ones((1, Q)), VELOCITIES.T])

    def moments(f: torch.Tensor) -> torch.Tensor:
        found = torch.einsum(
            "ai,bil->bal", torch.as_tensor(c).to(device, f.dtype), f.view(-1, Q, LANES)
        ).contiguous()
        found[-1, :, LANES - found.shape[0] * LANES + count :] = 0
        return found.view(-1)

    return moments


def _equilibrium(device: str) -> Map:
    """Return a function from densities and momenta to equilibrium populations."""
    shares = np.concatenate([np.ones((Q, 1)), 3 * VELOCITIES], axis=1) * WEIGHTS[:, None]
    known = torch.as_tensor(shares).to(device, torch.float32)
    return lambda y: torch.einsum("ia,bal->bil", known, y.view(-1, MOMENTS, LANES)).reshape(-1)


def _pressure(problem: Problem, device: str) -> Map:
    """Return a function to the density, and its flow, that balance the mass left after a step."""
    network = pressure_correction(problem)
    count = problem.domain.count
    joined = [
        tuple(torch.as_tensor(ends).to(device) for ends in pair)
        for pair in zip(*axis_links(problem), strict=True)
    ]
    conductance, ends = (torch.as_tensor(v).to(device) for v in (network.links, network.ends))
    cycle = _cycle(network.hierarchy, device)

    def balance(after: torch.Tensor) -> torch.Tensor:
        mass = after.view(-1, MOMENTS, LANES)[:, 0].reshape(-1)[:count]
        density = cycle(mass if network.anchored else mass - mass.mean())
        density = density if network.anchored else density - density.mean()
        y = torch.zeros((MOMENTS, after.numel() // MOMENTS), device=device)
        y[0, :count] = density
        for axis, (up, down) in enumerate(joined):
            half = conductance[axis][down] * (density[up] - density[down]) / 2
            y[1 + axis].index_add_(0, up, half)
            y[1 + axis].index_add_(0, down, half)
        y[1, :count] += ends * density
        return y.view(MOMENTS, -1, LANES).transpose(0, 1).reshape(-1)

    return balance


def _cycle(hierarchy: Hierarchy, device: str) -> Map:
    """Return a function that takes one V-cycle from 0."""

    def tensor(rows: Rows, columns: int) -> torch.Tensor:
        with warnings.catch_warnings():  # torch calls all its sparse tensors a beta
            warnings.simplefilter("ignore", UserWarning)
            return torch.sparse_csr_tensor(
                torch.as_tensor(rows.start),
                torch.as_tensor(rows.column),
                torch.as_tensor(rows.value),
                size=(len(rows.start) - 1, columns),
            ).to(device)

    sizes = [len(d) for d in hierarchy.diagonals] + [len(hierarchy.inverse)]
    levels = [
        (
            tensor(hierarchy.matrices[k], sizes[k]),
            tensor(hierarchy.coarsen[k], sizes[k]),
            tensor(hierarchy.refine[k], sizes[k + 1]),
            _DAMPING * torch.as_tensor(hierarchy.diagonals[k]).to(device),
        )
        for k in range(len(hierarchy.diagonals))
    ]
    inverse = torch.as_tensor(hierarchy.inverse).to(device)

    def at(level: int, b: torch.Tensor) -> torch.Tensor:
        if level == len(levels):
            return inverse @ b
        a, down, up, damped = levels[level]
        x = damped * b
        x = x + up @ at(level + 1, down @ (b - a @ x))
        return x + damped * (b - a @ x)

    return lambda b: at(0, b)
