"""Where Numba keeps the machine code of the kernels: a folder for each state of the sources.

Numba checks only the file of a kernel, and would run old machine code after a helper or a constant
in another file has changed. So the folder's name is a digest of all sources.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

VARIABLE, PREFIX = "NUMBA_CACHE_DIR", "shalelib-"


def source_digest(package: Path) -> str:
    """Return the digest of the names and contents of a package's sources."""
    sha = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        sha.update(f"{path.relative_to(package).as_posix()}:{len(content)}:".encode() + content)
    return sha.hexdigest()[:16]


def cache_place(package: Path) -> Path:
    """Return the folder for the machine code of a package as it is now.

    It lies in the folder that ``NUMBA_CACHE_DIR`` names, else in the user's cache folder or, where
    no home folder can be written, in the system's folder for temporary files.
    """
    name = PREFIX + source_digest(package)
    named = os.environ.get(VARIABLE)
    if named:
        base = Path(named)
        return (base.parent if base.name.startswith(PREFIX) else base) / name
    own = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for base in (
        Path(own) / "shalelib" / "numba",
        Path(tempfile.gettempdir()) / f"numba-{_user()}",
    ):
        try:
            base.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(base, os.W_OK):
            return base / name
    return Path(tempfile.mkdtemp(prefix="numba-")) / name


def keep_apart(package: Path) -> None:
    """Tell Numba where to keep machine code, whether or not it is already imported."""
    place = str(cache_place(package))
    os.environ[VARIABLE] = place
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = place


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
