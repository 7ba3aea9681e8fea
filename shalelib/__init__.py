"""shalelib: a companion to Anderson et al. 2021 on 2D-to-3D translation of shale images.

The rooms: `shalelib.data`, `shalelib.models`, `shalelib.metrics`, `shalelib.segmentation`,
`shalelib.flow` and `shalelib.phantom`. Importing the package loads none of them.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from shalelib._machine_code import keep_apart
from shalelib._sources import watch

__version__ = "0.1.0"

ROOMS = ("data", "flow", "metrics", "models", "phantom", "segmentation")

keep_apart(Path(__file__).parent)
watch()


def __getattr__(name: str) -> ModuleType:
    """Load a room when it is first asked for: ``import shalelib; shalelib.flow``."""
    if name in ROOMS:
        return import_module(f"shalelib.{name}")
    msg = f"module 'shalelib' has no attribute {name!r}"
    raise AttributeError(msg)
