"""Numbers that claims are about, computed from cells: used by `companion.claim_rows`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from companion.claims import Effect
from companion.evidence import Reading
from companion.published import published_keys
from companion.rows import get_row

BASELINES = tuple(get_row(key).label for key in published_keys(1)[1:-2])
REGULARISED = tuple(get_row(key).label for key in published_keys(1)[-2:])
MEDIAN = tuple(get_row(key).label for key in published_keys(2)[-2:])
PERMEABILITY_RANGE_ND = (1e1, 1e3)  # "of order 10^1 to 10^2 nd": from 10 to less than 1000

PAIRS_WGAN = (
    ("pix2pix (WGAN)", "pix2pix (Vanilla)"),
    ("SRGAN 4x (WGAN)", "SRGAN 4x (Vanilla)"),
    ("SRGAN 2x (WGAN)", "SRGAN 2x (Vanilla)"),
)
PIX2PIX, SRGAN = "pix2pix (WGAN)", "SRGAN 4x (Vanilla)"
PIX2PIX_REG, SRGAN_REG = REGULARISED
PIX2PIX_MEDIAN, SRGAN_MEDIAN = MEDIAN
PAIRS_REG = ((PIX2PIX_REG, PIX2PIX), (SRGAN_REG, SRGAN))
TRUTH = "Truth"


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return sum(values) / len(values)


def differences(
    quantity: str,
    pairs: Sequence[tuple[str, str]],
    combine: Callable[[Sequence[float]], float] = mean,
) -> Effect:
    """Return the effect: `combine` of the first row minus the second, over the pairs."""

    def effect(reading: Reading) -> float:
        return float(combine([reading(quantity, a) - reading(quantity, b) for a, b in pairs]))

    return effect


def ratios(
    quantity: str,
    pairs: Sequence[tuple[str, str]],
    combine: Callable[[Sequence[float]], float] = mean,
) -> Effect:
    """Return the effect: `combine` of the first row divided by the second, over the pairs."""

    def effect(reading: Reading) -> float:
        return float(combine([reading(quantity, a) / reading(quantity, b) for a, b in pairs]))

    return effect


def values(
    quantity: str, rows: Sequence[str], combine: Callable[[Sequence[float]], float]
) -> Effect:
    """Return the effect: `combine` of one quantity over rows."""

    def effect(reading: Reading) -> float:
        return float(combine([reading(quantity, row) for row in rows]))

    return effect


def farthest(numbers: Sequence[float]) -> float:
    """Return the number that is farthest from zero."""
    return max(numbers, key=abs)


def farthest_from_one(numbers: Sequence[float]) -> float:
    """Return the ratio that is farthest from one, up or down."""
    return max(numbers, key=lambda ratio: max(ratio, 1 / ratio) if ratio > 0 else float("inf"))


def connected_share(reading: Reading) -> float:
    """Return the lower connected share of the pore space of the paper's two domains."""
    return min(
        reading("porosity_connected", row) / reading("porosity", row) for row in (SRGAN, SRGAN_REG)
    )
