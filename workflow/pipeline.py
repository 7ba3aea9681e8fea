"""Run the pipeline: ``pipeline.py PROFILE [--where local|slurm] [-- SNAKEMAKE OPTIONS]``.

Snakemake with the right options for this machine or for a Slurm cluster, one at a time in a
checkout. It can be killed at any moment and called again; what was finished is not done again.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from checkout import ROOT
from pages import JOINT, in_one_job, read_pages

from companion.profiles import PROFILES, Profile, get_profile
from companion.references import RETRAIN
from shalelib.memory import machine_memory

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TOGETHER = 6  # trainings that share a card of this machine


def lock(path: Path) -> IO[str]:
    """Lock the checkout for this process; the lock ends with the process, however that ends.

    Raises
    ------
    SystemExit
        Another pipeline is running here.
    """
    path.parent.mkdir(exist_ok=True)
    stream = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        msg = "another pipeline is running in this checkout; wait for it or stop it"
        raise SystemExit(msg) from None
    os.set_inheritable(stream.fileno(), True)  # into Snakemake, not into its jobs
    return stream


def find_cache() -> None:
    """Name another cache folder where the user has none to write to; Snakemake wants one."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    with suppress(OSError):
        own.mkdir(parents=True, exist_ok=True)
    if not os.access(own, os.W_OK):
        other = Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"
        other.mkdir(exist_ok=True, mode=0o700)
        os.environ["XDG_CACHE_HOME"] = str(other)


def mend_times(folder: Path) -> None:
    """Give results from the future the present time; else Snakemake deletes what is made of them.

    So they are after the clock was set back, or when they come from a machine whose clock is ahead.
    """
    now = time.time()
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_mtime > now:
            os.utime(path, (now, now))


def command(options: argparse.Namespace, profile: Profile) -> list[str]:
    """Return the Snakemake command line."""
    local = options.where == "local"
    words = [sys.executable, "-m", "snakemake", *(options.target or ["book"])]
    words += ["--snakefile", "workflow/Snakefile"]
    words += ["--workflow-profile", f"workflow/profiles/{options.where}"]
    words += ["--default-resources", f"mem_mb={profile.memory}", "runtime=240"]
    gpus = options.gpus if options.gpus is not None else len(list(Path("/dev").glob("nvidia[0-9]")))
    config = [f"profile={profile.name}", f"gpus={gpus}", *(["all=1"] if options.all else [])]
    if local:
        config.append(f"together={TOGETHER}")
        memory = int(0.9 * machine_memory() / 2**20)
        limits = [f"mem_mb={memory}", *([f"card={TOGETHER}"] if gpus else [])]
        words += ["--cores", options.cores, "--resources", *limits]
    if options.retrain:
        rules = ["train", *(JOINT.values() if in_one_job(profile.name, gpus) else ())]
        words += ["--forcerun", *rules, *(page.rule for page in read_pages() if page.dear)]
    return [*words, "--config", *config, *options.more]


def main() -> None:
    """Read the command line and become Snakemake."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="after --: for Snakemake")
    parser.add_argument("profile", choices=[profile.name for profile in PROFILES])
    parser.add_argument("--where", choices=["local", "slurm"], default="local")
    parser.add_argument("--cores", default="all", help="processor cores, on this machine")
    parser.add_argument("--gpus", type=int, help="GPUs; by default those of this machine")
    parser.add_argument("--retrain", action="store_true", help="use no reference artefacts")
    parser.add_argument("--all", action="store_true", help="train rows that do not come trained")
    parser.add_argument("--target", action="append", help="files to make instead of the book")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:end], argparse.Namespace(more=words[end + 1 :]))
    if not fcntl:
        parser.error(
            "the pipeline runs on Linux and macOS; on Windows start it inside WSL. The library "
            "itself works here: import shalelib"
        )
    os.chdir(ROOT)
    os.environ.pop(RETRAIN, None)
    if options.retrain:
        os.environ[RETRAIN] = "1"
    find_cache()
    profile = get_profile(options.profile)
    words = command(options, profile)
    with lock(ROOT / ".snakemake" / "pipeline.lock"):
        mend_times(ROOT / "results")
        if not options.target:
            anew = options.retrain or options.all
            takes = (profile.retrain if anew else "") or profile.takes
            print(
                f"Profile {profile.name}: about {takes}, on two cores where nothing else is said. "
                "Stop it at any time: the next call goes on, row by row and epoch by epoch."
            )
        sys.stdout.flush()
        os.execv(words[0], words)


if __name__ == "__main__":
    main()
