"""Numbers that claims are about, computed from cells of tables.

An *effect* takes a `Reading`, the cells of one set of tables, to one number. The cells are spans: a
printed cell is known up to its rounding, and so is what is computed from several of them. A cell of
ours is a span without width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite
from operator import sub, truediv
from typing import TypeAlias

from scipy.stats import kendalltau

Cells: TypeAlias = dict[tuple[str, str], float]
"""(quantity, row key) -> value."""

LEAST_RANKED = 4  # rows behind a rank correlation

Pairs: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Span:
    """A number between two limits.

    Examples
    --------
    >>> Span(3, 4) - Span(1, 2)
    Span(low=1, high=3)
    >>> abs(Span(-1, 3))
    Span(low=0, high=3)
    """

    low: float | Fraction
    high: float | Fraction

    @property
    def middle(self) -> float:
        """Return the number as printed."""
        return float(self.low + self.high) / 2

    def __sub__(self, other: Span) -> Span:
        """Return the span of the difference."""
        return Span(self.low - other.high, self.high - other.low)

    def __truediv__(self, other: Span) -> Span:
        """Return the span of the ratio of two that are not negative; of x/0 it is infinite."""
        return Span(
            self.low / other.high if other.high else inf,
            self.high / other.low if other.low else inf,
        )

    def __abs__(self) -> Span:
        """Return the span of the size."""
        if self.low >= 0:
            return self
        turned = Span(-self.high, -self.low)
        return turned if self.high <= 0 else Span(0, max(self.high, turned.high))


Combine: TypeAlias = Callable[[Sequence[Span]], Span]


class MissingCellError(KeyError):
    """A claim asks for a cell that no result has."""

    def __init__(self, quantity: str, row: str) -> None:
        super().__init__(f"{quantity} of {row}")
        self.cell = f"{quantity} of {row}"


class NoTranslationError(ValueError):
    """None of the rows that a claim is about translates."""


class Reading:
    """Cells to look up; a missing one is an error that names it.

    Parameters
    ----------
    cells : mapping of (quantity, row key) to float or Span
    admits : callable, optional
        Whether a row counts; effects leave the others out. All do by default.
    """

    def __init__(
        self,
        cells: Mapping[tuple[str, str], float | Span],
        admits: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._cells = cells
        self._admits = admits
        self.rows: set[str] = set()  # that counted
        self.read: set[tuple[str, str]] = set()  # cells, as quantity and row
        self.refused: set[str] = set()

    def __call__(self, quantity: str, row: str) -> Span:
        """Return one cell."""
        self.read.add((quantity, row))
        value = self._cells.get((quantity, row))
        if isinstance(value, Span):
            return value
        if value is None or not isfinite(value):
            raise MissingCellError(quantity, row)
        return Span(value, value)

    def admitted(self, groups: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Return the groups of rows that count: those of which every row does.

        Raises
        ------
        NoTranslationError
            There is none.
        """
        found = []
        for group in groups:
            refused = {row for row in group if not self._admits(row)}
            self.refused |= refused
            if not refused:
                found.append(group)
                self.rows.update(group)
        if not found:
            raise NoTranslationError
        return found


def limits_of(quantity: str) -> tuple[float, float]:
    """Return the limits between which a quantity lies by its definition.

    Examples
    --------
    >>> limits_of("dice_low"), limits_of("psnr")
    ((0.0, 1.0), (-inf, inf))
    """
    return (0.0, 1.0) if quantity.startswith("dice") else (-inf, inf)


Effect: TypeAlias = Callable[[Reading], Span]


def mean(spans: Sequence[Span]) -> Span:
    """Return the mean."""
    number = len(spans)
    return Span(sum(s.low for s in spans) / number, sum(s.high for s in spans) / number)


def least(spans: Sequence[Span]) -> Span:
    """Return the least."""
    return Span(min(s.low for s in spans), min(s.high for s in spans))


def greatest(spans: Sequence[Span]) -> Span:
    """Return the greatest."""
    return Span(max(s.low for s in spans), max(s.high for s in spans))


def second(spans: Sequence[Span]) -> Span:
    """Return the second greatest; of a single row that counts there is none."""
    if len(spans) < 2:
        raise NoTranslationError
    return Span(sorted(s.low for s in spans)[-2], sorted(s.high for s in spans)[-2])


def largest_change(spans: Sequence[Span]) -> Span:
    """Return the size of the change that is farthest from zero."""
    return greatest([abs(span) for span in spans])


def value(quantity: str, rows: Sequence[str], combine: Combine = mean) -> Effect:
    """Return the effect: one quantity over rows."""

    def effect(reading: Reading) -> Span:
        return combine([reading(quantity, row) for (row,) in reading.admitted((r,) for r in rows)])

    return effect


def differences(quantity: str, pairs: Pairs, combine: Combine = mean) -> Effect:
    """Return the effect: the first row minus the second, over the pairs."""
    return _compared(quantity, pairs, sub, combine)


def ratios(quantity: str, pairs: Pairs, combine: Combine = mean) -> Effect:
    """Return the effect: the first row divided by the second, over the pairs."""
    return _compared(quantity, pairs, truediv, combine)


def lead(
    quantity: str,
    rows: Sequence[str],
    others: Sequence[str],
    combine: Combine = least,
    against: Combine = greatest,
) -> Effect:
    """Return the effect: by how much `rows` are above `others`.

    `combine` makes one number of the rows, `against` of the others.
    """
    first, rest = value(quantity, rows, combine), value(quantity, others, against)
    return lambda reading: first(reading) - rest(reading)


def improvement_lead(
    quantity: str, others: Sequence[str], rows: Sequence[str], base: str, against: Combine
) -> Effect:
    """Return by how much more a quantity grows over a base row than other quantities do.

    Each is the mean over rows of the ratio to the base row, since their units differ.
    """

    def effect(reading: Reading) -> Span:
        grown = [
            ratios(name, [(row, base) for row in rows])(reading) for name in (quantity, *others)
        ]
        return grown[0] - against(grown[1:])

    return effect


def _compared(
    quantity: str, pairs: Pairs, compare: Callable[[Span, Span], Span], combine: Combine
) -> Effect:
    def effect(reading: Reading) -> Span:
        both = reading.admitted(pairs)
        return combine([compare(reading(quantity, a), reading(quantity, b)) for a, b in both])

    return effect


def spread(quantity: str, rows: Sequence[str]) -> Effect:
    """Return the effect: the greatest of rows divided by the least."""
    most, fewest = value(quantity, rows, greatest), value(quantity, rows, least)
    return lambda reading: most(reading) / fewest(reading)


def misfit(quantity: str, pairs: Pairs) -> Effect:
    """Return the effect: the greater over the smaller of two rows, the worst of the pairs."""
    return _compared(quantity, pairs, lambda a, b: greatest([a / b, b / a]), greatest)


def rank_agreement(quantity: str, error: str, rows: Sequence[str]) -> Effect:
    """Return the effect: Kendall's rank correlation of two quantities over rows that count."""

    def effect(reading: Reading) -> Span:
        counted = [row for (row,) in reading.admitted((row,) for row in rows)]
        if len(counted) < LEAST_RANKED:
            raise NoTranslationError
        both = [[float(reading(name, row).low) for row in counted] for name in (quantity, error)]
        tau = float(kendalltau(*both).statistic)
        return Span(tau, tau)

    return effect
