"""The state of the training of a generator of volumes: its objective and its steps."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shalelib.arrays import Grey
from shalelib.models import losses
from shalelib.models.networks import PatchDiscriminator, initialise
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.state import TrainingState, step_seed
from shalelib.models.volumes3d import translate_whole

SLICES = 6  # of each cube that are judged in each family of planes
AVERAGING = 0.99  # share of the averaged weights that a step keeps

DrawCubes = Callable[[int, np.random.Generator], tuple[Grey, NDArray[np.int64], Grey, Grey]]
"""Draws a batch: (count, rng) -> TXM cubes, which slice of each was cut, its FIB-SEM image, and
FIB-SEM images for all planes; see `shalelib.data.cubes.CubeSampler`."""


class VolumeTrainingState(TrainingState):
    """State of the training of a generator of volumes, for the argument `state` of `train`.

    Parameters
    ----------
    variant : Variant
        Such as `VOLUME`.
    config : TrainConfig
    seed : int
    device : torch.device
    key : str
        Names configuration, seed and data; a checkpoint with another key is not resumed.

    Notes
    -----
    Not in the paper; from SliceGAN (Kench and Cooper 2021) and the networks of Dahari et al. 2023:
    there are no FIB-SEM volumes to learn from, so two-dimensional discriminators judge slices of
    the volume, in x-y, x-z and y-z, against the same FIB-SEM images, as if the structure were
    isotropic. What ties the volume to its TXM is the cut slices: an L1 term, and a discriminator
    that sees both images.

    The statistics for normalisation are those of each cube, just as in translation they are those
    of the volume (`shalelib.models.volumes3d`). Frozen means over many cubes turned the results of
    the same training into grey noise. The weights that training leaves are a running average.
    """

    trains = ("volume",)

    def _build(self) -> None:
        self.generator: VolumeGenerator = VolumeGenerator(self.config.ngf).to(self.device)
        self.planes = PatchDiscriminator(1, self.config.ndf).to(self.device)
        self.pairs = PatchDiscriminator(2, self.config.ndf).to(self.device)
        self.networks: dict[str, nn.Module] = {
            "generator": self.generator,
            "planes": self.planes,
            "pairs": self.pairs,
        }
        for k, network in enumerate(self.networks.values()):
            initialise(network, seed=self.seed + k)
        self.averaged = deepcopy(self.generator)
        self.others = {"averaged": self.averaged}

    @property
    def trained(self) -> nn.Module:
        """The network that training leaves, with averaged weights."""
        return self.averaged

    def step(self, draw: DrawCubes, step: int) -> dict[str, Tensor]:  # type: ignore[override]
        """Take one step: update both discriminators, then the generator, then the average.

        Returns the losses of this batch, unweighted, and ``output_std``.
        """
        cubes, place, *images = draw(self.config.batch, np.random.default_rng([self.seed, step]))
        txm, sem, real = self._seen(cubes, *images)
        torch.manual_seed(step_seed(self.seed, step, 1))  # noise
        chosen = np.random.default_rng([self.seed, step, 2])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            volume = self.generator(torch.cat([txm, torch.randn_like(txm)], 1))
            there, txm_there = at_place(volume, place), at_place(txm, place)
            fake = planes_of(volume, SLICES, chosen)
            true_pair, fake_pair = torch.cat([txm_there, sem], 1), torch.cat([txm_there, there], 1)
            report = {
                "loss_planes": self._judge("planes", real, fake),
                "loss_pairs": self._judge("pairs", true_pair, fake_pair),
            }
            terms = {
                "loss_l1": losses.l1(there, sem),
                "loss_gan_planes": self._fool_judge("planes", fake),
                "loss_gan_pairs": self._fool_judge("pairs", fake_pair),
            }
            objective = self.variant.lambda_l1 * terms["loss_l1"]
            objective = objective + terms["loss_gan_planes"] + terms["loss_gan_pairs"]
        self._update("generator", objective)
        self._average(step)
        report |= {"output_std": volume.float().std(), **terms}
        return {name: value.detach() for name, value in report.items()}

    def translate(self, txm: Grey) -> Grey:
        """Translate a TXM volume (z, y, x) uint8 by the network as it now is."""
        return translate_whole(self.averaged, txm, seed=self.seed)

    def _judge(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        judge = self.networks[name]
        loss = losses.vanilla_discriminator(judge(real), judge(fake.detach()))
        self._update(name, loss)
        return loss

    def _fool_judge(self, name: str, fake: Tensor) -> Tensor:
        """Return the generator's loss against a discriminator as it now is."""
        judge = self.networks[name]
        judge.requires_grad_(False)
        loss = losses.vanilla_generator(judge(fake))
        judge.requires_grad_(True)
        return loss

    @torch.no_grad()
    def _average(self, step: int) -> None:
        """Move the averaged weights towards the present ones; at first, they are the plain mean."""
        share = max(1.0 - AVERAGING, 1.0 / (step + 1))
        present = self.generator.state_dict()
        for name, value in self.averaged.state_dict().items():
            value.lerp_(present[name], share)

    def _log(self, draw: DrawCubes) -> dict[str, float]:  # type: ignore[override]
        return {}


def at_place(volumes: Tensor, place: NDArray[np.int64]) -> Tensor:
    """Return one x-y slice of each volume (n, 1, z, y, x), as (n, 1, y, x)."""
    return torch.stack([one[:, z] for one, z in zip(volumes, place.tolist(), strict=True)])


def planes_of(volumes: Tensor, count: int, rng: np.random.Generator) -> Tensor:
    """Return slices of cubes, across each axis at `count` random places.

    Parameters
    ----------
    volumes : (n, 1, edge, edge, edge) tensor
    count : int
        Slices across each axis of each cube.
    rng : numpy.random.Generator

    Returns
    -------
    (3 * count * n, 1, edge, edge) tensor
        Slices x-y, then x-z, then y-z.
    """
    edge = volumes.shape[-1]
    found = []
    for axis in (2, 3, 4):
        index = torch.from_numpy(rng.integers(edge, size=count)).to(volumes.device)
        chosen = volumes.index_select(axis, index).movedim(axis, 1)
        found.append(chosen.reshape(-1, 1, edge, edge))
    return torch.cat(found)
