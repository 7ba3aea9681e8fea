r"""The z-regulariser: the squared Frobenius norm of the generator's Jacobian.

A generator that translates slice by slice turns small differences between neighbouring TXM slices
into large differences between neighbouring predictions when its Jacobian is large:

.. math:: \hat S(T_{z+1}) - \hat S(T_z) \approx J (T_{z+1} - T_z), \qquad
          J = \partial \hat S / \partial T .

The paper adds :math:`\lambda_\mathrm{jac} \tfrac12 \langle \|J\|_F^2 \rangle` to the generator's
objective, with the mean over the batch. No Jacobian is formed: a random probe gives an unbiased
estimate of its norm (Hoffman, Roberts and Yaida 2019).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import pandas as pd
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from shalelib.arguments import check_kind
from shalelib.models.variants import Estimator

PUBLISHED_PATCH = 128  # pixels; the published weight belongs to patches of this edge
STEP = 1e-3  # of the finite difference; larger ones are biased by the network's curvature

Forward = Callable[[Tensor], Tensor]


def forward_with_norm(
    forward: Forward,
    inputs: Tensor,
    *,
    estimator: Estimator = "vjp",
    generator: torch.Generator,
    step: float = STEP,
) -> tuple[Tensor, Tensor]:
    r"""Evaluate a network and estimate the squared Frobenius norm of its Jacobian.

    Parameters
    ----------
    forward : callable
        Maps (n, ...) to (n, ...), each sample on its own; deterministic given torch's random state
        (dropout masks are shared between the output and the estimate).
    inputs : (n, ...) tensor
        What the network actually sees (for super-resolution, the downsampled TXM).
    estimator : str
        ``vjp``: :math:`m \|J^T v\|^2` with v uniform on the unit sphere of the m output pixels
        (the authors' choice). ``jvp``: :math:`\|J u\|^2` with random signs u, in forward mode.
        ``finite_difference``: the same by differencing two evaluations; biased, for comparison.
    generator : torch.Generator
        Draws the probes; on the device of `inputs`.
    step : float
        Length of the finite difference, in the units of `inputs`; other estimators ignore it.

    Returns
    -------
    outputs : (n, ...) tensor
        ``forward(inputs)``.
    norm : (n,) tensor
        One estimate for each sample, unbiased except for the finite difference, and differentiable
        with respect to the network's weights.

    Raises
    ------
    TypeError
        `inputs` is not a tensor.
    ValueError
        There is no such estimator, or `inputs` does not hold floats.

    Notes
    -----
    The paper's z-regulariser is :math:`\lambda_\mathrm{jac} \tfrac12 \langle \|J\|_F^2 \rangle`,
    with the mean over the batch. No Jacobian is formed: a random probe gives an unbiased estimate
    of its norm (Hoffman, Roberts and Yaida 2019).
    """
    check_kind("inputs", inputs, Tensor, mend="write torch.from_numpy(array).float()")
    if not inputs.is_floating_point():
        msg = f"inputs must hold floats, got {inputs.dtype}; write inputs.float()"
        raise ValueError(msg)
    if estimator == "vjp":
        return _vjp(forward, inputs, generator)
    if estimator == "jvp":
        return _jvp(forward, inputs, generator)
    if estimator == "finite_difference":
        return _finite_difference(forward, inputs, generator, step)
    msg = f"no estimator is called {estimator!r}; choose vjp, jvp or finite_difference"
    raise ValueError(msg)


def weight(lambda_jac: float, patch: int) -> float:
    """Scale the published weight to another patch size.

    The norm is a sum over pixels, whereas the L1 term is a mean. At 128 x 128 pixels the weight is
    the published one; at other sizes it keeps the published ratio of the two terms.

    Examples
    --------
    >>> weight(1e-4, 64) / weight(1e-4, 128)
    4.0
    """
    return lambda_jac * (PUBLISHED_PATCH / patch) ** 2


@torch.no_grad()
def finite_difference_bias(
    network: nn.Module, inputs: Tensor, steps: Sequence[float], *, seed: int = 0
) -> pd.DataFrame:
    """Compare the finite difference with the derivative along the same probes.

    Parameters
    ----------
    network : Module
        In evaluation mode.
    inputs : (n, ...) tensor
        In single precision.
    steps : sequence of float
    seed : int
        Of the probes.

    Returns
    -------
    DataFrame
        For each ``step`` the mean over the samples of finite difference / derivative - 1, in
        ``float32`` and ``float64``. Long steps are biased by the network's curvature, short ones by
        rounding.
    """
    frame = pd.DataFrame({"step": list(steps)})
    for dtype in (torch.float32, torch.float64):
        model, seen = copy.deepcopy(network).to(dtype), inputs.to(dtype)

        def probes() -> torch.Generator:
            return torch.Generator(inputs.device).manual_seed(seed)

        _, exact = _jvp(model, seen, probes())
        frame[str(dtype).removeprefix("torch.")] = [
            float((_finite_difference(model, seen, probes(), step)[1] / exact - 1).mean())
            for step in steps
        ]
    return frame


def _vjp(forward: Forward, inputs: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    inputs = inputs.detach().requires_grad_(True)
    outputs = forward(inputs)
    probe = _normal(outputs, generator)
    probe = probe / probe.flatten(1).norm(dim=1).view(-1, *[1] * (probe.ndim - 1))
    (pulled,) = torch.autograd.grad(outputs, inputs, probe, create_graph=torch.is_grad_enabled())
    return outputs, outputs[0].numel() * _squares(pulled)


def _jvp(forward: Forward, inputs: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(inputs.detach(), _signs(inputs, generator))
        outputs, pushed = forward_ad.unpack_dual(forward(dual))
    return outputs, _squares(pushed)


def _finite_difference(
    forward: Forward, inputs: Tensor, generator: torch.Generator, step: float
) -> tuple[Tensor, Tensor]:
    signs = _signs(inputs, generator)
    devices = [inputs.device] if inputs.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        moved = forward(inputs.detach() + step * signs)
    outputs = forward(inputs.detach())
    return outputs, _squares((moved - outputs) / step)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def _signs(like: Tensor, generator: torch.Generator) -> Tensor:
    bits = torch.randint(0, 2, like.shape, generator=generator, device=like.device)
    return (2 * bits - 1).to(like.dtype)


def _squares(x: Tensor) -> Tensor:
    """Sum of squares of each sample, in single precision at least."""
    wide = x if x.dtype == torch.float64 else x.float()
    return wide.square().flatten(1).sum(dim=1)
