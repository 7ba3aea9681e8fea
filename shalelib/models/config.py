"""The sizes of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from shalelib.config import check_positive, settle_numbers


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Sizes of a training run; the defaults are the paper's and its authors' code's."""

    patch: int = 128  # edge of a training patch [pixel], multiple of 4
    batch: int = 1  # patches in an optimiser step
    patches_per_epoch: int = 10_000
    epochs: int = 50  # at the constant learning rate
    epochs_decay: int = 25  # at a tenth of it
    ngf: int = 64  # width of the ResNet generator
    ndf: int = 64  # width of the discriminator
    sr_width: int = 256  # width of the super-resolution generator
    checkpoint_every: int = 1  # epochs between checkpoints

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
        """Epochs at the constant and at the lowered learning rate."""
        return self.epochs + self.epochs_decay

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.total_epochs * self.steps_per_epoch
