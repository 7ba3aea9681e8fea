"""Train the pixel classifier, judge it by slice, apply it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shalelib.arguments import (
    check_kind,
    check_seed,
    check_whole,
    given_grey,
    given_labels,
    given_mask,
)
from shalelib.arrays import Grey, Labels, Mask, check_same_shape
from shalelib.config import settle_numbers
from shalelib.segmentation.evaluate import confusion
from shalelib.segmentation.features import FeatureConfig, pixel_features
from shalelib.segmentation.forest import Forest, flatten_forest, predict
from shalelib.segmentation.phases import UNLABELLED, Phase


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig:
    """Settings of a classifier; the defaults favour accuracy per second (bench/segmentation.py).

    Attributes
    ----------
    features : FeatureConfig
        Features of a pixel.
    n_trees : int
        Trees in the forest.
    max_depth : int
        Greatest depth of a tree.
    min_leaf : int
        Fewest labelled pixels in a leaf.
    max_pixels : int
        Most labelled pixels of each class to train on; of more, this many are drawn at random.
    seed : int
        Seed of that draw and of the forest.

    Raises
    ------
    TypeError
        `features` is not a `FeatureConfig`.
    ValueError
        A number is not whole, or too small.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    n_trees: int = 40
    max_depth: int = 12
    min_leaf: int = 3
    max_pixels: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("n_trees", "max_depth", "min_leaf", "max_pixels"):
            check_whole(f"ClassifierConfig.{name}", getattr(self, name), least=1)
        mend = "such as FeatureConfig(sigmas=(1.0, 3.0))"
        check_kind("ClassifierConfig.features", self.features, FeatureConfig, mend=mend)
        check_seed(self.seed)
        settle_numbers(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelClassifier:
    """A trained classifier, from `train_classifier` or `load_classifier`.

    Attributes
    ----------
    config : ClassifierConfig
        What it was trained with.
    forest : Forest
        Its trees, as plain arrays.
    out_of_bag : (5, 5) int array
        Confusion of the training pixels, each judged by the trees that did not see it: true class
        by row, predicted class by column. Neighbouring pixels are alike, so this confusion is
        flattering; one held out by slice (`shalelib.segmentation.cross_validate`) is not.
    """

    config: ClassifierConfig
    forest: Forest
    out_of_bag: NDArray[np.int64]


def labelled_features(
    images: Grey, labels: Labels, *, config: FeatureConfig | None = None
) -> tuple[NDArray[np.float32], Labels, NDArray[np.int64]]:
    """Collect the features and classes of all labelled pixels.

    Parameters
    ----------
    images : (n, y, x) uint8 array
    labels : (n, y, x) uint8 array
        Classes as in `Phase`, `UNLABELLED` elsewhere.
    config : FeatureConfig, optional

    Returns
    -------
    features : (m, k) float32 array
    classes : (m,) uint8 array
    image_index : (m,) int array
        The image that each pixel comes from.
    """
    given_grey("images", images, ndim=3)
    given_labels("labels", labels)
    check_same_shape("images and labels", images, labels, mend="draw one label image an image")
    known = {int(phase) for phase in Phase} | {UNLABELLED}
    strange = sorted(set(np.unique(labels).tolist()) - known)
    if strange:
        msg = (
            f"labels hold the unknown codes {strange}; read them with "
            "shalelib.segmentation.read_label_image, which maps a tool's codes to classes"
        )
        raise ValueError(msg)
    features, classes, image_index = [], [], []
    for i in np.flatnonzero((labels != UNLABELLED).any(axis=(1, 2))):
        drawn = labels[i] != UNLABELLED
        features.append(pixel_features(images[i], config=config)[drawn])
        classes.append(labels[i][drawn])
        image_index.append(np.full(int(drawn.sum()), i))
    if not features:
        msg = "no pixel is labelled; draw some of every class first (data/LABELS.md)"
        raise ValueError(msg)
    return np.concatenate(features), np.concatenate(classes), np.concatenate(image_index)


def _settled(config: object) -> ClassifierConfig:
    """Return the settings to train with: the defaults where none are given."""
    if config is None:
        return ClassifierConfig()
    check_kind("config", config, ClassifierConfig, mend="write ClassifierConfig(n_trees=40)")
    return config  # type: ignore[return-value]


def train_classifier(
    images: Grey, labels: Labels, *, config: ClassifierConfig | None = None
) -> PixelClassifier:
    """Train a classifier from sparse labels.

    Parameters
    ----------
    images : (n, y, x) uint8 array
        Grey levels of FIB-SEM slices or patches.
    labels : (n, y, x) uint8 array
        Codes of `Phase`, at least two classes of it, and `UNLABELLED` elsewhere.
    config : ClassifierConfig, optional
        By default ``ClassifierConfig()``.

    Returns
    -------
    PixelClassifier
        The same for the same input and seed.

    Raises
    ------
    TypeError
        `images` is not uint8, `labels` are not integers, or `config` is of another class.
    ValueError
        The shapes differ, or `labels` hold unknown codes or fewer than two classes.
    """
    config = _settled(config)
    features, classes, _ = labelled_features(images, labels, config=config.features)
    return fit_classifier(features, classes, config=config)


def fit_classifier(
    features: NDArray[np.float32], classes: Labels, *, config: ClassifierConfig
) -> PixelClassifier:
    """Train on features that `labelled_features` collected."""
    if len(np.unique(classes)) < 2:
        msg = f"labels must hold at least two classes, got {np.unique(classes).tolist()}"
        raise ValueError(msg)
    chosen = _draw(classes, config.max_pixels, config.seed)
    from sklearn.ensemble import RandomForestClassifier  # loads half a second

    forest = RandomForestClassifier(
        n_estimators=config.n_trees,
        max_depth=config.max_depth,
        min_samples_leaf=config.min_leaf,
        random_state=config.seed,
        oob_score=True,
        n_jobs=-1,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
        model = forest.fit(features[chosen], classes[chosen])
    judged = model.oob_decision_function_
    seen = judged.sum(axis=1) > 0  # with few trees a pixel may be in every bag
    judged_class = model.classes_[judged[seen].argmax(axis=1)].astype(np.uint8)
    return PixelClassifier(
        config=config,
        forest=flatten_forest(model),
        out_of_bag=confusion(classes[chosen][seen], judged_class),
    )


def _draw(classes: Labels, most: int, seed: int) -> NDArray[np.int64]:
    """Choose at most `most` pixels of every class."""
    rng = np.random.default_rng(seed)
    parts = []
    for code in np.unique(classes):
        where = np.flatnonzero(classes == code)
        parts.append(where if len(where) <= most else rng.choice(where, most, replace=False))
    return np.sort(np.concatenate(parts))


def classify(
    classifier: PixelClassifier,
    grey: Grey,
    *,
    inside: Mask | None = None,
    progress: bool = False,
) -> Labels:
    """Classify every pixel of a slice or, slice by slice, of a volume.

    Parameters
    ----------
    classifier : PixelClassifier
    grey : (y, x) or (z, y, x) uint8 array
        May be memory-mapped; one slice at a time is held with its features.
    inside : bool array of the same shape, optional
        The rock; pixels outside become background without being classified.
    progress : bool
        Show a progress bar over the slices.

    Returns
    -------
    uint8 array of the same shape
        Codes of `Phase`.

    Raises
    ------
    TypeError
        `classifier` is not a `PixelClassifier`, `grey` is not uint8, or `inside` is not boolean.
    ValueError
        `grey` has other axes, or `inside` another shape.
    """
    mend = "train one by train_classifier or read it by load_classifier"
    check_kind("classifier", classifier, PixelClassifier, mend=mend)
    given_grey("grey", grey, ndim=(2, 3))
    if inside is not None:
        given_mask("inside", inside, ndim=grey.ndim)
        check_same_shape("grey and inside", grey, inside, mend="make one mask a slice")
    slices = grey[None] if grey.ndim == 2 else grey
    masks = None if inside is None else inside.reshape(slices.shape)
    out = np.full(slices.shape, int(Phase.BACKGROUND), np.uint8)
    for z in tqdm(range(len(slices)), desc="classify", unit="slice", disable=not progress):
        features = pixel_features(np.asarray(slices[z]), config=classifier.config.features)
        if masks is None:
            rows = features.reshape(-1, features.shape[-1])
            out[z] = predict(classifier.forest, rows).reshape(out[z].shape)
        elif masks[z].any():
            out[z][masks[z]] = predict(classifier.forest, features[masks[z]])
    return out.reshape(grey.shape)


def cross_validate(
    images: Grey,
    labels: Labels,
    slice_index: NDArray[np.int64],
    *,
    config: ClassifierConfig | None = None,
) -> NDArray[np.int64]:
    """Return the confusion of labelled pixels, each judged by a forest that never saw its slice.

    Parameters
    ----------
    images, labels : (n, y, x) uint8 arrays
        As for `train_classifier`.
    slice_index : (n,) int array
        Slice of each image; images with the same number are held out together.
    config : ClassifierConfig, optional
        By default ``ClassifierConfig()``.

    Returns
    -------
    (5, 5) int array
        All labelled pixels by true class (row) and predicted class (column), as `confusion`.

    Raises
    ------
    TypeError
        `images` is not uint8, or `labels` or `slice_index` are not integers.
    ValueError
        `slice_index` does not number each image, fewer than two slices have labels, or without one
        of them fewer than two classes are left.
    """
    config = _settled(config)
    given_grey("images", images, ndim=3)
    given_labels("slice_index", slice_index, ndim=1)
    if len(slice_index) != len(images):
        msg = f"slice_index must number each of {len(images)} images, got {len(slice_index)}"
        raise ValueError(msg)
    features, classes, image_index = labelled_features(images, labels, config=config.features)
    groups = np.asarray(slice_index)[image_index]
    if len(np.unique(groups)) < 2:
        msg = "labels on at least two slices are needed to hold one out"
        raise ValueError(msg)
    table = np.zeros((len(Phase), len(Phase)), np.int64)
    for group in np.unique(groups):
        held = groups == group
        trained = fit_classifier(features[~held], classes[~held], config=config)
        table += confusion(classes[held], predict(trained.forest, features[held]))
    return table
