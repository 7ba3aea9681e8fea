"""The user's cache folder, and pooch, which fetches into it.

pooch imports the notebook bar of tqdm, which warns without ipywidgets; the bars here are plain.
"""

from __future__ import annotations

import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

__all__ = ["cache_folder", "pooch"]


def cache_folder() -> Path:
    """Return where fetched and generated data are kept between runs."""
    return Path(pooch.os_cache("shalelib"))
