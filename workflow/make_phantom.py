"""Make a profile's digital shale if the cache has none: ``make_phantom.py PROFILE RECORD``."""

from __future__ import annotations

import sys
from pathlib import Path

import checkout  # noqa: F401

from companion.datasets import load_rock
from companion.profiles import get_profile
from shalelib.files import write_json
from shalelib.phantom.volume import phantom_key


def main(profile: str, record: Path) -> None:
    """Make it and write its name and size to the record."""
    sizes = get_profile(profile)
    load_rock(profile, progress=True)
    key = phantom_key(sizes.phantom, seed=sizes.rock)
    write_json(record, {"key": key, "shape": list(sizes.phantom.shape), "seed": sizes.rock})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
