"""Rows that train on a TXM volume, and the switches between the paper's text and its code."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from companion.profiles import TrainConfig
from shalelib.arrays import with_neighbours
from shalelib.data.pairs import Dataset, Volumes
from shalelib.data.patches import PatchSampler
from shalelib.models.inference import load_generator, translate
from shalelib.models.networks import (
    ResnetGenerator,
    SuperResolutionGenerator,
    build_discriminator,
    build_generator,
    initialise,
)
from shalelib.models.state import learning_rate
from shalelib.models.training import train
from shalelib.models.variants import BEYOND, VARIANTS, Variant, get_variant

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


@pytest.fixture
def volume():
    """Eight TXM slices of noise; the toy pairs below are five of them."""
    return np.random.default_rng(5).integers(1, 255, (8, 64, 64), dtype=np.uint8)


@pytest.fixture
def pairs(toy_pairs, volume):
    """Paired slices taken from the volume, its first and last among them."""
    index = np.array([0, 2, 3, 5, 7])
    return dataclasses.replace(toy_pairs.take(np.arange(5)), txm=volume[index], slice_index=index)


@pytest.fixture
def run(pairs, volume, tmp_path):
    """Train a tiny network on the pairs with their volume."""
    sampler = PatchSampler(pairs, size=32, volume=volume)

    def start(variant, folder="run", draw=sampler.draw_training, config=TINY):
        return train(
            draw,
            variant,
            config,
            seed=3,
            data_hash="toy",
            folder=tmp_path / folder,
            progress=False,
        )

    return start


def test_patches_come_with_their_neighbours_along_z(pairs, volume):
    """Cut from the volume by hand; edges repeat; drawing is the same with and without a volume."""
    sampler = PatchSampler(pairs, size=32, volume=volume)
    drawn = sampler.draw(20, rng=np.random.default_rng(0))
    for stack, z, (_, row, column) in zip(
        drawn.stack, drawn.slice_index, drawn.corner, strict=True
    ):
        for image, k in zip(stack, (max(z - 1, 0), z, min(z + 1, 7)), strict=True):
            np.testing.assert_array_equal(image, volume[k, row : row + 32, column : column + 32])
    stack, sem = sampler.draw_training(20, np.random.default_rng(1))
    txm, same_sem = PatchSampler(pairs, size=32).draw_training(20, np.random.default_rng(1))
    np.testing.assert_array_equal(stack[:, 1], txm)  # mirrored alike
    np.testing.assert_array_equal(sem, same_sem)


def test_a_volume_that_does_not_hold_the_slices_is_refused(pairs, volume):
    for wrong in (volume[1:], volume[:, :60], volume[:6]):
        with pytest.raises(ValueError, match="does not hold the 5 paired slices"):
            PatchSampler(pairs, size=32, volume=wrong)


def test_a_data_set_without_a_volume_says_which_have_one(pairs, volume):
    data = Dataset(
        name="vaca-muerta-patches",
        description="toy",
        train=pairs,
        validation=pairs,
        test=pairs,
        pixel_size=1e-8,
    )
    with pytest.raises(ValueError, match="no TXM volume; rows that need one are for the phantom"):
        data.txm_volume()
    held = dataclasses.replace(data, volumes=Volumes(txm=volume, test_z=(6, 8)))
    changed = dataclasses.replace(held, volumes=Volumes(txm=volume + 1, test_z=(6, 8)))
    assert held.digest() == changed.digest() == data.digest()
    assert held.digest(volume=True) != changed.digest(volume=True)


@pytest.mark.parametrize("variant", BEYOND, ids=lambda v: v.name)
def test_a_row_that_needs_a_volume_is_not_trained_without_one(run, pairs, variant):
    """Silently it would be another row under this one's name."""
    assert variant.needs_volume
    plain = PatchSampler(pairs, size=32)
    with pytest.raises(ValueError, match=r"with their neighbours.*volume=dataset.txm_volume\(\)"):
        run(variant, draw=plain.draw_training)
    assert not any(row.needs_volume for row in VARIANTS)


@pytest.mark.filterwarnings("error:.*training starts anew")
@pytest.mark.parametrize("variant", BEYOND, ids=lambda v: v.name)
def test_killed_and_resumed_training_ends_in_the_same_bits(run, steps, variant):
    whole = run(variant, "whole")
    with steps(killed_at=5), pytest.raises(KeyboardInterrupt):
        run(variant, "cut")  # two steps an epoch: in the middle of the third
    with steps() as taken:
        resumed = run(variant, "cut")
    assert taken == [4, 5]
    first, second = load_file(whole.generator), load_file(resumed.generator)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_equal_slices_have_no_directional_loss_though_dropout_is_on(run, pairs, volume):
    """Both translations share their dropout masks, so the term sees the TXM's change alone."""
    sampler = PatchSampler(pairs, size=32, volume=volume)

    def same_slice_thrice(count, rng):
        stack, sem = sampler.draw_training(count, rng)
        return np.repeat(stack[:, 1:2], 3, axis=1), sem

    variant = get_variant("pix2pix_wgan_dz")
    assert variant.dropout == 0.5
    assert (run(variant, "same", draw=same_slice_thrice).history["loss_z"] == 0).all()
    assert (run(variant, "other").history["loss_z"] > 0).all()


