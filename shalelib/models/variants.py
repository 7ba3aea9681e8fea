"""The rows of Table 1 that are trained, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Objective = Literal["l1", "vanilla", "wgan"]
Norm = Literal["instance", "batch", "none"]
Estimator = Literal["vjp", "jvp", "finite_difference"]
Decay = Literal["step", "linear"]
Downsampling = Literal["nearest", "area"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One trained row of the paper's Table 1.

    Attributes
    ----------
    name : str
        Used in parameters and file names.
    label : str
        The row's name in the paper.
    generator : str
        ``resnet`` or ``sr`` (super-resolution).
    factor : int
        Of super-resolution; 1 for ``resnet``.
    objective : str
        ``l1``, or ``vanilla`` or ``wgan`` for an adversarial term beside the L1 term.
    conditional : bool
        The discriminator sees the TXM too (pix2pix), or the FIB-SEM image alone (SRGAN).
    lambda_l1 : float
        Weight of the L1 term beside an adversarial one (100 for pix2pix; 1000 is the default of
        the authors' code for SRGAN).
    lambda_gp : float
        Weight of the gradient penalty of a Wasserstein critic.
    lambda_jac : float
        Weight of the z-regulariser (paper: 1e-4) for patches of 128 x 128 pixels.
    jac_every, estimator
        Lazy regularisation, and how the Jacobian norm is estimated (`shalelib.models.jacobian`).
    lambda_z : float
        Weight of the directional term, the mean :math:`|G(T_{z+1}) - G(T_z)|`; needs a TXM volume.
        Beyond the paper.
    slices : int
        TXM slices that the generator sees: 1, or 3 with the neighbours (2.5-D, beyond the paper).
    dropout : float
        Rate inside the residual blocks (0.5 in the authors' code).
    norm : str
        ``instance``, or ``batch`` as published.
    critic_norm : str
        The same inside a Wasserstein critic: ``none``, or ``batch`` as published.
    decay : str
        The learning rate in the last epochs: ``step`` to a tenth (text) or ``linear`` to zero
        (authors' commands).
    downsampling : str
        What super-resolution sees: every `factor`-th pixel (``nearest``, authors' code), or the
        mean of `factor` x `factor` pixels (``area``).
    """

    name: str
    label: str
    generator: Literal["resnet", "sr"] = "resnet"
    factor: int = 1
    objective: Objective
    conditional: bool = True
    lambda_l1: float = 1.0
    lambda_gp: float = 10.0
    lambda_jac: float = 0.0
    jac_every: int = 1
    estimator: Estimator = "vjp"
    lambda_z: float = 0.0
    slices: int = 1
    dropout: float = 0.5
    norm: Norm = "instance"
    critic_norm: Norm = "none"
    decay: Decay = "step"
    downsampling: Downsampling = "nearest"

    def __post_init__(self) -> None:
        weights = (self.lambda_l1, self.lambda_gp, self.lambda_jac, self.lambda_z)
        if min(weights) < 0 or self.jac_every < 1:
            msg = f"{self.name}: weights must not be negative and jac_every at least 1"
            raise ValueError(msg)
        if (self.generator == "resnet") != (self.factor == 1):
            msg = f"{self.name}: factor is 1 for resnet and 2 or 4 for sr, got {self.factor}"
            raise ValueError(msg)
        if self.slices not in (1, 3) or (self.slices == 3 and self.generator != "resnet"):
            msg = f"{self.name}: slices is 1, or 3 for a resnet, got {self.slices}"
            raise ValueError(msg)
        if self.slices == 3 and self.lambda_z > 0:
            msg = f"{self.name}: lambda_z is for generators that see one slice; take slices=1"
            raise ValueError(msg)

    @property
    def needs_volume(self) -> bool:
        """Whether it trains on TXM slices with their neighbours along z."""
        return self.lambda_z > 0 or self.slices > 1


