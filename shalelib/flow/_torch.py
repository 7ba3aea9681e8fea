"""Lattice steps in torch, for a GPU: the same populations, links and rates as the compiled kernels.

Imported only where ``SolverOptions(backend="torch")`` asks for it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from shalelib.flow._kernels import CLASS_SHIFT, LANES
from shalelib.flow.lattice import OPPOSITE, VELOCITIES, WEIGHTS, Q
from shalelib.flow.problem import Populations, Problem


def stepper(problem: Problem, dtype: str, device: str) -> Callable[[Populations, int], None]:
    """Return a function that advances populations in place by pairs of steps, on `device`."""
    kind = torch.float32 if dtype == "float32" else torch.float64
    step = lattice_step(problem, kind, device)

    def advance(f: Populations, pairs: int) -> None:
        flat = torch.as_tensor(f).to(device)
        for _ in range(2 * pairs):
            flat = step(flat)
        f[:] = flat.cpu().numpy()

    return advance


def lattice_step(
    problem: Problem, kind: torch.dtype, device: str, *, driven: bool = True
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that makes one step; if not `driven`, it is linear in the populations."""
    force, pressure = (problem.force, problem.pressure) if driven else (0.0, 0.0)
    domain = problem.domain

    def on_device(array: object, kind: torch.dtype = kind) -> torch.Tensor:
        return torch.as_tensor(np.asarray(array)).to(device, kind)

    links = on_device(domain.links.astype(np.int64), torch.int64)
    faces = on_device(domain.face_slots.astype(np.int64), torch.int64)
    entering = pressure * on_device(domain.face_gain)
    rates = on_device(problem.table[domain.node >> np.uint32(CLASS_SHIFT)].reshape(-1, LANES, 3))
    plus, minus, slip = (rates[:, None, :, k] for k in range(3))
    weights, c = on_device(WEIGHTS), on_device(VELOCITIES)
    opposite = on_device(OPPOSITE, torch.int64)
    bits = np.arange(Q - 1, dtype=np.uint32)[:, None]
    closed = (domain.node.reshape(-1, 1, LANES) >> bits & np.uint32(1)).astype(bool)
    wall = on_device(np.pad(closed, ((0, 0), (1, 0), (0, 0)))) if problem.walls_slip else None
    w, along_z = weights[:, None], c[:, 0, None]
    still = 1.5 * w * along_z * force
    drive = 3 * w * along_z * force

    def rebound(f: torch.Tensor, wall: torch.Tensor) -> torch.Tensor:
        moving = f + still
        share = (wall * w).sum(1, keepdim=True).clamp(min=float(WEIGHTS.min()))
        mean = (wall * moving).sum(1, keepdim=True) / share
        return f + slip * wall * (w * mean - moving)

    def step(flat: torch.Tensor) -> torch.Tensor:
        f = flat.view(-1, Q, LANES)
        f = f if wall is None else rebound(f, wall)
        turned = f[:, opposite]
        even, odd = (f + turned) / 2, (f - turned) / 2
        density = f.sum(1, keepdim=True)
        momentum = torch.einsum("ia,bil->bal", c, f)
        flow = 3 * w * torch.einsum("ia,bal->bil", c, momentum)
        even = even - plus * (even - w * density)
        odd = odd - minus * (odd - flow) + drive
        left = even - odd  # each population in the opposite place
        out = torch.empty_like(flat)
        out.view(-1, Q, LANES)[:, 0] = left[:, 0]
        out[links] = left[:, 1:].reshape(-1)
        out[faces] = entering - out[faces]
        return out

    return step
