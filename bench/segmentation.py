"""Accuracy per second of the pixel classifier.

    python bench/segmentation.py [--write FILE]  trees, depths and features on a digital shale
    python bench/segmentation.py --real     agreement of the labels of the real patches

The first trains on sparse labels from a few slices of a digital shale and compares with the known
phases of other slices. Both print a table and, at the end, one line of JSON. The aim is 4 s a
megapixel on two cores. --write keeps the table in a file.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pandas as pd
from report import keep

from shalelib.data.fetch import fetch_patches
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.truth import true_classes
from shalelib.phantom.volume import load_phantom
from shalelib.segmentation import (
    ClassifierConfig,
    FeatureConfig,
    Phase,
    classify,
    confusion,
    confusion_table,
    cross_validate,
    dice_from_confusion,
    draw_labels,
    pixel_features,
    polygon_labels,
    train_classifier,
)
from shalelib.segmentation.features import KINDS

FIVE = (0.7, 1.6, 3.5, 5.0, 10.0)
MORE = (0.7, 1.0, 1.6, 2.3, 3.5, 5.0, 10.0)
PLUG = PhantomConfig(depth=48, width=520, diameter=512)
TRAIN, TEST = (2, 8, 14, 20), (30, 36, 42, 47)


def variants():
    """Yield the configurations that the table compares: one thing changed at a time."""
    base = ClassifierConfig()
    yield "default", base
    for trees in (5, 10, 20, 80):
        yield f"{trees} trees", replace(base, n_trees=trees)
    for depth in (6, 9, 16, 24):
        yield f"depth {depth}", replace(base, max_depth=depth)
    for sigmas in ((0.7, 1.0, 1.6), (0.7, 1.6, 3.5), FIVE, MORE):
        name = "sigma " + ", ".join(f"{sigma:g}" for sigma in sigmas)
        yield name, replace(base, features=FeatureConfig(sigmas=sigmas))
    for kind in KINDS:
        kinds = tuple(other for other in KINDS if other != kind)
        yield f"without {kind}", replace(base, features=FeatureConfig(kinds=kinds))


def seconds_per_megapixel(classifier, image):
    """Time features and forest on one square image of at least a megapixel, compiled before."""
    repeat = int(np.ceil(np.sqrt(1e6 / image.size)))
    large = np.tile(image, (repeat, repeat))
    classify(classifier, large[:64])
    times = []
    for _ in range(3):
        start = time.perf_counter()
        pixel_features(large, config=classifier.config.features)
        middle = time.perf_counter()
        classify(classifier, large)
        times.append((middle - start, time.perf_counter() - middle))
    return np.min(times, axis=0) / (large.size / 1e6)


def sweep(soft, seed, default_only):
    """Return one row a configuration."""
    phantom = load_phantom(PLUG, seed=seed)
    sem, truth = phantom.sem_slices[list(TEST)], true_classes(phantom, TEST, soft=soft)
    seen = true_classes(phantom, TRAIN, soft=soft)
    labels = np.stack([draw_labels(part, seed=i) for i, part in enumerate(seen)])
    inside = np.broadcast_to(phantom.outline, sem.shape)
    rows = []
    for name, config in list(variants())[: 1 if default_only else None]:
        start = time.perf_counter()
        classifier = train_classifier(
            np.array(phantom.sem_slices[list(TRAIN)]), labels, config=config
        )
        training = time.perf_counter() - start
        table = confusion(truth, classify(classifier, np.array(sem), inside=inside))
        scores = dice_from_confusion(table)
        features, total = seconds_per_megapixel(classifier, np.array(sem[0]))
        rows.append(
            {
                "configuration": name,
                "features": len(config.features),
                "train_s": training,
                "features_s_per_mp": features,
                "total_s_per_mp": total,
                **{f"dice_{phase.name.lower()}": scores[phase] for phase in Phase if phase},
                "accuracy": np.trace(table[1:, 1:]) / table[1:].sum(),
            }
        )
        if name == "default":
            print("held-out slices, default configuration")
            print(confusion_table(table).round(3).to_string(), "\n")
    return pd.DataFrame(rows)


def real():
    """Return the confusions of the outlined regions of the real patches."""
    patches = fetch_patches()
    labels = polygon_labels(patches.names, patches.sem.shape[1:])
    classifier = train_classifier(patches.sem, labels)
    held_out = cross_validate(patches.sem, labels, patches.slice_index)
    out = {}
    for name, table in (("out of bag", classifier.out_of_bag), ("held out by slice", held_out)):
        print(name)
        print(confusion_table(table).round(3).to_string(), "\n")
        out[name] = {p.name.lower(): round(float(dice_from_confusion(table)[p]), 4) for p in Phase}
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", action="store_true", help="the labels of the real patches")
    parser.add_argument("--default-only", action="store_true", help="one configuration, no sweep")
    parser.add_argument("--soft", default="medium", choices=["low", "medium"],
                        help="class that the phase darker than the matrix counts as")  # fmt: skip
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=min(2, numba.config.NUMBA_NUM_THREADS))
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    args = parser.parse_args()
    numba.set_num_threads(args.threads)
    if args.real:
        print(json.dumps(real()))
        return
    table = sweep(Phase[args.soft.upper()], args.seed, args.default_only)
    print(table.round(3).to_string(index=False))
    rows = table.round(4).to_dict(orient="records")
    about = {"threads": args.threads, "aim_s_per_mp": 4.0}
    keep(about | {"rows": rows}, args.write, seed=args.seed)


if __name__ == "__main__":
    main()
