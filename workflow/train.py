"""Train rows, one after the other: ``train.py PROFILE DATASET SEED FOLD ROW...``.

A row that is trained is found; a training that was interrupted goes on from its last epoch.
"""

from __future__ import annotations

import argparse

import checkout  # noqa: F401

from companion.datasets import load_dataset
from companion.run import open_run
from companion.trainings import train_row
from shalelib.models.variants import get_variant


def main() -> None:
    """Train, and say where each row is from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("dataset")
    parser.add_argument("seed", type=int)
    parser.add_argument("fold", type=int)
    parser.add_argument("rows", nargs="+")
    options = parser.parse_args()
    place = {"profile": options.profile, "fold": options.fold}
    run = open_run(dataset=options.dataset, seed=options.seed, **place)
    data = load_dataset(options.dataset, **place)
    for row in options.rows:
        trained = train_row(run, data, get_variant(row))
        print(f"{trained.variant.label}, {options.dataset}: {run.origin(row)}", flush=True)


if __name__ == "__main__":
    main()
