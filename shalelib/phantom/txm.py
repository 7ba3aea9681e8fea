"""Forward model of the TXM: from the attenuation of the rock to reconstructed slices."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import prange
from scipy import ndimage

from shalelib.parallel import parallel_kernel
from shalelib.phantom.fabric_config import HIGH
from shalelib.phantom.noise import every_other, normal, normals, stream, value_noise
from shalelib.phantom.projection import back_project, project
from shalelib.phantom.record import as_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shalelib.arrays import Grey, Labels, Mask, Real
    from shalelib.phantom.config import PhantomConfig, TxmConfig

_U = np.uint64
_MATRIX = 128.0  # attenuation unit of the matrix
_PLUG = 30e-6  # [m], the path that `TxmConfig.absorption` refers to


class _Instrument(NamedTuple):
    """What stays the same from slice to slice."""

    angles: Real  # (m,) [degree]
    bins: int  # detector pixels
    fringe: Real  # (y, x) phase contrast at the outline
    ratio: float  # TXM voxel over SEM voxel
    scale: float  # optical depth of a SEM voxel per attenuation unit
    size: int  # edge of a reconstructed slice [TXM voxel]


def render_txm(
    attenuation: Grey,
    labels: Labels,
    outline: Mask,
    config: PhantomConfig,
    *,
    seed: int,
    start: int = 0,
) -> Iterator[tuple[Grey, Grey]]:
    """Render the TXM slice by slice from the attenuation of the rock.

    Parameters
    ----------
    attenuation : (z, y, x) uint8 array
        The whole rock on the SEM grid, 128 in the matrix; may be memory-mapped.
    labels : (z, y, x) uint8 array
        Its phases, as `make_rock` returns them; halos surround the high-density one.
    outline : (y, x) bool array
        True inside the plug.
    config : PhantomConfig
    seed : int
    start : int
        Number of the first slice to render, from 0.

    Yields
    ------
    volume, alone : (y, x) uint8 arrays
        The slices on the SEM grid, in order, as the volume has them and as each is saved by itself;
        zero outside the plug, 1 to 255 inside.

    Notes
    -----
    Not in the paper. Every slice of the 31.2 nm grid is averaged over the depth of focus, blurred,
    projected onto a detector of 31.2 nm pixels over a limited sweep with errors of the stage and of
    the angle, exposed, and reconstructed by filtered back-projection. The counts fall in the course
    of the sweep and towards one side of the detector, which leaves straight streaks along the last
    rays, more at one side of the plug than at the other. Two neighbours are then interpolated onto
    each slice of the SEM grid, as the paper rescales its TXM volume. The volume has one grey scale.
    A slice that is saved by itself is brought to one of two grey windows, which alternate along z:
    the real slices are of two kinds, whose contrasts and noise differ by a factor of 1.8 at all
    scales. The grey level of the median, which is the matrix, is fixed, and not that of the mean,
    so that pyrite makes nothing else darker.
    """
    instrument = _set_up(outline, config, seed)
    depth = ndimage.distance_transform_edt(outline).astype(np.float32)
    native: dict[int, Real] = {}
    numbers = as_record(config.txm)
    window = stream(seed, "window")
    for k in range(start, len(attenuation)):
        place = k / instrument.ratio
        below = int(place)
        native = {j: image for j, image in native.items() if j >= below}
        for j in (below, below + 1):
            if j not in native:
                native[j] = _acquire(attenuation, labels, j, instrument, config.txm, seed)
        share = np.float32(place - below)
        image = (1 - share) * native[below] + share * native[below + 1]
        image = _rescale(image, 1.0 / instrument.ratio, len(outline))
        _tone(stream(seed, "shading"), k, image, depth, numbers)
        kind = 1.0 if every_other(window, k / config.txm.window_run) else -1.0
        yield _grey(image, outline, config.txm, 0.0), _grey(image, outline, config.txm, kind)


def _set_up(outline: Mask, config: PhantomConfig, seed: int) -> _Instrument:
    txm = config.txm
    ratio = txm.voxel_size / config.voxel_size
    size = int(np.ceil(len(outline) / ratio))
    count = max(8, round(txm.angles * config.diameter * config.voxel_size / _PLUG))
    away = ndimage.distance_transform_edt(~outline).astype(np.float32)
    return _Instrument(
        angles=txm.start + np.arange(count) * (txm.sweep / count),
        bins=size + 2 * int(np.ceil(3 * txm.jitter)),
        fringe=txm.fringe * np.exp(-0.5 * ((away - 3.0) / 1.5) ** 2) * ~outline,
        ratio=ratio,
        scale=txm.absorption * config.voxel_size / (_MATRIX * _PLUG),
        size=size,
    )


def _acquire(
    attenuation: Grey, labels: Labels, j: int, instrument: _Instrument, txm: TxmConfig, seed: int
) -> Real:
    """Return slice `j` of the 31.2 nm grid as the microscope reconstructs it; 128 = matrix."""
    image = _focus(attenuation, labels, j * instrument.ratio, txm) + instrument.fringe
    count = len(instrument.angles)
    sinogram = project(
        instrument.scale * image,
        instrument.angles + txm.wobble * normals(stream(seed, "wobble"), j, count),
        bins=instrument.bins,
        pitch=instrument.ratio,
        shift=txm.jitter * normals(stream(seed, "stage"), j, count),
    )
    dose = np.exp(txm.counts_spread * normals(stream(seed, "dose"), j, 1)[0])
    beam = np.exp(txm.counts_slope * np.linspace(-1.0, 1.0, instrument.bins))
    decay = np.exp(-txm.counts_fall * np.linspace(-1.0, 1.0, count))
    _expose(stream(seed, "photons"), j, sinogram, txm.counts * dose * np.outer(decay, beam))
    sinogram = ndimage.gaussian_filter(sinogram, (txm.smear, 0.0), mode="nearest")
    reconstruction = back_project(
        sinogram, instrument.angles, size=instrument.size, rolloff=txm.rolloff
    )
    return reconstruction / np.float32(instrument.scale * instrument.ratio)


def _focus(attenuation: Grey, labels: Labels, z: float, txm: TxmConfig) -> Real:
    """Average over the depth of focus around `z` [slice], blur in the plane, and add halos."""
    reach = int(np.ceil(3 * txm.blur_z))
    planes = np.arange(int(z) - reach, int(z) + reach + 2)
    weight = np.exp(-0.5 * ((planes - z) / txm.blur_z) ** 2)
    held = np.clip(planes, 0, len(attenuation) - 1)  # the end slices are repeated
    image = np.zeros(attenuation.shape[1:], np.float32)
    dense = np.zeros_like(image)
    for plane, share in zip(held, weight / weight.sum(), strict=True):
        image += np.float32(share) * attenuation[plane]
        dense += np.float32(share) * (labels[plane] == HIGH)
    sharp = ndimage.gaussian_filter(image, txm.blur)
    wide = ndimage.gaussian_filter(image, txm.blur_wide)
    halo = txm.halo * ndimage.gaussian_filter(dense, txm.halo_width)
    return (1 - txm.tail) * sharp + txm.tail * wide + halo * (image > 0)


def _grey(image: Real, outline: Mask, txm: TxmConfig, kind: float) -> Grey:
    """Bring a slice to a grey window: hard (1), soft (-1) or the one between them (0)."""
    centre = np.median(image[outline])
    level = txm.mean + kind * txm.window_mean
    grey = np.float32(level) + np.float32(np.exp(kind * txm.window)) * (image - centre)
    return np.where(outline, np.clip(np.rint(grey), 1, 255), 0).astype(np.uint8)


def _rescale(image: Real, factor: float, size: int) -> Real:
    """Resample a slice about its centre, so that one new pixel spans `factor` old ones."""
    offset = len(image) // 2 - factor * (size // 2)
    return ndimage.affine_transform(
        image, np.array([factor, factor]), offset=offset, output_shape=(size, size), order=1
    )


@parallel_kernel()
def _expose(seed, slice_number, sinogram, counts):
    """Replace line integrals by noisy ones: Poisson counts (as a normal)."""
    for a in prange(sinogram.shape[0]):
        for b in range(sinogram.shape[1]):
            mean = counts[a, b] * np.exp(-sinogram[a, b])
            seen = mean + np.sqrt(mean) * normal(seed + _U(slice_number), 0, a, b)
            sinogram[a, b] = -np.log(max(seen, 1.0) / counts[a, b])


@parallel_kernel()
def _tone(seed, z, image, depth, numbers):
    """Turn attenuation into grey levels in place, with slow shading and a dark margin."""
    ny, nx = image.shape
    for j in prange(ny):
        lattice = np.full((3, 11), np.nan)
        for i in range(nx):
            t = numbers[0]
            along, across, fine = t.shading_scale_z, t.shading_scale, t.shading_fine_scale
            wide = t.edge_varies_scale
            slow = value_noise(seed, z / along, j / across, i / across, lattice, 0)
            slow += t.shading_fine * value_noise(
                seed + _U(1), z / fine, j / fine, i / fine, lattice, 1
            )
            side = value_noise(seed + _U(2), z / wide, j / wide, i / wide, lattice, 2)
            dark = t.edge * max(0.0, 1.0 + t.edge_varies * side)
            dark *= np.exp(-depth[j, i] / t.edge_width)
            level = t.gain * (image[j, i] - _MATRIX)
            image[j, i] = level + t.shading * slow - dark
