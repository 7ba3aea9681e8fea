"""Image metrics in two and three dimensions, with confidence intervals."""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
