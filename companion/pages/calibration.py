"""The digital shale beside the real patches: same crops, same code."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from companion.pages.calibration_learners import local_regressors, told_apart
from companion.pages.calibration_measures import DARK, correlations, regions, sem_noise
from companion.published import published_value
from companion.style import DASH, Row, Rule, lay_out, number
from shalelib.arrays import Grey, Mask, Real
from shalelib.data.fetch import positions
from shalelib.data.pairs import PairedSlices
from shalelib.metrics import texture
from shalelib.metrics.divergence import kl_from_counts
from shalelib.metrics.paired import psnr, ssim
from shalelib.metrics.table1 import score_patches

REAL_CENTRE = (574.0, 586.0)  # of the real plug in the authors' slices [pixel] ...
REAL_RADIUS = 435.0  # ... both fitted to the outline in the 11 patches of slice 16
RESOLVED = 0.375  # [cycle/pixel]; beyond, the real slices' own resampling decides
MIN_INSIDE = 0.75  # least share of a crop inside the rock (the paper's rule for patches)
RARE = 1e-4  # least share of a grey level in a divergence of grey levels


class Crops(NamedTuple):
    """Square crops of both modalities.

    Attributes
    ----------
    txm, sem : (n, size, size) uint8 arrays
    inside : (n, size, size) bool array
    depth : (n,) float array
        Of each crop's centre below the outline of the plug [pixel].
    slices : (n,) int array
        The slice that each crop was cut from; neighbours have neighbouring numbers.
    """

    txm: Grey
    sem: Grey
    inside: Mask
    depth: Real
    slices: NDArray[np.int64]


def real_crops(pairs: PairedSlices, *, size: int = 128, most: int = 400) -> Crops:
    """Cut the real patches into tiles of which at least 75% are rock.

    Parameters
    ----------
    pairs : PairedSlices
        What `shalelib.data.fetch.fetch_patches` returns, or part of it.
    size : int
        Edge of a tile [pixel].
    most : int
        Evenly spaced ones are taken where there are more; 100 patches hold at most 400 of 128.

    Returns
    -------
    Crops
    """
    places = positions().set_index("patch").loc[list(pairs.names), ["row", "column"]].to_numpy()
    height, width = pairs.txm.shape[1:]
    corners = [
        (n, i, j)
        for n in range(len(pairs))
        for i in range(0, height - size + 1, size)
        for j in range(0, width - size + 1, size)
        if pairs.inside[n, i : i + size, j : j + size].mean() >= MIN_INSIDE
    ]
    chosen = np.linspace(0, len(corners) - 1, min(len(corners), most), dtype=int)
    corners = [corners[k] for k in chosen]
    centre = [places[n] + (i + size / 2, j + size / 2) for n, i, j in corners]
    depth = REAL_RADIUS - np.linalg.norm(np.array(centre) - REAL_CENTRE, axis=1)
    slices = pairs.slice_index[[n for n, _, _ in corners]]
    return _cut(pairs, np.array(corners), size, depth, slices)


def phantom_crops(*splits: PairedSlices, like: Crops, seed: int) -> Crops:
    """Cut as many crops from the phantom, each as deep below the outline as its real twin.

    Brightness and noise of the TXM depend on that depth, and the real patches lie mostly near
    the outline. Where a small plug has no place as deep, its deepest ones are taken.

    Parameters
    ----------
    *splits : PairedSlices
        The phantom's paired slices, for example those for training, validation and testing; the
        outline is the same in all slices of one split.
    like : Crops
        The real ones.
    seed : int

    Returns
    -------
    Crops
    """
    size, step = like.sem.shape[-1], 8
    rng = np.random.default_rng(seed)
    candidates = []
    for which, pairs in enumerate(splits):
        below = ndimage.distance_transform_edt(pairs.inside[0])
        height, width = below.shape
        candidates += [
            (which, i, j, below[i + size // 2, j + size // 2])
            for i in range(0, height - size + 1, step)
            for j in range(0, width - size + 1, step)
            if pairs.inside[0, i : i + size, j : j + size].mean() >= MIN_INSIDE
        ]
    if not candidates:
        msg = f"no crop of {size} pixels fits into the phantom's plug; take a wider one"
        raise ValueError(msg)
    places = np.array(candidates)
    wanted = np.minimum(like.depth, np.percentile(places[:, 3], 95))
    cuts = []
    for depth in wanted:
        miss = np.abs(places[:, 3] - depth) + 12.0 * rng.random(len(places))
        which, i, j, found = places[np.argmin(miss)]
        pairs = splits[int(which)]
        corner = np.array([[rng.integers(len(pairs)), int(i), int(j)]])
        slices = pairs.slice_index[corner[:, 0]]
        cuts.append(_cut(pairs, corner, size, np.array([found]), slices))
    return Crops._make(np.concatenate(parts) for parts in zip(*cuts, strict=True))


def _cut(
    pairs: PairedSlices, corners: np.ndarray, size: int, depth: Real, slices: NDArray[np.int64]
) -> Crops:
    def stack(images: np.ndarray) -> np.ndarray:
        return np.stack([images[n, i : i + size, j : j + size] for n, i, j in corners])

    return Crops(stack(pairs.txm), stack(pairs.sem), stack(pairs.inside), depth, slices)


def whole(crops: Crops) -> Crops:
    """Return the crops that lie wholly inside the rock."""
    chosen = crops.inside.all(axis=(1, 2))
    return Crops._make(part[chosen] for part in crops)


def calibration_table(phantom: Crops, real: Crops, *, quick: bool = False) -> pd.DataFrame:
    """Compare the phantom with the real patches, measure by measure.

    Parameters
    ----------
    phantom, real : Crops
    quick : bool
        Leave out STSIM and all that is trained, which take minutes.

    Returns
    -------
    DataFrame
        Columns ``quantity``, ``paper`` (its row "No Model"), ``real``, ``phantom``,
        ``difference``, ``target`` (largest absolute difference aimed at, NaN where there is none)
        and ``met``. Divergences between the two have
        no value of their own on either side. Spectra are compared from two periods a crop to
        `RESOLVED`, on crops wholly inside the rock.
    """
    ours, theirs = _measures(phantom), _measures(real)
    if not quick:
        ours |= _stsim(phantom) | local_regressors(phantom)
        theirs |= _stsim(real) | local_regressors(real)
    table = pd.DataFrame({"real": theirs, "phantom": ours}).rename_axis("quantity").reset_index()
    table["difference"] = table["phantom"] - table["real"]
    between = _divergences(phantom, real)
    if not quick:
        for name, field in (("SEM", "sem"), ("TXM", "txm")):
            area = told_apart(real, phantom, field=field)
            between[APART.format(name)] = area - 0.5
    apart = pd.DataFrame(between.items(), columns=["quantity", "difference"])
    table = pd.concat([table, apart], ignore_index=True)
    table.insert(1, "paper", table["quantity"].map(_PAPER).astype(float))
    table["target"] = table["quantity"].map(TARGETS)
    met = table["difference"].abs() <= table["target"]
    table["met"] = met.astype(object).where(table["target"].notna(), None)
    return table


def format_calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Lay a `calibration_table` out for reading; a line has the decimals that its size asks for."""

    def cell(name: str) -> Rule:
        return lambda row: number(row[name], f".{decimals(row)}f")

    heads = {"Real": "real", "Digital": "phantom", "Difference": "difference"}
    spec: dict[str, Rule] = {"Quantity": "quantity", "Paper": ("paper", ".2f")}
    spec |= {head: cell(name) for head, name in heads.items()}
    spec |= {"Target": ("target", ".3g"), "Met": lambda row: _said(row["met"])}
    return lay_out(table, spec)


