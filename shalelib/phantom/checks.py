"""Checks that the settings of the digital shale share."""

from __future__ import annotations

from shalelib.arguments import check_number

WIDEST = 1000.0
"""How far a blur of the digital shale may reach [voxel]; the paper's slices are as wide."""

STEEPEST = 100.0
"""What a number may be that stands in an exponent."""


def check_share(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are no shares."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0, most=1)


def check_not_negative(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are negative."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0)


def check_reach(config: object, *names: str) -> None:
    """Refuse a configuration whose blurs `names` reach beyond a slice: they take memory for it."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, least=0, most=WIDEST)


def check_exponent(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` would overflow where they are an exponent."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, least=-STEEPEST, most=STEEPEST)
