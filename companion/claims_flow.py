"""Claims about flow, the paper's Table 3, and those that need the true volume."""

from __future__ import annotations

from companion.claims_images import REGULARISED
from companion.claims_volumes import COLUMNS
from companion.effects import (
    Reading,
    Span,
    differences,
    greatest,
    largest_change,
    misfit,
    rank_agreement,
    ratios,
    value,
)
from companion.flow_volumes import FIRST
from companion.ledger import Claim, Question
from companion.published import published_keys

ORIGINAL, REG = "srgan_4x_vanilla", "srgan_4x_vanilla_reg"
PAIR = ((REG, ORIGINAL),)
TO_TRUTH = ((ORIGINAL, "truth"), (REG, "truth"))
ORDER = (1e1, 1e3)  # "of order 10¹ to 10² nd": from 10 to less than 1000
SLIGHTLY = 0.5  # what we call "slightly smaller": not less than half
KN = (round(0.077 / 1.5, 3), round(0.100 * 1.5, 3))  # the paper's, with a margin of a half
VOLUME: tuple[Question, ...] = ("paper", "shale")
TRUTH: tuple[Question, ...] = ("shale",)


def gas_velocity(reading: Reading) -> Span:
    """Return the ratio of mean gas velocities in the pores, regularised ÷ original.

    At one pressure gradient it is as k over the connected porosity.
    """
    k = ratios("permeability_nd", PAIR)(reading)
    return k / ratios("porosity_connected", PAIR)(reading)


FLOW = (
    *(
        Claim(
            key=f"order-{key}{end.replace('_', '-')}",
            page="flow",
            sentence="order",
            quantity=f"k of {label}{where} [nd]",
            effect=value(f"permeability_nd{end}", (row,)),
            low=ORDER[0],
            high=ORDER[1],
            asks=asks,
            exact=True,
            form="#.3g",
        )
        for end, where, asks in (("", "", VOLUME), (FIRST, " at first percolation", TRUTH))
        for key, label, row in (
            ("original", "SRGAN 4x (Vanilla)", ORIGINAL),
            ("regularised", "Regularized SRGAN 4x (Vanilla)", REG),
        )
    ),
    *(
        Claim(
            key=f"slightly-{quantity.split('_')[0]}",
            page="flow",
            sentence="slightly",
            quantity=f"{title}: regularised ÷ original",
            effect=ratios(quantity, PAIR),
            low=SLIGHTLY,
            high=1,
            chosen=True,
            asks=VOLUME,
        )
        for quantity, title in (("permeability_nd", "Permeability"), ("kn", "Knudsen number"))
    ),
    Claim(
        key="choice-permeability",
        page="flow",
        sentence="choice",
        quantity="Permeability: regularised ÷ original",
        effect=ratios("permeability_nd", PAIR),
        low=SLIGHTLY,
        high=1 / SLIGHTLY,
        outside=True,
        chosen=True,
        asks=VOLUME,
    ),
    Claim(
        key="active-cells",
        page="flow",
        sentence="active",
        quantity="Connected porosity: regularised ÷ original",
        effect=ratios("porosity_connected", PAIR),
        high=1,
        asks=VOLUME,
    ),
    Claim(
        key="velocity-pores",
        page="flow",
        sentence="velocity",
        quantity="Mean gas velocity in the pores, as k over connected porosity: regularised ÷ "
        "original",
        effect=gas_velocity,
        high=1,
        asks=VOLUME,
    ),
    Claim(
        key="gas-viscosity",
        page="flow",
        sentence="gas",
        quantity="Kn of the domain with the stated viscosity, where the paper has 0.077 and 0.100",
        effect=value("kn_stated_viscosity", ("truth",)),
        low=KN[0],
        high=KN[1],
        chosen=True,
        asks=VOLUME,
        exact=True,
        form="#.3g",
    ),
    Claim(
        key="accurate-permeability",
        page="flow",
        sentence="accurate",
        quantity="Permeability of the model and the truth: greater ÷ smaller, the worse of SRGAN "
        "4x with and without the regulariser",
        effect=misfit("permeability_nd", TO_TRUTH),
        high=2,
        chosen=True,
        asks=TRUTH,
    ),
    Claim(
        key="accurate-porosity",
        page="flow",
        sentence="accurate",
        quantity="Porosity of the model minus the truth, size, the worse of SRGAN 4x with and "
        "without the regulariser",
        effect=differences("porosity", TO_TRUTH, largest_change),
        high=0.03,
        chosen=True,
        asks=TRUTH,
        form=".3f",
    ),
)

AGAINST_TRUTH = (
    Claim(
        key="better-volumes-jump",
        page="truth",
        sentence="better-volumes",
        quantity="Error of the mean change from slice to slice: regularised minus original, the "
        "higher of the two [grey level]",
        effect=differences("jump_error", REGULARISED, greatest),
        high=0,
        asks=TRUTH,
    ),
    *(
        Claim(
            key=f"isotropic-{key}-{functional}",
            page="truth",
            sentence="isotropic",
            quantity=f"p-value of x-y planes of {title} being like x-z and y-z planes: "
            f"{'Euler characteristic' if functional == 'euler' else functional}",
            effect=value(f"isotropy_{functional} of the {phase}", ("truth",)),
            low=0.05,
            asks=TRUTH,
            p_value=True,
            form=".3f",
        )
        for key, phase, title in (
            ("phase", "true phase", "the low-density phase itself"),
            ("image", "classified FIB-SEM", "the phase as classified in the FIB-SEM"),
        )
        for functional in ("area", "perimeter", "euler")
    ),
    Claim(
        key="smaller-better",
        page="truth",
        sentence="smaller-better",
        quantity="Kendall's τ of the models' KL of Euler characteristic in x-z and y-z and their "
        "true 3-D error",
        effect=rank_agreement("euler_xz_yz", "error_3d", published_keys(2)),
        low=0,
        asks=TRUTH,
    ),
    *(
        Claim(
            key=f"smaller-better-smoothing-{column.replace('_', '-')}",
            page="truth",
            sentence="smaller-better",
            quantity=f"KL of {title} [nat]: the true volumes minus the best smoothed copy of them",
            effect=value(f"gain_{column}", ("truth",)),
            high=0,
            asks=TRUTH,
            exact=True,
        )
        for column, title in COLUMNS.items()
    ),
)