def decimals(row: Row) -> int:
    """Return the decimals that the size of a line's numbers asks for."""
    values = np.array([row[name] for name in ("real", "phantom", "difference")], float)
    values = np.abs(values[np.isfinite(values)])
    if (values == np.round(values)).all() or values.max() >= 1000:
        return 0
    return 2 if values.max() >= 1 else 3


def _said(met: Any) -> str:
    return {True: "yes", False: "no"}.get(met, DASH)


REGRESSOR = "local regressor, R² of the SEM"
APART = "{} crops told apart, AUC above chance"
_PAPER = {
    quantity: published_value("no_model", column, table=1)
    for quantity, column in (
        ("PSNR of TXM against SEM [dB]", "psnr"),
        ("SSIM of TXM against SEM", "ssim"),
        ("STSIM-1 of TXM against SEM", "stsim"),
    )
}
TARGETS = {
    "correlation at 2 to 10 pixels": 0.04,
    "correlation at 8 to 30 pixels": 0.07,
    "correlation at 2 to 10 pixels, without bright grains": 0.04,
    "correlation at 8 to 30 pixels, without bright grains": 0.04,
    "correlation of crop means": 0.12,
    "correlation of the TXM's crop mean with depth": 0.2,
    REGRESSOR: 0.04,
    "local regressor, R² at 2 to 10 pixels": 0.04,
    "local classifier, AUC of dark": 0.04,
    APART.format("SEM"): 0.35,
    APART.format("TXM"): 0.40,
    "PSNR of TXM against SEM [dB]": 0.7,
    "SSIM of TXM against SEM": 0.05,
    "correlation of TXM and SEM": 0.07,
    "low-density fraction": 0.03,
    "histogram divergence, SEM": 0.05,
    "histogram divergence, TXM": 0.05,
    "largest difference of spectra, SEM [dB]": 2.0,
    "largest difference of spectra, TXM [dB]": 2.0,
}


