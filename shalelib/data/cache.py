"""The user's cache folder, and pooch, which fetches into it.

pooch imports the notebook bar of tqdm, which warns without ipywidgets; the bars here are plain.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

__all__ = ["cache_folder", "open_folder", "pooch"]


def cache_folder() -> Path:
    """Return the folder in which fetched and generated data are kept between runs."""
    return Path(pooch.os_cache("shalelib"))


def open_folder(folder: Path, *, needed: int = 0) -> None:
    """Make a folder of the cache if it is missing, and check that it can take what is to come.

    Parameters
    ----------
    folder : Path
    needed : int
        Bytes that will be written. A memory map that meets a full disk kills the process without
        any message, so the space is checked first.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk has no room; the message says what to do.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        msg = (
            f"the cache folder {folder} cannot be written ({error.strerror}); free it, or name "
            "another place in the environment variable XDG_CACHE_HOME"
        )
        raise OSError(error.errno, msg) from error
    free = shutil.disk_usage(folder).free
    if free < needed:
        msg = (
            f"the disk of the cache folder {folder} has {free / 1e6:.0f} MB free, but "
            f"{needed / 1e6:.0f} MB are needed; make room, or name another place in the "
            "environment variable XDG_CACHE_HOME"
        )
        raise OSError(errno.ENOSPC, msg)
