"""Networks, objectives, the z-regulariser, training and translation; the room of torch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
