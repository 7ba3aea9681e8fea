"""One notebook's run: checked parameters, its results folder and its provenance."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd

from companion.datasets import DATASETS, OWN, check_own, place_of
from companion.profiles import Profile, get_profile
from companion.references import RETRAIN, Lender
from companion.site import provenance
from companion.site.place import check_folder, repository_root
from shalelib.data.splits import DEFAULT_FOLD, folds
from shalelib.files import write_json, write_whole
from shalelib.store import Origin, Store, stage_key


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a notebook needs to know about itself.

    Attributes
    ----------
    profile : Profile
    dataset : str
    seed : int
    folder : Path
        ``results/<profile>/<dataset>/seed<seed>``, where results are read and written; of another
        fold of the real patches than the default one ``.../fold<fold>``. For your own images
        ``<dataset>`` is `companion.datasets.own_place`.
    about : dict
        See `companion.site.provenance.collect`; goes into every result file.
    store : Store
        Of the results folder: a stage's result under a key of all that it depends on.
    lender : Lender
        Of the reference artefacts.
    place : str
        The folder below the results folder; names the place of reference artefacts too.
    given : str
        The parameters with which another notebook's run is of the same profile, images and folder.
    """

    profile: Profile
    dataset: str
    seed: int
    folder: Path
    about: dict[str, Any] = field(repr=False)
    store: Store = field(repr=False)
    lender: Lender = field(repr=False)
    place: str = ""
    given: str = ""

    @property
    def above(self) -> Path:
        """``results/<profile>``: the results of all data sets, seeds and folds."""
        return self.folder.parents[len(Path(self.place).parts) - 2]

    def label(self, name: str) -> str:
        """Return a table's or figure's label: with the data set's name but for the real patches.

        So that the pages of two data sets can stand in one book.
        """
        return name if self.dataset == DATASETS[0] else f"{name}-{self.dataset}"

    def read(
        self, stage: str, *, mend: str, depends: Callable[[], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Read a result that another page makes, and name it among the origins of this one.

        Parameters
        ----------
        stage : str
        mend : str
            How to make it, such as ``run notebooks/08_volumes.py``; ends the error messages.
        depends : callable
            Returns ``code`` and ``inputs`` on which it depends today (`shalelib.store.stage_key`);
            it is called where the result is there.

        Raises
        ------
        FileNotFoundError, ValueError
            It is not there, it or its files are damaged, or it was made with other code or inputs.
        """
        record = self.store.read(stage, mend=mend)
        if record["key"] != stage_key(stage, **depends()):
            msg = (
                f"{self.store.path(stage)} was made with other code, settings, weights or images "
                f"than today's; {mend}"
            )
            raise ValueError(msg)
        found: Origin = "reference" if "reference" in record["made"] else "found"
        self.store.origins.setdefault(stage, found)  # this run may have computed it
        return record

    def origin(self, stage: str) -> str:
        """Say where the result of a stage comes from: this run, an earlier one, or a reference."""
        made = self.store.read(stage, mend="run the notebook that makes it")["made"]
        when = f"commit {made['commit']}, {made['hardware']}, finished {made['finished']}"
        if "reference" in made:
            return f"taken from the reference artefacts, not computed here ({when})"
        if self.store.origins.get(stage) == "computed":
            return f"computed by this run ({when})"
        return f"found among the results of an earlier run ({when})"

    def write_json(self, name: str, record: dict[str, Any]) -> Path:
        """Write a result record with its provenance as ``<folder>/<name>``.

        A DataFrame in it becomes a list of its rows, with None where there is no number.
        """
        path = self.folder / name
        told = {k: _rows(v) if isinstance(v, pd.DataFrame) else v for k, v in record.items()}
        write_json(path, {**told, "provenance": self.provenance})
        return path

    @property
    def provenance(self) -> dict[str, Any]:
        """The run's own record, with the origin of every stage's result that it shows."""
        stages: dict[str, list[str]] = {}
        for stage in self.store.origins:
            stages.setdefault(self.origin(stage), []).append(stage)
        stale = {"stale": list(self.lender.stale)} if self.lender.stale else {}
        return {**self.about, **({"stages": stages} if stages else {}), **stale}

    def write_table(self, name: str, frame: pd.DataFrame) -> Path:
        """Write a table as CSV to ``<folder>/<name>``."""
        path = self.folder / name
        write_whole(path, frame.to_csv(index=False))
        return path


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    known = table.astype(object).where(table.notna(), None)
    return known.to_dict("records")  # type: ignore[return-value]


def results_folder(results: object) -> Path:
    """Return the folder of all results that the parameter `results` names; see `open_run`.

    Raises
    ------
    ValueError, NotADirectoryError
        It names none.
    """
    if results is None or isinstance(results, bool) or "\0" in str(results):
        msg = (
            f"parameter results must name a folder, got {results!r}; leave it out for the folder "
            "results of the checkout"
        )
        raise ValueError(msg)
    here = Path(str(results)).expanduser() if results != "" else repository_root() / "results"
    if here.is_file():
        msg = f"parameter results names a file, {here}; name a folder"
        raise NotADirectoryError(msg)
    return here.resolve()


def _open_folder(results: object, place: str) -> Path:
    """Make the folder of a run's results, or refuse the parameter that names it."""
    folder = results_folder(results) / place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:  # no permission, a read-only file system, a file in the way
        writable = False
    if not writable:
        msg = (
            f"the results folder {folder} cannot be written; free it (chmod u+w) or name "
            "another in the parameter results"
        )
        raise PermissionError(msg)
    return folder


def check_parameters(
    *, profile: str, seed: int, results: object = "", fold: int = DEFAULT_FOLD
) -> Profile:
    """Check those parameters that every notebook has, and return the profile; see `open_run`.

    Raises
    ------
    ValueError, NotADirectoryError
        A parameter has a value that is not one of those there are; the message names both.
    """
    results_folder(results)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        msg = f"parameter seed must be an integer of at least 0, got {seed!r}"
        raise ValueError(msg)
    if isinstance(fold, bool) or fold not in range(len(folds())):
        msg = f"parameter fold must be one of 0 to {len(folds()) - 1}, got {fold!r}"
        raise ValueError(msg)
    try:
        return get_profile(profile)
    except ValueError as error:
        msg = f"parameter profile: {error}"
        raise ValueError(msg) from error


def open_run(
    *,
    profile: str,
    dataset: str,
    seed: int,
    results: object = "",
    fold: int = DEFAULT_FOLD,
    path: str | Path = "",
    how: Mapping[str, str] | None = None,
) -> Run:
    """Check a notebook's parameters and open its results folder.

    Parameters
    ----------
    profile, dataset : str
    seed : int
        Not negative.
    results : str
        Folder for all results, relative to the working folder unless absolute; ``~`` is the home
        folder. Empty: ``results`` in the checkout. What is no text (a year, a date) becomes text.
    fold : int
        Which block of slices is tested (real patches only).
    path : path
        The folder of your own images, for data set ``directory``: its name and what its files hold
        name the place of its results, so that no folder meets another's.
    how : mapping of str to str, optional
        What else the place depends on; see `companion.datasets.place_of`.

    Raises
    ------
    ValueError
        A parameter has a value that is not one of those there are; the message names both.
    PermissionError
        The results folder cannot be written.
    RuntimeError
        See `companion.site.place.check_folder`.
    """
    check_folder()
    logging.getLogger("shalelib").setLevel(logging.ERROR)  # pages show no word on compiled kernels
    if dataset not in DATASETS:
        msg = f"parameter dataset: no data set is called {dataset!r}; choose {', '.join(DATASETS)}"
        raise ValueError(msg)
    check_own(dataset, path=path)
    chosen = check_parameters(profile=profile, seed=seed, results=results, fold=fold)
    mpl.rcParams["savefig.dpi"] = chosen.dpi
    place = f"{profile}/{place_of(dataset, path=path, how=how)}/seed{seed}"
    other_fold = dataset == DATASETS[0] and fold != DEFAULT_FOLD
    if other_fold:
        place += f"/fold{fold}"
    folder = _open_folder(results, place)
    split = {"fold": fold} if other_fold else {}
    said = {"profile": profile, "seed": seed, **split}
    said |= {"path": path} if dataset == OWN else {}
    said |= {"results": results} if results != "" else {}
    about = provenance.collect(profile=profile, dataset=dataset, seed=seed, **split)
    made = {name: about[name] for name in provenance.MADE}
    lender = Lender(profile=profile, place=place.removeprefix(f"{profile}/"))
    return Run(
        profile=chosen,
        dataset=dataset,
        seed=seed,
        folder=folder,
        about=about,
        store=Store(folder=folder, about=lambda: made, kept=lender, fresh=RETRAIN in os.environ),
        lender=lender,
        place=place,
        given=" ".join(f"-p {name} {shlex.quote(str(value))}" for name, value in said.items()),
    )
