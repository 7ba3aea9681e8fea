"""The PoreSpy side of bench/thickness.py; runs in an environment with porespy.

    python thickness_peer.py PORE.npy

Prints the version; then, for each line on standard input, finds the local thickness once by
PoreSpy's default, whose radii are whole voxels, and once by its former method, which takes
fractions too, and prints the seconds of the processor of both. The first line compiles.
"""

import sys
import time
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import porespy


def main():
    pore = np.load(sys.argv[1])
    porespy.settings.tqdm["disable"] = True
    print(version("porespy"), flush=True)
    for _ in sys.stdin:
        clock = [time.process_time()]
        for method in ("bf", "legacy"):
            porespy.filters.local_thickness(pore, method=method)
            clock.append(time.process_time())
        print(*(after - before for before, after in pairwise(clock)), flush=True)


if __name__ == "__main__":
    main()
