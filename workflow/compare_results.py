"""Hold the results of a run against the kept ones: ``compare_results.py PROFILE``.

Compares every result below ``results/PROFILE`` that was computed here with its reference artefact,
number by number, and lists what differs. Timings and provenance are left out. What was kept from
other settings, code or data is named, not compared.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkout import ROOT

from companion.claims import CLAIMS
from companion.flow_volumes import FIRST
from companion.profiles import get_profile
from companion.references import page_key, read_manifest
from companion.rows import ROWS
from shalelib.files import read_json
from shalelib.store import RESERVED

PASSING = ("provenance", "seconds", "device", "memory", "findings", "front", "float32")
"""What differs from run to run and is no result; sentences, whose numbers stand beside them; and
what rounding leaves of a small difference, which is the processor's."""
FILED = (*RESERVED, "precision", "code")
"""What says where a result lies and comes from."""
UNTRAINED = "smoke"
"""The profile whose trainings are too short to agree between machines: they are left out."""
TRAINED = {name for row in ROWS if row.variant for name in (row.key, row.label)}
TRAINED |= {"common", "rank_agreement"}
"""Rows that a network stands behind, and what is found of all of them together."""
NAMED = ("row", "key", "model", "Model", "volume")  # what says in a line of a table whose it is
TIMED = {claim.key for claim in CLAIMS if "time" in claim.quantity}
RELATIVE, ABSOLUTE = 1e-3, 1e-6
"""Tolerance of a number: the last digits depend on the processor and on the order of sums."""
LOOSE = {"own_data": 0.05}
"""Pages with a larger one: where a network's grey level is rounded the other way a pore opens."""


def stripped(record: Any) -> Any:
    """Return a record without what no two runs have in common."""
    if isinstance(record, dict):
        if record.get("key") in TIMED:
            return {"key": record["key"]}
        return {k: stripped(v) for k, v in record.items() if k not in PASSING}
    return [stripped(v) for v in record] if isinstance(record, list) else record


def untrained(record: Any) -> Any:
    """Return what of a record no trained network has a part in.

    Examples
    --------
    >>> untrained({"table": [{"row": "no_model"}, {"row": "srcnn_2x"}], "srcnn_4x": 1})
    {'table': [{'row': 'no_model'}]}
    >>> untrained({"srgan_4x_vanilla_first": 1, "truth_sem_first": 2})
    {'truth_sem_first': 2}
    """
    if isinstance(record, dict):
        return {name: untrained(v) for name, v in record.items() if not _of_a_network(name)}
    if isinstance(record, list):
        return [untrained(v) for v in record if not _is_trained(v)]
    return record


def _is_trained(line: Any) -> bool:
    return isinstance(line, dict) and any(_of_a_network(line.get(name)) for name in NAMED)


def _of_a_network(name: object) -> bool:
    """Tell whether a row, or its volume at first percolation, comes from a trained network."""
    return isinstance(name, str) and name.removesuffix(FIRST) in TRAINED


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of a result alone."""
    return stripped({k: v for k, v in record.items() if k not in FILED})


def differences(
    mine: Any, kept: Any, where: str = "", *, relative: float = RELATIVE
) -> Iterator[str]:
    """Yield, in words, each place at which two records differ by more than the tolerance."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (mine, kept))
    if isinstance(mine, dict) and isinstance(kept, dict):
        for name in sorted(mine.keys() | kept.keys()):
            if name not in mine or name not in kept:
                yield f"{where}/{name} is in one of the two records only"
            else:
                yield from differences(mine[name], kept[name], f"{where}/{name}", relative=relative)
    elif isinstance(mine, list) and isinstance(kept, list) and len(mine) == len(kept):
        for number, pair in enumerate(zip(mine, kept, strict=True)):
            yield from differences(*pair, f"{where}/{number}", relative=relative)
    elif numbers and math.isclose(mine, kept, rel_tol=relative, abs_tol=ABSOLUTE):
        return
    elif mine != kept:
        yield f"{where}: {str(mine)[:60]} here, {str(kept)[:60]} kept"


def compare(results: Path, profile: str) -> dict[str, list[str]]:
    """Return the differences by result; ``stale`` or ``missing`` where there is nothing to compare.

    Pages' own records must be there; stages of the store count where they were computed here. A
    result without differences has an empty list.
    """
    manifest, found = read_manifest(profile), {}
    for name, entry in manifest.kept.items():
        stage = re.sub(r"^[^/]+/seed\d+/(fold\d+/)?", "", name)
        path = results / profile / f"{name}.json"
        mine = read_json(path) if path.is_file() else None
        if "made" in entry and mine and "reference" in mine.get("made", {}):
            continue  # taken from here
        current = page_key(stage, profile)
        if mine is None:
            if entry["key"] == current:
                found[name] = ["missing here"]
        elif entry["key"] != mine.get("key", current):
            found[name] = ["stale: kept from other settings, code or data"]
        else:
            found[name] = held_against(mine, manifest.record(name), stage, profile)
    return found


def held_against(mine: dict[str, Any], kept: dict[str, Any], stage: str, profile: str) -> list[str]:
    """Return the differences of a result from its reference, by the tolerance of its stage."""
    both = plain(mine), plain(kept)
    if profile == UNTRAINED:
        both = untrained(both[0]), untrained(both[1])
    return list(differences(*both, relative=LOOSE.get(stage, RELATIVE)))


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
