"""Networks, objectives, the z-regulariser, training and translation, by means of torch."""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
