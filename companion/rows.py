"""The rows of every table: each predictor once, under one key.

Tables, volumes, flow cases and claims take their rows from `ROWS` and join them by ``key``, never
by label; the paper's tables (`companion.published`) have the same keys. A trained row follows from
its line in `shalelib.models.variants`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

from companion.site.numbers import number
from shalelib.models.variants import (
    ABLATION,
    BEYOND,
    SWEEP,
    VARIANTS,
    VOLUME,
    Variant,
    get_variant,
)

Kind = Literal["paper", "trivial", "chance", "ablation", "sweep", "beyond", "volume", "truth"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A predictor, or the truth.

    Attributes
    ----------
    key : str
        Used in parameters and file names; that of a trained row is its variant's name.
    label : str
        For readers.
    kind : str
        ``paper`` for a row of the paper's tables; ``trivial`` for predictors that are fitted to the
        grey levels alone and ``chance`` for those that do not look at the test image;
        ``ablation``, ``sweep`` (of the regulariser's weight) and ``beyond`` for networks that are
        not the paper's; ``volume`` for the one that translates volumes, and has no images of its
        own for Table 1; ``truth``.
    variant : Variant, optional
        The network that translates.
    median : bool
        Smoothed along z afterwards.
    """

    key: str
    label: str
    kind: Kind
    variant: Variant | None = None
    median: bool = False


def _trained(variant: Variant, kind: Kind) -> Row:
    return Row(key=variant.name, label=variant.label, kind=kind, variant=variant)


def _smoothed(name: str) -> Row:
    variant = get_variant(name)
    label = f"{variant.label} + median"
    return Row(key=f"{name}_median", label=label, kind="paper", variant=variant, median=True)


PAIRS = (
    # as published, regularised, and smoothed as well: the networks that the paper regularises
    ("pix2pix_wgan", "pix2pix_wgan_reg", "pix2pix_wgan_reg_median"),
    ("srgan_4x_vanilla", "srgan_4x_vanilla_reg", "srgan_4x_vanilla_reg_median"),
)

TRUTH = Row(key="truth", label="True FIB-SEM", kind="truth")
NO_MODEL = Row(key="no_model", label="No Model", kind="paper")
CONSTANT = Row(key="constant", label="Constant", kind="trivial")
AFFINE = Row(key="affine", label="Affine map of the TXM", kind="trivial")
ALL_LOW = Row(key="all_low", label="Everything is low density", kind="chance")
RANDOM_LOW = Row(key="random_low", label="Random mask of the true share", kind="chance")
NEAREST = Row(key="nearest_slice", label="Nearest training slice", kind="chance")
THREE_PLANES = _trained(VOLUME, "volume")

ROWS = (
    TRUTH,
    NO_MODEL,
    *(_trained(variant, "paper") for variant in VARIANTS),
    *(_smoothed(regularised) for _, regularised, _ in PAIRS),
    CONSTANT,
    AFFINE,
    ALL_LOW,
    RANDOM_LOW,
    NEAREST,
    *(_trained(variant, "ablation") for variant in ABLATION),
    *(_trained(variant, "sweep") for variant in SWEEP),
    *(_trained(variant, "beyond") for variant in BEYOND),
    THREE_PLANES,
)


def get_row(key: str) -> Row:
    """Return the row called `key`.

    Raises
    ------
    ValueError
        There is no such row; the message lists those there are.

    Examples
    --------
    >>> get_row("pix2pix_wgan_reg_median").label
    'Regularized pix2pix (WGAN) + median'
    """
    for row in ROWS:
        if row.key == key:
            return row
    msg = f"no row is called {key!r}; choose one of: {', '.join(row.key for row in ROWS)}"
    raise ValueError(msg)


def trained_rows(dataset: str, *kinds: Kind) -> tuple[Row, ...]:
    """Return the networks that are trained on a data set, without their smoothed twins.

    The sweep and the ablation are for the digital shale alone, whose truth is known.

    Parameters
    ----------
    dataset : str
    *kinds : str
        Those wanted; if none is named, those of Table 1 and the ablation.
    """
    wanted = kinds or ("paper", "ablation", "beyond")
    return tuple(
        row
        for row in ROWS
        if row.variant is not None
        and not row.median
        and row.kind in wanted
        and (dataset == "phantom" or row.kind not in ("sweep", "ablation"))
    )


def not_trained(rows: Iterable[str], trained: Container[str]) -> str:
    """Say in words which of some rows have no trained network, and are left out.

    Parameters
    ----------
    rows : iterable of str
        Keys of those wanted.
    trained : container of str
        Keys of those there are.

    Examples
    --------
    >>> not_trained(["feedforward", "pix2pix_wgan_reg"], {"feedforward"})
    'not trained, so left out: Regularized pix2pix (WGAN)'
    >>> not_trained(["feedforward"], ["feedforward"])
    'not trained, so left out: none'
    """
    labels = [get_row(key).label for key in rows if key not in trained]
    return f"not trained, so left out: {', '.join(labels) or 'none'}"


def by_importance(dataset: str) -> tuple[str, ...]:
    """Return the keys of what is replicated on a data set, what most claims are about first.

    The rows that need no training; the networks behind Table 3, which the paper regularises; the
    rest of its Table 1; then the others.

    Examples
    --------
    >>> by_importance("phantom")[3:8]
    ('srgan_4x_vanilla', 'srgan_4x_vanilla_reg', 'pix2pix_wgan', 'pix2pix_wgan_reg', 'feedforward')
    """
    untrained = (row.key for row in (NO_MODEL, CONSTANT, AFFINE))
    paired = (key for plain, regularised, _ in PAIRS[::-1] for key in (plain, regularised))
    kinds: tuple[Kind, ...] = ("paper", "beyond", "ablation")
    others = (row.key for kind in kinds for row in trained_rows(dataset, kind))
    return tuple(dict.fromkeys([*untrained, *paired, *others]))


def table_2_rows() -> tuple[Row, ...]:
    """Return the rows of Table 2, which have a volume each: the truth first."""
    kinds = ("truth", "paper", "beyond", "volume")
    return tuple(row for row in ROWS if row.kind in kinds or row == AFFINE)


def network_table() -> list[dict[str, str]]:
    """Return the networks of the paper's Table 1 as rows of text, for the page on models.

    Examples
    --------
    >>> list(network_table()[8].values())
    ['SRGAN 2x (WGAN)', 'every 2nd', 'Wasserstein', 'FIB-SEM', '100', '–']
    """
    seen = {1: "all", 2: "every 2nd", 4: "every 4th"}
    losses = {"l1": "–", "vanilla": "vanilla", "wgan": "Wasserstein"}
    return [
        {
            "Row": row.label,
            "TXM pixels": seen[row.factor],
            "Adversarial\nloss": losses[row.objective],
            "Discriminator\nsees": "–"
            if row.objective == "l1"
            else "both images"
            if row.conditional
            else "FIB-SEM",
            "Weight\nof L1": f"{row.lambda_l1:g}",
            "Weight of\nJacobian": number(row.lambda_jac, ".0e") if row.lambda_jac else "–",
        }
        for row in VARIANTS
    ]
