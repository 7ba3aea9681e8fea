"""What is measured on validation images while a network learns, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shalelib.models.watch import DARK, Validation, _roughness, contrast, dark_share, measure


def test_dark_is_what_lies_below_the_threshold():
    images = np.array([[[DARK - 1, DARK], [DARK + 1, 0]]], np.uint8)
    assert dark_share(images) == 0.5
    assert DARK == 60


def test_measures_of_two_small_images():
    """|difference| 10 and 0; deviations 5 and 0; squares of steps along y 100, 0 and x 0, 0."""
    predicted = np.array([[[50, 50], [60, 60]], [[70, 70], [70, 70]]], np.uint8)
    sem = np.array([[[60, 60], [70, 70]], [[70, 70], [70, 70]]], np.uint8)
    found = measure(predicted, sem)
    assert found["validation_l1"] == 5.0
    assert found["dark_share"] == 2 / 8
    assert found["contrast"] == 2.5
    assert found["detail"] == 1.0  # the same steps at other levels


def test_half_the_contrast_is_half_the_detail():
    sem = np.random.default_rng(0).integers(0, 100, (3, 16, 16)).astype(np.uint8) * 2
    found = measure(sem // 2, sem)
    assert found["detail"] == pytest.approx(0.5, rel=1e-12)
    assert found["contrast"] == pytest.approx(contrast(sem) / 2, rel=1e-12)


def test_of_a_uniform_truth_there_is_no_share_of_detail():
    sem = np.full((1, 8, 8), 90, np.uint8)
    predicted = sem + np.arange(8, dtype=np.uint8)
    found = measure(predicted, sem)
    assert np.isnan(found.pop("detail"))
    assert found["validation_l1"] == 3.5
    assert found["contrast"] == pytest.approx(np.arange(8).std())


def test_noise_along_one_axis_counts_as_much_as_along_the_other():
    rows = np.random.default_rng(1).integers(0, 255, (1, 32, 1)).astype(np.uint8).repeat(32, axis=2)
    sem = np.random.default_rng(2).integers(0, 255, (1, 32, 32), dtype=np.uint8)
    along, across = measure(rows, sem), measure(rows.transpose(0, 2, 1), sem)
    assert along["detail"] == pytest.approx(across["detail"], rel=1e-12)


def test_detail_is_the_step_between_neighbours_root_mean_square():
    """Steps of 0 along one axis and of 2 along the other: the root of (0 + 4) / 2."""
    images = np.tile(np.array([0, 2], np.uint8), (1, 4, 2))
    assert _roughness(images) == pytest.approx(np.sqrt(2))


def test_images_that_are_no_pair_are_refused():
    grey = np.zeros((2, 4, 4), np.uint8)
    with pytest.raises(ValueError, match="txm and sem must have the same shape"):
        Validation(txm=grey, sem=grey[:1])
    with pytest.raises(TypeError, match="uint8"):
        Validation(txm=grey.astype(float), sem=grey)
