"""Claims about translated volumes: the paper's Table 2. Less divergence is better."""

from __future__ import annotations

from math import inf
from typing import Any

from companion.claims_images import BY_LOSS, MODELS, REGULARISED
from companion.effects import differences, greatest, largest_change, least, ratios, spread
from companion.ledger import Claim
from companion.rows import PAIRS

COLUMNS = {
    "area_xy": "area in x-y",
    "area_xz_yz": "area in x-z and y-z",
    "perimeter_xy": "perimeter in x-y",
    "perimeter_xz_yz": "perimeter in x-z and y-z",
    "euler_xy": "Euler characteristic in x-y",
    "euler_xz_yz": "Euler characteristic in x-z and y-z",
}
SMOOTHED = tuple((after, before) for _, before, after in PAIRS)
PIX2PIX, SRGAN = SMOOTHED
SIMILAR_KL = 1.0  # what we call "similar results" of two rows [nat]
SIMILAR_JOINT = 1.25  # and of all rows, the greatest over the least


def _claim(name: str, key: str, quantity: str, effect: Any, **about: Any) -> Claim:
    given: dict[str, Any] = {
        "key": f"{name}-{key}",
        "page": "volumes",
        "sentence": name,
        "quantity": quantity,
        "effect": effect,
        "asks": ("paper", "shale"),
    }
    return Claim(**given | about)


def _column(name: str, column: str, what: str, pairs: Any, combine: Any, **about: Any) -> Claim:
    """One column of Table 2: the change of its divergence over pairs of rows."""
    key = f"{what.split()[0]}-{column.replace('_', '-')}"
    told = (
        ""
        if len(pairs) == 1
        else {
            greatest: ", the higher of the two",
            least: ", the lower of the two",
            largest_change: ", size of the larger change of the two",
        }[combine]
    )
    quantity = f"KL of {COLUMNS[column]} [nat]: {what}{told}"
    return _claim(name, key, quantity, differences(column, pairs, combine), **about)


REG, MED = "regularised minus original", "median filter minus none"

REGULARISER = (
    _claim(
        "joint",
        "models",
        "KL of the joint histogram: greatest ÷ least of the models",
        spread("joint", MODELS),
        high=SIMILAR_JOINT,
        chosen=True,
    ),
    *(
        _column("significant", column, REG, REGULARISED, greatest, high=0)
        for column in ("perimeter_xy", "perimeter_xz_yz", "euler_xy", "euler_xz_yz")
    ),
    *(
        _column("area", column, REG, REGULARISED, least, low=0)
        for column in ("area_xy", "area_xz_yz")
    ),
    *(
        _column("planes", column, what, pairs, least, low=0)
        for what, pairs in ((REG, REGULARISED), (MED, SMOOTHED))
        for column in ("area_xy", "perimeter_xy")
    ),
    *(
        _column("planes", column, what, pairs, largest_change, high=SIMILAR_KL, chosen=True)
        for what, pairs in ((REG, REGULARISED), (MED, SMOOTHED))
        for column in ("area_xz_yz", "perimeter_xz_yz")
    ),
    *(
        _column("both-euler", column, what, pairs, greatest, high=0)
        for what, pairs in ((REG, REGULARISED), (MED, SMOOTHED))
        for column in ("euler_xy", "euler_xz_yz")
    ),
)

MEDIAN = tuple(
    _claim(
        "median",
        f"{model}-{column.replace('_', '-')}",
        f"KL of {COLUMNS[column]} [nat]: {label}, {MED}",
        differences(column, (pair,)),
        low=low,
        high=high,
    )
    for model, label, pair, columns, low, high in (
        ("pix2pix", "pix2pix (WGAN)", PIX2PIX, tuple(COLUMNS), 0.0, inf),
        ("srgan", "SRGAN 4x (Vanilla)", SRGAN, tuple(COLUMNS)[2:], -inf, 0.0),
    )
    for column in columns
)

PHASE = (
    _claim(
        "fewer",
        "regularised",
        "Share of low density in the volumes: regularised ÷ original, the higher of the two",
        ratios("low_share", REGULARISED, greatest),
        high=1,
        asks=("shale",),
    ),
    _claim(
        "wgan",
        "low-share",
        "Share of low density in the volumes: WGAN ÷ vanilla, mean of three pairs",
        ratios("low_share", BY_LOSS),
        high=1,
        asks=("shale",),
    ),
    *(
        _claim(
            "continuity",
            key,
            f"Mean change from slice to slice: {what}, the higher of the two",
            ratios("slice_jump", pairs, greatest),
            high=1,
            asks=("shale",),
        )
        for key, what, pairs in (
            ("regularised", "regularised ÷ original", REGULARISED),
            ("median", "with the median filter ÷ without", SMOOTHED),
        )
    ),
    _claim(
        "between-slices",
        "regularised",
        "Share of low density that is low density in the next slice too: regularised minus "
        "original, the lower of the two",
        differences("continuity", REGULARISED, least),
        low=0,
        asks=("shale",),
        form=".3f",
    ),
)

VOLUMES = (*REGULARISER, *MEDIAN, *PHASE)
