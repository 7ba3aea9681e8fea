"""The classifier on the digital shale, whose phases are known, and on the outlined real patches."""

import numpy as np
import pytest
from scipy import ndimage

from shalelib.data.fetch import DataUnavailableError, fetch_patches
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric_config import SOFT
from shalelib.phantom.volume import make_phantom
from shalelib.segmentation import (
    UNLABELLED,
    ClassifierConfig,
    Phase,
    classify,
    confusion,
    cross_validate,
    dice_from_confusion,
    draw_labels,
    polygon_labels,
    train_classifier,
)


@pytest.mark.slow
def test_a_forest_finds_low_density_at_least_as_well_as_a_grey_level_learnt_from_the_same_labels():
    """On slices never trained on, in the mean of four rocks.

    The peer smooths by the width and takes the level that suit the labels best. Even the level that
    suits the truth of the tested slices best has a Dice coefficient of 0.84 there, so that the
    project's aim, 0.85, is beyond what these images hold. The phase darker than the matrix counts
    as medium density: low density is the darkest phase.
    """
    found = np.array([_low_density_dice(seed) for seed in (3, 4, 5, 6)])
    forest, level = found.mean(0)
    assert forest >= level > 0.7, found


def _low_density_dice(seed):
    """Return the Dice coefficients of the forest and of the grey level."""
    phantom = make_phantom(PhantomConfig(depth=24, width=264, diameter=256), seed=seed)
    truth = np.where(phantom.labels == SOFT, Phase.MEDIUM, phantom.labels).astype(np.uint8)
    truth[phantom.charging > 0] = Phase.CHARGING
    train, test = [1, 4, 7, 10], [17, 20, 23]
    labels = draw_labels(truth[train], share=0.03)
    classifier = train_classifier(phantom.sem_slices[train], labels)
    inside = np.broadcast_to(phantom.outline, truth[test].shape)
    found = classify(classifier, phantom.sem_slices[test], inside=inside)
    scores = dice_from_confusion(confusion(truth[test], found))

    known = (labels != UNLABELLED) & phantom.outline
    dark = [labels[known] == Phase.LOW, (truth[test] == Phase.LOW)[inside]]
    best = (0.0, 0.0)
    for width in (0, 0.5, 0.7, 1, 1.5):
        grey = [
            ndimage.gaussian_filter(phantom.sem_slices[of].astype(float), (0, width, width))[where]
            for of, where in ((train, known), (test, inside))
        ]
        for level in range(20, 120, 2):
            best = max(best, tuple(dice(g < level, d) for g, d in zip(grey, dark, strict=True)))
    return scores[Phase.LOW], best[1]


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.mark.slow
def test_outlined_regions_agree_between_slices():
    """Seams outlined on one slice are found from the outlines of the others.

    Interiors of clear regions are easy; a set of labels that contradicted itself would not reach
    0.9 for the two classes that make up the rock.
    """
    try:
        patches = fetch_patches()
    except DataUnavailableError as error:
        pytest.skip(str(error))
    labels = polygon_labels(patches.names, patches.sem.shape[1:])
    config = ClassifierConfig(n_trees=12, max_pixels=4000)
    scores = dice_from_confusion(
        cross_validate(patches.sem, labels, patches.slice_index, config=config)
    )
    assert scores[Phase.LOW] > 0.9
    assert scores[Phase.MEDIUM] > 0.9
