"""The rows of Table 1 that are trained, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from shalelib.arguments import check_choice, check_kind
from shalelib.config import settle_numbers

Objective = Literal["l1", "vanilla", "wgan"]
Norm = Literal["instance", "batch", "none"]
Estimator = Literal["vjp", "jvp", "finite_difference"]
Decay = Literal["step", "linear"]
Downsampling = Literal["nearest", "area"]
Penalised = Literal["sum", "mean"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A trained row of Table 1: its network, its objective and their settings.

    Attributes
    ----------
    name : str
        Used in parameters and file names.
    label : str
        Name of the row in tables: that of the paper, for its rows.
    generator : str
        ``resnet``, ``sr`` (super-resolution), or ``volume`` (in three dimensions, beyond the
        paper).
    factor : int
        Factor of super-resolution, 2 or 4; 1 for other generators.
    objective : str
        ``l1`` for the L1 term alone; ``vanilla`` or ``wgan`` for an adversarial term as well.
    conditional : bool
        True if the discriminator sees the TXM too (pix2pix), False if it sees the FIB-SEM image
        alone (SRGAN).
    lambda_l1 : float
        Weight of the L1 term, where that of an adversarial one is 1 (100; 1000 is the default of
        the authors' code for SRGAN, but their published network without the regulariser has 100).
    lambda_gp : float
        Weight of the gradient penalty of a Wasserstein critic.
    penalised : str
        Quantity whose slope the penalty holds at one: the ``sum`` of the critic's scores of an
        image's patches (authors' code), or their ``mean``, which the losses take (beyond the
        paper).
    lambda_jac : float
        Weight of the z-regulariser (paper: 1e-4) for patches of 128 x 128 pixels; 0 for none.
    jac_every : int
        Steps from one use of the regulariser to the next (lazy regularisation); its weight is
        multiplied by the same number.
    estimator : str
        How the Jacobian norm is estimated, see `forward_with_norm`.
    dropout : float
        Dropout rate inside the residual blocks (0.5 in the authors' code).
    norm : str
        Normalisation: ``instance``, or ``batch`` as published.
    critic_norm : str
        The same inside a Wasserstein critic: ``none``, or ``batch`` as published.
    decay : str
        The learning rate in the last epochs: ``step`` to a tenth (text), or ``linear`` to zero
        (authors' commands).
    downsampling : str
        What super-resolution sees: every `factor`-th pixel (``nearest``, authors' code), or the
        mean of `factor` x `factor` pixels (``area``).

    Raises
    ------
    TypeError, ValueError
        A word is none of those above, a number is none, a weight is negative, `jac_every` is less
        than 1, or `factor` does not suit the generator.
    """

    name: str
    label: str
    generator: Literal["resnet", "sr", "volume"] = "resnet"
    factor: int = 1
    objective: Objective
    conditional: bool = True
    lambda_l1: float = 1.0
    lambda_gp: float = 10.0
    penalised: Penalised = "sum"
    lambda_jac: float = 0.0
    jac_every: int = 1
    estimator: Estimator = "vjp"
    dropout: float = 0.5
    norm: Norm = "instance"
    critic_norm: Norm = "none"
    decay: Decay = "step"
    downsampling: Downsampling = "nearest"

    def __post_init__(self) -> None:
        settle_numbers(self)
        for name, kind in get_type_hints(Variant).items():
            if get_origin(kind) is Literal:
                check_choice(f"Variant.{name}", getattr(self, name), get_args(kind))
        check_kind("Variant.conditional", self.conditional, bool, mend="write True or False")
        weights = (self.lambda_l1, self.lambda_gp, self.lambda_jac)
        if min(weights) < 0 or self.jac_every < 1:
            msg = f"{self.name}: weights must not be negative and jac_every at least 1"
            raise ValueError(msg)
        if self.factor not in ((2, 4) if self.generator == "sr" else (1,)):
            msg = f"{self.name}: factor is 2 or 4 for sr and 1 for others, got {self.factor}"
            raise ValueError(msg)


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
        lambda_l1=100.0,
    ),
    Variant(
        name="srgan_4x_wgan",
        label="SRGAN 4x (WGAN)",
        generator="sr",
        factor=4,
        objective="wgan",
        conditional=False,
        lambda_l1=100.0,
    ),
    Variant(
        name="srgan_2x_vanilla",
        label="SRGAN 2x (Vanilla)",
        generator="sr",
        factor=2,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
    ),
    Variant(
        name="srgan_2x_wgan",
        label="SRGAN 2x (WGAN)",
        generator="sr",
        factor=2,
        objective="wgan",
        conditional=False,
        lambda_l1=100.0,
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
        lambda_l1=100.0,
        lambda_jac=1e-4,
    ),
)
"""The rows of the paper's Table 1."""

