from .classifier import (
    ClassifierConfig,
    PixelClassifier,
    classify,
    cross_validate,
    train_classifier,
)
from .evaluate import (
    confusion,
    confusion_table,
    dice_from_confusion,
)
from .features import (
    FeatureConfig,
    pixel_features,
)
from .labels import (
    ILASTIK_CODES,
    SHALELIB_CODES,
    draw_labels,
    labels_from_masks,
    read_label_image,
)
from .model_file import (
    load_classifier,
    save_classifier,
)
from .phases import (
    PHASE_COLOURS,
    PHASE_NAMES,
    UNLABELLED,
    Phase,
)
from .polygons import (
    Polygon,
    load_polygons,
    polygon_labels,
    rasterise,
)

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
    "dice_from_confusion",
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
