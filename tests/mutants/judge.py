"""Runs tests in a copy of the checkout in which one fault is planted, and says who noticed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imports import dependencies
from scratch_checkout import ROOT, copy_checkout, environment

from mutants.child import run_pytest
from mutants.faults import Fault
from shalelib._machine_code import cache_place

LIMIT = 600  # seconds; a test that hangs notices too
GREEN, RED, WRONG_USE, NO_TESTS = 0, 1, 4, 5  # of pytest


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether tests were red, the first that was, and how long it took [s]."""

    caught: bool
    by: str
    seconds: float


class Copy:
    """A copy of the checkout that may be spoilt, with caches of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = copy_checkout(folder / "copy")
        self.caches = folder / "caches"
        self.machine_code = self.caches / "numba"
        self.compiled = {name for file in kernel_files() for name in (file, *_needed(file))}

    def judge(self, fault: Fault, tests: Sequence[str]) -> Verdict:
        """Run tests with one fault in the copy, which is sound again afterwards."""
        file = self.root / fault.path
        sound, times = file.read_text(encoding="utf-8"), file.stat()
        right_place = self._place()
        file.write_text(fault.spoil(sound), encoding="utf-8")
        try:
            if fault.path not in self.compiled:
                self._share(right_place)
            return self.run(tests)
        finally:
            file.write_text(sound, encoding="utf-8")
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # Numba looks at it

    def _place(self) -> Path:
        return self.machine_code / cache_place(self.root / "shalelib").name

    def _share(self, sound: Path) -> None:
        """Give the copy the machine code of the sound sources: no kernel depends on the fault."""
        here = self._place()
        if here != sound and not here.exists():
            sound.mkdir(parents=True, exist_ok=True)
            here.symlink_to(sound)

    def run(self, tests: Sequence[str]) -> Verdict:
        """Run tests in the copy as it is, up to the first that is red."""
        started = time.monotonic()
        try:
            status, said = self._pytest("-x", *tests)
        except TimeoutError:
            return Verdict(caught=True, by="no end", seconds=float(LIMIT))
        seconds = time.monotonic() - started
        assert status != WRONG_USE, said  # such as a test file that is not there
        if status in (GREEN, NO_TESTS):
            return Verdict(caught=False, by="", seconds=seconds)
        by = (red_tests(said) or [f"pytest ended with {status}: {said[-300:]}"])[0]
        return Verdict(caught=True, by=by, seconds=seconds)

    def red_of(self, tests: Sequence[str]) -> list[str]:
        """Return those of the tests that are red in the copy as it is."""
        if not tests:
            return []
        status, said = self._pytest(*dict.fromkeys(tests))
        assert status in (GREEN, RED), said
        return red_tests(said)

    def _pytest(self, *arguments: str) -> tuple[int, str]:
        """Return the exit status of pytest and what it said."""
        words = self.caches / "said.txt"
        words.parent.mkdir(exist_ok=True)
        variables = {"PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(self.machine_code)}
        variables |= {"XDG_CACHE_HOME": str(self.caches), "NUMBA_NUM_THREADS": "1"}
        status = run_pytest(
            self.root,
            ["-q", "-p", "no:cacheprovider", "-m", "not slow", *arguments],
            environment(self.root, **variables),
            said=words,
            limit=LIMIT,
        )
        return status, words.read_text(encoding="utf-8", errors="replace")


def red_tests(said: str) -> list[str]:
    """Return the names of failed tests from what pytest said, the first one first."""
    lines = re.findall(r"^(?:FAILED|ERROR) (.+)", said, re.MULTILINE)
    return [re.split(r" - (?![^[]*\])", line)[0].strip() for line in lines]


def kernel_files() -> list[str]:
    """Return the files that hold machine-compiled functions."""
    files = (ROOT / "shalelib").rglob("*.py")
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted(files)
        if re.search(r"\bnjit\b", path.read_text(encoding="utf-8"))
    ]


def _needed(file: str) -> list[str]:
    return dependencies(ROOT / file)
