"""Make a profile's digital shale if the cache has none: ``make_phantom.py PROFILE RECORD``."""

from __future__ import annotations

import sys
from pathlib import Path

from shalelib.data.datasets import ROCK_SEED
from shalelib.data.phantom import load_phantom, phantom_key
from shalelib.data.phantom_config import phantom_config
from shalelib.files import write_json


def main(profile: str, record: Path) -> None:
    """Make it and write its name and size to the record."""
    config = phantom_config(profile)
    load_phantom(config, seed=ROCK_SEED, progress=True)
    key = phantom_key(config, seed=ROCK_SEED)
    write_json(record, {"key": key, "shape": list(config.shape), "seed": ROCK_SEED})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
