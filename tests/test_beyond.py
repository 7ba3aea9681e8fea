"""A critic whose gradient acts, and the switches between the paper's text and its code."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from companion.profiles import TrainConfig
from shalelib.data.patches import PatchSampler
from shalelib.models import losses
from shalelib.models.inference import load_generator
from shalelib.models.networks import SuperResolutionGenerator, build_discriminator
from shalelib.models.state import TrainingState, learning_rate
from shalelib.models.training import train
from shalelib.models.variants import Variant, get_variant

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


@pytest.fixture
def pairs(toy_pairs):
    return toy_pairs.take(np.arange(5))


@pytest.fixture
def run(pairs, tmp_path):
    """Train a tiny network on the pairs."""
    sampler = PatchSampler(pairs, size=32)

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
        ("pix2pix_vanilla", {}, torch.nn.GroupNorm),
    ],
)
def test_the_norm_as_published_is_a_switch(name, switch, module):
    row = dataclasses.replace(get_variant(name), **switch)
    kinds = {type(m) for m in build_discriminator(row, TINY).modules()}
    norms = {torch.nn.BatchNorm2d, torch.nn.GroupNorm}
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
        ({"lambda_jac": -1.0}, "must not be negative"),
        ({"jac_every": 0}, "jac_every at least 1"),
        ({"generator": "sr"}, "factor is 2 or 4 for sr and 1 for others, got 1"),
        ({"factor": 2}, "factor is 2 or 4 for sr and 1 for others, got 2"),
        ({"generator": "sr", "factor": 3}, "factor is 2 or 4 for sr and 1 for others, got 3"),
        ({"jac_every": 1.5}, r"Variant\.jac_every must be a whole number"),
        ({"generator": "unet"}, r"Variant\.generator must be one of 'resnet', 'sr', 'volume'"),
        ({"objective": "L1"}, r"Variant\.objective must be one of 'l1', 'vanilla', 'wgan'"),
        ({"penalised": "max"}, r"Variant\.penalised must be 'sum' or 'mean', got 'max'"),
        ({"estimator": "fd"}, r"estimator must be one of 'vjp', 'jvp', 'finite_difference'"),
        ({"norm": "bacth"}, r"Variant\.norm must be one of 'instance', 'batch', 'none'"),
        ({"critic_norm": None}, r"critic_norm must be one of 'instance', 'batch', 'none'"),
        ({"decay": "cosine"}, r"Variant\.decay must be 'step' or 'linear', got 'cosine'"),
        ({"downsampling": "mean"}, r"Variant\.downsampling must be 'nearest' or 'area'"),
    ]:
        with pytest.raises(ValueError, match=words):
            Variant(**common | fields)
    with pytest.raises(TypeError, match="conditional must be a bool, got 'no'; write True or"):
        Variant(**common, conditional="no")


# A penalty on the mean score


def test_the_penalty_on_the_mean_holds_the_slope_of_what_the_loss_takes():
    """Scores a Σ x of P patches, n pixels: the slope of the sum is P a √n, of the mean a √n."""
    a, patches, pixels = 0.5, 6, 16  # exact in binary
    images = torch.zeros(2, 1, 4, 4)

    def critic(x):
        return (a * x.flatten(1).sum(dim=1))[:, None].expand(-1, patches)

    slopes = {"sum": patches * a * pixels**0.5, "mean": a * pixels**0.5}
    for of, slope in slopes.items():
        generator = torch.Generator().manual_seed(0)
        found = losses.gradient_penalty(critic, images, images, generator=generator, of=of)
        assert found.item() == pytest.approx((slope - 1) ** 2, rel=1e-6)  # float32


def ratio_after(variant, draw, *, scale=1.0):
    """The logged ratio of a training whose discriminator's last layer is scaled."""
    state = TrainingState(variant, TINY, seed=3, device=torch.device("cpu"), key="ratio")
    with torch.no_grad():
        for parameter in state.discriminator.layers[-1].parameters():
            parameter.mul_(scale)
    return state, state._log_ratio(draw)


def test_the_logged_ratio_is_that_of_the_two_gradients(pairs):
    """By hand: L1's gradient is λ/N in every pixel, the adversarial one from autograd in double.

    Dropout is off; 1e-3 for float32 networks.
    """
    draw = PatchSampler(pairs, size=32).draw_training
    state, found = ratio_after(get_variant("pix2pix_wgan"), draw)
    txm, sem = draw(4, np.random.default_rng([3, 0, 4]))
    state.generator.double().eval()
    state.discriminator.double()
    seen, true = (torch.from_numpy(a)[:, None].double() / 127.5 - 1 for a in (txm, sem))
    made = state.generator(seen).detach().requires_grad_(True)
    score = state.discriminator(torch.cat([seen, made], dim=1)).mean()
    (pull,) = torch.autograd.grad(-score, made)
    assert not torch.equal(made, true)
    hold = 100 / true.numel() * true.numel() ** 0.5
    assert found == pytest.approx(pull.norm().item() / hold, rel=1e-3)


def test_the_ratio_grows_with_the_critic(pairs):
    """A critic of twice the scores pulls twice as strongly, and the log changes nothing."""
    draw = PatchSampler(pairs, size=32).draw_training
    row = get_variant("srgan_4x_wgan")
    state, plain = ratio_after(row, draw)
    assert ratio_after(row, draw, scale=2.0)[1] == pytest.approx(2 * plain, rel=1e-5)  # float32
    assert state._log_ratio(draw) == plain
    assert all(p.requires_grad and p.grad is None for p in state.discriminator.parameters())
    assert all(p.grad is None for p in state.generator.parameters())


def test_a_row_without_a_second_judge_has_no_ratio(run):
    assert "adversarial_ratio" not in run(get_variant("feedforward"), "plain").history
    assert (run(get_variant("pix2pix_wgan_mean"), "judged").history["adversarial_ratio"] > 0).all()
