import math

import pytest
import torch
from torch import nn

from companion.profiles import TrainConfig
from shalelib.models import jacobian, losses
from shalelib.models.networks import (
    PatchDiscriminator,
    ResnetGenerator,
    SuperResolutionGenerator,
    initialise,
)

ESTIMATORS = ("vjp", "jvp", "finite_difference")


def probes(seed=0):
    return torch.Generator().manual_seed(seed)


def exact_norm(forward, inputs):
    """Squared Frobenius norm of each sample's Jacobian, from all its entries."""
    norms = []
    for sample in inputs:
        full = torch.autograd.functional.jacobian(lambda x: forward(x[None])[0], sample)
        norms.append(full.square().sum())
    return torch.stack(norms)


def randomised(network, seed=0):
    """Weights large enough that no layer saturates or dies, in double precision."""
    initialise(network, seed=seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                module.weight.mul_(8.0)
    return network.double().eval()


def small(kind):
    if kind == "resnet":
        return randomised(ResnetGenerator(4)), torch.rand(2, 1, 16, 16, dtype=torch.float64)
    network = randomised(SuperResolutionGenerator(3, factor=2))
    return network, torch.rand(2, 1, 6, 6, dtype=torch.float64)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_exact_for_multiples_of_the_identity(estimator):
    """For y = 3 x every probe sees the whole norm: 9 m, whatever its direction.

    The finite difference rounds: (f(x + h u) - f(x)) / h to about eps / h = 2e-13 relative.
    """
    inputs = torch.rand(2, 1, 5, 5, dtype=torch.float64)
    _, norm = jacobian.forward_with_norm(
        lambda x: 3 * x, inputs, estimator=estimator, generator=probes()
    )
    assert torch.allclose(norm, torch.full((2,), 9.0 * 25, dtype=torch.float64), rtol=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_unbiased_for_a_linear_map(estimator):
    """The mean of 4,000 probes of a random 6 x 6 matrix is its norm.

    One probe's relative spread is below sqrt(2) for these estimators, so the mean's is below
    sqrt(2 / 4000) = 0.022; four of those.
    """
    matrix = torch.randn(6, 6, dtype=torch.float64, generator=probes(1))
    inputs = torch.zeros(4000, 6, dtype=torch.float64)
    _, norm = jacobian.forward_with_norm(
        lambda x: x @ matrix.T, inputs, estimator=estimator, generator=probes()
    )
    assert norm.mean().item() == pytest.approx(matrix.square().sum().item(), rel=0.09)


@pytest.mark.parametrize("kind", ["resnet", "sr"])
@pytest.mark.parametrize("estimator", ["vjp", "jvp"])
def test_mean_of_400_probes_is_the_exact_norm_of_a_generator(kind, estimator):
    """Within 5%, averaged over two images, in float64 on networks small enough to differentiate.

    The spread of one probe is sqrt(2 sum s⁴) / sum s² (s: singular values), 0.3 to 0.7 here, so
    the mean of 800 estimates is good to 2.5% or better.
    """
    torch.manual_seed(0)
    network, inputs = small(kind)
    exact = exact_norm(network, inputs)
    copies = inputs.repeat_interleave(20, dim=0)  # no sample leaks into another: see below
    generator = probes(2)
    estimates = [
        jacobian.forward_with_norm(network, copies, estimator=estimator, generator=generator)[1]
        for _ in range(20)
    ]
    means = torch.stack(estimates).detach().view(20, 2, 20).mean(dim=(0, 2))
    assert (means / exact).mean().item() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("kind", ["resnet", "sr"])
def test_no_sample_leaks_into_another(kind):
    """Changing the second image changes neither output nor estimate of the first, bit for bit."""
    torch.manual_seed(0)
    network, inputs = small(kind)
    other = inputs.clone()
    other[1] = torch.rand_like(other[1])
    results = [jacobian.forward_with_norm(network, x, generator=probes(4)) for x in (inputs, other)]
    (first, norm_1), (second, norm_2) = results
    assert torch.allclose(first[0], second[0], rtol=1e-12, atol=1e-14)
    assert norm_1[0].item() == pytest.approx(norm_2[0].item(), rel=1e-10)
    assert norm_1[1].item() != pytest.approx(norm_2[1].item(), rel=1e-3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_gradient_with_respect_to_the_weights(estimator):
    """d/dw of the estimate against a central difference in one weight.

    Central differences with h = 1e-5 are good to about h² relative; the finite-difference
    estimator's own rounding is amplified by 1/h.
    """
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.Conv2d(2, 1, 3, padding=1))
    network.double()
    inputs = torch.rand(1, 1, 5, 5, dtype=torch.float64)
    weight = network[0].weight

    def value():
        return jacobian.forward_with_norm(
            network, inputs, estimator=estimator, generator=probes(5)
        )[1].sum()

    value().backward()
    step = 1e-5
    with torch.no_grad():
        weight[0, 0, 1, 1] += step
    above = value().item()
    with torch.no_grad():
        weight[0, 0, 1, 1] -= 2 * step
    below = value().item()
    assert weight.grad[0, 0, 1, 1].item() == pytest.approx((above - below) / (2 * step), rel=1e-5)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_output_and_estimate_share_the_dropout_mask(estimator):
    """For y = dropout(x) the Jacobian's squared norm counts the kept pixels, each scaled by 2."""
    torch.manual_seed(3)
    inputs = torch.ones(1, 1, 8, 8, dtype=torch.float64)
    dropout = nn.Dropout(0.5).train()
    generator = probes(6)
    for _ in range(5):
        output, norm = jacobian.forward_with_norm(
            dropout, inputs, estimator=estimator, generator=generator
        )
        if estimator == "vjp":
            # 64 |v_kept|² · 4 depends on the probe, but never exceeds 4 · 64 and vanishes
            # only where the output does
            assert 0 < norm.item() <= 4 * 64
        else:
            assert norm.item() == pytest.approx(4.0 * (output > 0).sum().item(), rel=1e-6)


def test_the_finite_difference_is_biased_at_a_larger_step():
    """tanh saturates: with a step of 1 its difference quotient falls short of its slope."""
    inputs = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    _, norm = jacobian.forward_with_norm(
        torch.tanh, inputs, estimator="finite_difference", generator=probes(), step=1.0
    )
    assert norm.item() == pytest.approx(16 * torch.tanh(torch.tensor(1.0)).item() ** 2, rel=1e-6)


def test_the_bias_of_a_step_is_that_of_the_curvature_or_of_rounding():
    """For tanh at 0: (tanh h / h)² - 1, about -2 h² / 3; float32 rounds h = 1e-7 away entirely."""
    steps = [1.0, 1e-1, 1e-2]
    table = jacobian.finite_difference_bias(nn.Tanh(), torch.zeros(2, 1, 4, 4), steps)
    expected = [(math.tanh(h) / h) ** 2 - 1 for h in steps]
    assert table["float64"].tolist() == pytest.approx(expected, rel=1e-6)
    assert table["float32"].tolist() == pytest.approx(expected, abs=1e-5)
    offset = jacobian.finite_difference_bias(nn.Tanh(), torch.full((2, 1, 4, 4), 0.9), [1e-7])
    assert abs(offset["float32"].item()) > 0.1
    assert abs(offset["float64"].item()) < 1e-6


def test_where_nothing_is_said_a_probe_is_pulled_back_from_the_output():
    """The authors' way: of a map to a single pixel every such probe sees the whole norm."""
    inputs = torch.rand(3, 40, dtype=torch.float64)
    _, norm = jacobian.forward_with_norm(
        lambda x: 2 * x.sum(dim=1, keepdim=True), inputs, generator=probes()
    )
    assert norm.tolist() == pytest.approx([4 * 40] * 3, rel=1e-12)


@pytest.mark.parametrize("estimator", ["vjp", "jvp"])
def test_a_norm_beyond_half_precision_is_summed_in_single(estimator):
    """For y = 30 x of 256 pixels it is 230,400, where half precision ends at 65,504."""
    inputs = torch.rand(2, 256).half()
    outputs, norm = jacobian.forward_with_norm(
        lambda x: 30 * x, inputs, estimator=estimator, generator=probes()
    )
    assert (outputs.dtype, norm.dtype) == (torch.float16, torch.float32)
    assert norm.tolist() == pytest.approx([900 * 256] * 2, rel=1e-2)


def test_unknown_estimator_is_refused():
    with pytest.raises(ValueError, match="choose vjp, jvp or finite_difference"):
        jacobian.forward_with_norm(
            torch.tanh, torch.zeros(1, 1, 2, 2), estimator="exact", generator=probes()
        )


def test_weight_keeps_the_published_ratio_of_the_terms():
    """||J||² of a local map grows with the patch area; weight times area is constant."""
    for patch in (32, 64, 128, 256):
        assert jacobian.weight(1e-4, patch) * patch**2 == pytest.approx(1e-4 * 128**2, rel=1e-12)


@pytest.mark.parametrize("slope", [0.2, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic(slope):
    """D(x) = slope · <a, x> with |a| = 1 has slope everywhere: the penalty is (slope - 1)²."""
    direction = torch.randn(1, 1, 6, 6, generator=probes(7))
    direction /= direction.norm()

    def critic(x):
        return slope * (direction * x).flatten(1).sum(dim=1, keepdim=True)

    real, fake = torch.rand(3, 1, 6, 6), torch.rand(3, 1, 6, 6)
    penalty = losses.gradient_penalty(critic, real, fake, generator=probes(8))
    assert penalty.item() == pytest.approx((slope - 1) ** 2, abs=1e-5)


def test_wasserstein_losses_at_known_scores():
    real, fake = torch.full((2, 1, 2, 2), 3.0), torch.full((2, 1, 2, 2), -1.0)
    assert losses.wasserstein_critic(real, fake).item() == pytest.approx(-2.0)
    assert losses.wasserstein_generator(fake).item() == pytest.approx(1.0)


def test_a_wasserstein_critic_couples_no_images():
    """Without normalisation across the batch, one image's score ignores the others."""
    critic = PatchDiscriminator(1, 4, norm="none").double()
    images = torch.rand(3, 1, 32, 32, dtype=torch.float64)
    together = critic(images)
    alone = torch.cat([critic(image[None]) for image in images])
    assert torch.allclose(together, alone, rtol=1e-10)


@pytest.mark.parametrize("factor", [2, 4])
def test_super_resolution_sees_every_nth_pixel_and_returns_all(factor):
    network = SuperResolutionGenerator(4, factor=factor).eval()
    txm = torch.rand(2, 1, 32, 48)
    seen = network.view(txm)
    assert torch.equal(seen, txm[..., ::factor, ::factor])
    with torch.no_grad():
        assert network(seen).shape == txm.shape
    with pytest.raises(ValueError, match="2 or 4"):
        SuperResolutionGenerator(4, factor=3)


def test_published_super_resolution_generator_has_the_known_size():
    """By hand (width 256, factor 4): stem 9·9·256 + 256 + 1; 18 convolutions of 590,080 in blocks
    with 9 PReLUs and 18 norms of 512; one more convolution and norm; two 3 x 3 to 1024 channels of
    2,360,320 with a PReLU each; 7·7·256 + 1.
    """
    stem = 9 * 9 * 256 + 256 + 1
    blocks = 18 * (590_080 + 512) + 9 + 590_080 + 512
    head = 2 * (2_360_320 + 1) + 7 * 7 * 256 + 1
    network = SuperResolutionGenerator(TrainConfig().sr_width, factor=4)
    assert sum(p.numel() for p in network.parameters()) == stem + blocks + head
