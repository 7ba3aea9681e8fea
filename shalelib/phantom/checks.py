"""Checks that the settings of the digital shale share."""

from __future__ import annotations


def check_share(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are no shares."""
    for name in names:
        value = getattr(config, name)
        if not 0.0 <= value <= 1.0:
            msg = f"{type(config).__name__}.{name} must lie in [0, 1], got {value}"
            raise ValueError(msg)


def check_not_negative(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are negative."""
    for name in names:
        value = getattr(config, name)
        if not value >= 0:
            msg = f"{type(config).__name__}.{name} must not be negative, got {value}"
            raise ValueError(msg)
