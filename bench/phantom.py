"""Time and memory that a digital shale takes, both forward models included.

    python bench/phantom.py [--profile laptop] [--threads 2] [--write FILE]

Makes it anew in a temporary cache folder. The aims are 4 minutes and 6 GB for `laptop`, 60 minutes
and 12 GB for `paper`, on two cores. --write keeps the numbers in a file. The memory
is the process's largest resident set, parts of the mapped volumes included.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numba
from report import keep

from companion.profiles import get_profile
from shalelib.phantom.volume import load_phantom

AIMS = {"laptop": (240, 6000), "gpu": (3600, 12000), "paper": (3600, 12000)}  # s, MB


def measure(profile):
    """Return one row: how long, how much, and what was aimed at."""
    sizes = get_profile(profile)
    config = sizes.phantom
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        load_phantom(config, seed=sizes.rock, cache=Path(scratch), progress=True)
        seconds = time.perf_counter() - start
    aim_s, aim_mb = AIMS.get(profile, (None, None))
    return {
        "profile": profile,
        "shape": " × ".join(map(str, config.shape)),
        "threads": numba.get_num_threads(),
        "seconds": round(seconds, 1),
        "aim_s": aim_s,
        "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "aim_MB": aim_mb,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="laptop")
    parser.add_argument("--threads", type=int, default=min(2, numba.config.NUMBA_NUM_THREADS))
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    args = parser.parse_args()
    numba.set_num_threads(args.threads)
    record = {"rows": [measure(args.profile)]}
    keep(record, args.write, profile=args.profile)


if __name__ == "__main__":
    main()
