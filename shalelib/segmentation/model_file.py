"""A classifier's file: plain arrays in an npz archive, checked before use; never a pickle."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shalelib.arguments import check_kind
from shalelib.files import given_path, whole_file
from shalelib.segmentation.classifier import ClassifierConfig, PixelClassifier
from shalelib.segmentation.features import FeatureConfig
from shalelib.segmentation.forest import Forest
from shalelib.segmentation.phases import Phase

FORMAT = "shalelib pixel classifier 1"
_LARGEST_FILE = 1 << 30  # bytes, unpacked; a forest of the default size takes a few MB
_ARRAYS = ("roots", "feature", "threshold", "child", "probability", "classes")


def save_classifier(classifier: PixelClassifier, path: Path | str) -> Path:
    """Write a classifier as plain arrays: an npz file without objects, which cannot run code.

    Parameters
    ----------
    classifier : PixelClassifier
    path : path
        File to write; it appears complete or not at all, and replaces an earlier one.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    TypeError
        `classifier` is not a `PixelClassifier`.
    OSError
        The disk is full or the folder cannot be written; an earlier file is left as it was.
    """
    mend = "train one by shalelib.segmentation.train_classifier"
    check_kind("classifier", classifier, PixelClassifier, mend=mend)
    path = given_path(path)
    meta = {
        "format": FORMAT,
        "config": asdict(classifier.config),
        "n_features": classifier.forest.n_features,
    }
    arrays = {name: getattr(classifier.forest, name) for name in _ARRAYS}
    with whole_file(path) as stream:
        np.savez_compressed(
            stream,
            meta=np.frombuffer(json.dumps(meta, sort_keys=True).encode(), np.uint8),
            out_of_bag=classifier.out_of_bag,
            **arrays,
        )
    return path


def load_classifier(path: Path | str) -> PixelClassifier:
    """Read a classifier, trusting nothing in the file.

    Parameters
    ----------
    path : path
        A file that `save_classifier` wrote.

    Returns
    -------
    PixelClassifier

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is damaged or not a classifier, holds objects (a pickle can run code), or has trees
        that would lead out of their arrays.
    """
    path = given_path(path)
    if not path.is_file():
        msg = (
            f"there is no classifier {path}; check the name and the folder, or train one by "
            "train_classifier and save it by save_classifier"
        )
        raise FileNotFoundError(msg)
    try:
        arrays = _read_arrays(path)
        meta = json.loads(arrays["meta"].tobytes())
        if meta["format"] != FORMAT:
            msg = f"its format is {meta['format']!r}, not {FORMAT!r}"
            raise ValueError(msg)
        config = _read_config(meta["config"])
        forest = Forest(
            n_features=len(config.features),
            **{name: _plain(arrays[name], name) for name in _ARRAYS},
        )
        known = {int(phase) for phase in Phase}
        if meta["n_features"] != forest.n_features or not known.issuperset(forest.classes.tolist()):
            msg = "its features or classes are not those of its configuration"
            raise ValueError(msg)
        out_of_bag = _plain(arrays["out_of_bag"], "out_of_bag")
        if out_of_bag.shape != (len(Phase), len(Phase)) or (out_of_bag < 0).any():
            msg = f"out_of_bag is no table of {len(Phase)} by {len(Phase)} counts"
            raise ValueError(msg)
    except Exception as error:  # a damaged file may say anything
        why = f"it lacks {error}" if isinstance(error, KeyError) else error
        msg = f"{path} was refused as a classifier: {why}; train it again and save it anew"
        raise ValueError(msg) from error
    return PixelClassifier(config=config, forest=forest, out_of_bag=out_of_bag)


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not zipfile.is_zipfile(path):
        msg = "it is no npz archive (pickles are not read)"
        raise ValueError(msg)
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > _LARGEST_FILE:
        msg = f"it would unpack to {size / 1e9:.1f} GB"
        raise ValueError(msg)
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


_DTYPES: dict[str, tuple[type[np.generic], int]] = {
    "roots": (np.int32, 1),
    "feature": (np.int32, 1),
    "threshold": (np.float32, 1),
    "child": (np.int32, 1),
    "probability": (np.float64, 2),
    "classes": (np.uint8, 1),
    "out_of_bag": (np.int64, 2),
}


def _plain(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Insist on the type and dimensions that the compiled loop relies on."""
    dtype, ndim = _DTYPES[name]
    if array.dtype != dtype or array.ndim != ndim:
        msg = f"{name} has type {array.dtype} and {array.ndim} dimensions"
        raise ValueError(msg)
    return np.ascontiguousarray(array)


def _read_config(meta: dict[str, Any]) -> ClassifierConfig:
    return ClassifierConfig(**meta | {"features": FeatureConfig(**meta["features"])})
