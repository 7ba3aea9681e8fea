"""How hard the translation is for a local regressor, and how easily crops are told apart."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage, stats
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from companion.pages.calibration_measures import DARK, SEAMS, band
from shalelib.metrics import texture

if TYPE_CHECKING:
    from companion.pages.calibration import Crops
    from shalelib.arrays import Grey, Real

FOLDS = 5  # blocks of neighbouring slices, each predicted from the others
PIXELS = 150  # of each crop that the regressors see
SCALES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # of the features of the TXM [pixel]
OFFSETS = ((-6, 0), (6, 0), (0, -6), (0, 6))  # [pixel] at which the TXM is looked up as well
_TREES = {"max_iter": 80, "learning_rate": 0.08, "max_leaf_nodes": 15, "min_samples_leaf": 60}


def local_regressors(crops: Crops, *, seed: int = 0) -> dict[str, float]:
    """Predict the FIB-SEM from the TXM's neighbourhood with boosted trees, by blocks of slices.

    Parameters
    ----------
    crops : Crops
    seed : int
        Of the pixels that are seen.

    Returns
    -------
    dict
        Mean over the blocks of the coefficient of determination of the lightly smoothed SEM and of
        its band at the scale of seams, and of the area under the curve for dark pixels.

    Raises
    ------
    ValueError
        The crops come from fewer than five slices.
    """
    block = _blocks(crops.slices)
    features, sem, seams, member = _pixels(crops, seed)
    fold = block[member]
    dark = sem < DARK
    scores = []
    for n in range(FOLDS):
        seen, held = fold != n, fold == n
        row = []
        for target in (sem, seams):
            model = HistGradientBoostingRegressor(random_state=seed, **_TREES)
            model.fit(features[seen], target[seen])
            row.append(r2_score(target[held], model.predict(features[held])))
        classifier = HistGradientBoostingClassifier(random_state=seed, **_TREES)
        classifier.fit(features[seen], dark[seen])
        row.append(roc_auc_score(dark[held], classifier.predict_proba(features[held])[:, 1]))
        scores.append(row)
    whole, fine, area = np.mean(scores, axis=0)
    return {
        "local regressor, R² of the SEM": whole,
        "local regressor, R² at 2 to 10 pixels": fine,
        "local classifier, AUC of dark": area,
    }


def _blocks(slices: np.ndarray) -> np.ndarray:
    """Return the block of neighbouring slices, 0 to `FOLDS` - 1, of each crop."""
    different, member = np.unique(slices, return_inverse=True)
    if len(different) < FOLDS:
        msg = f"{FOLDS} blocks of slices need as many slices, got crops from {len(different)}"
        raise ValueError(msg)
    return member * FOLDS // len(different)


def _pixels(crops: Crops, seed: int) -> tuple[Real, Real, Real, np.ndarray]:
    """Features of the TXM, smoothed SEM, its band, and the crop, of random pixels in the rock."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(crops.sem.astype(np.float32), (0, 1, 1))
    seams = band(crops.sem, crops.inside, SEAMS)
    seen = []
    for n, rock in enumerate(crops.inside):
        inner = np.argwhere(ndimage.binary_erosion(rock, iterations=4))
        row, column = rng.choice(inner, min(PIXELS, len(inner)), replace=False).T
        features = _crop_features(crops.txm[n])[:, row, column].T
        seen.append((features, smooth[n, row, column], seams[n, row, column], np.full(len(row), n)))
    features, sem, fine, member = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return features, sem, fine, member


def _crop_features(txm: Grey) -> Real:
    """Multi-scale features of one TXM crop, (m, y, x): means, slopes, bands and shifted values."""
    image = txm.astype(np.float32)
    means = [ndimage.gaussian_filter(image, scale) for scale in SCALES]
    slopes = [ndimage.gaussian_gradient_magnitude(image, scale) for scale in SCALES[:4]]
    bands = [fine - coarse for fine, coarse in pairwise(means)]
    shifted = [np.roll(means[1], offset, axis=(0, 1)) for offset in OFFSETS]
    return np.stack([image, *means, *slopes, *bands, *shifted])


def told_apart(one: Crops, other: Crops, *, field: str) -> float:
    """Let a logistic regression on texture numbers tell two sets of crops apart.

    Parameters
    ----------
    one, other : Crops
        Only crops wholly inside the rock are compared.
    field : str
        ``sem`` or ``txm``.

    Returns
    -------
    float
        Mean area under the curve of blocks of slices, each held out in turn; 0.5 where nothing
        tells them apart. Scores of different blocks come from different models and are not mixed.
    """
    features, truth, groups = [], [], []
    for number, crops in enumerate((one, other)):
        chosen = crops.inside.all(axis=(1, 2))
        features.append(texture_numbers(getattr(crops, field)[chosen]))
        truth.append(np.full(chosen.sum(), number))
        groups.append(2 * _blocks(crops.slices)[chosen] + number)
    x, y, group = np.concatenate(features), np.concatenate(truth), np.concatenate(groups) // 2
    areas = []
    for seen, held in GroupKFold(FOLDS).split(x, y, group):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        score = model.fit(x[seen], y[seen]).predict_proba(x[held])[:, 1]
        areas.append(roc_auc_score(y[held], score))
    return float(np.mean(areas))


def texture_numbers(images: Grey) -> Real:
    """Describe each image by 27 numbers that know no place.

    Parameters
    ----------
    images : (n, y, x) uint8 array

    Returns
    -------
    (n, 27) float array
        Mean, standard deviation, skewness, kurtosis; the 5th, 25th, 50th, 75th and 95th percentile;
        twelve bands of the power spectrum [dB]; kurtosis of three bands; ratio of the slopes along
        y and x; median and spread of the local standard deviation.
    """
    rows = []
    for image in images.astype(np.float32):
        flat = image.ravel()
        moments = [flat.mean(), flat.std(), stats.skew(flat), stats.kurtosis(flat)]
        percentiles = np.percentile(flat, (5, 25, 50, 75, 95))
        power = texture.power_spectrum(image[None].astype(np.uint8))
        means = [ndimage.gaussian_filter(image, scale) for scale in (0.0, 1.0, 3.0, 9.0)]
        bands = [stats.kurtosis((a - b).ravel()) for a, b in pairwise(means)]
        slope_y, slope_x = (np.abs(np.diff(image, axis=axis)).mean() for axis in (0, 1))
        square = ndimage.uniform_filter(image**2, 7) - ndimage.uniform_filter(image, 7) ** 2
        local = np.sqrt(np.maximum(square, 0.0))
        middle, spread = np.median(local), local.std()
        rows.append([*moments, *percentiles, *power, *bands, slope_y / slope_x, middle, spread])
    return np.array(rows)
