"""Checks that the settings of the digital shale share."""

from __future__ import annotations

from shalelib.arguments import check_number

WIDEST = 1000.0
"""Greatest reach of a blur of the digital shale [voxel], the width of the paper's slices."""

STEEPEST = 100.0
"""Greatest magnitude of a number that stands in an exponent."""


def check_share(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are not shares, 0 to 1."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0, most=1)


def check_not_negative(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are negative."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0)


def check_reach(config: object, *names: str) -> None:
    """Refuse a configuration whose blurs `names` reach beyond a slice, which takes much memory."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, least=0, most=WIDEST)


def check_exponent(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` would overflow where they are an exponent."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, least=-STEEPEST, most=STEEPEST)
