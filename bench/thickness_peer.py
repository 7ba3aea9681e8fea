"""The PoreSpy side of bench/thickness.py; runs in an environment with porespy.

    python thickness_peer.py PORE.npy

Prints the version; then, for each line on standard input, finds the local thickness once by
PoreSpy's default and prints the seconds of the processor. The first line compiles.
"""

import sys
import time
from importlib.metadata import version

import numpy as np
import porespy


def main():
    pore = np.load(sys.argv[1])
    porespy.settings.tqdm["disable"] = True
    print(version("porespy"), flush=True)
    for _ in sys.stdin:
        start = time.process_time()
        porespy.filters.local_thickness(pore)
        print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    main()
