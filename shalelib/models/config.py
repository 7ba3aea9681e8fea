"""The sizes of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from shalelib.config import check_positive, settle_numbers


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Sizes of a training run; the defaults are those of the paper and of its authors' code.

    Attributes
    ----------
    patch : int
        Edge of a training patch [pixel], a multiple of 4 and at least 32.
    batch : int
        Patches in an optimiser step.
    patches_per_epoch : int
        Patches that are drawn in an epoch, at least.
    epochs : int
        Epochs at the constant learning rate.
    epochs_decay : int
        Epochs after those, at the learning rate that the decay of the `Variant` gives; may be 0.
    ngf, ndf, sr_width : int
        Channels after the first convolution of the ResNet generator, of the discriminator and of
        the super-resolution generator. `ngf` is also the `width` of a `VolumeGenerator`.
    checkpoint_every : int
        Epochs between checkpoints.

    Raises
    ------
    ValueError
        A value is not a whole number, or out of range.
    """

    patch: int = 128
    batch: int = 1
    patches_per_epoch: int = 10_000
    epochs: int = 50
    epochs_decay: int = 25
    ngf: int = 64
    ndf: int = 64
    sr_width: int = 256
    checkpoint_every: int = 1

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_positive(self, "patch", "batch", "patches_per_epoch", "epochs")
        check_positive(self, "ngf", "ndf", "sr_width", "checkpoint_every")
        if self.patch % 4 or self.patch < 32:
            msg = (
                "patch must be a multiple of 4 (two stride-2 layers) and at least 32 "
                f"(the discriminator's receptive field), got {self.patch}"
            )
            raise ValueError(msg)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch."""
        return -(-self.patches_per_epoch // self.batch)

    @property
    def total_epochs(self) -> int:
        """Epochs of the whole run, at the constant and at the lowered learning rate."""
        return self.epochs + self.epochs_decay

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.total_epochs * self.steps_per_epoch
