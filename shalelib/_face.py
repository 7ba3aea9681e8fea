"""The face of a room: its public names, each loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazy_loader

EXTRAS = {
    "torch": "models",
    "safetensors": "models",
    "pandas": "data",  # comes with models, too
    "pooch": "data",
    "sklearn": "data",
    "zarr": "data",
}
"""The extra of pyproject.toml that installs what the rooms import."""


def face(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a room, as its stub file gives them.

    Asking for a name raises a ModuleNotFoundError that names the extra to install if it is missing.
    """
    get, list_names, names = lazy_loader.attach_stub(room, file)

    def load(name: str) -> Any:
        try:
            return get(name)
        except ModuleNotFoundError as error:
            name_the_extra(f"{room}.{name}", error)
            raise

    return load, list_names, names


def name_the_extra(what: str, error: ModuleNotFoundError) -> None:
    """Raise an error that names the extra which installs what `what` lacks, if there is one."""
    missing = (error.name or "").split(".")[0]
    if missing not in EXTRAS:
        return
    msg = (
        f"{what} needs {missing}, which is not installed; install shalelib with its extra "
        f'{EXTRAS[missing]}, in a checkout by pip install ".[{EXTRAS[missing]}]"'
    )
    raise ModuleNotFoundError(msg, name=error.name) from error
