"""Data: real patches, the digital shale, anyone's own stacks; splits and patches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
