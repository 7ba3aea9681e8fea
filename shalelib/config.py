"""Frozen configurations and the four profiles.

A profile changes sizes only: how many pixels, channels, steps and samples. Physics, formulas and
the order of the steps are the same in all of them.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any


def check_positive(config: Any, *names: str) -> None:
    """Refuse a configuration whose fields `names` are not positive."""
    for name in names:
        value = getattr(config, name)
        if not value > 0:
            msg = f"{type(config).__name__}.{name} must be positive, got {value}"
            raise ValueError(msg)


def settings(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration that differ from their defaults, labels left out.

    Their hash names artefacts: a field that is added later, with a default that changes nothing,
    leaves the names of all that was made before as they are.

    Examples
    --------
    >>> settings(EvaluationConfig(crops=12))
    {'crops': 12}
    """
    return {
        item.name: getattr(config, item.name)
        for item in fields(config)
        if item.name != "label"
        and (item.default is MISSING or getattr(config, item.name) != item.default)
    }


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
        check_positive(self, "patch", "batch", "patches_per_epoch", "epochs")
        check_positive(self, "ngf", "ndf", "sr_width", "checkpoint_every")
        if self.patch % 4 or self.patch < 32:
            msg = (
                "patch must be a multiple of 4 (two stride-2 layers) and at least 32 "
                f"(the discriminator's receptive field), got {self.patch}"
            )
            raise ValueError(msg)
        if self.epochs_decay < 0:
            msg = f"epochs_decay must not be negative, got {self.epochs_decay}"
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


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """Sizes of the 2-D evaluation; the defaults are the paper's."""

    crops: int = 100  # seeded test patches
    crop: int = 128  # edge of a test patch [pixel]
    resamples: int = 2000  # bootstrap resamples behind each interval

    def __post_init__(self) -> None:
        check_positive(self, "crops", "crop", "resamples")
        if self.crop % 4:
            msg = f"crop must be a multiple of 4 (two stride-2 layers), got {self.crop}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class ForestConfig:
    """Sizes of the pixel classifier."""

    trees: int = 40
    pixels: int = 20_000  # labelled pixels of a class at most

    def __post_init__(self) -> None:
        check_positive(self, "trees", "pixels")


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """Sizes of the flow studies and of the solver's validation. Lengths in voxels."""

    cube_edge: int = 128  # of the volume through which the gas flows, as in the paper
    sweep_edge: int = 64  # of the central piece in which thresholds and voxel sizes are varied
    thresholds: int = 6  # grey levels of a sweep
    refinements: tuple[int, ...] = (1, 2)  # parts into which a voxel is split
    subvolumes: tuple[int, ...] = (32, 64)  # edges of the pieces of the representative volume
    slit_heights: tuple[int, ...] = (1, 3, 4, 8, 9, 16)
    poiseuille_height: int = 24  # nodes across the slit that is compared with kinetic theory
    spheres: tuple[float, ...] = (0.064, 0.125, 0.343, 0.5236)  # solid fractions
    sphere_edges: tuple[int, ...] = (32, 48, 64, 96)  # of the cell, even
    medium_edge: int = 32  # of the media behind invariants and methods
    stokes_edge: int = 16  # of the medium that a second solver repeats
    stokes_refinements: tuple[int, ...] = (1, 2, 3)

    def __post_init__(self) -> None:
        check_positive(
            self, "cube_edge", "sweep_edge", "thresholds", "poiseuille_height", "medium_edge"
        )
        check_positive(self, "medium_edge", "stokes_edge")
        if any(edge % 2 for edge in self.sphere_edges):
            msg = f"sphere_edges must be even, got {self.sphere_edges}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One of the sizes at which everything can be run."""

    name: str
    purpose: str
    train: TrainConfig
    evaluation: EvaluationConfig
    forest: ForestConfig = field(default_factory=ForestConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)


SMOKE = Profile(
    name="smoke",
    purpose="tests: every step of the way, at sizes too small to mean anything",
    train=TrainConfig(
        patch=32, batch=4, patches_per_epoch=24, epochs=2, epochs_decay=1, ngf=4, ndf=4, sr_width=4
    ),
    evaluation=EvaluationConfig(crops=12, crop=64, resamples=200),
    forest=ForestConfig(trees=8, pixels=2000),
    flow=FlowConfig(
        cube_edge=32,
        sweep_edge=32,
        thresholds=2,
        subvolumes=(16,),
        slit_heights=(1, 4, 9),
        poiseuille_height=12,
        spheres=(0.343,),
        sphere_edges=(16, 24, 32),
        medium_edge=16,
        stokes_edge=8,
        stokes_refinements=(1, 2),
    ),
)
LAPTOP = Profile(
    name="laptop",
    purpose="the default: narrow networks and short training on two processor cores",
    train=TrainConfig(
        patch=64,
        batch=4,
        patches_per_epoch=400,
        epochs=10,
        epochs_decay=5,
        ngf=16,
        ndf=16,
        sr_width=32,
    ),
    evaluation=EvaluationConfig(),
)
GPU = Profile(
    name="gpu",
    purpose="the paper's networks, training cut to fit one data-centre GPU",
    train=TrainConfig(batch=16, patches_per_epoch=1600, epochs=10, epochs_decay=5),
    evaluation=EvaluationConfig(),
)
PAPER = Profile(
    name="paper",
    purpose="everything at the published sizes",
    train=TrainConfig(),
    evaluation=EvaluationConfig(),
)
PROFILES = (SMOKE, LAPTOP, GPU, PAPER)


def get_profile(name: str) -> Profile:
    """Return the profile called `name`.

    Raises
    ------
    ValueError
        There is no such profile; the message lists those there are.

    Examples
    --------
    >>> get_profile("paper").train.total_steps
    750000
    """
    for profile in PROFILES:
        if profile.name == name:
            return profile
    valid = ", ".join(profile.name for profile in PROFILES)
    msg = f"no profile is called {name!r}; choose one of: {valid}"
    raise ValueError(msg)