ABLATION = (
    # The authors' code has 1000 for SRGAN unless told otherwise, and so has their published
    # regularised SRGAN 4x, while the one without has 100. With the two rows of VARIANTS these
    # complete the square.
    Variant(
        name="srgan_4x_vanilla_l1000",
        label="SRGAN 4x (Vanilla), λ_L1 1000",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=1000.0,
    ),
    Variant(
        name="srgan_4x_vanilla_l1000_reg",
        label="Regularized SRGAN 4x (Vanilla), λ_L1 1000",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=1000.0,
        lambda_jac=1e-4,
    ),
)
"""Rows of SRGAN 4x (Vanilla) that, with two of `VARIANTS`, combine both L1 weights, 100 and 1000,
with and without the regulariser."""

BEYOND = (
    # Not in the paper: a Wasserstein critic whose gradient is as strong as its loss means it to be.
    Variant(
        name="pix2pix_wgan_mean",
        label="pix2pix (WGAN), penalty on the mean",
        objective="wgan",
        lambda_l1=100.0,
        penalised="mean",
    ),
)
"""Rows that the paper does not have."""

VOLUME = Variant(
    # Not in the paper. lambda_l1 is a tenth of pix2pix's: the slices judged without their TXM must
    # weigh more than the L1 term, or the volume turns to a blur; with 3 it forgets its TXM.
    name="three_planes",
    label="3-D generator",
    generator="volume",
    objective="vanilla",
    lambda_l1=10.0,
    dropout=0.0,
)
"""The row of the generator of volumes, judged in three planes; not in the paper."""

SWEEP = (
    # Around the published weight of the regulariser, and the regulariser in every fifth step. With
    # the two rows of VARIANTS (weight 0, and 1e-4 in every step) a sweep.
    Variant(
        name="srgan_4x_vanilla_jac_1e-3",
        label="SRGAN 4x (Vanilla), λ_jac 1e-3",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-3,
    ),
    Variant(
        name="srgan_4x_vanilla_jac_1e-2",
        label="SRGAN 4x (Vanilla), λ_jac 1e-2",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-2,
    ),
    Variant(
        name="srgan_4x_vanilla_lazy",
        label="Regularized SRGAN 4x (Vanilla), every 5th step",
        generator="sr",
        factor=4,
        objective="vanilla",
        conditional=False,
        lambda_l1=100.0,
        lambda_jac=1e-4,
        jac_every=5,
    ),
)
"""Rows around the regulariser's published weight."""


def get_variant(name: str) -> Variant:
    """Return the variant called `name`.

    Parameters
    ----------
    name : str
        Such as ``pix2pix_wgan_reg``; any row of this page, or of the sweep around the weight of the
        regulariser.

    Returns
    -------
    Variant

    Raises
    ------
    ValueError
        There is no such variant; the message lists those that exist.

    Examples
    --------
    >>> get_variant("feedforward").label
    'Feedforward CNN'
    """
    rows = (*VARIANTS, *ABLATION, *BEYOND, *SWEEP, VOLUME)
    for variant in rows:
        if isinstance(name, str) and variant.name == name:
            return variant
    valid = ", ".join(variant.name for variant in rows)
    msg = f"no variant is called {name!r}; choose one of: {valid}"
    raise ValueError(msg)
