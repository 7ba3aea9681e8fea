"""Train and score one row again: ``replicate.py PROFILE DATASET SEED FOLD ROW``.

What is finished is found; a training that was interrupted goes on from its last epoch.
"""

from __future__ import annotations

import argparse

import checkout  # noqa: F401

from companion.replicates import Replicate
from companion.replicating import replicate


def main() -> None:
    """Compute one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("dataset")
    parser.add_argument("seed", type=int)
    parser.add_argument("fold", type=int)
    parser.add_argument("row")
    options = parser.parse_args()
    which = Replicate(dataset=options.dataset, seed=options.seed, fold=options.fold)
    record = replicate(options.profile, which, options.row)
    psnr = record["means"]["psnr"]
    print(f"{record['label']}, {which.dataset}, {which.name}: PSNR {psnr:.2f} dB")


if __name__ == "__main__":
    main()