def test_the_directional_term_lowers_the_change_along_z(run, volume):
    """The same training with the term translates slices of noise to more similar images."""
    config = dataclasses.replace(TINY, patches_per_epoch=40, ngf=4)
    change = {}
    for weight in (0.0, 1000.0):
        variant = dataclasses.replace(get_variant("pix2pix_wgan_dz"), lambda_z=weight)
        done = run(variant, f"weight{weight}", config=config)
        translated = translate(load_generator(done.generator), volume).astype(float)
        change[weight] = np.abs(np.diff(translated, axis=0)).mean()
    assert change[1000.0] < 0.5 * change[0.0]


def test_a_generator_that_sees_three_slices_translates_a_stack(volume):
    """Slice by slice from the stack, or with neighbours given; the ends repeat the last slice."""
    generator = ResnetGenerator(2, slices=3)
    initialise(generator, seed=0)
    whole = translate(generator, volume)
    assert whole.shape == volume.shape
    np.testing.assert_array_equal(
        translate(generator, with_neighbours(volume, np.arange(8))), whole
    )
    # a part of the volume needs the slice beyond each cut
    np.testing.assert_array_equal(
        translate(generator, with_neighbours(volume, np.arange(2, 5))), whole[2:5]
    )
    moved = volume.copy()
    moved[4] = 255 - moved[4]
    changed = (translate(generator, moved) != whole).any(axis=(1, 2))
    assert np.flatnonzero(changed).tolist() == [3, 4, 5]
    with pytest.raises(ValueError, match="sees 1 slice at a time"):
        translate(ResnetGenerator(2), with_neighbours(volume, np.arange(8)))


def test_the_critic_of_a_25d_row_sees_what_the_others_see():
    """Centre slice and FIB-SEM image: the rows differ by the generator's input alone."""
    row = get_variant("pix2pix_wgan_25d")
    assert build_generator(row, TINY).slices == 3
    first = build_discriminator(row, TINY).layers[0]
    assert first.in_channels == 2


def test_the_learning_rate_falls_by_equal_amounts_as_in_the_authors_commands():
    """Ten epochs constant, then 5/6, 4/6, ..., 1/6: the epoch after the last would have zero."""
    config = TrainConfig(epochs=10, epochs_decay=5)
    row = dataclasses.replace(get_variant("feedforward"), decay="linear")
    rates = [learning_rate(epoch, row, config) / 2e-4 for epoch in range(15)]
    np.testing.assert_allclose(rates[:10], 1.0)
    np.testing.assert_allclose(rates[10:], np.arange(5, 0, -1) / 6)
    step = [learning_rate(epoch, get_variant("feedforward"), config) / 2e-4 for epoch in range(15)]
    np.testing.assert_allclose(step, [1.0] * 10 + [0.1] * 5)


def test_super_resolution_can_see_means_in_place_of_dropped_pixels():
    """The mean of 2 x 2 ramp pixels is the ramp half a step further on."""
    network = SuperResolutionGenerator(2, factor=2, downsampling="area")
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert torch.equal(network.view(ramp), ramp[..., ::2, ::2] + 0.5)


@pytest.mark.parametrize(
    ("name", "switch", "module"),
    [
        ("pix2pix_wgan", {"critic_norm": "batch"}, torch.nn.BatchNorm2d),
        ("pix2pix_vanilla", {"norm": "batch"}, torch.nn.BatchNorm2d),
        ("pix2pix_vanilla", {}, torch.nn.InstanceNorm2d),
    ],
)
def test_the_norm_as_published_is_a_switch(name, switch, module):
    row = dataclasses.replace(get_variant(name), **switch)
    kinds = {type(m) for m in build_discriminator(row, TINY).modules()}
    norms = {torch.nn.BatchNorm2d, torch.nn.InstanceNorm2d}
    assert kinds & norms == {module}
    plain = build_discriminator(get_variant("pix2pix_wgan"), TINY)
    assert not {type(m) for m in plain.modules()} & norms


@pytest.mark.parametrize(
    ("name", "switch"),
    [
        ("pix2pix_wgan", {"critic_norm": "batch", "norm": "batch"}),
        ("feedforward", {"decay": "linear"}),
        ("srcnn_2x", {"downsampling": "area"}),
        ("feedforward", {"norm": "batch"}),
    ],
)
def test_every_switch_trains_to_other_weights_that_can_be_read_back(run, name, switch):
    """A switch that nothing read would leave the weights as they were."""
    changed = dataclasses.replace(get_variant(name), **switch)
    first, second = run(get_variant(name), "plain"), run(changed, "switched")
    before, after = load_file(first.generator), load_file(second.generator)
    assert any(not torch.equal(before[key], after[key]) for key in before)
    load_generator(second.generator)


def test_impossible_rows_are_refused():
    common = {"name": "x", "label": "x", "objective": "l1"}
    for fields, words in [
        ({"slices": 2}, "slices is 1, or 3"),
        ({"slices": 3, "generator": "sr", "factor": 2}, "slices is 1, or 3 for a resnet"),
        ({"slices": 3, "lambda_z": 1.0}, "take slices=1"),
        ({"lambda_z": -1.0}, "must not be negative"),
    ]:
        with pytest.raises(ValueError, match=words):
            Variant(**common, **fields)
