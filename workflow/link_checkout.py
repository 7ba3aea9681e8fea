"""Make `companion` importable from this checkout in any working folder, Jupyter included.

The wheel carries `shalelib` alone, so the environment of the book gets a path file instead.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    target = Path(sysconfig.get_path("purelib")) / "shalelib-companion.pth"
    target.write_text(f"{ROOT}\n", encoding="utf-8")
