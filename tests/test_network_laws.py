"""The published networks written out layer by layer, and how tiles of a slice are blended."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from shalelib.models.networks import (
    PatchDiscriminator,
    ResnetGenerator,
    SuperResolutionGenerator,
    initialise,
)
from shalelib.models.volumes import _ramp, _tile_starts


def drawn(network):
    """Draw weights of every layer, large enough that an output depends on all of them."""
    initialise(network, seed=1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape))
    return network.eval()


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        yield


def conv(x, layer, *, reflect=0, **how):
    x = functional.pad(x, (reflect,) * 4, mode="reflect") if reflect else x
    return functional.conv2d(x, layer.weight, layer.bias, **how)


def norm(x, layer):
    return functional.instance_norm(x, weight=layer.weight, bias=layer.bias)


def residual(x, block, activate):
    """Two convolutions of 3 x 3, each normalised, the first activated; the input is added."""
    first, second = block.body[1], block.body[6]
    y = activate(norm(conv(x, first, reflect=1), block.body[2]))
    return x + norm(conv(y, second, reflect=1), block.body[7])


def test_the_residual_generator_is_johnsons():
    """7 x 7, two halvings, nine blocks, two doublings, 7 x 7 and tanh (Johnson et al. 2016)."""
    network, x = drawn(ResnetGenerator(2)), torch.rand(2, 1, 16, 20) * 2 - 1
    layers = network.layers
    y = functional.relu(norm(conv(x, layers.stem[1], reflect=3), layers.stem[2]))
    for down in (layers.down1, layers.down2):
        y = functional.relu(norm(conv(y, down[0], stride=2, padding=1), down[1]))
    for number in range(9):
        y = residual(y, getattr(layers, f"block{number + 1}"), functional.relu)
    for up in (layers.up1, layers.up2):
        how = {"stride": 2, "padding": 1, "output_padding": 1}
        y = functional.conv_transpose2d(y, up[0].weight, up[0].bias, **how)
        y = functional.relu(norm(y, up[1]))
    y = torch.tanh(conv(y, layers.head[1], reflect=3))
    torch.testing.assert_close(network(x), y, rtol=1e-4, atol=1e-5)
    assert y.std() > 0.1


@pytest.mark.parametrize("factor", [2, 4])
def test_the_super_resolution_generator_is_ledigs(factor):
    """9 x 9, nine blocks inside a skip, a shuffle for each doubling, 7 x 7 and tanh; PReLU."""
    network = drawn(SuperResolutionGenerator(4, factor=factor))
    x = torch.rand(1, 1, 12, 16) * 2 - 1
    stem, blocks, head = network.stem, network.blocks, network.head
    start = functional.prelu(conv(x, stem[1], reflect=4), stem[2].weight)
    y = start
    for block in blocks[:9]:
        slope = block.body[3].weight
        y = residual(y, block, lambda y, slope=slope: functional.prelu(y, slope))
    y = start + norm(conv(y, blocks[10], reflect=1), blocks[11])
    for step in range(factor // 2):
        shuffled = functional.pixel_shuffle(conv(y, head[3 * step], padding=1), 2)
        y = functional.prelu(shuffled, head[3 * step + 2].weight)
    y = torch.tanh(conv(y, head[-2], reflect=3))
    torch.testing.assert_close(network(x), y, rtol=1e-4, atol=1e-5)
    assert y.std() > 0.1


def test_the_discriminator_is_isolas():
    """4 x 4 throughout: three halvings and two steps of one; a leak of 0.2 but at the end."""
    network, x = drawn(PatchDiscriminator(2, 2)), torch.rand(2, 2, 64, 64) * 2 - 1
    layers = network.layers
    y = functional.leaky_relu(conv(x, layers[0], stride=2, padding=1), 0.2)
    for place, stride in ((2, 2), (5, 2), (8, 1)):
        y = norm(conv(y, layers[place], stride=stride, padding=1), layers[place + 1])
        y = functional.leaky_relu(y, 0.2)
    y = conv(y, layers[11], padding=1)
    torch.testing.assert_close(network(x), y, rtol=1e-4, atol=1e-5)


# Tiles


@pytest.mark.parametrize("overlap", [16, 32, 64])
def test_shares_of_two_tiles_are_one_together_and_mirror_each_other(overlap):
    """Over the overlap one falls as the other rises; the outer quarter of either counts nothing."""
    tile = 128
    size = 2 * tile - overlap
    first, second = slice(0, tile), slice(size - tile, size)
    left, right = np.zeros(size), np.zeros(size)
    left[first], right[second] = _ramp(first, size, overlap), _ramp(second, size, overlap)
    np.testing.assert_allclose(left, right[::-1])
    np.testing.assert_allclose(left + right, 1, atol=2e-6)
    quarter = overlap // 4
    assert right[size - tile :][:quarter].max() <= 1e-6
    assert right[size - tile :][quarter] > 1e-6
    assert _tile_starts(size, tile, overlap) == [0, size - tile]
