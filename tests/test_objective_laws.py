"""What each network descends, worked out beside the step, and what is taken if nothing is said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from shalelib.models import jacobian, losses
from shalelib.models.config import TrainConfig
from shalelib.models.inference import load_generator, predict, to_tensor
from shalelib.models.networks import Generator, ResnetGenerator, initialise
from shalelib.models.state import BETAS, TrainingState, step_seed
from shalelib.models.variants import VARIANTS, get_variant
from shalelib.models.volumes import translate_volume

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=3, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


def still(name):
    """The state of a training without dropout, so that a translation can be made twice."""
    variant = dataclasses.replace(get_variant(name), dropout=0.0)
    return TrainingState(variant, TINY, seed=3, device=torch.device("cpu"), key="law")


def batch_of(state, draw, step=0):
    return [
        to_tensor(grey, state.device)
        for grey in draw(TINY.batch, np.random.default_rng([state.seed, step]))
    ]


def judged(state, txm, sem):
    return torch.cat([txm, sem], 1) if state.variant.conditional else sem


@pytest.mark.parametrize("name", ["pix2pix_vanilla", "pix2pix_wgan", "srgan_4x_vanilla"])
def test_the_discriminator_learns_from_the_true_and_from_the_translated_image(draw, name):
    state = still(name)
    txm, sem = batch_of(state, draw)
    with torch.no_grad():
        for parameter in state.discriminator.parameters():
            parameter.mul_(10)  # as drawn, all scores are near to zero
        made = state.generator(state.generator.view(txm))
        real, fake = (state.discriminator(judged(state, txm, one)) for one in (sem, made))
    known = {"vanilla": losses.vanilla_discriminator, "wgan": losses.wasserstein_critic}
    expected = known[state.variant.objective](real, fake)
    found = state.step(draw, 0)["loss_discriminator"]
    assert found.item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)  # float32
    assert abs(expected - known[state.variant.objective](real, real)) > 1e-3


def test_the_regulariser_is_half_the_mean_norm(draw):
    """Of the batch, with the probes of this step: the paper's λ/2 ⟨‖J‖²⟩."""
    state = still("srgan_4x_vanilla_reg")
    txm, _ = batch_of(state, draw)
    probes = torch.Generator().manual_seed(step_seed(state.seed, 0, 2))
    _, norm = jacobian.forward_with_norm(
        state.generator, state.generator.view(txm), generator=probes
    )
    found = state.step(draw, 0)["loss_jacobian"]
    assert found.item() == pytest.approx(norm.mean().item() / 2, rel=1e-4)


@pytest.mark.parametrize("row", VARIANTS, ids=lambda row: row.name)
def test_every_network_is_moved_by_adam_with_the_papers_moments(row):
    state = TrainingState(row, TINY, seed=0, device=torch.device("cpu"), key="law")
    assert state.optimisers.keys() == state.networks.keys()
    for optimiser in state.optimisers.values():
        assert isinstance(optimiser, torch.optim.Adam)
        assert [group["betas"] for group in optimiser.param_groups] == [BETAS] == [(0.5, 0.999)]


def test_a_row_of_l1_alone_weighs_it_by_one():
    assert {row.lambda_l1 for row in VARIANTS if row.objective == "l1"} == {1.0}


# The gradient penalty


def test_each_image_has_a_point_of_its_own_between_the_true_and_the_translated():
    """Between images of 0 and of 1: a point is its share, and all differ."""
    seen = []

    def critic(x):
        seen.append(x.detach().flatten(1))
        return x

    real, fake = torch.zeros(16, 1, 2, 2), torch.ones(16, 1, 2, 2)
    losses.gradient_penalty(critic, real, fake, generator=torch.Generator().manual_seed(0))
    [points] = seen
    assert (points == points[:, :1]).all()
    assert len(set(points[:, 0].tolist())) == 16
    assert 0 <= points.min() < 0.5 < points.max() <= 1


def test_the_penalty_holds_the_slope_of_the_sum_where_nothing_is_said():
    """Scores x of P = 9 pixels: the slope of their sum is √9 = 3, that of their mean 1/3."""
    images = torch.zeros(2, 1, 3, 3)
    generator = torch.Generator().manual_seed(0)
    found = losses.gradient_penalty(lambda x: x, images, images, generator=generator)
    assert found.item() == pytest.approx((3 - 1) ** 2, rel=1e-6)


# What is taken where nothing is said


def test_the_finite_difference_steps_by_a_thousandth():
    """Of y = x² the difference is 2 x u + h with u = ±1, its square 4 x² + 4 x u h + h²."""
    x = torch.full((1, 1, 2, 2), 0.0, dtype=torch.float64)
    _, norm = jacobian.forward_with_norm(
        lambda x: x**2,
        x,
        estimator="finite_difference",
        generator=torch.Generator().manual_seed(0),
    )
    assert norm.item() == pytest.approx(4 * 1e-3**2)


def test_a_generator_that_is_loaded_does_not_drop_out():
    network = load_generator("pix2pix_phantom")
    assert not any(module.training for module in network.modules())


class Same(Generator):
    """Returns what it sees."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x


def test_tiles_of_a_network_that_changes_nothing_are_the_volume(tmp_path):
    """What is blended of two equal levels is that level, not one less."""
    txm = np.random.default_rng(0).integers(0, 256, (2, 100, 132), dtype=np.uint8)
    found = translate_volume(Same(), txm, tmp_path / "v.npy", tile=48, overlap=20)
    np.testing.assert_array_equal(found, txm)


def test_slices_are_tiled_by_512_with_an_overlap_of_128(tmp_path):
    """Instance normalisation shows which tiles were made; up to 512 pixels there are none."""
    network = ResnetGenerator(1)
    initialise(network, seed=0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(4)
    txm = np.random.default_rng(0).integers(0, 256, (1, 8, 800), dtype=np.uint8)
    txm[:, :, 400:] //= 2
    given = {"default": {}, "same": {"tile": 512, "overlap": 128}, "less": {"overlap": 64}}
    found = {
        name: translate_volume(network, txm, tmp_path / f"{name}.npy", **options)
        for name, options in given.items()
    }
    np.testing.assert_array_equal(found["default"], found["same"])
    assert (found["default"] != found["less"]).any()
    narrow = txm[:, :, :512]
    whole = translate_volume(network, narrow, tmp_path / "narrow.npy")
    np.testing.assert_array_equal(whole, predict(network, narrow))
