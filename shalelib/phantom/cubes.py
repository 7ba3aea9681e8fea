"""The five test volumes of the digital shale, with their truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shalelib.arrays import Grey, Labels, Mask, digest
from shalelib.phantom.acquisition import AcquisitionConfig, volume_places
from shalelib.phantom.fabric_config import LOW
from shalelib.phantom.volume import Phantom


@dataclass(frozen=True, kw_only=True, eq=False)
class Cubes:
    """Test volumes: cubes in the test block, none overlapping, the central one first.

    Attributes
    ----------
    txm, sem, labels : (n, z, y, x) uint8 arrays
        TXM, true FIB-SEM and true phases (`shalelib.phantom.config`).
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


def cut_cubes(phantom: Phantom, *, config: AcquisitionConfig) -> Cubes:
    """Cut the test volumes out of a digital shale: in the paper five of 128³ voxels.

    Parameters
    ----------
    phantom : Phantom
    config : AcquisitionConfig
        Edge of the volumes.
    """
    places = volume_places(phantom, config=config)
    cut = {
        name: np.stack([getattr(phantom, name)[place] for place in places])
        for name in ("txm", "sem", "labels")
    }
    return Cubes(**cut, voxel_size=phantom.config.voxel_size)
