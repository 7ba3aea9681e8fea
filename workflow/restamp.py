"""After a change that was meant to move nothing: ``restamp.py PROFILE [--sample N] ...``.

The keys of results cover the code that computes them, so that a change which moves no number makes
references stale too. This recomputes a sample of them (the N cheapest results of every bundle),
takes the others as they are, compares, and writes today's keys into the manifest. If a value moved
nothing is written, and what moved is listed: compute the references anew then
(``workflow/keep_references.py``). A bundle of which nothing was computed again keeps its keys; that
of the trainings, which takes minutes a row, and of their replicates needs ``--again`` with one.

The pages are run in a folder of their own, in the order of the book. Results that none of them asks
for keep their keys; so do those of pages that ``--pages`` leaves out.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from checkout import ROOT
from compare_results import held_against
from pages import Page, notebooks

from companion.datasets import load_dataset
from companion.profiles import get_profile
from companion.references import RESTAMP, Manifest, page_key, read_manifest
from companion.replicates import Replicate, replicate_key
from companion.run import open_run
from companion.trainings import read_trainings
from shalelib.data.splits import DEFAULT_FOLD
from shalelib.files import read_json
from shalelib.models.variants import ABLATION, BEYOND, SWEEP, VARIANTS, VOLUME

DEAR = "training.json"  # bundles that are sampled on demand alone: each takes minutes


def sample(manifest: Manifest, count: int) -> list[str]:
    """Return the `count` stages of every bundle that took the least time, where that is known."""
    bundles: dict[str, list[tuple[float, str]]] = defaultdict(list)
    own = records_of_pages()
    for name, entry in manifest.kept.items():
        record = manifest.record(name)
        if name.removeprefix(f"{place_parts(name)[0]}/") in own:  # computed in any case
            continue
        if not entry["bundle"].endswith((DEAR, "replicates.json")):
            bundles[entry["bundle"]].append((record.get("seconds", math.inf), name))
    return [name for found in bundles.values() for _, name in sorted(found)[:count]]


def records_of_pages() -> set[str]:
    """Return the names of the records that pages write themselves."""
    return {file.removesuffix(".json") for page in notebooks() for file in page.makes}


def place_parts(name: str) -> tuple[str, str, int, int]:
    """Return place, data set, seed and fold of a result's name."""
    dataset, seed, *rest = name.split("/")
    if rest[0].startswith("fold"):
        return f"{dataset}/{seed}/{rest[0]}", dataset, int(seed[4:]), int(rest[0][4:])
    return f"{dataset}/{seed}", dataset, int(seed[4:]), DEFAULT_FOLD


def ask_for_trainings(manifest: Manifest, profile: str, results: Path) -> None:
    """Take every trained row into the results, as the pages would."""
    for place in sorted({place_parts(name)[0] for name in manifest.kept}):
        _, dataset, seed, fold = place_parts(f"{place}/x")
        every = (*VARIANTS, *ABLATION, *BEYOND, *SWEEP, VOLUME)
        rows = [row for row in every if f"{place}/{row.name}" in manifest.kept]
        if rows:
            run = open_run(
                profile=profile, dataset=dataset, seed=seed, fold=fold, results=str(results)
            )
            data = load_dataset(dataset, profile=profile, fold=fold)
            read_trainings(run, data, [row.name for row in rows])


def run_page(page: Page, profile: str, results: Path) -> None:
    """Run the notebook of a page of the book."""
    command = [sys.executable, "workflow/run_notebook.py", f"notebooks/{page.notebook}.py"]
    command += [str(results / f"{page.name}.ipynb")]
    given = {"profile": profile, "results": str(results), **page.parameters}
    for name, value in given.items():
        command += ["-p", name, str(value)]
    subprocess.run(command, cwd=ROOT, check=True)


def judge(manifest: Manifest, profile: str, results: Path) -> tuple[dict[str, str], list[str]]:
    """Return the key of today by name, of bundles that were sampled, and what moved."""
    keys, moved, sampled = {}, [], set()
    pages_own = records_of_pages()
    for name in manifest.kept:
        path = results / profile / f"{name}.json"
        place, dataset, seed, fold = place_parts(name)
        stage = name.removeprefix(f"{place}/")
        if stage.startswith("replicates/"):
            replicate = Replicate(dataset=dataset, seed=seed, fold=fold)
            keys[name] = replicate_key(profile, replicate, stage.removeprefix("replicates/"))
        elif path.is_file():
            mine: dict[str, Any] = read_json(path)
            keys[name] = mine.get("key", page_key(stage, profile))
            if "reference" not in mine.get("made", {}):
                sampled.add(_family(manifest, name))
                found = held_against(mine, manifest.record(name), stage, profile)
                moved += [f"{name}{one}" for one in found]
                print(f"{name}: computed again, {len(found) or 'no'} differences")
        elif stage in pages_own:
            keys[name] = page_key(stage, profile)
    own = {name for name in keys if name.removeprefix(f"{place_parts(name)[0]}/") in pages_own}
    return {n: k for n, k in keys.items() if n in own or _family(manifest, n) in sampled}, moved


def _family(manifest: Manifest, name: str) -> str:
    """Return what a sample stands for: a bundle, or all trainings and what is made of them."""
    bundle = str(manifest.kept[name]["bundle"])
    return DEAR if bundle.endswith((DEAR, "replicates.json")) else bundle


def main() -> None:
    """Run the pages, compare and stamp."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("--sample", type=int, default=1, help="of each bundle, computed again")
    parser.add_argument("--pages", nargs="*", help="of notebooks/pages.toml; by default all")
    parser.add_argument("--again", nargs="*", default=[], metavar="NAME", help="computed too")
    options = parser.parse_args()
    profile = get_profile(options.profile).name
    manifest = read_manifest(profile)
    again = [*sample(manifest, options.sample), *options.again]
    os.environ[RESTAMP] = ",".join(again)
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch)
        ask_for_trainings(manifest, profile, results)
        for page in notebooks():
            if options.pages is None or page.name in options.pages:
                run_page(page, profile, results)
        keys, moved = judge(manifest, profile, results)
    if moved:
        print(*moved, sep="\n")
        sys.exit(f"{len(moved)} values moved: nothing is stamped; compute the references anew")
    changed = {name for name, key in keys.items() if manifest.kept[name]["key"] != key}
    for name in changed:
        manifest.kept[name]["key"] = keys[name]
    manifest.write()
    left = sorted(manifest.kept.keys() - keys.keys())
    print(f"{len(changed)} of {len(manifest.kept)} keys stamped; {len(left)} not asked for")
    print(*left[:20], sep="\n")


if __name__ == "__main__":
    main()
