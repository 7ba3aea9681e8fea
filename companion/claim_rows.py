"""The sentences of the paper that are tested, as data; `companion.claims` judges them.

The sentences are in our words. Where the paper says "significantly", "slightly" or "accurate"
without a number, the limit is ours, is marked `chosen` and is printed beside the verdict. The
paper's abstract and text are the source of all but those marked as assumptions.
"""

from __future__ import annotations

from companion.claim_effects import (
    BASELINES,
    PAIRS_REG,
    PAIRS_WGAN,
    PERMEABILITY_RANGE_ND,
    PIX2PIX_MEDIAN,
    PIX2PIX_REG,
    SRGAN,
    SRGAN_MEDIAN,
    SRGAN_REG,
    TRUTH,
    connected_share,
    differences,
    farthest,
    farthest_from_one,
    mean,
    ratios,
    values,
)
from companion.claims import Claim

PSNR_MARGIN, SCORE_MARGIN = 0.5, 0.02  # what we call "no significant change": dB, and of 1

UNTRANSLATED = (
    Claim(
        key="no-model-psnr",
        about="Table 1",
        sentence="The untranslated TXM has a PSNR of 13.59 dB.",
        quantity="PSNR of No Model [dB]",
        effect=values("psnr", ["No Model"], mean),
        low=13.59 - 0.7,
        high=13.59 + 0.7,
        chosen=True,
        trained=False,
    ),
    Claim(
        key="no-model-ssim",
        about="Table 1",
        sentence="The untranslated TXM has an SSIM of 0.22.",
        quantity="SSIM of No Model",
        effect=values("ssim", ["No Model"], mean),
        low=0.22 - 0.05,
        high=0.22 + 0.05,
        chosen=True,
        trained=False,
        digits=3,
    ),
    Claim(
        key="no-model-stsim",
        about="Table 1",
        sentence="The untranslated TXM has an STSIM of 0.70.",
        quantity="STSIM-1 of No Model",
        effect=values("stsim_1", ["No Model"], mean),
        low=0.70 - 0.05,
        high=0.70 + 0.05,
        chosen=True,
        trained=False,
        digits=3,
    ),
)

AGAINST_NO_MODEL = tuple(
    Claim(
        key=f"improve-{name}",
        about="Table 1",
        sentence=f"Translation improves on No Model across all metrics: {title}.",
        quantity=f"{title} of the worst of 9 models minus No Model",
        effect=differences(column, [(row, "No Model") for row in BASELINES], min),
        low=0,
        digits=digits,
    )
    for name, title, column, digits in (
        ("psnr", "PSNR [dB]", "psnr", 2),
        ("ssim", "SSIM", "ssim", 3),
        ("stsim", "STSIM-1", "stsim_1", 3),
    )
)

WGAN = (
    Claim(
        key="wgan-psnr",
        about="Table 1",
        sentence="Models with WGAN outperform vanilla ones in PSNR.",
        quantity="PSNR, WGAN minus vanilla, mean of three pairs [dB]",
        effect=differences("psnr", PAIRS_WGAN),
        low=0,
    ),
    Claim(
        key="wgan-stsim",
        about="Table 1",
        sentence="WGAN improves STSIM.",
        quantity="STSIM-1, WGAN minus vanilla, mean of three pairs",
        effect=differences("stsim_1", PAIRS_WGAN),
        low=0,
        digits=3,
    ),
)

