"""What goes into the page on one's own images: volume, generator, and the folder of its results."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from companion.datasets import OWN, SHALE, data_hash, load_cubes, load_dataset
from companion.own_reader import PARAMETERS
from companion.references import reference_folder
from companion.run import Run, open_run
from companion.site.place import repository_root
from companion.trainings import train_row
from shalelib.arrays import digest
from shalelib.data.directory import source_of
from shalelib.data.stacks import write_stack
from shalelib.data.volume import Volume
from shalelib.files import given_path
from shalelib.models import inference
from shalelib.models.networks import Generator
from shalelib.models.variants import get_variant

FILE = "generator.safetensors"
FIRST_CHOICE = "pix2pix_vanilla"  # at laptop it draws grains where most others give a blur


def choose_generator(chosen: str, *, results: Path, profile: str) -> Path | str:
    """Return the generator to use: the one that was named, else a shipped one, else our own.

    Parameters
    ----------
    chosen : str
        A path, the name of one that comes with shalelib, or nothing.
    results : Path
        Folder of all results.
    profile : str
        Whose results are looked at if nothing is shipped.

    Raises
    ------
    FileNotFoundError, ValueError
        There is none, or what was named is no such file; the message says how to get one.
    """
    names = inference.shipped_generators()
    if chosen in names:
        return chosen
    if chosen:
        named = given_path(chosen).resolve()
        if not named.is_file():
            msg = (
                f"parameter generator: there is no file {named}; check the name, or give that of "
                f"one that comes with shalelib: {', '.join(names)}"
            )
            raise FileNotFoundError(msg)
        if named.suffix != Path(FILE).suffix:
            msg = (
                f"parameter generator: {named} is none of shalelib's, which end in "
                f"{Path(FILE).suffix} (networks of the authors' code, .pth, are built "
                "differently); leave it out for a shipped one, or train one: -p pairs, a folder "
                "of slices"
            )
            raise ValueError(msg)
        return named
    inner = f"seed0/{FIRST_CHOICE}/{FILE}"
    places = [reference_folder() / "laptop", results / profile]
    for place in places:
        for dataset in ("phantom", "vaca-muerta-patches"):
            if (path := place / dataset / inner).is_file():
                return path
    msg = (
        f"no generator is shipped in {places[0]} and none was trained in {places[1]}; train one "
        f"(notebooks/04_training.py, -p variant {FIRST_CHOICE} -p profile {profile} "
        f"-p results {shlex.quote(str(results))}) or name one in the parameter generator"
    )
    raise FileNotFoundError(msg)


def weights_digest(network: Generator) -> str:
    """Return the digest of a network's weights, by which a record tells which one was used."""
    return digest(*(weight.numpy() for weight in network.state_dict().values()))


def train_on_pairs(pairs: str, *, profile: str, pixel_size: float, seed: int, results: str) -> Path:
    """Train a generator on a folder of pairs, or find it trained, and return its file.

    It lies in the place of the pairs (`companion.datasets.own_place`), whatever is translated.
    """
    run = open_run(profile=profile, dataset=OWN, path=pairs, seed=seed, results=results)
    data = load_dataset(OWN, profile=profile, path=pairs, pixel_size=pixel_size)
    return train_row(run, data, get_variant(FIRST_CHOICE)).folder / FILE


def volume_of_pairs(pairs: str) -> Path:
    """Return the TXM volume in a folder of pairs.

    Raises
    ------
    FileNotFoundError
        It has none; the message says where it may lie.
    """
    folder = given_path(pairs).resolve()
    found = source_of(folder / "test", "txm_full_stack") or source_of(folder, "txm_full_stack")
    if found is None:
        msg = (
            f"{folder} has no TXM volume test/txm_full_stack; add one, or name a volume in the "
            "parameter txm"
        )
        raise FileNotFoundError(msg)
    return found


def stand_in(*, profile: str, seed: int, results: str, given: Mapping[str, object]) -> Path:
    """Write the TXM of a test volume of the digital shale as if it were the reader's own TIFF.

    Raises
    ------
    ValueError
        Something was said of a volume of one's own, and none was named.
    """
    if told := [name for name, value in given.items() if value != ""]:
        name = PARAMETERS.get(told[0], told[0])
        msg = (
            f"parameter {name} says something of a volume of your own, but none is named; add -p "
            f"txm, the volume, or leave {name} out for the digital shale's"
        )
        raise ValueError(msg)
    run = open_run(profile=profile, dataset=SHALE, seed=seed, results=results)
    cubes = load_cubes(profile)
    path = run.folder / "own" / "txm.tif"
    path.parent.mkdir(exist_ok=True)
    return write_stack(path, cubes.txm[0], voxel_size=cubes.voxel_size)


def told_sources(
    network: Generator, generator: Path | str, named: Mapping[str, str | Path]
) -> dict[str, dict[str, str]]:
    """Return what a record says of all that went in: a ``file`` each, and a hash.

    Parameters
    ----------
    network : Generator
    generator : path
        The file that it was loaded from, or the name of one that comes with shalelib.
    named : mapping of str to path
        Files and folders by parameter; those that are empty are left out.

    Returns
    -------
    dict
        To each parameter ``file`` and ``sha256`` (`companion.datasets.data_hash`); to the generator
        ``file`` and ``weights``, see `weights_digest`.
    """
    found = {
        name: {"file": _told(path), "sha256": data_hash(path)}
        for name, path in named.items()
        if str(path)
    }
    return found | {"generator": {"file": _told(generator), "weights": weights_digest(network)}}


def own_run(
    path: str,
    read: Volume,
    sources: Mapping[str, Mapping[str, str]],
    *,
    chosen: bool,
    profile: str,
    seed: int,
    results: str,
) -> Run:
    """Open the results folder of a volume of one's own, or of the stand-in.

    Its name holds a hash of the volume as it was read and of all that is used on it: with another
    voxel size, window, mask, generator or classifier the results lie elsewhere, and with the same
    ones they are found again.

    Parameters
    ----------
    path : str
        The volume, or the folder of pairs; its name begins that of the folder. Empty: the stand-in.
    read : Volume
    sources : mapping
        From `told_sources`.
    chosen : bool
        A generator or a classifier was named. The stand-in's folder is the digital shale's if not.
    profile, seed, results
        See `companion.run.open_run`.
    """
    used = {name: told.get("sha256") or told["weights"] for name, told in sources.items()}
    seen = digest(read.pixels, read.voxel_size, read.window, read.inside)
    return open_run(
        profile=profile,
        dataset=OWN if path else SHALE,
        path=path,
        how={**used, "volume": seen} if path or chosen else None,
        seed=seed,
        results=results,
    )


def _told(path: str | Path) -> str:
    """Return a path as a record tells it: in full, of a file of the checkout from its root on."""
    if isinstance(path, str) and path in inference.shipped_generators():
        return path
    full, root = given_path(path).resolve(), repository_root()
    return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()
