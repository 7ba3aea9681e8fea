"""Make a profile's digital shale if the cache has none: ``make_phantom.py PROFILE RECORD``."""

from __future__ import annotations

import sys
from pathlib import Path

import checkout  # noqa: F401

from companion.datasets import ROCK_SEED
from companion.profiles import get_profile
from shalelib.files import write_json
from shalelib.phantom.volume import load_phantom, phantom_key


def main(profile: str, record: Path) -> None:
    """Make it and write its name and size to the record."""
    config = get_profile(profile).phantom
    load_phantom(config, seed=ROCK_SEED, progress=True)
    key = phantom_key(config, seed=ROCK_SEED)
    write_json(record, {"key": key, "shape": list(config.shape), "seed": ROCK_SEED})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
