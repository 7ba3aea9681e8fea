"""What all configurations share: checked fields, and the settings that name an artefact."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from shalelib.arguments import check_number


def check_positive(config: Any, *names: str) -> None:
    """Refuse a configuration whose fields `names` are not positive."""
    for name in names:
        value = getattr(config, name)
        check_number(f"{type(config).__name__}.{name}", value, above=0)


def settings(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration that differ from their defaults, labels left out.

    Their hash names artefacts: a field that is added later, with a default that changes nothing,
    leaves the names of all that was made before as they are.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Size:
    ...     edge: int = 8
    ...     label: str = ""
    >>> settings(Size(edge=12))
    {'edge': 12}
    """
    return {
        item.name: getattr(config, item.name)
        for item in fields(config)
        if item.name != "label"
        and (item.default is MISSING or getattr(config, item.name) != item.default)
    }
