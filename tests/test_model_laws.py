"""Laws of a training: what the seed decides, what a step does, how the published sizes add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from shalelib.models import losses
from shalelib.models.config import TrainConfig
from shalelib.models.networks import initialise
from shalelib.models.state import (
    BETAS,
    LEARNING_RATE,
    TrainingDivergedError,
    TrainingState,
    learning_rate,
    step_seed,
)
from shalelib.models.variants import SWEEP, VARIANTS, get_variant

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=3, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


def state_of(variant="pix2pix_vanilla", seed=3):
    return TrainingState(
        get_variant(variant), TINY, seed=seed, device=torch.device("cpu"), key="law"
    )


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


# What the seed decides


def test_initial_weights_of_both_networks_follow_the_seed():
    first, again, other = (state_of(seed=seed) for seed in (3, 3, 4))
    for name in first.networks:
        mine = weights(first.networks[name])
        assert torch.equal(mine, weights(again.networks[name]))
        assert not torch.equal(mine, weights(other.networks[name]))


def test_the_two_networks_are_drawn_from_neighbouring_seeds():
    """So that they differ where they are alike, and every training of a seed begins the same."""
    state = state_of(seed=3)
    for name, seed in (("generator", 3), ("discriminator", 4)):
        mine = weights(state.networks[name]).clone()
        initialise(state.networks[name], seed=seed)
        assert torch.equal(mine, weights(state.networks[name]))


def test_batches_follow_seed_and_step(draw):
    """A batch is drawn from (seed, step): neither another seed nor another step has the same."""
    drawn = {}

    def watched(count, rng):
        batch = draw(count, rng)
        drawn.setdefault(here, []).append(batch[0].tobytes())
        return batch

    for here in (3, 4):
        state = state_of("feedforward", seed=here)
        for step in (0, 1, 1):
            state.step(watched, step)
    assert drawn[3][1] == drawn[3][2]
    assert len({*drawn[3], *drawn[4]}) == 4


def test_dropout_and_probes_follow_seed_and_step():
    """Their streams differ from one another and from step to step."""
    places = [(seed, step, use) for seed in (0, 1) for step in (0, 1) for use in (1, 2, 3)]
    assert len({step_seed(*place) for place in places}) == len(places)


# What a step does


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate(draw):
    """m/(1 - β1) over the root of v/(1 - β2) is the gradient's sign: each weight moves by the rate.

    Where the gradient is large beside Adam's 1e-8; 1e-3 for that and for float32.
    """
    state = state_of("feedforward")
    before = weights(state.generator)
    state.step(draw, 0)
    moved = (weights(state.generator) - before).abs()
    assert moved.max().item() == pytest.approx(LEARNING_RATE, rel=1e-3)
    assert (LEARNING_RATE, BETAS) == (2e-4, (0.5, 0.999))  # the paper's


def test_the_epochs_take_all_patches_and_the_rate_falls_once(draw):
    """3 patches in batches of 2 are 2 steps; 2 epochs at the rate and 1 at a tenth."""
    assert (TINY.steps_per_epoch, TINY.total_epochs, TINY.total_steps) == (2, 3, 6)
    state = state_of("feedforward")
    seen = []
    step = state.step
    state.step = lambda draw, number: seen.append(number) or step(draw, number)
    for _ in range(TINY.total_epochs):
        state.train_epoch(draw)
    assert seen == list(range(6))
    rates = [row["learning_rate"] for row in state.history]
    assert rates == pytest.approx([2e-4, 2e-4, 2e-5])
    assert state.optimisers["generator"].param_groups[0]["lr"] == pytest.approx(2e-5)


def test_the_published_run_has_the_papers_sizes():
    """50 + 25 epochs of 10,000 patches of 128 x 128 pixels, one a step."""
    paper = TrainConfig()
    assert (paper.epochs, paper.epochs_decay, paper.patches_per_epoch) == (50, 25, 10_000)
    assert (paper.patch, paper.batch, paper.total_steps) == (128, 1, 750_000)
    variant = get_variant("pix2pix_wgan")
    rates = [learning_rate(epoch, variant, paper) for epoch in (0, 49, 50, 74)]
    assert rates == pytest.approx([2e-4, 2e-4, 2e-5, 2e-5])


def objective_of(state, draw):
    """The loss that the generator descends in its first step, and the terms reported of it."""
    found = {}
    update = state._update

    def watched(name, loss):
        found[name] = float(loss.detach())
        update(name, loss)

    state._update = watched
    return found, {name: float(value) for name, value in state.step(draw, 0).items()}


@pytest.mark.parametrize("variant", [variant.name for variant in VARIANTS])
def test_the_generator_descends_its_adversarial_term_and_the_weighed_others(draw, variant):
    """λ_L1 L1 + adversarial + λ_jac J/2 scaled to the patch; the critic λ_gp times its penalty."""
    state = state_of(variant)
    row = state.variant
    found, terms = objective_of(state, draw)
    scaled = row.lambda_jac * (128 / TINY.patch) ** 2  # the published weight is for 128 x 128
    total = row.lambda_l1 * terms["loss_l1"] + terms.get("loss_gan", 0.0)
    total += scaled * row.jac_every * terms.get("loss_jacobian", 0.0)
    assert found["generator"] == pytest.approx(total, rel=1e-5)  # float32
    if row.objective == "wgan":
        critic = terms["loss_discriminator"] + 10 * terms["gradient_penalty"]
        assert found["discriminator"] == pytest.approx(critic, rel=1e-5)


def test_the_critic_scores_what_it_sees(draw):
    """WGAN by hand before any step: half of D(fake) - D(real), and the generator's -D(fake)."""
    state = state_of("srgan_4x_wgan")
    real, fake = torch.tensor([2.0, 4.0]), torch.tensor([1.0, 2.0])
    assert losses.wasserstein_critic(real, fake).item() == pytest.approx(-0.75)
    assert losses.wasserstein_generator(fake).item() == pytest.approx(-1.5)
    assert state.discriminator.layers[0].in_channels == 1  # SRGAN's sees the FIB-SEM alone
    assert state_of("pix2pix_wgan").discriminator.layers[0].in_channels == 2


