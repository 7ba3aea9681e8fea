"""Plant every fault in turn and report which are noticed; stop and go on at any time.

``results/mutants/<seed>.csv`` keeps a line a fault. A fault is judged again when its file has
changed since or the test file that noticed it; one that none noticed when any of its tests has.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import tempfile
from pathlib import Path

from scratch_checkout import ROOT

from mutants import plan
from mutants.faults import Fault
from mutants.judge import Copy

FIELDS = ("name", "part", "path", "line", "what", "state", "by", "seconds")
Line = dict[str, str]
LEAST = 0.95  # of the faults are noticed


def state_of(root: Path, fault: Fault, tests: list[str], by: str) -> str:
    """Return a digest of the faulty file and of the tests that decided."""
    files = [test.split("::")[0] for test in tests]
    decided = [file for file in files if by.split("::")[0] == file] or files
    texts = [(root / file).read_text(encoding="utf-8") for file in (fault.path, *decided)]
    texts[0] = fault.spoil(texts[0])
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def read(path: Path) -> dict[str, Line]:
    """Read the lines that were kept, the last of each fault."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["name"]: line for line in csv.DictReader(file)}


def keep(path: Path, line: Line) -> None:
    """Add a line to the file, with the heads where it is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        writer.writerow(line)


def judge_all(path: Path, faults: list[tuple[str, Fault]]) -> tuple[list[Line], list[str]]:
    """Judge the faults that were not judged yet.

    Returns the lines of all, and of the tests that noticed one those that are red without it too.
    """
    kept, lines = read(path), []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Copy(Path(scratch))
        for number, (part, fault) in enumerate(faults, 1):
            tests = plan.tests_of(fault.path)
            line = kept.get(fault.name)
            if line is None or line["state"] != state_of(copy.root, fault, tests, line["by"]):
                verdict = copy.judge(fault, tests)
                line = {"name": fault.name, "part": part, "path": fault.path}
                line |= {"line": str(fault.line), "what": what(fault)}
                state = state_of(copy.root, fault, tests, verdict.by)
                line |= {"state": state, "by": verdict.by, "seconds": f"{verdict.seconds:.0f}"}
                keep(path, line)
            lines.append(line)
            print(f"{number:3}/{len(faults)} {told(line)}", flush=True)
        red = copy.red_of([line["by"] for line in lines if "::" in line["by"]])
    return lines, red


def what(fault: Fault) -> str:
    """Say what is wrong."""
    changed = f"{fault.kind}, {fault.right!r} is {fault.wrong!r}"
    return fault.statement if fault.kind == "planted" else changed


def told(line: Line) -> str:
    """Write one line for a reader."""
    who = line["by"] or "SURVIVED"
    return f"{line['name']} {line['path']}:{line['line']} {line['what']}: {who}"


def report(lines: list[Line], red: list[str], reasons: dict[str, str]) -> int:
    """Print the table and the survivors; return 1 where the tests are not good enough."""
    print(f"\n{'part':10} {'faults':>7} {'caught':>7}")
    for part in dict.fromkeys(line["part"] for line in lines):
        mine = [bool(line["by"]) for line in lines if line["part"] == part]
        print(f"{part:10} {len(mine):7} {sum(mine):7}")
    caught = sum(bool(line["by"]) for line in lines)
    print(f"{'all':10} {len(lines):7} {caught:7}\n")
    survivors = [line for line in lines if not line["by"]]
    for line in survivors:
        print(f"{told(line)}\n    {reasons.get(line['name'], 'no reason is known: write a test')}")
    for test in red:
        print(f"{test} is red though nothing is wrong: mend it, its faults do not count as caught")
    for name in reasons.keys() - {line["name"] for line in survivors}:
        print(f"{name} of survivors.toml is no survivor of this run")
    unknown = [line for line in survivors if line["name"] not in reasons]
    return int(bool(unknown or red) or caught < LEAST * len(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other faults")
    parser.add_argument("--part", help="planted, or a part of parts.toml, alone")
    options = parser.parse_args()
    faults = [(p, f) for p, f in plan.all_faults(options.seed) if options.part in (None, p)]
    lines, red = judge_all(ROOT / f"results/mutants/{options.seed}.csv", faults)
    return report(lines, red, plan.table("survivors"))


if __name__ == "__main__":
    sys.exit(main())
