"""Laws of the digital shale's test volumes: which voxels they hold and how large these are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shalelib.phantom.acquisition import AcquisitionConfig, volume_places
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.cubes import cut_cubes
from shalelib.phantom.fabric_config import BACKGROUND, HIGH, LOW, MEDIUM, SOFT
from shalelib.phantom.volume import Phantom, flow_domain

CONFIG = PhantomConfig(depth=72, width=128, diameter=124)
ACQUISITION = AcquisitionConfig(cube=32)


@pytest.fixture(scope="module")
def phantom():
    """Volumes whose every voxel tells its place and its volume, in place of a rock."""
    z, y, x = np.indices(CONFIG.shape)
    labels = ((z + y + x) % 4 + 1).astype(np.uint8)
    txm, sem = (z + 3 * y + 5 * x) % 251, (z + 3 * y + 5 * x + 100) % 251
    return Phantom(
        labels=labels,
        txm=txm.astype(np.uint8),
        sem=sem.astype(np.uint8),
        charging=np.zeros(CONFIG.shape, np.uint8),
        outline=np.ones(CONFIG.shape[1:], bool),
        config=CONFIG,
        seed=0,
    )


def test_test_volumes_are_cut_at_their_places_in_every_volume(phantom):
    """TXM and FIB-SEM differ by 100 grey levels modulo 251 wherever they are of one place."""
    cubes = cut_cubes(phantom, config=ACQUISITION)
    places = volume_places(phantom, config=ACQUISITION)
    assert cubes.txm.shape == cubes.sem.shape == cubes.labels.shape == (5, 32, 32, 32)
    for k, place in enumerate(places):
        np.testing.assert_array_equal(cubes.txm[k], phantom.txm[place])
        np.testing.assert_array_equal((cubes.txm[k].astype(int) + 100) % 251, cubes.sem[k])
        np.testing.assert_array_equal(cubes.labels[k], phantom.labels[place])
    np.testing.assert_array_equal(cubes.low, cubes.labels == LOW)


def test_their_voxels_are_those_of_the_fib_sem(phantom):
    """33.6 nm, the paper's, not the TXM's 31.2 nm."""
    assert cut_cubes(phantom, config=ACQUISITION).voxel_size == 33.6e-9


def test_their_hash_is_of_all_three_volumes(phantom):
    cubes = cut_cubes(phantom, config=ACQUISITION)
    digests = {cubes.digest()}
    for name in ("txm", "sem", "labels"):
        other = getattr(cubes, name).copy()
        other[-1, -1, -1, -1] ^= 1
        digests.add(dataclasses.replace(cubes, **{name: other}).digest())
    assert len(digests) == 4


def test_gas_flows_through_the_darkest_phase_and_the_darker_than_matrix():
    labels = np.array([BACKGROUND, LOW, MEDIUM, SOFT, HIGH], np.uint8)
    assert flow_domain(labels).tolist() == [False, True, False, True, False]
