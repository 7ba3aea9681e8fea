import numpy as np
import pytest

from shalelib.arrays import Phase
from shalelib.metrics.baselines import affine_prediction, constant_prediction, random_mask


@pytest.fixture
def training():
    """TXM grey levels whose FIB-SEM level is 20 + TXM / 2 inside the rock, and 255 outside."""
    txm = np.random.default_rng(0).integers(0, 256, (2, 20, 20), dtype=np.uint8) & 0xFE
    inside = np.zeros(txm.shape, bool)
    inside[:, 4:] = True
    return txm, np.where(inside, 20 + txm // 2, 255).astype(np.uint8), inside


def test_an_affine_relation_is_found_exactly(training):
    txm, sem, inside = training
    got = affine_prediction(txm, inside, txm, sem, inside)
    np.testing.assert_array_equal(got[inside], sem[inside])
    assert (got[~inside] == 0).all()


def test_the_constant_is_the_training_mean_inside_the_test_mask(training):
    _, sem, inside = training
    got = constant_prediction(~inside, sem, inside)
    assert set(got[~inside].tolist()) == {round(sem[inside].mean())}
    assert (got[inside] == 0).all()


def test_a_flat_txm_leaves_the_affine_map_the_mean(training):
    _, sem, inside = training
    flat = np.full_like(sem, 7)
    got = affine_prediction(flat, inside, flat, sem, inside)
    np.testing.assert_array_equal(got, constant_prediction(inside, sem, inside))


def test_training_images_without_rock_are_refused(training):
    txm, sem, inside = training
    with pytest.raises(ValueError, match="hold no rock"):
        constant_prediction(inside, sem, np.zeros_like(inside))
    with pytest.raises(ValueError, match="one mask an image"):
        affine_prediction(txm, inside[:1], txm, sem, inside)


def test_one_image_that_is_no_stack_is_refused(training):
    txm, sem, inside = training
    with pytest.raises(ValueError, match="txm"):
        affine_prediction(txm[0], inside[0], txm, sem, inside)


def test_what_a_random_mask_leaves_is_of_medium_density():
    """And outside the rock it is background; of 10,000 pixels 30% ± 4 standard errors are drawn."""
    inside = np.ones((1, 100, 100), bool)
    inside[:, :10] = False
    found = random_mask(Phase.LOW, inside, share=0.3)
    assert set(found[inside].tolist()) == {Phase.LOW, Phase.MEDIUM}
    assert set(found[~inside].tolist()) == {Phase.BACKGROUND}
    assert (found[inside] == Phase.LOW).mean() == pytest.approx(0.3, abs=4 * 0.5 / 95)


def test_random_masks_of_two_images_and_of_two_seeds_differ():
    inside = np.ones((2, 40, 40), bool)
    one, other = random_mask(Phase.LOW, inside, share=0.3) == Phase.LOW
    assert (one & other).mean() == pytest.approx(0.09, abs=4 * (0.09 * 0.91 / 1600) ** 0.5)
    seeded = random_mask(Phase.LOW, inside, share=0.3, seed=1) == Phase.LOW
    assert (seeded[0] & one).mean() == pytest.approx(0.09, abs=4 * (0.09 * 0.91 / 1600) ** 0.5)
