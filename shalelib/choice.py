"""Errors for ambiguous files: they name the option that decides, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ChoiceError(ValueError):
    """A file can be read in several ways, and its reader has an option that says which.

    Parameters
    ----------
    problem : str
        What is ambiguous.
    option : str
        Advice for callers of a function that has the option.
    without : str
        Advice for callers of a function without it: what to do to the file.
    """

    def __init__(self, problem: str, *, option: str, without: str) -> None:
        super().__init__(f"{problem}; {option}")
        self.without = f"{problem}; {without}"


@contextmanager
def without_options() -> Iterator[None]:
    """Within the block, give the advice for callers who cannot pass the option.

    Examples
    --------
    >>> with without_options():
    ...     raise ChoiceError("two channels", option="pass channel=0", without="split them")
    Traceback (most recent call last):
    ValueError: two channels; split them
    """
    try:
        yield
    except ChoiceError as error:
        raise ValueError(error.without) from error
