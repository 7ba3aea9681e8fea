"""shalelib: a companion to Anderson et al. 2021 on 2D-to-3D translation of shale images.

The rooms: `shalelib.data`, `shalelib.models`, `shalelib.metrics`, `shalelib.segmentation`,
`shalelib.flow` and `shalelib.phantom`. Importing the package loads none of them.
"""

from pathlib import Path

from shalelib._machine_code import keep_apart

__version__ = "0.1.0"

keep_apart(Path(__file__).parent)
