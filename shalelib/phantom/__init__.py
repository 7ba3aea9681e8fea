"""The digital shale: a rock with known truth, its FIB-SEM, its TXM, and pairs cut from them."""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
