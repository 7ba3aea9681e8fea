"""Register FIB-SEM slices to TXM slices and volumes by translation.

The two modalities see the same grains with different contrast, noise and artefacts. In both images,
extreme grey levels are clipped, slow variations of brightness are removed and the rest is smoothed.
They are then compared by masked normalised correlation (Padfield 2012,
doi 10.1109/TIP.2011.2181402), so that neither the plug's outline nor charging decides the result.
The paper mentions a registration without giving its method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from tqdm import tqdm

from shalelib.arguments import check_number, check_whole, given_grey, given_mask, is_whole
from shalelib.arrays import Grey, Mask, Real, check_same_shape
from shalelib.data.rock import connected_rock

SMOOTHING = 2.0  # pixels; near the TXM's blur
BACKGROUND = 10.0  # pixels; slower variation than this is not structure
REACH = 64  # pixels; largest shift that is searched by default
_LEAST_OVERLAP = 0.3  # of the smaller mask
_CANDIDATES = 3  # slices that a coarse search hands on to the fine one


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A translation that aligns one image with another.

    Attributes
    ----------
    rows, columns : float
        How far to move the moving image [pixels]: ``registered[y, x] = moving[y - rows,
        x - columns]``.
    score : float
        Masked normalised correlation at the best shift by whole pixels, -1 to 1.
    """

    rows: float
    columns: float
    score: float


@dataclass(frozen=True, kw_only=True)
class Match:
    """The slice of a volume that a 2-D image was cut from.

    Attributes
    ----------
    z : int
        Number of the best-matching slice, from 0.
    z_between : float
        The same to a fraction of a slice, from a parabola through the scores of `z` and its two
        neighbours; equal to `z` where a neighbour was not compared.
    shift : Shift
        How to move the image onto that slice.
    """

    z: int
    z_between: float
    shift: Shift


def find_shift(
    fixed: Grey,
    moving: Grey,
    *,
    fixed_mask: Mask | None = None,
    moving_mask: Mask | None = None,
    max_shift: int | None = None,
) -> Shift:
    """Find the translation that aligns `moving` with `fixed`.

    Parameters
    ----------
    fixed, moving : (y, x) uint8 arrays
        Images of the same shape; they may come from different modalities.
    fixed_mask, moving_mask : (y, x) bool arrays, optional
        True at the pixels to compare, such as rock without charging; by default, all pixels that
        are not zero.
    max_shift : int, optional
        Largest shift to search along each axis [pixels], less than the image's edges; by default
        64, or what a smaller image allows.

    Returns
    -------
    Shift
        To a fraction of a pixel, from a paraboloid fitted to the correlation around its peak.

    Raises
    ------
    TypeError
        An image is not uint8, or a mask is not boolean.
    ValueError
        The shapes differ, `max_shift` does not fit the images, an image has no contrast or fewer
        than 64 pixels inside its mask, or the best shift lies at the limit `max_shift`.
    """
    given_grey("fixed", fixed, ndim=2)
    given_grey("moving", moving, ndim=2)
    check_same_shape("fixed and moving", fixed, moving, mend="pad the smaller one with zeros")
    max_shift = _settled_reach(max_shift, fixed)
    first = _prepare(fixed, _mask(fixed, fixed_mask, "fixed_mask"), SMOOTHING, BACKGROUND)
    second = _prepare(moving, _mask(moving, moving_mask, "moving_mask"), SMOOTHING, BACKGROUND)
    return _inside(_peak(_correlate(first, second, max_shift), max_shift), max_shift)


