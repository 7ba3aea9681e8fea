"""The classifier on the digital shale, whose phases are known, and on the outlined real patches."""

import numpy as np
import pytest

from shalelib.data.fetch import DataUnavailableError, fetch_patches
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric_config import SOFT
from shalelib.phantom.volume import make_phantom
from shalelib.segmentation import (
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
def test_low_density_of_the_digital_shale_is_found_on_unseen_slices():
    """The project's aim is a Dice coefficient of 0.85 on true SEM slices never trained on.

    The phase darker than the matrix counts as medium density: the five classes have no place for
    it, and low density is the darkest phase.
    """
    phantom = make_phantom(PhantomConfig(depth=24, width=264, diameter=256), seed=3)
    truth = np.where(phantom.labels == SOFT, Phase.MEDIUM, phantom.labels).astype(np.uint8)
    truth[phantom.charging > 0] = Phase.CHARGING
    train, test = [1, 4, 7, 10], [17, 20, 23]
    labels = draw_labels(truth[train], share=0.03)
    classifier = train_classifier(phantom.sem[train], labels)
    inside = np.broadcast_to(phantom.outline, truth[test].shape)
    scores = dice_from_confusion(
        confusion(truth[test], classify(classifier, phantom.sem[test], inside=inside))
    )
    assert scores[Phase.LOW] >= 0.85


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
