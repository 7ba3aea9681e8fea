"""What the page on one's own images needs: which generators there are, and a stand-in volume."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from companion.datasets import load_cubes
from companion.references import reference_folder
from shalelib.data.stacks import write_stack
from shalelib.models.variants import ABLATION, BEYOND, VARIANTS

FILE = "generator.safetensors"
FIRST_CHOICE = "pix2pix_vanilla"  # at laptop it draws grains where most others give a blur
LABELS = {variant.name: variant.label for variant in VARIANTS + ABLATION + BEYOND}
COLUMNS = ("Data", "Row", "Profile", "Size [MB]", "File")


def shipped_generators() -> pd.DataFrame:
    """Return the trained generators that come with the checkout, one row each.

    Returns
    -------
    DataFrame
        ``Data``, ``Row``, ``Profile``, ``Size [MB]`` and ``File``, the path below the repository's
        root. No rows if none are shipped.
    """
    folder = reference_folder()
    rows = []
    for path in sorted(folder.glob(f"*/*/seed*/*/{FILE}")):
        profile, dataset, _, name, _ = path.relative_to(folder).parts
        if name in LABELS:
            size = path.stat().st_size / 1e6
            shown = path.relative_to(folder.parents[1]).as_posix()
            rows.append((dataset, LABELS[name], profile, size, shown))
    return pd.DataFrame(rows, columns=COLUMNS)


def choose_generator(chosen: str, *, results: Path, profile: str) -> Path:
    """Return the generator to use: the one that was named, else a shipped one, else our own.

    Parameters
    ----------
    chosen : str
        A path, or nothing.
    results : Path
        Folder of all results.
    profile : str
        Whose results are looked at if nothing is shipped.

    Raises
    ------
    FileNotFoundError
        There is none; the message says how to get one.
    """
    if chosen:
        named = Path(chosen).expanduser().resolve()
        if not named.is_file():
            msg = f"parameter generator: there is no file {named}"
            raise FileNotFoundError(msg)
        return named
    inner = f"seed0/{FIRST_CHOICE}/{FILE}"
    places = [reference_folder() / "laptop", results / profile]
    for place in places:
        for dataset in ("phantom", "vaca-muerta-patches"):
            if (path := place / dataset / inner).is_file():
                return path
    msg = (
        f"no generator is shipped in {places[0]} and none was trained in {places[1]}; train one "
        f"(notebooks/04_training.py, -p variant {FIRST_CHOICE}) or name one in the parameter "
        "generator"
    )
    raise FileNotFoundError(msg)


def stand_in(path: Path, *, profile: str) -> Path:
    """Write the TXM of a test volume of the digital shale as if it were the reader's own TIFF."""
    cubes = load_cubes(profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_stack(path, cubes.txm[0], voxel_size=cubes.voxel_size)