def find_slice(
    image: Grey,
    volume: Grey,
    *,
    image_mask: Mask | None = None,
    z_range: tuple[int, int] | None = None,
    max_shift: int | None = None,
    coarse: int = 4,
    progress: bool = False,
) -> Match:
    """Find the slice of a volume that an image shows, and the translation between the two.

    Parameters
    ----------
    image : (y, x) uint8 array
        A FIB-SEM slice, of the same shape as the slices of the volume.
    volume : (z, y, x) uint8 array
        The TXM volume, zero outside the rock; may be memory-mapped.
    image_mask : (y, x) bool array, optional
        True at the pixels to compare; by default, all pixels that are not zero.
    z_range : (first, last), optional
        First slice to search and one past the last; by default, all slices are searched.
    max_shift : int, optional
        As for `find_shift`.
    coarse : int
        All slices are first compared with pixels this many times as large; the three best and
        their neighbours are then compared at full resolution.
    progress : bool
        Show a progress bar over the slices.

    Returns
    -------
    Match

    Raises
    ------
    TypeError
        The image or volume is not uint8, or the mask is not boolean.
    ValueError
        The shapes or `z_range` do not fit the volume, `max_shift` or `coarse` is not a positive
        whole number, `max_shift` exceeds the image, the image or a slice has no contrast, or the
        best shift lies at the limit `max_shift`.
    """
    given_grey("image", image, ndim=2)
    given_grey("volume", volume, ndim=3)
    check_same_shape("image and a slice of volume", image, volume[0], mend="pad or crop the image")
    max_shift = _settled_reach(max_shift, image)
    check_whole("coarse", coarse, least=1)
    limits = (0, len(volume)) if z_range is None else z_range
    two = (
        isinstance(limits, Sequence | np.ndarray)
        and len(limits) == 2
        and all(map(is_whole, limits))
    )
    if not (two and 0 <= limits[0] < limits[1] <= len(volume)):
        msg = (
            f"z_range must be two slices (first, one past the last) of the volume's {len(volume)}, "
            f"got {z_range!r}"
        )
        raise ValueError(msg)
    first, last = (int(limit) for limit in limits)
    mask = _mask(image, image_mask, "image_mask")
    reach = max(1, int(np.ceil(max_shift / coarse)))
    small = _prepare_coarse(image, mask, coarse)
    rough = {}
    for z in tqdm(range(first, last), desc="find slice", unit="slice", disable=not progress):
        plane = np.asarray(volume[z])
        other = _prepare_coarse(plane, plane > 0, coarse)
        rough[z] = _peak(_correlate(other, small, reach), reach).score
    best = sorted(rough, key=lambda z: -rough[z])[:_CANDIDATES]
    near = {z + step for z in best for step in (-1, 0, 1)}
    fine: dict[int, Shift] = {}
    moving = _prepare(image, mask, SMOOTHING, BACKGROUND)
    for z in sorted(near & set(range(first, last))):
        plane = np.asarray(volume[z])
        fixed = _prepare(plane, plane > 0, SMOOTHING, BACKGROUND)
        fine[z] = _peak(_correlate(fixed, moving, max_shift), max_shift)
    z = max(fine, key=lambda k: fine[k].score)
    between = float(z)
    if z - 1 in fine and z + 1 in fine:
        between += _vertex(fine[z - 1].score, fine[z].score, fine[z + 1].score)
    return Match(z=z, z_between=between, shift=_inside(fine[z], max_shift))


def _settled_reach(max_shift: int | None, image: Grey) -> int:
    """Return how far to search; refuse a search that is none, or that goes beyond the image."""
    if max_shift is None:
        return min(REACH, max(min(image.shape) - 1, 1))
    max_shift = check_whole("max_shift", max_shift, least=1)
    if max_shift >= min(image.shape):
        msg = f"max_shift must lie below the image's size {image.shape}, got {max_shift}"
        raise ValueError(msg)
    return max_shift


def _inside(shift: Shift, max_shift: int) -> Shift:
    """Return a shift that lies within the search; refuse one at its limit."""
    if max(abs(shift.rows), abs(shift.columns)) > max_shift - 1:
        msg = (
            f"the best shift ({shift.rows:.0f}, {shift.columns:.0f}) lies at the search limit; "
            f"raise max_shift={max_shift}, or the images do not show the same place"
        )
        raise ValueError(msg)
    return shift


def apply_shift(image: Grey, shift: Shift) -> Grey:
    """Translate an image: exactly by whole pixels, else by cubic spline interpolation.

    Parameters
    ----------
    image : (y, x) uint8 array
    shift : Shift
        Such as `find_shift` returns.

    Returns
    -------
    (y, x) uint8 array
        Zero where the moved image has no pixels. Zeros around the rock stay zero, and at the rim
        of the rock only grey levels of the rock are interpolated.

    Raises
    ------
    TypeError
        `image` is not uint8, or `shift` is not a `Shift`.
    ValueError
        `image` is empty or not two-dimensional, or the shift is not finite.

    Examples
    --------
    >>> moved = apply_shift(np.eye(3, dtype=np.uint8), Shift(rows=1, columns=0, score=1))
    >>> moved.tolist()
    [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    """
    given_grey("image", image, ndim=2)
    if not isinstance(shift, Shift):
        msg = f"shift must be a Shift such as find_shift returns, got {shift!r}"
        raise TypeError(msg)
    by = tuple(check_number(f"Shift.{k}", getattr(shift, k)) for k in ("rows", "columns"))
    if all(step.is_integer() for step in by):
        return ndimage.shift(image, by, order=0)
    rock = connected_rock(image)
    grey = image
    if rock.any() and not rock.all():  # continued beyond its rim, which the outside would darken
        nearest = ndimage.distance_transform_edt(~rock, return_distances=False, return_indices=True)
        grey = image[tuple(nearest)]
    moved = ndimage.shift(grey.astype(np.float32), by, order=3, mode="nearest")
    outside = (
        ndimage.shift((~rock).astype(np.float32), by, order=1, mode="grid-constant", cval=1.0) > 0.5
    )
    return np.where(outside, 0, np.clip(np.rint(moved), 0, 255)).astype(np.uint8)


