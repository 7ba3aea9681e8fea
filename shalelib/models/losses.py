"""The terms of the training objectives."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from shalelib.models.variants import Penalised


def l1(predicted: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference of two batches of images (n, 1, y, x)."""
    return functional.l1_loss(predicted, target)


def vanilla_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    r"""Return the cross-entropy of the discriminator's logits on real and translated images.

    .. math:: -\tfrac12 \langle \log \sigma(D(\mathrm{real})) \rangle
              -\tfrac12 \langle \log (1 - \sigma(D(\mathrm{fake}))) \rangle

    The factor one half is that of the authors' code, as in pix2pix; it slows the discriminator.

    Examples
    --------
    >>> undecided = torch.zeros(1, 1, 2, 2)
    >>> round(vanilla_discriminator(undecided, undecided).item(), 4)  # ln 2
    0.6931
    """
    on_real = functional.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    on_fake = functional.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    return 0.5 * (on_real + on_fake)


def vanilla_generator(fake: Tensor) -> Tensor:
    """Return the non-saturating loss: the cross-entropy of taking translated images for real."""
    return functional.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    r"""Return half the critic's mean score on translated images less that on real ones.

    .. math:: \tfrac12 (\langle D(\mathrm{fake}) \rangle - \langle D(\mathrm{real}) \rangle)

    The factor one half is that of the authors' code.
    """
    return 0.5 * (fake.mean() - real.mean())


def wasserstein_generator(fake: Tensor) -> Tensor:
    """Return the negative mean of the critic's scores of translated images."""
    return -fake.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    generator: torch.Generator,
    of: Penalised = "sum",
) -> Tensor:
    r"""Return the penalty that keeps the critic's slope near one (Gulrajani et al. 2017).

    .. math:: \left\langle \left( \| \nabla_x \textstyle\sum D(x) \|_2 - 1 \right)^2 \right\rangle

    at a random point x between each real and translated image. The critic's scores of all patches
    of an image are summed, as in the authors' code. The losses take their mean, so that with P
    patches an image the adversarial gradient at the generator's output is about 1/P at most; with
    the slope of the mean held at one it is about one.

    Parameters
    ----------
    critic : callable
        Maps (n, c, y, x) to scores (n, ...).
    real, fake : (n, c, y, x) tensors
    generator : torch.Generator
        Draws the points; on the images' device.
    of : str
        Quantity whose slope is held at one: the ``sum`` of an image's scores, or their ``mean``.
    """
    share = torch.rand(len(real), 1, 1, 1, generator=generator, device=real.device)
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    scores = critic(between).flatten(1)
    held = scores.sum() if of == "sum" else scores.mean(dim=1).sum()
    (slope,) = torch.autograd.grad(held, between, create_graph=True)
    return (slope.float().flatten(1).norm(dim=1) - 1).square().mean()