VARIANTS = (
    Variant(name="feedforward", label="Feedforward CNN", objective="l1"),
    Variant(
        name="pix2pix_vanilla", label="pix2pix (Vanilla)", objective="vanilla", lambda_l1=100.0
    ),
    Variant(name="pix2pix_wgan", label="pix2pix (WGAN)", objective="wgan", lambda_l1=100.0),
    Variant(name="srcnn_4x", label="SRCNN 4x", generator="sr", factor=4, objective="l1"),
    Variant(name="srcnn_2x", label="SRCNN 2x", generator="sr", factor=2, objective="l1"),
    Variant(
        name="srgan_4x_vanilla",
        label="SRGAN 4x (Vanilla)",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=1000.0,
    ),
    Variant(
        name="srgan_4x_wgan",
        label="SRGAN 4x (WGAN)",
        generator="sr",
        factor=4,
        objective="wgan",
        conditional=False,
        lambda_l1=1000.0,
    ),
    Variant(
        name="srgan_2x_vanilla",
        label="SRGAN 2x (Vanilla)",
        generator="sr",
        factor=2,
        objective="vanilla",
        conditional=False,
        lambda_l1=1000.0,
    ),
    Variant(
        name="srgan_2x_wgan",
        label="SRGAN 2x (WGAN)",
        generator="sr",
        factor=2,
        objective="wgan",
        conditional=False,
        lambda_l1=1000.0,
    ),
    Variant(
        name="pix2pix_wgan_reg",
        label="Regularized pix2pix (WGAN)",
        objective="wgan",
        lambda_l1=100.0,
        lambda_jac=1e-4,
    ),
    Variant(
        name="srgan_4x_vanilla_reg",
        label="Regularized SRGAN 4x (Vanilla)",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=1000.0,
        lambda_jac=1e-4,
    ),
)
"""The rows of the paper's Table 1."""

ABLATION = (
    # The authors' published SRGAN 4x has lambda_l1 100 without and 1000 with the regulariser. With
    # the two rows of VARIANTS these complete the square.
    Variant(
        name="srgan_4x_vanilla_l100",
        label="SRGAN 4x (Vanilla), λ_L1 100",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
    ),
    Variant(
        name="srgan_4x_vanilla_l100_reg",
        label="Regularized SRGAN 4x (Vanilla), λ_L1 100",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-4,
    ),
)
"""Rows that complete the square of the L1 weight and the regulariser."""

BEYOND = (
    # Not in the paper. Both need the neighbouring slices of a TXM volume, and no FIB-SEM volume.
    #
    # Why lambda_z = lambda_l1: of a stack G_z that could take any values, the two terms are a total
    # variation along z with an L1 data term, lambda_l1 |G_z - S_z| + lambda_z |G_z+1 - G_z|. It
    # flattens what is thinner along z than 2 lambda_z / lambda_l1 slices and leaves the rest in
    # place (Chan and Esedoglu 2005). Two slices are half the digital TXM's depth of focus.
    Variant(
        name="pix2pix_wgan_dz",
        label="pix2pix (WGAN), directional",
        objective="wgan",
        lambda_l1=100.0,
        lambda_z=100.0,
    ),
    Variant(
        name="pix2pix_wgan_25d",
        label="pix2pix (WGAN), 2.5-D",
        objective="wgan",
        lambda_l1=100.0,
        slices=3,
    ),
)
"""Rows that the paper does not have."""

SWEEP = (
    # Around the published weight of the regulariser, where it has most to do, and the regulariser
    # in every fifth step. With the rows of ABLATION (weight 0, and 1e-4 in every step) a sweep.
    Variant(
        name="srgan_4x_vanilla_l100_jac_1e-5",
        label="SRGAN 4x (Vanilla), λ_L1 100, λ_jac 1e-5",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-5,
    ),
    Variant(
        name="srgan_4x_vanilla_l100_jac_1e-3",
        label="SRGAN 4x (Vanilla), λ_L1 100, λ_jac 1e-3",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-3,
    ),
    Variant(
        name="srgan_4x_vanilla_l100_jac_1e-2",
        label="SRGAN 4x (Vanilla), λ_L1 100, λ_jac 1e-2",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-2,
    ),
    Variant(
        name="srgan_4x_vanilla_l100_lazy",
        label="Regularized SRGAN 4x (Vanilla), λ_L1 100, every 5th step",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-4,
        jac_every=5,
    ),
)


def get_variant(name: str) -> Variant:
    """Return the variant called `name`.

    Raises
    ------
    ValueError
        There is no such variant; the message lists those there are.

    Examples
    --------
    >>> get_variant("feedforward").label
    'Feedforward CNN'
    """
    rows = VARIANTS + ABLATION + BEYOND + SWEEP
    for variant in rows:
        if variant.name == name:
            return variant
    valid = ", ".join(variant.name for variant in rows)
    msg = f"no variant is called {name!r}; choose one of: {valid}"
    raise ValueError(msg)
