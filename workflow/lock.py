"""Write or check requirements.lock: ``lock.py [--check]``.

uv resolves all of ``shalelib[book,cluster,test]`` for every system and Python at once, with hashes.
torch stands apart (`TORCH`): its build for a processor alone has other hashes than the one that
brings CUDA, so pip installs it after the lock, as the Makefile says.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from checkout import ROOT

LOCK = ROOT / "requirements.lock"
TORCH = "torch==2.13.0"
PYTHON = "3.11"
WITH_TORCH = ("torch", "nvidia-", "cuda-", "triton")  # it pins them itself
HEAD = f"# All but {TORCH}, with hashes; written by uv through workflow/lock.py (make lock).\n"


def resolve(earlier: Path) -> str:
    """Return the text of a lock that keeps the versions of an earlier one where they still fit."""
    with tempfile.TemporaryDirectory() as scratch:
        target, pin = Path(scratch) / "requirements.lock", Path(scratch) / "torch.txt"
        if earlier.is_file():
            target.write_bytes(earlier.read_bytes())
        pin.write_text(f"{TORCH}\n", encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras"]
        command += ["--universal", "--python-version", PYTHON, "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--quiet", "--constraint", pin, "--output-file", target]
        subprocess.run(command, cwd=ROOT, check=True)
        text = target.read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=\S)", text)
    return HEAD + "".join(entry for entry in entries if not entry.startswith(WITH_TORCH))


def main() -> None:
    """Write the lock, or end with 1 if it is not what pyproject.toml asks for."""
    new = resolve(LOCK)
    if "--check" not in sys.argv[1:]:
        LOCK.write_text(new, encoding="utf-8")
    elif new != LOCK.read_text(encoding="utf-8"):
        sys.exit("requirements.lock does not follow from pyproject.toml; run make lock")


if __name__ == "__main__":
    main()
