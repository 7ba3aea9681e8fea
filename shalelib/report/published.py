"""The paper's own numbers, with the table and row that they come from.

Anderson et al. 2021, Scientific Reports 11:20768, doi 10.1038/s41598-021-00080-5. A cell that is
None was not at hand when this table was transcribed; the book shows it as missing and computes no
difference from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table1Row:
    """One row of the paper's Table 1 (means over its 2-D test patches)."""

    label: str
    psnr: float | None = None  # dB
    ssim: float | None = None
    stsim: float | None = None


TABLE_1 = (
    Table1Row(label="No Model", psnr=13.59, ssim=0.22, stsim=0.70),
    Table1Row(label="Feedforward CNN"),
    Table1Row(label="pix2pix (Vanilla)"),
    Table1Row(label="pix2pix (WGAN)"),
    Table1Row(label="SRCNN 4x"),
    Table1Row(label="SRCNN 2x"),
    Table1Row(label="SRGAN 4x (Vanilla)"),
    Table1Row(label="SRGAN 4x (WGAN)"),
    Table1Row(label="SRGAN 2x (Vanilla)"),
    Table1Row(label="SRGAN 2x (WGAN)"),
    Table1Row(label="Regularized pix2pix (WGAN)"),
    Table1Row(label="Regularized SRGAN 4x (Vanilla)"),
)


def published_row(label: str) -> Table1Row:
    """Return the paper's row called `label`; a row without numbers if it is not the paper's."""
    return next((row for row in TABLE_1 if row.label == label), Table1Row(label=label))
