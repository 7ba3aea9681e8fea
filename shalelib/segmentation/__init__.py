"""Pixel classification into phases: features, a random forest, labels from outside."""

from shalelib.segmentation.classifier import (
    ClassifierConfig,
    PixelClassifier,
    classify,
    cross_validate,
    train_classifier,
)
from shalelib.segmentation.evaluate import confusion, confusion_table, dice
from shalelib.segmentation.features import FeatureConfig, pixel_features
from shalelib.segmentation.labels import (
    ILASTIK_CODES,
    SHALELIB_CODES,
    draw_labels,
    labels_from_masks,
    read_label_image,
)
from shalelib.segmentation.model_file import load_classifier, save_classifier
from shalelib.segmentation.phases import PHASE_COLOURS, PHASE_NAMES, UNLABELLED, Phase
from shalelib.segmentation.polygons import Polygon, load_polygons, polygon_labels, rasterise

__all__ = [
    "ILASTIK_CODES",
    "PHASE_COLOURS",
    "PHASE_NAMES",
    "SHALELIB_CODES",
    "UNLABELLED",
    "ClassifierConfig",
    "FeatureConfig",
    "Phase",
    "PixelClassifier",
    "Polygon",
    "classify",
    "confusion",
    "confusion_table",
    "cross_validate",
    "dice",
    "draw_labels",
    "labels_from_masks",
    "load_classifier",
    "load_polygons",
    "pixel_features",
    "polygon_labels",
    "rasterise",
    "read_label_image",
    "save_classifier",
    "train_classifier",
]

VERSION = 1  # raise it when the same image gives other phases
