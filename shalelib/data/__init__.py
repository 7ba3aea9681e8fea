"""Data: real patches, the digital shale, the user's own stacks; splits and patches."""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
