"""The five test volumes of the digital shale, with their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.arrays import Grey, Labels, Mask, digest
from shalelib.data.acquisition import acquisition_config, volume_places
from shalelib.data.datasets import ROCK_SEED
from shalelib.data.phantom import load_phantom
from shalelib.data.phantom_config import LOW, phantom_config


@dataclass(frozen=True, kw_only=True, eq=False)
class Cubes:
    """Test volumes: cubes in the test block, none overlapping, the central one first.

    Attributes
    ----------
    txm, sem, labels : (n, z, y, x) uint8 arrays
        TXM, true FIB-SEM and true phases (`shalelib.data.phantom_config`).
    voxel_size : float
        [m]
    """

    txm: Grey
    sem: Grey
    labels: Labels
    voxel_size: float

    @property
    def low(self) -> Mask:
        """The true low-density phase, (n, z, y, x)."""
        return self.labels == LOW

    def digest(self) -> str:
        """Hash of all voxels."""
        return digest(self.txm, self.sem, self.labels)


def load_cubes(profile: str) -> Cubes:
    """Load the test volumes of a profile: 128³ voxels each as in the paper, 32³ at ``smoke``."""
    phantom = load_phantom(phantom_config(profile), seed=ROCK_SEED)
    places = volume_places(phantom, config=acquisition_config(profile))
    cut = {
        name: np.stack([getattr(phantom, name)[place] for place in places])
        for name in ("txm", "sem", "labels")
    }
    return Cubes(**cut, voxel_size=phantom.config.voxel_size)
