"""The paper's own numbers, with the table and row that they come from.

Anderson et al. 2021, Scientific Reports 11:20768, doi 10.1038/s41598-021-00080-5. A cell that is
None was not at hand when this file was written: the book shows it as a dash and computes no
difference from it. `COMPARISONS` holds what is known of the order of two cells where the cells
themselves are not, or where it is not known which rows they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Table1Row:
    """One row of the paper's Table 1 (means over its 2-D test patches)."""

    label: str
    psnr: float | None = None  # dB
    ssim: float | None = None
    stsim: float | None = None
    dice_low: float | None = None
    dice_medium: float | None = None
    dice_high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table2Row:
    """One row of the paper's Table 2: KL divergences of synthesised from real test images [nat].

    Area, perimeter and Euler characteristic of the low-density phase in x-y planes and in x-z and
    y-z planes together, and the joint histogram of TXM and FIB-SEM grey levels.
    """

    label: str
    area_xy: float | None = None
    perimeter_xy: float | None = None
    euler_xy: float | None = None
    area_xz_yz: float | None = None
    perimeter_xz_yz: float | None = None
    euler_xz_yz: float | None = None
    joint: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table3Row:
    """One row of the paper's Table 3: flow through the central cube.

    Which of the two models each value belongs to follows from the paper's sentence that the
    regularised one has the lower permeability, Knudsen number and porosity.
    """

    label: str
    kn: float | None = None
    permeability_nd: float | None = None  # nanodarcy
    porosity: float | None = None  # share of the volume
    porosity_connected: float | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The order of two cells in one column of a table of the paper.

    Attributes
    ----------
    table, column : str
    first, second : str
        Rows, or a description where the row is not known.
    first_value, second_value : float, optional
        The cells, where they are known.
    order : str, optional
        What is known of `first` against `second` where a cell is not.
    """

    table: str
    column: str
    first: str
    second: str
    first_value: float | None = None
    second_value: float | None = None
    order: Literal["lower", "not lower"] | None = None

    @property
    def first_is_lower(self) -> bool:
        """Say whether the first cell is below the second.

        Examples
        --------
        >>> Comparison(table="Table 1", column="stsim", first="WGAN", second="vanilla",
        ...            first_value=0.65, second_value=0.81).first_is_lower
        True
        """
        if self.first_value is not None and self.second_value is not None:
            return self.first_value < self.second_value
        return self.order == "lower"


BASELINES = (
    "Feedforward CNN",
    "pix2pix (Vanilla)",
    "pix2pix (WGAN)",
    "SRCNN 4x",
    "SRCNN 2x",
    "SRGAN 4x (Vanilla)",
    "SRGAN 4x (WGAN)",
    "SRGAN 2x (Vanilla)",
    "SRGAN 2x (WGAN)",
)
REGULARISED = ("Regularized pix2pix (WGAN)", "Regularized SRGAN 4x (Vanilla)")
MEDIAN = tuple(f"{label} + median" for label in REGULARISED)

TABLE_1 = (
    Table1Row(label="No Model", psnr=13.59, ssim=0.22, stsim=0.70),
    *(Table1Row(label=label) for label in BASELINES + REGULARISED),
)

TABLE_2 = tuple(Table2Row(label=label) for label in ("No Model", *BASELINES, *REGULARISED, *MEDIAN))

TABLE_3 = (
    Table3Row(label="SRGAN 4x (Vanilla)", kn=0.100, porosity=0.207, porosity_connected=0.187),
    Table3Row(
        label="Regularized SRGAN 4x (Vanilla)", kn=0.077, porosity=0.189, porosity_connected=0.174
    ),
)
PERMEABILITY_RANGE_ND = (1e1, 1e3)  # "of order 10^1 to 10^2 nd": from 10 to less than 1000

COMPARISONS = (
    Comparison(
        table="Table 1",
        column="stsim",
        first="a row with WGAN",
        second="the same with the vanilla loss",
        first_value=0.65,
        second_value=0.81,
    ),
    Comparison(
        table="Table 1",
        column="stsim",
        first="a trained row",
        second="No Model",
        first_value=0.65,
        second_value=0.70,
    ),
    Comparison(
        table="Table 1",
        column="ssim",
        first="a trained row",
        second="No Model",
        second_value=0.22,
        order="lower",
    ),
    Comparison(
        table="Table 1",
        column="psnr",
        first="Regularized SRGAN 4x (Vanilla)",
        second="SRGAN 4x (Vanilla)",
        order="not lower",
    ),
    Comparison(
        table="Table 1",
        column="ssim",
        first="Regularized SRGAN 4x (Vanilla)",
        second="SRGAN 4x (Vanilla)",
        order="not lower",
    ),
)

# What the paper's text states of the experiment, for the pages that compare.
GAS_TEMPERATURE = 370.0  # K, methane
GAS_PRESSURE = 0.8e6  # Pa
GAS_KINEMATIC_VISCOSITY = 1e-8  # m²/s: "1e-4 cm²/s", see the flow page
PAIRED_SLICES = {"training": 101, "validation": 12, "test": 36}
VOXEL_SIZE = 33.6e-9  # m


def published_row(label: str) -> Table1Row:
    """Return the paper's row of Table 1 called `label`; one without numbers if it is not there."""
    return next((row for row in TABLE_1 if row.label == label), Table1Row(label=label))


def published_row_2(label: str) -> Table2Row:
    """Return the paper's row of Table 2 called `label`; one without numbers if it is not there."""
    return next((row for row in TABLE_2 if row.label == label), Table2Row(label=label))


def published_row_3(label: str) -> Table3Row:
    """Return the paper's row of Table 3 called `label`; one without numbers if it is not there."""
    return next((row for row in TABLE_3 if row.label == label), Table3Row(label=label))