SAME_2D = tuple(
    Claim(
        key=f"regularised-same-{name}",
        about="Table 1",
        sentence=f"The regulariser does not significantly change the 2-D metrics: {title}.",
        quantity=f"{title}, regularised minus original, the larger change of the two",
        effect=differences(column, PAIRS_REG, farthest),
        low=-margin,
        high=margin,
        chosen=True,
        digits=digits,
    )
    for name, title, column, margin, digits in (
        ("psnr", "PSNR [dB]", "psnr", PSNR_MARGIN, 2),
        ("ssim", "SSIM", "ssim", SCORE_MARGIN, 3),
        ("stsim", "STSIM-1", "stsim_1", SCORE_MARGIN, 3),
        ("medium", "Dice of medium density", "dice_medium", SCORE_MARGIN, 3),
        ("high", "Dice of high density", "dice_high", SCORE_MARGIN, 3),
    )
)
CHANGED_2D = (
    Claim(
        key="regularised-changes-low",
        about="Table 1",
        sentence="The exception is low density, which the regulariser does change.",
        quantity="Dice of low density, regularised minus original, mean of two",
        effect=differences("dice_low", PAIRS_REG),
        low=0,
        high=0,
        outside=True,
        digits=3,
    ),
    Claim(
        key="regularised-lowers-psnr",
        about="Table 1",
        sentence="The regulariser slightly reduces all metrics: PSNR, for both models.",
        quantity="PSNR, regularised minus original, the higher of the two [dB]",
        effect=differences("psnr", PAIRS_REG, max),
        high=0,
    ),
    Claim(
        key="regularised-lowers-ssim",
        about="Table 1",
        sentence="The regulariser slightly reduces all metrics: SSIM, for both models.",
        quantity="SSIM, regularised minus original, the higher of the two",
        effect=differences("ssim", PAIRS_REG, max),
        high=0,
        digits=3,
    ),
)

COST = (
    Claim(
        key="regularised-slower",
        about="Training",
        sentence="Regularised models take much longer to train.",
        quantity="Processor time of training, regularised ÷ original, the lower of the two",
        effect=ratios("seconds", PAIRS_REG, min),
        timed=True,
        low=1.5,
        chosen=True,
        exact=True,
    ),
)

VOLUMES = (
    Claim(
        key="regularised-euler",
        about="Table 2",
        sentence="The regulariser improves the Euler characteristic in x-z and y-z planes.",
        quantity="KL of Euler in x-z and y-z, regularised minus original, the higher of two [nat]",
        effect=differences("euler_xz_yz", PAIRS_REG, max),
        high=0,
        volume=True,
    ),
    *(
        Claim(
            key=f"median-{model}-{name}",
            about="Table 2",
            sentence=f"The median filter {verb} the {title} of {label}.",
            quantity=f"KL of {title} in x-z and y-z, with the filter minus without [nat]",
            effect=differences(column, [pair]),
            low=low,
            high=high,
            volume=True,
        )
        for model, label, pair, verb, low, high in (
            ("srgan", "SRGAN", (SRGAN_MEDIAN, SRGAN_REG), "improves", float("-inf"), 0.0),
            ("pix2pix", "pix2pix", (PIX2PIX_MEDIAN, PIX2PIX_REG), "worsens", 0.0, float("inf")),
        )
        for name, title, column in (
            ("perimeter", "perimeter", "perimeter_xz_yz"),
            ("euler", "Euler characteristic", "euler_xz_yz"),
        )
    ),
)