def test_the_penalty_is_taken_between_the_two_images():
    """The gradient of the critic x²/2 is x: of two constant images somewhere between their norms.

    (‖x‖ - 1)² with ‖x‖ between 2 and 4 of one pixel: every draw lies between 1 and 9.
    """
    real, fake = torch.full((64, 1, 1, 1), 2.0), torch.full((64, 1, 1, 1), 4.0)
    generator = torch.Generator().manual_seed(0)
    found = losses.gradient_penalty(lambda x: x**2 / 2, real, fake, generator=generator).item()
    mean, deviation = 13 / 3, np.sqrt(121 / 5 - (13 / 3) ** 2)  # of u² for u uniform in [1, 3]
    assert abs(found - mean) < 4 * deviation / np.sqrt(64)


def test_the_discriminator_stands_still_while_the_generator_learns(draw):
    """A step moves each network once: after it both have taken one step of Adam."""
    state = state_of("pix2pix_wgan")
    state.step(draw, 0)
    for optimiser in state.optimisers.values():
        assert {int(value["step"]) for value in optimiser.state.values()} == {1}
    assert all(p.requires_grad for p in state.discriminator.parameters())


def test_dropout_is_on_in_training_and_off_in_what_is_logged(draw):
    state = state_of("feedforward")
    state.train_epoch(draw)
    assert state.generator.training
    assert state._log_jacobian(draw) == state.history[-1]["jacobian"]  # fixed batch and probes


# The rows of the paper


@pytest.mark.parametrize("row", VARIANTS, ids=lambda row: row.name)
def test_a_row_is_what_its_label_says(row):
    """pix2pix judges both images, SRGAN the FIB-SEM alone; λ_L1 = 100 and λ_jac = 1e-4."""
    srgan, regularised = "SRGAN" in row.label, "egularized" in row.label
    if row.objective == "l1":
        assert row.label.startswith(("Feedforward", "SRCNN"))
    else:
        assert row.conditional == (not srgan)
        assert row.lambda_l1 == 100
        assert row.objective == ("wgan" if "WGAN" in row.label else "vanilla")
    assert row.factor == (4 if "4x" in row.label else 2 if "2x" in row.label else 1)
    assert (row.generator == "sr") == (row.factor > 1)
    assert row.lambda_jac == (1e-4 if regularised else 0.0)
    assert (row.lambda_gp, row.dropout, row.penalised) == (10.0, 0.5, "sum")


@pytest.mark.parametrize("row", SWEEP, ids=lambda row: row.name)
def test_a_row_of_the_sweep_is_the_published_one_but_for_the_regulariser(row):
    """Weight, steps between and estimator may differ, nothing that is held against it."""
    own = ("name", "label", "lambda_jac", "jac_every", "estimator")
    changed = {name: getattr(row, name) for name in own}
    assert replace(get_variant("srgan_4x_vanilla"), **changed) == row


def test_the_published_widths():
    paper = TrainConfig()
    assert (paper.ngf, paper.ndf, paper.sr_width, paper.checkpoint_every) == (64, 64, 256, 1)


# What a step does not do


@pytest.mark.parametrize("variant", ["feedforward", "pix2pix_wgan_reg", "srgan_4x_vanilla_reg"])
def test_a_step_asks_for_no_number(draw, variant, monkeypatch):
    """A graphics card would have to be waited for each time; the epoch fetches them all at once."""
    state = state_of(variant)

    def asked(tensor, *_):
        pytest.fail(f"a number was asked of a tensor of {tuple(tensor.shape)}")

    with monkeypatch.context() as watch:
        for name in ("item", "tolist", "cpu", "numpy", "__float__", "__bool__", "__int__"):
            watch.setattr(torch.Tensor, name, asked)
        report = state.step(draw, 0)
    assert all(isinstance(value, torch.Tensor) and value.ndim == 0 for value in report.values())
    assert not any(value.requires_grad for value in report.values())


def test_a_loss_that_is_not_finite_is_found_at_the_end_of_the_epoch_with_its_step():
    """The mean is over the steps that report a loss; NaN and infinity name the first such step."""
    state = state_of("srgan_4x_vanilla_reg")
    some = {4: {"a": torch.tensor(1.0), "b": torch.tensor(5.0)}, 5: {"a": torch.tensor(3.0)}}
    assert state._means(some) == {"a": 2.0, "b": 5.0}
    for bad in (float("nan"), float("inf")):
        with pytest.raises(TrainingDivergedError, match=f"a became {bad} at step 6"):
            state._means({**some, 6: {"a": torch.tensor(bad)}, 7: {"a": torch.tensor(bad)}})
