"""Measures of whole volumes: scikit-image, naive twins, closed forms, the isotropy test."""

import numpy as np
import pytest
from naive import two_point
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from shalelib.metrics.isotropy import isotropy_test
from shalelib.metrics.volume import slice_jump, two_point_along, volume_psnr, volume_ssim


def random_volume(seed, shape=(9, 12, 10)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def random_phase(seed, shape=(7, 6, 5), share=0.5):
    return np.random.default_rng(seed).random(shape) < share


# PSNR and SSIM


def test_scikit_image_has_the_same_psnr_and_ssim():
    true = random_volume(0)
    noise = np.random.default_rng(1).integers(-20, 21, true.shape)
    predicted = np.clip(true + noise, 0, 255).astype(np.uint8)
    expected = peak_signal_noise_ratio(true, predicted, data_range=255)
    assert volume_psnr(predicted, true) == pytest.approx(expected, rel=1e-6)  # float32 squares
    expected = structural_similarity(
        true.astype(float), predicted.astype(float), win_size=7, data_range=255
    )
    assert volume_ssim(predicted, true) == pytest.approx(expected, abs=1e-5)  # float32 moments


def test_ssim_of_faint_volumes_has_unbiased_moments():
    """At full contrast the constants vanish, and n or n - 1 is the same; of negatives as faint as
    the constant of the contrast, (0.03 x 255)², it is not."""
    rng = np.random.default_rng(0)
    true = rng.integers(91, 110, (9, 9, 9), dtype=np.uint8)
    predicted = 200 - true
    options = {"win_size": 7, "data_range": 255}
    expected = structural_similarity(true.astype(float), predicted.astype(float), **options)
    biased = structural_similarity(
        true.astype(float), predicted.astype(float), use_sample_covariance=False, **options
    )
    assert volume_ssim(predicted, true) == pytest.approx(expected, abs=1e-5)
    assert abs(biased - expected) > 1e-4  # or this would show nothing


def test_psnr_of_a_known_error():
    """One grey level off everywhere: 20 log10 255."""
    true = random_volume(2) // 2
    assert volume_psnr(true + np.uint8(1), true) == pytest.approx(20 * np.log10(255))
    assert volume_psnr(true, true) == np.inf


def test_errors_at_both_ends_of_the_grey_levels_do_not_wrap():
    black, white = np.zeros((8, 8, 8), np.uint8), np.full((8, 8, 8), 255, np.uint8)
    assert volume_psnr(black, white) == 0
    assert volume_psnr(white, black) == 0


@pytest.mark.parametrize("axes", [(0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_psnr_and_ssim_know_no_direction_and_no_order(axes):
    one, two = random_volume(3), random_volume(4)
    turned = one.transpose(axes), two.transpose(axes)
    assert volume_psnr(*turned) == pytest.approx(volume_psnr(one, two), rel=1e-12)
    assert volume_ssim(*turned) == pytest.approx(volume_ssim(one, two), abs=1e-6)
    assert volume_ssim(two, one) == pytest.approx(volume_ssim(one, two), abs=1e-6)


def test_ssim_is_one_for_equal_volumes_only():
    true = random_volume(5)
    assert volume_ssim(true, true) == pytest.approx(1)
    assert volume_ssim(true[::-1], true) < 0.5


def test_ssim_sees_three_dimensions():
    """Slices in another order: each pair of slices is as alike as before, the volume is not."""
    true = np.repeat(random_volume(6, (1, 14, 14)), 16, axis=0)
    true[8:] = 255 - true[8:]
    assert volume_ssim(true[::-1], true) < 0 < volume_ssim(true, true)


@pytest.mark.parametrize(
    ("predicted", "true", "error", "message"),
    [
        (np.zeros((8, 8, 8)), np.zeros((8, 8, 8), np.uint8), TypeError, "predicted must be uint8"),
        (np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.uint8), ValueError, "3 dimensions"),
        (np.zeros((8, 8, 9), np.uint8), np.zeros((8, 8, 8), np.uint8), ValueError, "same shape"),
        (np.zeros((0, 8, 8), np.uint8), np.zeros((0, 8, 8), np.uint8), ValueError, "empty"),
    ],
)
@pytest.mark.parametrize("metric", [volume_psnr, volume_ssim])
def test_what_are_no_two_volumes_is_refused(metric, predicted, true, error, message):
    with pytest.raises(error, match=message):
        metric(predicted, true)


def test_ssim_refuses_volumes_thinner_than_its_window():
    thin = np.zeros((6, 20, 20), np.uint8)
    with pytest.raises(ValueError, match="at least 7 voxels"):
        volume_ssim(thin, thin)


# Change from slice to slice


def test_the_jump_of_a_ramp_is_its_slope():
    ramp = np.broadcast_to((3 * np.arange(20, dtype=np.uint8))[:, None, None], (20, 4, 5))
    assert slice_jump(ramp) == 3
    assert slice_jump(ramp[::-1]) == 3  # down as up: nothing wraps
    assert slice_jump(np.ascontiguousarray(ramp.transpose(1, 0, 2))) == 0  # along z alone


def test_the_jump_of_independent_slices_is_a_third_of_the_range():
    """Mean distance of two uniform grey levels of n: (n - 1/n) / 3."""
    volume = random_volume(7, (40, 50, 50))
    assert slice_jump(volume) == pytest.approx((256 - 1 / 256) / 3, rel=0.01)


def test_one_slice_has_no_jump():
    with pytest.raises(ValueError, match="two slices"):
        slice_jump(np.zeros((1, 4, 4), np.uint8))


# Two-point correlation


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_two_point_correlation_is_its_naive_twin(axis):
    phase = random_phase(8)
    np.testing.assert_allclose(
        two_point_along(phase, axis, reach=4), two_point(phase.tolist(), axis, 4), rtol=1e-12
    )


def test_layers_correlate_along_their_planes_and_alternate_across():
    phase = np.zeros((12, 6, 6), bool)
    phase[::2] = True
    assert two_point_along(phase, 1, reach=3).tolist() == [0.5] * 4
    # of 11 pairs at distance 1 none, of 10 at distance 2 five, of 8 at distance 4 four
    assert two_point_along(phase, 0, reach=4).tolist() == [0.5, 0, 0.5, 0, 0.5]


def test_random_voxels_are_uncorrelated():
    """S2 starts at the share and is its square beyond; four standard errors of a mean of pairs."""
    share, edge = 0.3, 48
    phase = random_phase(9, (edge, edge, edge), share)
    for axis in range(3):
        curve = two_point_along(phase, axis, reach=5)
        assert curve[0] == phase.mean()
        assert curve[1:] == pytest.approx(share**2, abs=4 * 2 * share**1.5 / edge**1.5)


def test_two_point_correlation_turns_with_the_volume():
    phase = random_phase(10, (6, 6, 6))
    turned = phase.transpose(1, 2, 0)
    for axis, before in enumerate((1, 2, 0)):
        np.testing.assert_array_equal(
            two_point_along(turned, axis, reach=3), two_point_along(phase, before, reach=3)
        )


@pytest.mark.parametrize("reach", [-1, 7])
def test_a_reach_beyond_the_volume_is_refused(reach):
    with pytest.raises(ValueError, match="edge 7"):
        two_point_along(random_phase(11), 0, reach=reach)


def test_grey_levels_have_no_two_point_correlation():
    with pytest.raises(TypeError, match="boolean"):
        two_point_along(random_volume(12), 0, reach=1)


# Isotropy


def test_the_p_value_is_uniform_where_all_directions_are_alike():
    """Exact: under isotropy P(p <= a) <= a. Four standard errors of a share of 200 trials."""
    rng = np.random.default_rng(13)
    found = np.array(
        [isotropy_test(rng.normal(size=(3, 3, 12)), bins=6).p_value for _ in range(200)]
    )
    for level in (0.1, 0.3, 0.5):
        error = np.sqrt(level * (1 - level) / len(found))
        assert level - 6 * error < (found <= level).mean() < level + 4 * error


def test_planes_across_z_that_differ_are_found():
    rng = np.random.default_rng(14)
    values = rng.normal(size=(5, 3, 32))
    values[:, 0] += 2
    found = isotropy_test(values, bins=16)
    assert found.p_value == 1 / 3**5
    assert found.arrangements == 3**5
    assert found.divergence > 1


def test_planes_across_y_that_differ_are_not_taken_for_z():
    rng = np.random.default_rng(14)
    values = rng.normal(size=(5, 3, 32))
    values[:, 1] += 2
    assert isotropy_test(values, bins=16).p_value > 1 / 3**5


def test_y_and_x_may_change_places():
    values = np.random.default_rng(15).normal(size=(4, 3, 16))
    assert isotropy_test(values[:, [0, 2, 1]]) == isotropy_test(values)


def test_values_that_are_equal_everywhere_are_isotropic():
    assert isotropy_test(np.ones((3, 3, 8))).p_value == 1


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3, 2, 8), "3 axes"), ((3, 8), "3 dimensions"), ((11, 3, 8), "at most 10")],
)
def test_other_shapes_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        isotropy_test(np.zeros(shape))


def test_isotropy_is_judged_by_what_z_has_of_the_others_in_the_bins_of_table_2():
    """Planes across z of one value, half of the others of another: ln 2, and not its reverse."""
    values = np.zeros((1, 3, 8))
    values[:, 1:, ::2] = 1.0
    assert isotropy_test(values).divergence == pytest.approx(np.log(2))
    values = np.random.default_rng(0).normal(size=(2, 3, 40))
    assert isotropy_test(values) == isotropy_test(values, bins=32)


def test_ssim_of_even_volumes_is_its_luminance_term():
    """(2 a b + C) / (a² + b² + C) of grey levels a and b, with C = (0.01 x 255)²."""
    one, three = (np.full((7, 7, 7), level, np.uint8) for level in (1, 3))
    constant = 2.55**2
    expected = (6 + constant) / (10 + constant)
    assert volume_ssim(one, three) == pytest.approx(expected, abs=1e-4)
