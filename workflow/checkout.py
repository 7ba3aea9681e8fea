"""Where this checkout lies; whoever imports it runs this checkout's code, and so do its processes.

A checkout that is copied takes its environment along, and one conda environment may serve two: the
environment then knows the code of another checkout, of which nothing here would tell.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
)
