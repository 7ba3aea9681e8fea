"""The networks' own layers compute what the plain ones do."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from shalelib.models.networks import Dropout, FromGrey, ResnetGenerator, ToGrey, initialise

# Sums of up to 49 · 8 products of numbers near one in another order, in double precision.
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def doubles(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("kind", "into", "out"), [(FromGrey, 1, 5), (ToGrey, 8, 1)])
@pytest.mark.parametrize("size", [(9, 9), (12, 17)])
def test_a_convolution_by_rows_is_the_convolution(kind, into, out, size):
    """Values, gradients and the gradients of gradients, which the regulariser needs."""
    layer = kind(into, out, 7).double()
    x = doubles(2, into, *size).requires_grad_(True)

    def plain(x):
        return functional.conv2d(x, layer.weight, layer.bias)

    found = []
    for forward in (layer, plain):
        y = forward(x)
        (slope,) = torch.autograd.grad(y, x, doubles(*y.shape, seed=1), create_graph=True)
        objective = slope.square().sum() + y.pow(3).sum()
        second = torch.autograd.grad(objective, [x, *layer.parameters()])
        found.append([y, slope, *second])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, **CLOSE)


def test_group_norm_of_single_channels_is_instance_norm():
    """Mean 0 and variance 1 of each channel of each image, then scale and shift."""
    network = ResnetGenerator(2)
    initialise(network, seed=0)
    norm = network.layers.stem[2].double()
    x = doubles(3, 2, 6, 5)
    expected = functional.instance_norm(x, weight=norm.weight, bias=norm.bias, eps=norm.eps)
    assert isinstance(norm, nn.GroupNorm)
    torch.testing.assert_close(norm(x), expected, **CLOSE)


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    """Of n values n · rate are zero up to four standard errors; the others are scaled up."""
    x = torch.ones(4, 8, 50, 63)  # no multiple of the eight masks of a random word
    torch.manual_seed(0)
    kept = Dropout(rate)(x)
    share = (kept == 0).double().mean().item()
    assert abs(share - rate) < 4 * (rate * (1 - rate) / x.numel()) ** 0.5
    assert kept.unique().tolist() == pytest.approx([0, 1 / (1 - rate)])
    torch.manual_seed(0)
    assert torch.equal(Dropout(rate)(x), kept)  # the mask follows torch's random state
    assert not torch.equal(Dropout(rate)(x), kept)


def test_masks_of_neighbours_and_channels_do_not_depend_on_each_other():
    """The correlation of n independent pairs is zero up to four times 1/√n."""
    torch.manual_seed(1)
    kept = (Dropout(0.5)(torch.ones(1, 64, 64, 64)) > 0).double() - 0.5
    for axis in (1, 2, 3):
        for lag in (1, 8):
            first, second = kept.narrow(axis, lag, 64 - lag), kept.narrow(axis, 0, 64 - lag)
            assert abs(4 * (first * second).mean().item()) < 4 / first.numel() ** 0.5


def test_dropout_is_the_identity_at_rate_zero_and_in_evaluation():
    x = doubles(2, 3, 4, 4)
    assert torch.equal(Dropout(0.0)(x), x)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    with pytest.raises(ValueError, match=r"at least 0 and below 1, a number, got 1.0"):
        Dropout(1.0)
