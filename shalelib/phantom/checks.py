"""Checks that the settings of the digital shale share."""

from __future__ import annotations

from shalelib.arguments import check_number


def check_share(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are no shares."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0, most=1)


def check_not_negative(config: object, *names: str) -> None:
    """Refuse a configuration whose fields `names` are negative."""
    for name in names:
        check_number(f"{type(config).__name__}.{name}", getattr(config, name), least=0)
