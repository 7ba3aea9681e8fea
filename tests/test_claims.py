"""What each claim of the ledger computes, worked out anew on tables of made-up numbers.

A claim's number and its range follow from the paper's sentence: which rows, which column, the
worst or the mean of them, better or worse. Here each is written once more, in plain arithmetic.
"""

from __future__ import annotations

from math import inf
from statistics import mean

import numpy as np
import pytest
from scipy.stats import kendalltau

from companion.claims import CLAIMS
from companion.effects import Reading
from companion.ledger import paper_evidence
from companion.rows import ROWS

FORWARD = ["feedforward", "srcnn_4x", "srcnn_2x"]
NETS = ["pix2pix", "srgan_4x", "srgan_2x"]
VANILLA, WGAN = ([f"{net}_{loss}" for net in NETS] for loss in ("vanilla", "wgan"))
GANS, MODELS = VANILLA + WGAN, FORWARD + VANILLA + WGAN
SMOOTHED = ["pix2pix_wgan_reg_median", "srgan_4x_vanilla_reg_median"]
REGULAR = [row.removesuffix("_median") for row in SMOOTHED]
PLAIN = [row.removesuffix("_reg") for row in REGULAR]
ORIGINAL, FLOWN = "srgan_4x_vanilla", "srgan_4x_vanilla_reg"
TABLE_1 = ["psnr", "ssim", "stsim_1", "dice_low", "dice_high"]
TABLE_2 = [
    f"{name}_{planes}" for name in ("area", "perimeter", "euler") for planes in ("xy", "xz_yz")
]
SHOWN = {"psnr": 13.59, "ssim": 0.22, "stsim_1": 0.70, "dice_low": 0.06, "dice_high": 0.20}
PRINTED = [*MODELS, *REGULAR, *SMOOTHED, "no_model"]

_RNG = np.random.default_rng(7)
_OTHERS = ["joint", "gradient_xy", "seconds", "low_share", "slice_jump", "continuity", "kn"]
_OTHERS += ["permeability_nd", "permeability_nd_first", "porosity", "porosity_connected"]
_OTHERS += ["jump_error", "error_3d", "kn_stated_viscosity"]
_OTHERS += [f"gain_{column}" for column in TABLE_2]
_OTHERS += [
    f"isotropy_{functional} of the {phase}"
    for functional in ("area", "perimeter", "euler")
    for phase in ("true phase", "classified FIB-SEM")
]
CELLS = {
    (name, row.key): float(_RNG.uniform(0.5, 2.0))
    for name in TABLE_1 + TABLE_2 + _OTHERS
    for row in ROWS
}


def cell(name, row):
    return CELLS[name, row]


def minus(name, firsts, seconds):
    return [cell(name, a) - cell(name, b) for a, b in zip(firsts, seconds, strict=True)]


def over(name, firsts, seconds):
    return [cell(name, a) / cell(name, b) for a, b in zip(firsts, seconds, strict=True)]


def row_of(name, rows):
    return [cell(name, row) for row in rows]


def rest(rows, *named):
    return [row for row in rows if row not in named]


def growth(name):
    """By which factor the models are above No Model, on the average."""
    return mean(cell(name, row) / cell(name, "no_model") for row in MODELS)


def size(numbers):
    return max(map(abs, numbers))


def dash(name):
    return name.replace("_", "-")


