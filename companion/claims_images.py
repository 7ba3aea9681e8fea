"""Claims about two-dimensional images: the paper's Table 1 and the time that training takes.

Where the paper writes "significantly" or "much" without a number, the limit is ours and marked as
`chosen`.
"""

from __future__ import annotations

from math import inf
from typing import Any

from companion.effects import (
    Combine,
    differences,
    greatest,
    improvement_lead,
    largest_change,
    lead,
    least,
    mean,
    ratios,
    second,
    value,
)
from companion.ledger import Claim
from companion.published import published_value
from companion.rows import PAIRS

FEEDFORWARD = ("feedforward", "srcnn_4x", "srcnn_2x")
VANILLA = ("pix2pix_vanilla", "srgan_4x_vanilla", "srgan_2x_vanilla")
WGAN = ("pix2pix_wgan", "srgan_4x_wgan", "srgan_2x_wgan")
MODELS = (*FEEDFORWARD, *VANILLA, *WGAN)  # the paper's without the regulariser
BY_LOSS = tuple(zip(WGAN, VANILLA, strict=True))
REGULARISED = tuple((after, before) for before, after, _ in PAIRS)
STRONG = ("pix2pix_wgan", "srgan_2x_wgan")
OVER_TXM = tuple((row, "no_model") for row in MODELS)

METRICS = {
    # quantity: (title, form, what we call "no significant change")
    "psnr": ("PSNR [dB]", ".2f", 0.5),
    "ssim": ("SSIM", ".3f", 0.02),
    "stsim_1": ("STSIM-1", ".3f", 0.02),
    "dice_low": ("Dice of low density", ".3f", 0.02),
    "dice_high": ("Dice of high density", ".3f", 0.02),
}
_NOT_MOST = ("psnr", "ssim", "dice_high")
_NOT_LEAST = ("psnr", "ssim", "stsim_1", "dice_low")
UNTRANSLATED = {"psnr": 0.7, "ssim": 0.05, "stsim_1": 0.05, "dice_low": 0.05, "dice_high": 0.05}
"""How near a cell of other slices of the same rock should be."""


def _claim(name: str, quantity: str, told: str, effect: Any, **about: Any) -> Claim:
    """One metric of a sentence: `told` says what is computed from it."""
    title, form, _ = METRICS[quantity]
    given: dict[str, Any] = {
        "key": f"{name}-{quantity.replace('_', '-')}",
        "page": "images",
        "sentence": name,
        "quantity": f"{title}: {told}",
        "effect": effect,
        "form": form,
    }
    return Claim(**given | about)


def _others(*rows: str) -> tuple[str, ...]:
    return tuple(row for row in MODELS if row not in rows)


def _printed(quantity: str) -> float:
    """Return the paper's cell of the untranslated TXM."""
    return published_value("no_model", "stsim" if quantity == "stsim_1" else quantity, table=1)


def _regularised(name: str, quantity: str, told: str, combine: Combine, **about: Any) -> Claim:
    effect = differences(quantity, REGULARISED, combine)
    return _claim(name, quantity, f"regularised minus original, {told}", effect, **about)


AGAINST_TXM = (
    *(
        _claim(
            "no-model",
            quantity,
            "the untranslated TXM",
            value(quantity, ("no_model",)),
            low=_printed(quantity) - margin,
            high=_printed(quantity) + margin,
            chosen=True,
            asks=("patches", "shale"),
        )
        for quantity, margin in UNTRANSLATED.items()
    ),
    *(
        _claim(
            "improve",
            quantity,
            "worst of the models minus No Model",
            differences(quantity, OVER_TXM, least),
            low=0,
        )
        for quantity in METRICS
    ),
    *(
        _claim(
            "most",
            quantity,
            f"mean ratio of the models to No Model, minus the {word} ratio of {named}",
            improvement_lead(quantity, others, MODELS, "no_model", against),
            low=low,
            high=high,
        )
        for quantity, word, named, others, against, low, high in (
            ("stsim_1", "greatest", "PSNR, SSIM and high density", _NOT_MOST, greatest, 0.0, inf),
            ("dice_low", "greatest", "PSNR, SSIM and high density", _NOT_MOST, greatest, 0.0, inf),
            ("dice_high", "least", "the other four", _NOT_LEAST, least, -inf, 0.0),
        )
    ),
)

