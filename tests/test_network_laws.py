"""The published networks written out layer by layer, and how tiles of a slice are blended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from shalelib.models.config import TrainConfig
from shalelib.models.networks import (
    Dropout,
    PatchDiscriminator,
    ResnetGenerator,
    SuperResolutionGenerator,
    build_discriminator,
    build_generator,
    count_parameters,
    initialise,
)
from shalelib.models.networks3d import STRIDE, VolumeGenerator
from shalelib.models.state3d import VolumeTrainingState
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS, VOLUME
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


def conv3(x, layer, stride=1):
    x = functional.pad(x, (1,) * 6, mode="replicate")
    return functional.conv3d(x, layer.weight, layer.bias, stride=stride)


def layer3(x, layer, stride=1):
    return functional.relu(norm(conv3(x, layer[0], stride), layer[1]))


def twice(x):
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)


def test_the_generator_of_volumes_is_a_u_of_six_blocks():
    """8 channels whole, 2 w at half, 4 w at a quarter; what was at a size is beside what comes up.

    Ronneberger et al. 2015, with nearest neighbours for upsampling and edges that go on.
    """
    network, x = drawn(VolumeGenerator(2)), torch.rand(2, 2, 8, 12, 16) * 2 - 1
    fine = layer3(x, network.stem)
    middle = layer3(fine, network.down1, 2)
    y = layer3(middle, network.down2, 2)
    assert [one.shape[1] for one in (fine, middle, y)] == [8, 4, 8]
    assert y.shape[2:] == (2, 3, 4)
    assert (len(network.body), STRIDE) == (6, 4)
    for block in network.body:
        first, second = block.body[0], block.body[3]
        z = functional.relu(norm(conv3(y, first), block.body[1]))
        y = y + norm(conv3(z, second), block.body[4])
    y = twice(layer3(y, network.up1))
    y = twice(layer3(torch.cat([y, middle], 1), network.up2))
    y = layer3(torch.cat([y, fine], 1), network.head[0])
    y = torch.tanh(conv3(y, network.head[1]))
    assert y.shape == (2, 1, 8, 12, 16)
    torch.testing.assert_close(network(x), y, rtol=1e-4, atol=1e-5)
    assert y.std() > 0.1
    with network.hold(x[:1]):
        torch.testing.assert_close(network(x[:1]), y[:1], rtol=1e-4, atol=1e-5)
    assert VolumeGenerator().up2[0].out_channels == 16


# What is built for a row


OTHER = {"dropout": 0.25, "norm": "batch", "critic_norm": "batch"}
OTHERS = [replace(VARIANTS[number], **OTHER) for number in (0, 1, 2)]
OTHERS += [replace(VARIANTS[number], **OTHER, downsampling="area") for number in (3, 5)]


@pytest.mark.parametrize("row", [*VARIANTS, *ABLATION, *BEYOND, *OTHERS], ids=lambda row: row.name)
def test_a_row_is_built_of_its_own_sizes_and_norms(row):
    """Three widths that differ: of the generator, of super-resolution and of who judges."""
    config = TrainConfig(patch=32, ngf=3, sr_width=5, ndf=7)
    generator = build_generator(row, config)
    kinds = {"batch": nn.BatchNorm2d, "instance": nn.GroupNorm, "none": ()}

    def norms(network):
        return {type(one) for one in network.modules() if isinstance(one, NORMS)}

    assert norms(generator) == {kinds[row.norm]}
    first = next(one for one in generator.modules() if isinstance(one, nn.Conv2d))
    assert first.out_channels == (3 if row.generator == "resnet" else 5)
    assert (generator.factor, generator.downsampling) == (row.factor, row.downsampling)
    rates = {one.dropped for one in generator.modules() if isinstance(one, Dropout)}
    assert rates == {256 * row.dropout}
    if row.objective == "l1":
        return
    judge = build_discriminator(row, config)
    norm = row.critic_norm if row.objective == "wgan" else row.norm
    assert norms(judge) == ({kinds[norm]} if norm != "none" else set())
    assert judge.layers[0].out_channels == 7
    assert judge.layers[0].in_channels == (2 if row.conditional else 1)


NORMS = (nn.BatchNorm2d, nn.GroupNorm)


@pytest.mark.parametrize(
    "network",
    [ResnetGenerator(8), ResnetGenerator(8, norm="batch"), VolumeGenerator(4)],
    ids=["instance", "batch", "volume"],
)
def test_no_layer_keeps_the_weights_that_it_was_made_with(network):
    """Convolutions of every kind N(0, 0.02), scales N(1, 0.02), biases 0: five standard errors."""
    initialise(network, seed=3)
    for module in network.modules():
        if not hasattr(module, "weight") or isinstance(module, nn.PReLU):
            continue
        weight, about = module.weight, float(module.weight.ndim == 1)
        error = 0.02 / np.sqrt(weight.numel())
        assert abs(weight.mean().item() - about) < 5 * error
        assert abs(weight.std().item() - 0.02) < 5 * error
        assert (module.bias == 0).all()
    count = sum(one.numel() for one in network.parameters())
    assert count_parameters(network) == count
    next(network.parameters()).requires_grad_(False)
    assert count_parameters(network) == count - next(network.parameters()).numel()


@pytest.mark.parametrize("dropped", [1, 51, 77, 200, 255])
def test_a_rate_in_whole_parts_of_256_is_dropped_exactly(dropped):
    """Of every value of a byte once, so many are dropped; the mean of all stays."""
    network = Dropout(dropped / 256)
    assert network.dropped == dropped
    kept = network(torch.ones(1 << 12)).unique().tolist()
    assert max(kept) == pytest.approx(256 / (256 - dropped))


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


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_the_networks_of_a_row_of_volumes_are_built_otherwise(build):
    """As the refusal says."""
    with pytest.raises(ValueError, match=r"three_planes sees volumes; use VolumeGenerator"):
        build(VOLUME, TrainConfig(ngf=3, ndf=2))
    given = {"seed": 0, "device": torch.device("cpu"), "key": ""}
    state = VolumeTrainingState(VOLUME, TrainConfig(ngf=3, ndf=2), **given)
    assert list(state.networks) == ["generator", "planes", "pairs"]
    made = VolumeGenerator(TrainConfig(ngf=3, ndf=2).ngf)
    assert count_parameters(made) == count_parameters(state.networks["generator"])


def test_a_misspelt_norm_is_refused_and_does_not_count_as_none():
    with pytest.raises(ValueError, match="norm must be one of 'instance', 'batch', 'none', got"):
        ResnetGenerator(2, norm="bacth")