def _mask(image: Grey, mask: Mask | None, name: str) -> Mask:
    if mask is None:
        return image > 0
    given_mask(name, mask, ndim=2)
    check_same_shape(f"image and {name}", image, mask, mend="make one mask an image")
    return mask


def _prepare(
    image: NDArray[np.generic], mask: Mask, smoothing: float, background: float
) -> tuple[Real, Mask]:
    """Clip extreme grey levels, remove slow variation and smooth, all inside the mask alone."""
    grey = image.astype(np.float64)
    if mask.sum() < 64 or np.ptp(grey[mask]) < 2:
        msg = "an image has no contrast inside its mask; check the file and the mask"
        raise ValueError(msg)
    low, high = np.percentile(grey[mask], (1, 97))
    grey = np.clip(grey, low, high)
    flat = _smooth_inside(grey, mask, smoothing) - _smooth_inside(grey, mask, background)
    flat[~mask] = 0
    return flat, mask


def _prepare_coarse(image: Grey, mask: Mask, factor: int) -> tuple[Real, Mask]:
    """Average blocks of pixels inside the mask, then prepare them like the full image."""
    ny, nx = (n // factor * factor for n in image.shape)
    blocks = (ny // factor, factor, nx // factor, factor)
    share = mask[:ny, :nx].reshape(blocks).mean(axis=(1, 3))
    total = (image * mask)[:ny, :nx].reshape(blocks).mean(axis=(1, 3))
    grey = total / np.maximum(share, 1e-9)
    return _prepare(grey, share > 0.5, max(SMOOTHING / factor, 0.5), BACKGROUND / factor)


def _smooth_inside(grey: Real, mask: Mask, sigma: float) -> Real:
    """Gaussian mean of the masked pixels around each pixel."""
    weight = ndimage.gaussian_filter(mask.astype(np.float64), sigma)
    return ndimage.gaussian_filter(grey * mask, sigma) / np.maximum(weight, 1e-6)


def _correlate(fixed: tuple[Real, Mask], moving: tuple[Real, Mask], reach: int) -> Real:
    """Masked normalised correlation for all shifts up to `reach`: (2 reach + 1,) * 2."""
    (f, f_mask), (g, g_mask) = fixed, moving
    size = [fft.next_fast_len(n + reach, real=True) for n in f.shape]

    def transform(plane: NDArray[np.generic]) -> NDArray[np.complex128]:
        return fft.rfft2(plane.astype(np.float64), size)

    def overlap(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> Real:
        full = fft.irfft2(a * b.conj(), size)
        return np.roll(full, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]

    ff, fm, f2 = transform(f), transform(f_mask), transform(f * f)
    gg, gm, g2 = transform(g), transform(g_mask), transform(g * g)
    count = np.maximum(overlap(fm, gm), 1.0)
    f_sum, g_sum = overlap(ff, gm), overlap(fm, gg)
    covariance = overlap(ff, gg) - f_sum * g_sum / count
    f_var = overlap(f2, gm) - f_sum**2 / count
    g_var = overlap(fm, g2) - g_sum**2 / count
    scale = np.sqrt(np.maximum(f_var, 0) * np.maximum(g_var, 0))
    least = _LEAST_OVERLAP * min(f_mask.sum(), g_mask.sum())
    sound = (count >= least) & (scale > 1e-9 * scale.max())
    return np.where(sound, covariance / np.where(sound, scale, 1.0), -1.0)


def _peak(scores: Real, reach: int) -> Shift:
    """Highest correlation, refined by a least-squares paraboloid over 3 × 3 shifts."""
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    top = float(scores[row, column])
    dy = dx = 0.0
    if 0 < row < 2 * reach and 0 < column < 2 * reach:
        near = scores[row - 1 : row + 2, column - 1 : column + 2]
        y, x = np.mgrid[-1:2, -1:2]
        terms = np.stack([np.ones(9), *(t.ravel() for t in (y, x, y * y, x * x, y * x))], axis=1)
        _, b_y, b_x, a_y, a_x, c = np.linalg.lstsq(terms, near.ravel(), rcond=None)[0]
        hessian = np.array([[2 * a_y, c], [c, 2 * a_x]])
        if a_y < 0 and a_x < 0 and np.linalg.det(hessian) > 0:
            dy, dx = np.clip(-np.linalg.solve(hessian, [b_y, b_x]), -1, 1)
    return Shift(rows=float(row - reach + dy), columns=float(column - reach + dx), score=top)


def _vertex(before: float, at: float, after: float) -> float:
    """Where the parabola through three equally spaced values peaks, from the middle one."""
    curvature = before - 2 * at + after
    return 0.0 if curvature >= 0 else float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5))