def _measures(crops: Crops) -> dict[str, float]:
    pairs_of_images = list(zip(crops.txm, crops.sem, strict=True))
    dark = texture.dark_phase(crops.sem, threshold=DARK) & crops.inside
    chords = texture.chord_lengths(dark, crops.inside)
    pairs = texture.two_point_correlation(dark, crops.inside, reach=10)
    levels = crops.sem[crops.inside]
    out = {
        "PSNR of TXM against SEM [dB]": np.mean([psnr(*pair) for pair in pairs_of_images]),
        "SSIM of TXM against SEM": np.mean([ssim(*pair) for pair in pairs_of_images]),
        "correlation of TXM and SEM": texture.correlation_coefficient(
            crops.txm, crops.sem, crops.inside
        ),
        "low-density fraction": dark.sum() / crops.inside.sum(),
        "SEM below grey 50": np.mean(levels < 50),
        "SEM below grey 60": np.mean(levels < 60),
        "low-density chord, mean [pixel]": chords.mean() if chords.size else np.nan,
        "low-density two-point correlation, 5 pixels": pairs[5],
        "low-density two-point correlation, 10 pixels": pairs[10],
    }
    for name, images in (("SEM", crops.sem), ("TXM", crops.txm)):
        values = texture.grey_percentiles(images, crops.inside)
        for percentile, value in zip(texture.PERCENTILES, values, strict=True):
            out[f"{name} percentile {percentile}"] = value
    out |= correlations(crops) | regions(crops) | sem_noise(crops)
    return {key: float(value) for key, value in out.items()}


def _stsim(crops: Crops) -> dict[str, float]:
    scores = score_patches(crops.txm, crops.sem).mean()
    return {
        "STSIM-1 of TXM against SEM": float(scores["stsim_1"]),
        "STSIM of TXM against SEM (global)": float(scores["stsim_global"]),
        "STSIM of TXM against SEM (windows)": float(scores["stsim_windowed"]),
    }


def _divergences(phantom: Crops, real: Crops) -> dict[str, float]:
    out = {}
    for name, field in (("SEM", "sem"), ("TXM", "txm")):
        p, q = (texture.grey_histogram(getattr(c, field), c.inside) for c in (real, phantom))
        out[f"histogram divergence, {name}"] = float(kl_from_counts(p, q, floor=RARE))
    for name, field in (("SEM", "sem"), ("TXM", "txm")):
        difference = spectra(phantom, field)["power"] - spectra(real, field)["power"]
        out[f"largest difference of spectra, {name} [dB]"] = float(difference.abs().max())
    return out


def spectra(crops: Crops, field: str) -> pd.DataFrame:
    """Power spectrum of one modality over the resolved band.

    Parameters
    ----------
    crops : Crops
    field : str
        ``sem`` or ``txm``.

    Returns
    -------
    DataFrame
        Columns ``frequency`` [cycle/pixel] (centre of the band) and ``power`` [dB].
    """
    images = getattr(whole(crops), field)
    if not len(images):
        msg = "no crop lies wholly inside the rock; take smaller crops or a wider plug"
        raise ValueError(msg)
    edges = texture.frequency_bands(images.shape[-1])
    table = pd.DataFrame(
        {"frequency": np.sqrt(edges[1:] * edges[:-1]), "power": texture.power_spectrum(images)}
    )
    return table[edges[1:] <= RESOLVED + 1e-3]