def expected():
    """Key of each claim -> its number, and between which limits the sentence holds."""
    found = {}
    for name in TABLE_1:
        near = 0.7 if name == "psnr" else 0.05
        found[f"no-model-{dash(name)}"] = (
            cell(name, "no_model"), SHOWN[name] - near, SHOWN[name] + near,
        )  # fmt: skip
        gained = [cell(name, row) - cell(name, "no_model") for row in MODELS]
        found[f"improve-{dash(name)}"] = (min(gained), 0, inf)
        changes = minus(name, REGULAR, PLAIN)
        little = 0.5 if name == "psnr" else 0.02
        changed = (little, inf) if name == "dice_low" else (-inf, little)
        found[f"not-2d-{dash(name)}"] = (size(changes), *changed)
        reduced = (min(changes), 0, inf) if name == "dice_high" else (max(changes), -inf, 0)
        found[f"reduces-{dash(name)}"] = reduced
    for name in ("stsim_1", "dice_low"):
        rivals = max(growth(other) for other in ("psnr", "ssim", "dice_high"))
        found[f"most-{dash(name)}"] = (growth(name) - rivals, 0, inf)
    least = min(growth(other) for other in TABLE_1 if other != "dice_high")
    found["most-dice-high"] = (growth("dice_high") - least, -inf, 0)

    strong = ["pix2pix_wgan", "srgan_2x_wgan"]
    for name in ("psnr", "ssim"):
        found[f"wgan-{name}"] = (mean(minus(name, WGAN, VANILLA)), 0, inf)
        led = mean(row_of(name, GANS)) - mean(row_of(name, FORWARD))
        found[f"gan-{name}"] = (led, 0, inf)
    found["wgan-stsim-1"] = (mean(minus("stsim_1", WGAN, VANILLA)), 0, inf)
    found["wgan-dice-low"] = (mean(minus("dice_low", WGAN, VANILLA)), -inf, 0)
    for name in ("psnr", "ssim", "stsim_1"):
        led = min(row_of(name, strong)) - max(row_of(name, rest(GANS, *strong)))
        found[f"strongest-{dash(name)}"] = (led, 0, inf)
    for name in ("psnr", "ssim", "dice_high"):
        led = cell(name, "pix2pix_wgan") - max(row_of(name, rest(MODELS, "pix2pix_wgan")))
        found[f"pix2pix-best-{dash(name)}"] = (led, 0, inf)
    for name, place in (("stsim_1", -1), ("dice_low", -2)):
        rival = sorted(row_of(name, rest(MODELS, ORIGINAL)))[place]
        found[f"srgan-best-{dash(name)}"] = (cell(name, ORIGINAL) - rival, 0, inf)
    found["sparser-gradients"] = (max(over("gradient_xy", REGULAR, PLAIN)), -inf, 1)
    found["slower"] = (min(over("seconds", REGULAR, PLAIN)), 1.5, inf)
    return found | of_volumes() | of_flow() | of_the_truth()


def of_volumes():
    joint = row_of("joint", MODELS)
    found = {"joint-models": (max(joint) / min(joint), -inf, 1.25)}
    for kind, after, before in (("regularised", REGULAR, PLAIN), ("median", SMOOTHED, REGULAR)):
        for name in TABLE_2:
            changes, column = minus(name, after, before), f"{kind}-{dash(name)}"
            if kind == "regularised" and not name.startswith("area"):
                found[f"significant-{column}"] = (max(changes), -inf, 0)
            if kind == "regularised" and name.startswith("area"):
                found[f"area-{column}"] = (min(changes), 0, inf)
            if name.startswith("euler"):
                found[f"both-euler-{column}"] = (max(changes), -inf, 0)
            elif name.endswith("_xy"):
                found[f"planes-{column}"] = (min(changes), 0, inf)
            else:
                found[f"planes-{column}"] = (size(changes), -inf, 1)
            if kind == "median":
                worse, better = changes
                found[f"median-pix2pix-{dash(name)}"] = (worse, 0, inf)
                if not name.startswith("area"):
                    found[f"median-srgan-{dash(name)}"] = (better, -inf, 0)
    found["fewer-regularised"] = (max(over("low_share", REGULAR, PLAIN)), -inf, 1)
    found["wgan-low-share"] = (mean(over("low_share", WGAN, VANILLA)), -inf, 1)
    found["continuity-regularised"] = (max(over("slice_jump", REGULAR, PLAIN)), -inf, 1)
    found["continuity-median"] = (max(over("slice_jump", SMOOTHED, REGULAR)), -inf, 1)
    found["between-slices-regularised"] = (min(minus("continuity", REGULAR, PLAIN)), 0, inf)
    return found


