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


def checks_of(calls):
    """Return two tests of a table: that its calls work, and that none takes a broken argument."""

    @pytest.mark.parametrize("name", calls)
    def test_the_calls_that_are_broken_work(name):
        function, given, _ = calls[name]
        assert function(**given) is not None

    @pytest.mark.parametrize(("function", "given", "argument", "bad"), broken(calls))
    def test_what_cannot_be_taken_is_refused_in_own_words(function, given, argument, bad):
        check_refused(function, given, argument, bad)

    return test_the_calls_that_are_broken_work, test_what_cannot_be_taken_is_refused_in_own_words


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
