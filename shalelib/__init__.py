"""shalelib: a companion to Anderson et al. 2021 on 2D-to-3D translation of shale images.

The rooms: `shalelib.data`, `shalelib.models`, `shalelib.metrics`, `shalelib.segmentation`,
`shalelib.flow` and `companion`. Importing the package loads none of them.
"""

__version__ = "0.1.0"
