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
    """Test volumes: cubes in the test block, without overlap, the central one first.

    Attributes
    ----------
    txm, sem, labels : (n, z, y, x) uint8 arrays
        TXM, true FIB-SEM and true phases, as in `Phantom`.
    voxel_size : float
        Edge of a voxel [m].
    """

    txm: Grey
    sem: Grey
    labels: Labels
    voxel_size: float

    @property
    def low(self) -> Mask:
        """Where the true phase is low density, (n, z, y, x) bool."""
        return self.labels == LOW

    def digest(self) -> str:
        """Return a hash of all voxels: 16 hexadecimal digits."""
        return digest(self.txm, self.sem, self.labels)


def cut_cubes(phantom: Phantom, *, config: AcquisitionConfig) -> Cubes:
    """Cut the test volumes out of a digital shale: in the paper five of 128³ voxels.

    Parameters
    ----------
    phantom : Phantom
    config : AcquisitionConfig
        Its `cube` is the edge of the volumes [voxel].

    Returns
    -------
    Cubes
        Five cubes, each wholly inside the plug.

    Raises
    ------
    TypeError
        `phantom` or `config` is of another class.
    ValueError
        The plug is too narrow or too shallow for them.
    """
    places = volume_places(phantom, config=config)
    cut = {
        name: np.stack([getattr(phantom, name)[place] for place in places])
        for name in ("txm", "sem", "labels")
    }
    return Cubes(**cut, voxel_size=phantom.config.voxel_size)
