"""Pixel classification into phases: features, a random forest, labels from other sources."""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
