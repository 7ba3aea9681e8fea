"""Calls that work, and values of one of their arguments that must be refused in shalelib's words.

A table of calls names each function, arguments with which it works, and by argument the values to
refuse. A refusal names the argument and is raised by a line of shalelib: not by Python, NumPy or
torch somewhere inside.
"""

import traceback

import pytest

WORDS = {  # how a refusal calls an argument, where not by its name
    "beyond": ("beyond", "sides"),
    "data": ("data", "patches"),
    "inside": ("inside", "mask"),
    "name": ("name", "called"),
    "path": ("file or folder",),
    "train_txm": ("train_txm", "txm"),
}


def broken(calls):
    """One case for each value to refuse."""
    return [
        pytest.param(*call[:2], argument, bad, id=f"{name}-{argument}-{number}")
        for name, call in calls.items()
        for argument, values in call[2].items()
        for number, bad in enumerate(values)
    ]


def check_refused(function, given, argument, bad):
    """Call with one argument broken."""
    with pytest.raises((TypeError, ValueError)) as refusal:
        function(**{**given, argument: bad})
    last = traceback.extract_tb(refusal.value.__traceback__)[-1]
    assert "shalelib" in last.filename, refusal.value
    assert last.line.startswith("raise "), refusal.value
    said = str(refusal.value)
    assert any(word in said for word in WORDS.get(argument, (argument,))), said
    assert "delete" not in said
