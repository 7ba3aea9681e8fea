"""Where the book stands: the checkout that holds its sources."""

from __future__ import annotations

from pathlib import Path


def repository_root(start: Path | None = None) -> Path:
    """Return the folder that holds `_config.yml` and `notebooks`, looking upwards from `start`.

    Raises
    ------
    FileNotFoundError
        Neither `start` (by default this file) nor a folder above it is a checkout.
    """
    here = (start or Path(__file__)).resolve()
    for folder in (here, *here.parents):
        if (folder / "_config.yml").is_file() and (folder / "notebooks").is_dir():
            return folder
    msg = f"{here} is not inside a checkout of shalelib; run make setup in one"
    raise FileNotFoundError(msg)


def check_folder() -> None:
    """Refuse to run a checkout's notebook, in its own folder, with the code of another checkout.

    Raises
    ------
    RuntimeError
        The environment knows the other checkout: this one was copied with it, or shares it.
    """
    here, code = Path.cwd(), repository_root()
    try:
        root = repository_root(here)
    except FileNotFoundError:
        return
    if here.name == "notebooks" and root != code:
        msg = (
            f"this notebook is of the checkout {root}, the code that it would run of {code}; "
            f"run make setup in {root} and start the kernel again"
        )
        raise RuntimeError(msg)
