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
    """Return where fetched and generated data are kept between runs."""
    return Path(pooch.os_cache("shalelib"))


def open_folder(folder: Path, *, needed: int = 0) -> None:
    """Make a folder of the cache, if it is missing, and see that it can take what comes.

    Parameters
    ----------
    folder : Path
    needed : int
        Bytes that are going to be written. A memory map that meets a full disk kills the process
        without a word, so they are counted before.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk has no room; the message names the mend.
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
