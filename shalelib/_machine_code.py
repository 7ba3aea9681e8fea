"""Where Numba keeps the machine code of the kernels: a folder for each state of the sources.

Numba checks only the file of a kernel, and would run old machine code after a helper or a constant
in another file has changed. So the folder's name is a digest of all sources. Modules are loaded
later than it is named: when one was edited in between, the kernels from then on are kept in a
folder of this process.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

VARIABLE, PREFIX = "NUMBA_CACHE_DIR", "shalelib-"

_named: dict[str, dict[str, str]] = {}  # by package: the digests behind the name of its folder


def source_digest(package: Path) -> str:
    """Return the digest of the names and contents of a package's sources."""
    return _joined(_digests(package))


def cache_place(package: Path) -> Path:
    """Return the folder for the machine code of a package as it is now.

    It lies in the folder that ``NUMBA_CACHE_DIR`` names, else in the user's cache folder or, where
    no home folder can be written, in the system's folder for temporary files.
    """
    return _place(PREFIX + source_digest(package))


def keep_apart(package: Path) -> None:
    """Tell Numba where to keep machine code, whether or not it is already imported."""
    root = os.path.abspath(package)
    if root not in _named:  # nor when the package is loaded again: its modules stay what they are
        _named[root] = _digests(package)
        _tell(_place(PREFIX + _joined(_named[root])))


def leave_if_edited(file: str) -> None:
    """Keep the kernels from now on apart if a file is not what named the folder of its package.

    What was loaded before is of the old sources, so that the folder of the new ones would be wrong
    too. The folder that is taken belongs to this process alone.
    """
    place = os.path.abspath(file)
    for root, digests in _named.items():
        inside = place.startswith(os.path.join(root, ""))
        if inside and digests.get(Path(place).relative_to(root).as_posix()) != _digest(Path(place)):
            _tell(_own_place(f"{PREFIX}edited"))


def _digests(package: Path) -> dict[str, str]:
    paths = sorted(package.rglob("*.py"))
    return {path.relative_to(package).as_posix(): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _joined(digests: dict[str, str]) -> str:
    told = "".join(f"{digest} {name}\n" for name, digest in digests.items())
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _place(name: str) -> Path:
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
    return _own_place(name)


def _own_place(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix="numba-")) / name


def _tell(place: Path) -> None:
    os.environ[VARIABLE] = str(place)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(place)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