BETWEEN_MODELS = (
    *(
        _claim(
            "families",
            quantity,
            "WGAN minus vanilla, mean of three pairs",
            differences(quantity, BY_LOSS),
            key=f"wgan-{quantity}",
            low=0,
        )
        for quantity in ("psnr", "ssim")
    ),
    *(
        _claim(
            "families",
            quantity,
            "mean of the GANs minus mean of the feed-forward models",
            lead(quantity, VANILLA + WGAN, FEEDFORWARD, mean, mean),
            key=f"gan-{quantity}",
            low=0,
        )
        for quantity in ("psnr", "ssim")
    ),
    *(
        _claim(
            "strongest",
            quantity,
            "the lower of pix2pix (WGAN) and SRGAN 2x (WGAN) minus the best other GAN",
            lead(quantity, STRONG, tuple(row for row in VANILLA + WGAN if row not in STRONG)),
            low=0,
        )
        for quantity in ("psnr", "ssim", "stsim_1")
    ),
    *(
        _claim(
            "pix2pix-best",
            quantity,
            "pix2pix (WGAN) minus the best other model",
            lead(quantity, ("pix2pix_wgan",), _others("pix2pix_wgan")),
            low=0,
        )
        for quantity in ("psnr", "ssim", "dice_high")
    ),
    _claim(
        "srgan-best",
        "stsim_1",
        "SRGAN 4x (Vanilla) minus the best other model",
        lead("stsim_1", ("srgan_4x_vanilla",), _others("srgan_4x_vanilla")),
        low=0,
    ),
    _claim(
        "srgan-best",
        "dice_low",
        "SRGAN 4x (Vanilla) minus the second best other model",
        lead("dice_low", ("srgan_4x_vanilla",), _others("srgan_4x_vanilla"), against=second),
        low=0,
    ),
    _claim(
        "wgan",
        "stsim_1",
        "WGAN minus vanilla, mean of three pairs",
        differences("stsim_1", BY_LOSS),
        low=0,
    ),
    _claim(
        "wgan",
        "dice_low",
        "WGAN minus vanilla, mean of three pairs",
        differences("dice_low", BY_LOSS),
        high=0,
    ),
)

REGULARISER = (
    *(
        _regularised(
            "not-2d",
            quantity,
            "size of the larger change of the two",
            largest_change,
            high=METRICS[quantity][2],
            chosen=True,
        )
        for quantity in ("psnr", "ssim", "stsim_1", "dice_high")
    ),
    _regularised(
        "not-2d",
        "dice_low",
        "size of the larger change of the two",
        largest_change,
        low=METRICS["dice_low"][2],
        chosen=True,
    ),
    *(
        _regularised("reduces", quantity, "the higher of the two", greatest, high=0)
        for quantity in ("psnr", "ssim", "stsim_1", "dice_low")
    ),
    _regularised("reduces", "dice_high", "the lower of the two", least, low=0),
    Claim(
        key="sparser-gradients",
        page="images",
        sentence="sparser",
        quantity="Mean |gradient| in x and y: regularised ÷ original, the higher of the two",
        effect=ratios("gradient_xy", REGULARISED, greatest),
        high=1,
        asks=("shale",),
    ),
    Claim(
        key="slower",
        page="images",
        sentence="slower",
        quantity="Processor time of training: regularised ÷ original, the lower of the two",
        effect=ratios("seconds", REGULARISED, least),
        low=1.5,
        chosen=True,
        asks=("patches", "shale"),
        exact=True,
        of_finding=False,
    ),
)
