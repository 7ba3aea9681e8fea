"""Fixtures shared by all rooms."""

import contextlib

import numpy as np
import pytest

from shalelib.data.fetch import DataUnavailableError, fetch_patches
from shalelib.data.pairs import Dataset, PairedSlices
from shalelib.data.patches import PatchSampler

LONG = ("test_workflow", "test_kill", "test_own_folder", "test_browser", "test_wheel")
"""Files of minutes: begun first, so that the others fill the time beside them."""

type(pytest.approx(1.0)).DEFAULT_ABSOLUTE_TOLERANCE = 0.0
"""pytest's own, 1e-12, would let pass any permeability in m² and a tenth of a voxel's edge in m."""


def pytest_collection_modifyitems(items):
    """Put the long files first."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def real_patches():
    """The 100 real pairs; tests that need them are skipped where they cannot be had."""
    try:
        return fetch_patches()
    except DataUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def toy_pairs():
    """Six paired slices of 64 x 64 pixels in which the SEM is a steep function of the TXM."""
    rng = np.random.default_rng(0)
    txm = rng.integers(1, 255, (6, 64, 64), dtype=np.uint8)
    return PairedSlices(
        txm=txm,
        sem=np.where(txm > 128, 200, 60).astype(np.uint8),
        inside=np.ones(txm.shape, bool),
        valid=np.ones(txm.shape, bool),
        slice_index=np.arange(6),
        names=tuple("abcdef"),
    )


@pytest.fixture
def apart():
    """A data set whose splits share no slice and no grey level: TXM 10 to 12, 20 to 22, 30 to 32.

    The FIB-SEM is lighter by 100.
    """

    def pairs(first):
        numbers = np.arange(first, first + 3)
        inside = np.ones((3, 24, 24), bool)
        txm = numbers.astype(np.uint8)[:, None, None] * inside.astype(np.uint8)
        return PairedSlices(
            txm=txm,
            sem=txm + np.uint8(100),
            inside=inside,
            valid=inside,
            slice_index=numbers,
            names=tuple(f"z{number}" for number in numbers),
        )

    splits = {"train": pairs(10), "validation": pairs(20), "test": pairs(30)}
    return Dataset(name="directory", description="apart", pixel_size=1e-8, **splits)


@pytest.fixture
def untouched(monkeypatch):
    """Return a function that makes the volumes of rows whose networks return the TXM as it is."""
    from companion import volumes  # not there where the library is tested alone
    from companion.rows import get_row

    def make(run, cubes, keys):
        for row in map(get_row, keys):
            if row.variant is not None:
                generator = run.folder / row.variant.name / volumes.GENERATOR
                generator.parent.mkdir(exist_ok=True)
                generator.write_text(f"weights of {row.variant.name}")
            volumes.make_volume(row, run, cubes, None)

    monkeypatch.setattr("shalelib.models.inference.load_generator", lambda path: path)
    monkeypatch.setattr("shalelib.models.volumes.translate_volume", lambda _, txm, path: txm)
    return make


@pytest.fixture
def draw(toy_pairs):
    """Draw training patches of 32 pixels out of the toy pairs."""
    return PatchSampler(toy_pairs, size=32).draw_training


@pytest.fixture
def steps(monkeypatch):
    """Return a context that lists the optimiser steps trainings take in it, and kills at one.

    The key of a training covers the code that draws its patches, so a test that killed it there
    would kill another training than the one that it takes up.
    """
    from shalelib.models.state import TrainingState  # loads torch

    @contextlib.contextmanager
    def watch(killed_at=None):
        taken, take = [], TrainingState.step

        def watched(state, draw, step):
            if step == killed_at:
                raise KeyboardInterrupt
            taken.append(step)
            return take(state, draw, step)

        with monkeypatch.context() as patched:
            patched.setattr(TrainingState, "step", watched)
            yield taken

    return watch
