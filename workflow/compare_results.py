"""Hold the results of a run against the kept ones: ``compare_results.py PROFILE``.

Compares every result record below ``results/PROFILE`` with its reference artefact in
``data/reference/PROFILE``, number by number, and lists what differs. Timings and provenance are
left out. Records of other settings or versions are stale and are named, not compared.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keep_references import config_hash, versions

from companion.claim_rows import CLAIMS
from companion.profiles import get_profile
from companion.reference import SUFFIX, reference_folder
from shalelib.files import read_json

ROOT = Path(__file__).resolve().parents[1]
PASSING = ("provenance", "seconds", "device")  # what differs from run to run and is no result
TIMED = {claim.key for claim in CLAIMS if claim.timed}
RELATIVE, ABSOLUTE = 1e-3, 1e-6
"""Tolerance of a number: the last digits depend on the processor and on the order of sums."""


def stripped(record: Any) -> Any:
    """Return a record without what no two runs have in common."""
    if isinstance(record, dict):
        passing = (*PASSING, "estimate") if record.get("key") in TIMED else PASSING
        return {k: stripped(v) for k, v in record.items() if k not in passing}
    return [stripped(v) for v in record] if isinstance(record, list) else record


def differences(mine: Any, kept: Any, where: str = "") -> Iterator[str]:
    """Yield, in words, each place at which two records differ by more than the tolerance."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (mine, kept))
    if isinstance(mine, dict) and isinstance(kept, dict):
        for name in sorted(mine.keys() | kept.keys()):
            if name not in mine or name not in kept:
                yield f"{where}/{name} is in one of the two records only"
            else:
                yield from differences(mine[name], kept[name], f"{where}/{name}")
    elif isinstance(mine, list) and isinstance(kept, list) and len(mine) == len(kept):
        for number, pair in enumerate(zip(mine, kept, strict=True)):
            yield from differences(*pair, f"{where}/{number}")
    elif numbers and math.isclose(mine, kept, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
        return
    elif mine != kept:
        yield f"{where}: {str(mine)[:60]} here, {str(kept)[:60]} kept"


def kept_records(profile: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the place (below the profile) and the note of each kept result record."""
    base = reference_folder() / profile
    for path in sorted(base.rglob(f"*{SUFFIX}")):
        note = read_json(path)
        if note["key"] is None:
            yield path.relative_to(base), note


def compare(results: Path, profile: str) -> dict[str, list[str]]:
    """Return the differences by record; ``stale`` or ``missing`` where there is nothing to compare.

    A record without differences has an empty list.
    """
    found: dict[str, list[str]] = {}
    for place, note in kept_records(profile):
        folder = Path(*place.parts[:2])
        (file,) = note["files"]
        mine = results / profile / folder / file
        name = str(folder / file)
        now = versions()
        current = {room: now[room] for room in note["versions"]} == note["versions"]
        if not current or note["config_hash"] != config_hash(profile, place.parts[0]):
            found[name] = ["stale: kept from other settings or versions"]
        elif not mine.is_file():
            found[name] = ["missing here"]
        else:
            kept = read_json(reference_folder() / profile / folder / file)
            found[name] = list(differences(stripped(read_json(mine)), stripped(kept)))
    return found


def main(profile: str) -> None:
    """Print what differs; the exit status says whether anything does."""
    found = compare(ROOT / "results", get_profile(profile).name)
    for name, problems in found.items():
        print(f"{name}: {'the same' if not problems else f'{len(problems)} differences'}")
        for problem in problems[:10]:
            print(f"    {problem}")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main(sys.argv[1])
