"""Multi-scale features of a grey pixel, float32 and compiled.

Per scale: the Gaussian-smoothed grey level, its Laplacian, gradient magnitude, difference of
Gaussians, and the eigenvalues of the Hessian and of the structure tensor, as in Ilastik's pixel
classification. Derivatives are central differences of the smoothed image; the difference of
Gaussians is taken to the next finer scale (to the image itself at the finest).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from shalelib.arguments import check_kind, given_grey, given_numbers, given_row
from shalelib.arrays import Grey
from shalelib.parallel import parallel_kernel

Plane: TypeAlias = NDArray[np.float32]

KINDS = ("gaussian", "laplacian", "gradient", "dog", "structure", "hessian")
_CHANNELS = {kind: 2 if kind in ("structure", "hessian") else 1 for kind in KINDS}
_TRUNCATE = 3.0  # standard deviations


@dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    """Kinds and scales of the features of a pixel.

    Attributes
    ----------
    sigmas : tuple of float
        Standard deviations of the Gaussians [pixels], increasing, 0.3 to 50; any real numbers are
        kept as float.
    kinds : tuple of str
        A selection of ``gaussian``, ``laplacian``, ``gradient``, ``dog`` (difference of Gaussians),
        ``structure`` and ``hessian``, by default all; see `pixel_features`.

    Raises
    ------
    TypeError
        `sigmas` or `kinds` is not a sequence.
    ValueError
        `sigmas` do not increase or are out of range, or there is no such kind.
    """

    sigmas: tuple[float, ...] = (0.7, 1.0, 1.6, 3.5, 5.0, 10.0)
    kinds: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        sigmas = given_row("sigmas", self.sigmas, mend="widths [pixel], such as (1.0, 3.0)")
        sigmas = given_numbers("sigmas", sigmas).tolist() if sigmas else [0.0]
        increasing = all(a < b for a, b in pairwise(sigmas))
        if not increasing or not 0.3 <= sigmas[0] <= sigmas[-1] <= 50:
            msg = f"sigmas must increase and lie between 0.3 and 50 pixels, got {self.sigmas}"
            raise ValueError(msg)
        kinds = given_row("kinds", self.kinds, mend=f"a selection of {KINDS}")
        if not kinds or not all(isinstance(kind, str) and kind in KINDS for kind in kinds):
            msg = f"kinds must be a selection of {KINDS}, got {self.kinds}"
            raise ValueError(msg)
        object.__setattr__(self, "sigmas", tuple(sigmas))
        object.__setattr__(self, "kinds", tuple(str(kind) for kind in kinds))

    @property
    def names(self) -> tuple[str, ...]:
        """One name for each feature, in the order of the feature axis."""
        out = []
        for sigma in self.sigmas:
            for kind in (k for k in KINDS if k in self.kinds):
                suffixes = (" 1", " 2") if _CHANNELS[kind] == 2 else ("",)
                out += [f"{kind}{suffix} {sigma:g}" for suffix in suffixes]
        return tuple(out)

    def __len__(self) -> int:
        return len(self.names)


def pixel_features(image: Grey, *, config: FeatureConfig | None = None) -> NDArray[np.float32]:
    """Compute the features of every pixel of one slice.

    Parameters
    ----------
    image : (y, x) uint8 array
    config : FeatureConfig, optional
        By default all kinds at six scales, 48 features.

    Returns
    -------
    (y, x, k) float32 array
        The k features in the order of ``config.names``, in units of grey levels: per pixel for the
        gradient, per pixel² for the Laplacian and the Hessian, and the square of the gradient's
        for the structure tensor.

    Raises
    ------
    TypeError
        `image` is not uint8, or `config` is not a `FeatureConfig`.
    ValueError
        `image` is empty or not two-dimensional.

    Notes
    -----
    At each scale: the Gaussian-smoothed grey level, its Laplacian, the magnitude of its gradient,
    the difference of Gaussians, and the two eigenvalues, the larger first, of the structure tensor
    and of the Hessian, as in Ilastik's pixel classification. Derivatives are central differences of
    the smoothed image; the structure tensor is smoothed again, with half the scale or half a pixel,
    whichever is larger. The difference of Gaussians is the next finer scale (at the finest, the
    image itself) less this one. Gaussians are cut at three standard deviations, and the image is
    mirrored at its frame.

    Examples
    --------
    >>> config = FeatureConfig(sigmas=(1.0,), kinds=("gaussian", "laplacian"))
    >>> flat = np.full((8, 8), 100, np.uint8)
    >>> pixel_features(flat, config=config)[4, 4].round(3).tolist()
    [100.0, 0.0]
    """
    given_grey("image", image, ndim=2)
    config = FeatureConfig() if config is None else config
    check_kind("config", config, FeatureConfig, mend="write FeatureConfig(sigmas=(1.0, 3.0))")
    grey = image.astype(np.float32)
    out = np.empty((*image.shape, len(config)), np.float32)
    scratch, smooth, finer = (np.empty_like(grey) for _ in range(3))
    finer[:] = grey
    at = 0
    for sigma in config.sigmas:
        _smooth(grey, scratch, smooth, sigma)
        at = _append_scale(out, at, smooth, finer, scratch, sigma, config.kinds)
        smooth, finer = finer, smooth
    return out


def _append_scale(
    out: Plane,
    at: int,
    smooth: Plane,
    finer: Plane,
    scratch: Plane,
    sigma: float,
    kinds: tuple[str, ...],
) -> int:
    """Write the features of one scale from channel `at` on; return the next free channel."""
    channels = []
    for kind in KINDS:
        channels.append(at if kind in kinds else -1)
        at += _CHANNELS[kind] if kind in kinds else 0
    _local_features(smooth, finer, np.array(channels), out)
    if "structure" in kinds:
        yy, yx, xx = (np.empty_like(smooth) for _ in range(3))
        _gradient_products(smooth, yy, yx, xx)
        for component in (yy, yx, xx):
            _smooth(component, scratch, component, max(0.5 * sigma, 0.5))
        _write_eigenvalues(yy, yx, xx, channels[KINDS.index("structure")], out)
    return at


def gaussian_kernel(sigma: float) -> NDArray[np.float32]:
    """Return the half kernel (centre first) of a Gaussian cut at three standard deviations.

    Examples
    --------
    >>> w = gaussian_kernel(1.0)
    >>> round(float(w[0] + 2 * w[1:].sum()), 6)
    1.0
    """
    radius = max(1, int(np.ceil(_TRUNCATE * sigma)))
    weights = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    weights /= weights[0] + 2 * weights[1:].sum()
    return weights.astype(np.float32)


def _smooth(
    image: Plane,
    scratch: Plane,
    out: Plane,
    sigma: float,
) -> None:
    """Smooth `image` by a Gaussian into `out` (which may be `image`)."""
    weights = gaussian_kernel(sigma)
    _smooth_rows(image, weights, scratch)
    _smooth_columns(scratch, weights, out)


@njit(cache=True, inline="always")
def _mirror(i: int, n: int) -> int:
    """Return the index, 0 to n - 1, of any i in an image mirrored at its edges (edges repeated)."""
    period = 2 * n
    i = i % period
    return i if i < n else period - 1 - i


@parallel_kernel()
def _smooth_rows(image: Plane, weights: Plane, out: Plane) -> None:
    """Convolve along axis 0, whole rows at a time, so that the inner loop can be vectorised."""
    ny, nx = image.shape
    for y in prange(ny):
        row = out[y]
        row[:] = weights[0] * image[y]
        for k in range(1, weights.size):
            above, below = image[_mirror(y - k, ny)], image[_mirror(y + k, ny)]
            w = weights[k]
            for x in range(nx):
                row[x] += w * (above[x] + below[x])


@parallel_kernel()
def _smooth_columns(image: Plane, weights: Plane, out: Plane) -> None:
    """Convolve along axis 1 through a mirrored copy of each row."""
    ny, nx = image.shape
    radius = weights.size - 1
    for y in prange(ny):
        padded = np.empty(nx + 2 * radius, np.float32)
        for x in range(nx + 2 * radius):
            padded[x] = image[y, _mirror(x - radius, nx)]
        row = out[y]
        for x in range(nx):
            row[x] = weights[0] * padded[x + radius]
        for k in range(1, radius + 1):
            w = weights[k]
            for x in range(nx):
                row[x] += w * (padded[x + radius - k] + padded[x + radius + k])


@njit(cache=True, inline="always")
def _eigenvalues(a: Any, b: Any, c: Any) -> Any:
    """Return the larger and the smaller eigenvalue of [[a, b], [b, c]]."""
    mean = np.float32(0.5) * (a + c)
    half = np.float32(0.5) * (a - c)
    root = np.sqrt(half * half + b * b)
    return mean + root, mean - root


@parallel_kernel()
def _local_features(smooth: Plane, finer: Plane, channels: NDArray[np.int64], out: Plane) -> None:
    """Write all features that need only a 3 × 3 neighbourhood of the smoothed image."""
    ny, nx = smooth.shape
    gaussian, laplacian, gradient, dog, _, hessian = channels
    for y in prange(ny):
        up, down = max(y - 1, 0), min(y + 1, ny - 1)
        for x in range(nx):
            left, right = max(x - 1, 0), min(x + 1, nx - 1)
            centre = smooth[y, x]
            gy = np.float32(0.5) * (smooth[down, x] - smooth[up, x])
            gx = np.float32(0.5) * (smooth[y, right] - smooth[y, left])
            hyy = smooth[down, x] - 2 * centre + smooth[up, x]
            hxx = smooth[y, right] - 2 * centre + smooth[y, left]
            if gaussian >= 0:
                out[y, x, gaussian] = centre
            if laplacian >= 0:
                out[y, x, laplacian] = hyy + hxx
            if gradient >= 0:
                out[y, x, gradient] = np.sqrt(gy * gy + gx * gx)
            if dog >= 0:
                out[y, x, dog] = finer[y, x] - centre
            if hessian >= 0:
                hxy = np.float32(0.25) * (
                    smooth[down, right] - smooth[down, left] - smooth[up, right] + smooth[up, left]
                )
                first, second = _eigenvalues(hyy, hxy, hxx)
                out[y, x, hessian] = first
                out[y, x, hessian + 1] = second


@parallel_kernel()
def _gradient_products(smooth: Plane, yy: Plane, yx: Plane, xx: Plane) -> None:
    """Write the outer product of the gradient with itself, before the tensor is smoothed."""
    ny, nx = smooth.shape
    for y in prange(ny):
        up, down = max(y - 1, 0), min(y + 1, ny - 1)
        for x in range(nx):
            left, right = max(x - 1, 0), min(x + 1, nx - 1)
            gy = np.float32(0.5) * (smooth[down, x] - smooth[up, x])
            gx = np.float32(0.5) * (smooth[y, right] - smooth[y, left])
            yy[y, x] = gy * gy
            yx[y, x] = gy * gx
            xx[y, x] = gx * gx


@parallel_kernel()
def _write_eigenvalues(yy: Plane, yx: Plane, xx: Plane, channel: int, out: Plane) -> None:
    """Write the eigenvalues of the smoothed structure tensor."""
    ny, nx = yy.shape
    for y in prange(ny):
        for x in range(nx):
            first, second = _eigenvalues(yy[y, x], yx[y, x], xx[y, x])
            out[y, x, channel] = first
            out[y, x, channel + 1] = second