FLOW = (
    Claim(
        key="k-order",
        about="Table 3",
        sentence="The apparent permeability is of the order of 10 to 100 nanodarcy: SRGAN 4x.",
        quantity="k of SRGAN 4x (Vanilla) [nd]",
        effect=values("permeability_nd", [SRGAN], mean),
        low=PERMEABILITY_RANGE_ND[0],
        high=PERMEABILITY_RANGE_ND[1],
        volume=True,
        exact=True,
        digits=1,
    ),
    Claim(
        key="k-order-regularised",
        about="Table 3",
        sentence="The apparent permeability is of the order of 10 to 100 nanodarcy: regularised.",
        quantity="k of Regularized SRGAN 4x (Vanilla) [nd]",
        effect=values("permeability_nd", [SRGAN_REG], mean),
        low=PERMEABILITY_RANGE_ND[0],
        high=PERMEABILITY_RANGE_ND[1],
        volume=True,
        exact=True,
        digits=1,
    ),
    *(
        Claim(
            key=f"regularised-lower-{name}",
            about="Table 3",
            sentence=f"The regularised model gives the lower {title}.",
            quantity=f"{title[:1].upper()}{title[1:]}, regularised ÷ original",
            effect=ratios(column, [(SRGAN_REG, SRGAN)]),
            high=1,
            volume=True,
        )
        for name, title, column in (
            ("k", "permeability", "permeability_nd"),
            ("kn", "Knudsen number", "kn"),
            ("porosity", "porosity", "porosity"),
        )
    ),
    Claim(
        key="connected",
        about="Table 3",
        sentence="Nine tenths of the low-density phase connect the inlet with the outlet.",
        quantity="Connected ÷ total porosity, the lower of two; so by our rule for the threshold",
        effect=connected_share,
        low=0.9,
        volume=True,
        exact=True,
        digits=3,
    ),
    Claim(
        key="kn-range",
        about="Table 3",
        sentence="The Knudsen number is about 0.08 to 0.10.",
        quantity="Kn, the mean of the two models",
        effect=values("kn", [SRGAN, SRGAN_REG], mean),
        low=0.077 / 1.5,
        high=0.100 * 1.5,
        chosen=True,
        volume=True,
        exact=True,
        digits=3,
    ),
    Claim(
        key="stated-viscosity",
        about="Flow",
        sentence="The gas has a kinematic viscosity of 1e-4 cm²/s, and Kn is 0.08 to 0.10.",
        quantity="Kn of the true domain with the stated viscosity",
        effect=values("kn_stated_viscosity", [TRUTH], mean),
        low=0.077 / 1.5,
        high=0.100 * 1.5,
        chosen=True,
        volume=True,
        trained=False,
        exact=True,
        digits=5,
    ),
)

AGAINST_TRUTH = (
    Claim(
        key="accurate-k",
        about="Abstract",
        sentence="Translation allows petrophysical properties to be found accurately: k.",
        quantity="k of the model ÷ k of the truth, the worse of SRGAN 4x with and without",
        effect=ratios("permeability_nd", [(SRGAN, TRUTH), (SRGAN_REG, TRUTH)], farthest_from_one),
        low=0.5,
        high=2,
        chosen=True,
        volume=True,
        truth=True,
        exact=True,
    ),
    Claim(
        key="accurate-porosity",
        about="Abstract",
        sentence="Translation allows petrophysical properties to be found accurately: porosity.",
        quantity="Porosity of the model minus the truth, the worse of SRGAN 4x with and without",
        effect=differences("porosity", [(SRGAN, TRUTH), (SRGAN_REG, TRUTH)], farthest),
        low=-0.03,
        high=0.03,
        chosen=True,
        volume=True,
        truth=True,
        exact=True,
        digits=3,
    ),
    Claim(
        key="regularised-slices",
        about="Abstract",
        sentence="The regulariser improves volumes made of slices.",
        quantity="Error of |dS/dz|, regularised minus original, the higher of two [grey level]",
        effect=differences("jump_error", PAIRS_REG, max),
        high=0,
        volume=True,
        truth=True,
    ),
    *(
        Claim(
            key=f"isotropy-{key}",
            about="Table 2, assumption",
            sentence=f"x-y planes look like x-z and y-z planes: {title}.",
            quantity="Least p-value of three tests: area, perimeter, Euler characteristic",
            effect=values(f"isotropy of the {phase}", [TRUTH], mean),
            low=0.05,
            chosen=True,
            volume=True,
            truth=True,
            trained=False,
            exact=True,
            digits=3,
        )
        for key, phase, title in (
            ("phase", "true phase", "the low-density phase itself"),
            ("image", "classified FIB-SEM", "the phase as a classifier sees it in the FIB-SEM"),
        )
    ),
    Claim(
        key="ranking",
        about="Table 2, assumption",
        sentence="A model of lower KL divergence is nearer to the true volume.",
        quantity="Kendall rank correlation of Euler KL (x-z, y-z) and the true 3-D error",
        effect=values("kendall_euler_xz_yz", ["All models"], mean),
        low=0,
        volume=True,
        truth=True,
    ),
)

IMAGES = (*UNTRANSLATED, *AGAINST_NO_MODEL, *WGAN, *SAME_2D, *CHANGED_2D, *COST)
CLAIMS = (*IMAGES, *VOLUMES, *FLOW, *AGAINST_TRUTH)