def of_flow():
    k, kn, connected = (
        cell(name, FLOWN) / cell(name, ORIGINAL)
        for name in ("permeability_nd", "kn", "porosity_connected")
    )
    found = {
        f"order-{which}{end}": (cell(f"permeability_nd{end.replace('-', '_')}", row), 10, 1000)
        for which, row in (("original", ORIGINAL), ("regularised", FLOWN))
        for end in ("", "-first")
    }
    found["slightly-permeability"] = (k, 0.5, 1)
    found["slightly-kn"] = (kn, 0.5, 1)
    found["choice-permeability"] = (k, 0.5, 2)
    found["active-cells"] = (connected, -inf, 1)
    found["velocity-pores"] = (k / connected, -inf, 1)
    stated = cell("kn_stated_viscosity", "truth")
    found["gas-viscosity"] = (stated, 0.051, 0.150)  # 0.077 / 1.5, 0.100 * 1.5
    wrong = [
        cell("permeability_nd", row) / cell("permeability_nd", "truth") for row in (ORIGINAL, FLOWN)
    ]
    found["accurate-permeability"] = (max(*wrong, *(1 / one for one in wrong)), -inf, 2)
    off = [cell("porosity", row) - cell("porosity", "truth") for row in (ORIGINAL, FLOWN)]
    found["accurate-porosity"] = (size(off), -inf, 0.03)
    return found


def of_the_truth():
    found = {"better-volumes-jump": (max(minus("jump_error", REGULAR, PLAIN)), -inf, 0)}
    for key, phase in (("phase", "true phase"), ("image", "classified FIB-SEM")):
        for name in ("area", "perimeter", "euler"):
            test = cell(f"isotropy_{name} of the {phase}", "truth")
            found[f"isotropic-{key}-{name}"] = (test, 0.05, inf)
    ranked = kendalltau(row_of("euler_xz_yz", PRINTED), row_of("error_3d", PRINTED)).statistic
    found["smaller-better"] = (ranked, 0, inf)
    for name in TABLE_2:
        found[f"smaller-better-smoothing-{dash(name)}"] = (cell(f"gain_{name}", "truth"), -inf, 0)
    return found


EXPECTED = expected()
BY_KEY = {claim.key: claim for claim in CLAIMS}


def test_every_claim_is_worked_out_here():
    assert set(EXPECTED) == set(BY_KEY)


@pytest.mark.parametrize("key", BY_KEY)
def test_a_claim_computes_what_its_sentence_says(key):
    number, low, high = EXPECTED[key]
    found = BY_KEY[key].effect(Reading(CELLS))
    assert float(found.low) == float(found.high) == pytest.approx(number, rel=1e-9)
    assert (BY_KEY[key].low, BY_KEY[key].high) == pytest.approx((low, high), rel=1e-9)


def test_how_a_claim_is_judged_follows_from_what_it_is():
    """Choice: that it matters. P-values are of tests. One number decides of sizes alone."""
    assert [claim.key for claim in CLAIMS if claim.outside] == ["choice-permeability"]
    assert {claim.sentence for claim in CLAIMS if claim.p_value} == {"isotropic"}
    exact = {claim.key for claim in CLAIMS if claim.exact and claim.sentence != "smaller-better"}
    assert exact == {"slower", "gas-viscosity"} | {key for key in BY_KEY if key.startswith("order")}


@pytest.mark.parametrize("key", BY_KEY)
def test_the_paper_is_asked_what_its_tables_can_answer(key):
    """And the public patches, which are no volumes, what Table 1 and the clock can."""
    claim, reading = BY_KEY[key], Reading(CELLS)
    claim.effect(reading)
    known = paper_evidence().cells
    printed = reading.read <= set(known) and claim.sentence != "no-model"
    assert ("paper" in claim.asks) == printed
    flat = {name for name, _ in reading.read} <= {*TABLE_1, "seconds"}
    assert ("patches" in claim.asks) == flat
    assert "shale" in claim.asks


def test_the_stated_viscosity_would_leave_no_slip():
    """Kn of the paper, 0.077 to 0.1, in pores of one width: paths go as viscosities.

    1e-4 cm²/s where methane at 370 K and 0.8 MPa has 1.34e-5 Pa s over 4.17 kg/m³.
    """
    stated = paper_evidence().cells["kn_stated_viscosity", "truth"]
    ratio = 1e-8 / (1.34e-5 / 4.172)
    assert float(stated.low) == pytest.approx(0.07695 * ratio, rel=1e-3)
    assert float(stated.high) == pytest.approx(0.1005 * ratio, rel=1e-3)
