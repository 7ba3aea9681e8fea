"""Which faults there are, and which test files should notice a fault of a file.

``parts.toml`` names for each part of the science its files and, for each file, its tests;
``planted.toml`` holds faults thought of by hand; ``survivors.toml`` says of each fault that no test
notices why it may stay.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scratch_checkout import ROOT

from mutants.faults import Fault, draw, faults_of

HERE = Path(__file__).parent
SEEDED = 20  # of each part


@cache
def table(name: str) -> dict[str, Any]:
    """Read one of the tables beside this file, once: a run keeps to what it began with."""
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


def source(path: str) -> str:
    """Return the text of a file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


def files_of(part: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the tests of each file of a part."""
    folder = part["folder"]
    return {f"{folder}/{name}.py": tests for name, tests in part["tests"].items()}


def tests_of(path: str) -> list[str]:
    """Return the tests that should notice a fault of a file: its own examples first."""
    for part in table("parts").values():
        names = files_of(part).get(path)
        if names is not None:
            return [path, *(_test(name) for name in names)]
    msg = f"tests/mutants/parts.toml names no tests of {path}; add a line"
    raise ValueError(msg)


def _test(name: str) -> str:
    file, *one = name.split("::")
    return "::".join((f"tests/{file}.py", *one))


def seeded(seed: int, count: int = SEEDED) -> dict[str, list[Fault]]:
    """Draw faults from every part."""
    drawn = {}
    for name, part in table("parts").items():
        candidates = {path: faults_of(path, source(path)) for path in files_of(part)}
        drawn[name] = list(draw(candidates, count=count, seed=seed))
    return drawn


def planted() -> dict[str, Fault]:
    """Return the faults thought of by hand, by what they are."""
    return {title: _found(title, **one) for title, one in table("planted").items()}


def _found(title: str, *, path: str, right: str, wrong: str) -> Fault:
    text = source(path)
    if text.count(right) != 1:
        msg = f"{title}: {path} holds {right!r} {text.count(right)} times; mend planted.toml"
        raise ValueError(msg)
    before = text[: text.index(right)].encode()
    return Fault(
        **{"path": path, "kind": "planted", "line": before.count(b"\n") + 1, "place": title},
        **{"start": len(before), "end": len(before) + len(right.encode())},
        **{"right": right, "wrong": wrong, "statement": title},
    )


def all_faults(seed: int) -> list[tuple[str, Fault]]:
    """Return the seeded faults and the planted ones, each with its part."""
    found = [(part, fault) for part, faults in seeded(seed).items() for fault in faults]
    return found + [("planted", fault) for fault in planted().values()]
