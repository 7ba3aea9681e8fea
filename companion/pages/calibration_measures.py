"""What a TXM shows of the FIB-SEM beneath it: correlations by scale, by region and by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from companion.pages.calibration import Crops
    from shalelib.arrays import Grey, Mask, Real

DARK = 60.0  # grey level below which a lightly smoothed SEM pixel counts as low density
BRIGHT = 150.0  # grey level above which a SEM pixel is pyrite or charges
BRIGHT_MARGIN = 6  # [pixel] around them that "without bright grains" leaves out as well
SEAMS, REGIONS = (2.0, 10.0), (8.0, 30.0)  # bands [pixel]: Gaussian widths subtracted
FLAT = 16  # edge of the blocks in which noise is measured [pixel]
SLOW = 4.0  # [pixel]; what varies more slowly is no noise


def band(images: Grey, inside: Mask, scales: tuple[float, float]) -> Real:
    """Band-pass images: the difference of two Gaussian means over the rock alone.

    Parameters
    ----------
    images : (n, y, x) array
    inside : (n, y, x) bool array
        Where there is rock; outside counts in no mean.
    scales : (float, float)
        Widths of the two Gaussians, the smaller first [pixel].

    Returns
    -------
    (n, y, x) float32 array
    """
    weight = inside.astype(np.float32)

    def mean(sigma: float) -> Real:
        return _smooth(images * weight, sigma) / (_smooth(weight, sigma) + 1e-6)

    return mean(scales[0]) - mean(scales[1])


def _smooth(images: Real, sigma: float) -> Real:
    """Smooth (n, y, x) images by a Gaussian; as matrices, since it is as wide as the images."""
    rows, columns = (
        ndimage.gaussian_filter1d(np.eye(size, dtype=np.float32), sigma, axis=0)
        for size in images.shape[1:]
    )
    return rows @ images @ columns.T


def plain(crops: Crops) -> Mask:
    """Return where there is rock and no bright grain within `BRIGHT_MARGIN` pixels."""
    bright = ndimage.maximum_filter(
        (crops.sem > BRIGHT).view(np.uint8), (1, 2 * BRIGHT_MARGIN + 1, 2 * BRIGHT_MARGIN + 1)
    )
    return crops.inside & (bright == 0)


def correlations(crops: Crops) -> dict[str, float]:
    """Correlate TXM and SEM at the scale of seams and of regions, with and without bright grains.

    Parameters
    ----------
    crops : Crops

    Returns
    -------
    dict
        Also the 10th and 90th percentile over crops at the scale of seams, and how much darker
        the TXM is, locally, where the SEM is dark [grey level].
    """
    away = plain(crops)
    out = {}
    for scales in (SEAMS, REGIONS):
        txm, sem = (band(images, crops.inside, scales) for images in (crops.txm, crops.sem))
        name = f"correlation at {scales[0]:.0f} to {scales[1]:.0f} pixels"
        out[name] = _correlation(txm, sem, crops.inside)
        seen, under = (band(images, away, scales) for images in (crops.txm, crops.sem))
        out[f"{name}, without bright grains"] = _correlation(seen, under, away)
        if scales is SEAMS:
            each = [_correlation(*one) for one in zip(txm, sem, crops.inside, strict=True)]
            for percentile in (10, 90):
                out[f"{name}, crops' percentile {percentile}"] = np.nanpercentile(each, percentile)
            dark = ndimage.gaussian_filter(crops.sem.astype(np.float32), (0, 1, 1)) < DARK
            out["TXM at dark pixels, against the matrix around [grey level]"] = (
                txm[away & dark].mean() - txm[away & ~dark].mean()
            )
    return out


def regions(crops: Crops) -> dict[str, float]:
    """Correlate the means of crops with one another, with their depth and their bright share.

    Parameters
    ----------
    crops : Crops

    Returns
    -------
    dict
        Also the 99th percentile of the areas of bright objects [pixel].
    """
    count = crops.inside.sum(axis=(1, 2))
    txm, sem = (
        (images * crops.inside).sum(axis=(1, 2)) / count for images in (crops.txm, crops.sem)
    )
    bright = (crops.sem > BRIGHT) & crops.inside
    share = bright.sum(axis=(1, 2)) / count
    areas = [np.bincount(ndimage.label(mask)[0].ravel())[1:] for mask in bright]
    large = np.concatenate(areas)
    large = large[large >= 10]
    return {
        "correlation of crop means": np.corrcoef(txm, sem)[0, 1],
        "correlation of the TXM's crop mean with depth": np.corrcoef(txm, crops.depth)[0, 1],
        "correlation of the TXM's crop mean with the bright share": np.corrcoef(txm, share)[0, 1],
        "bright share of a crop, standard deviation": share.std(),
        "area of bright objects, 99th percentile [pixel]": (
            np.percentile(large, 99) if large.size else 0.0
        ),
    }


def sem_noise(crops: Crops) -> dict[str, float]:
    """Measure the FIB-SEM's noise in the flattest small block of each crop.

    Parameters
    ----------
    crops : Crops

    Returns
    -------
    dict
        Medians over crops of its standard deviation [grey level] and of its correlation at lags of
        1 and 2 pixels, and the relative spread of the deviation.
    """
    n, height, width = crops.sem.shape
    rows, columns = height // FLAT, width // FLAT

    def blocks(images: np.ndarray) -> np.ndarray:
        cut = images[:, : rows * FLAT, : columns * FLAT].reshape(n, rows, FLAT, columns, FLAT)
        return cut.transpose(0, 1, 3, 2, 4).reshape(n, -1, FLAT, FLAT)

    fine = crops.sem - ndimage.gaussian_filter(crops.sem.astype(np.float32), (0, SLOW, SLOW))
    sem, rock = blocks(fine), np.all(blocks(crops.inside), axis=(2, 3))
    sem -= sem.mean(axis=(2, 3), keepdims=True)
    spread = np.where(rock, sem.std(axis=(2, 3)), np.inf)
    some = np.any(rock, axis=1)
    rest = sem[some, spread[some].argmin(axis=1)]
    variance = (rest**2).mean(axis=(1, 2))
    lag = [(rest[..., k:] * rest[..., :-k]).mean(axis=(1, 2)) / variance for k in (1, 2)]
    sigma = np.sqrt(variance)
    return {
        "SEM noise, standard deviation [grey level]": np.median(sigma),
        "SEM noise, relative spread from crop to crop": sigma.std() / sigma.mean(),
        "SEM noise, correlation at lag 1": np.median(lag[0]),
        "SEM noise, correlation at lag 2": np.median(lag[1]),
    }


def _correlation(first: Real, second: Real, where: Mask) -> float:
    if where.sum() < 2:
        return float("nan")
    return float(np.corrcoef(first[where], second[where])[0, 1])
