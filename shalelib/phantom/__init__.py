"""The digital shale: a rock with known truth, its FIB-SEM, its TXM, and how pairs are cut of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
