"""Resample to another pixel size, even out grey levels, find charging."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import ndimage, sparse

from shalelib.arguments import check_choice, check_whole, given_grey
from shalelib.arrays import Grey, Mask, Real, check_length
from shalelib.data.volume import Volume
from shalelib.memory import check_room, machine_memory

_WEIGHTS = 300
"""Bytes that the weights of an axis take a pixel while they are found."""

_EQUAL = 1e-9  # relative difference of two edges that are one


def rescale(image: Grey, *, from_size: float, to_size: float) -> Grey:
    """Resample a slice or volume to another pixel size, without aliasing.

    Parameters
    ----------
    image : (y, x) or (z, y, x) uint8 array
        May be memory-mapped.
    from_size, to_size : float
        Edge of a pixel before and after [m]; the paper goes from 31.2 to 33.6 nm.

    Returns
    -------
    uint8 array
        An axis of n pixels becomes one of ``floor(n * from_size / to_size)``; the outer edges of
        the first pixels coincide. Overshoot beyond 0 and 255 is clipped.

    Raises
    ------
    TypeError
        `image` is not uint8, or a size is not a number.
    ValueError
        `image` has other axes, a size is not that of a pixel in metres, or no pixel would be left.
    MemoryError
        The new grid needs more memory than the machine has.

    Notes
    -----
    Not in the paper, which does not say how it resampled. Keys' cubic kernel is applied along each
    axis, widened by the factor when the pixels grow, so that detail which the coarser grid cannot
    carry is averaged away. The surroundings of a rock are mixed into its rim; `to_cubes` leaves
    them out, given a volume with a mask.

    Examples
    --------
    >>> rescale(np.full((28, 14), 7, np.uint8), from_size=31.2e-9, to_size=33.6e-9).shape
    (26, 13)
    """
    given_grey("image", image, ndim=(2, 3))
    if image.ndim == 2:
        return next(rescale_slices(image[None], from_size=from_size, to_size=to_size, axes="yx"))
    shape = rescaled_shape(image.shape, from_size=from_size, to_size=to_size)
    _check_grid(shape, math.prod(shape))
    out = np.empty(shape, np.uint8)
    for z, plane in enumerate(rescale_slices(image, from_size=from_size, to_size=to_size)):
        out[z] = plane
    return out


def rescaled_shape(shape: tuple[int, ...], *, from_size: float, to_size: float) -> tuple[int, ...]:
    """Return the shape that `rescale` gives.

    Examples
    --------
    >>> rescaled_shape((451, 1024, 1024), from_size=31.2e-9, to_size=33.6e-9)
    (418, 950, 950)
    """
    before, after = check_length("from_size", from_size), check_length("to_size", to_size)
    out = tuple(int(n * before / after + 1e-9) for n in shape)
    if min(out) < 1:
        msg = f"an image of shape {shape} has no pixel left at {to_size} m; choose a smaller one"
        raise ValueError(msg)
    return out


def rescale_slices(
    volume: Grey, *, from_size: float, to_size: float, axes: str = "zyx"
) -> Iterator[Grey]:
    """Yield the slices of `rescale` one by one, holding only a few input slices at a time.

    Parameters
    ----------
    volume : (z, y, x) uint8 array
        May be memory-mapped.
    from_size, to_size : float
        Edge of a pixel before and after [m].
    axes : str
        ``zyx`` to resample along all axes, or ``yx`` to keep every slice.

    Yields
    ------
    (y, x) uint8 array

    Raises
    ------
    TypeError, ValueError, MemoryError
        As for `rescale`, when the first slice is drawn.
    """
    given_grey("volume", volume, ndim=3)
    check_choice("axes", axes, ("zyx", "yx"))
    shape = rescaled_shape(volume.shape[-len(axes) :], from_size=from_size, to_size=to_size)
    _check_grid(shape, 5 * np.dtype(np.float32).itemsize * math.prod(shape[-2:]))
    factor = to_size / from_size
    rows, columns = (
        _weights(n, m, factor) for n, m in zip(volume.shape[1:], shape[-2:], strict=True)
    )
    depth = sparse.eye_array(len(volume), format="csr")
    if axes == "zyx":
        depth = _weights(len(volume), shape[0], factor)
    held: dict[int, Real] = {}
    for z in range(depth.shape[0]):
        span = slice(depth.indptr[z], depth.indptr[z + 1])
        wanted = depth.indices[span].tolist()
        held = {k: plane for k, plane in held.items() if k in wanted}
        for k in wanted:
            if k not in held:
                plane = np.asarray(volume[k], np.float32)
                held[k] = (rows @ plane) @ columns.T
        mixed = sum(w * held[k] for k, w in zip(wanted, depth.data[span], strict=True))
        yield np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _check_grid(shape: tuple[int, ...], needed: float) -> None:
    """Refuse a grid that cannot be held."""
    check_room(
        f"a grid of {' x '.join(map(str, shape))} pixels",
        needed + _WEIGHTS * sum(shape),
        mend="choose a larger to_size, or mend from_size and to_size, which are in metres",
    )


def _weights(n: int, m: int, factor: float) -> sparse.csr_array:
    """Return the (m, n) matrix that resamples n pixels of an axis to m, `factor` times as wide."""
    width = max(factor, 1.0)
    centres = (np.arange(m) + 0.5) * factor - 0.5
    reach = int(np.ceil(2 * width))
    offsets = np.arange(-reach, reach + 1)
    columns = np.rint(centres).astype(int)[:, None] + offsets
    weights = _keys_cubic((columns - centres[:, None]) / width)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = columns % (2 * n)  # again and again, where the kernel is wider than the image
    mirrored = np.minimum(mirrored, 2 * n - 1 - mirrored)
    rows = np.repeat(np.arange(m), columns.shape[1])
    matrix = sparse.coo_array((weights.ravel(), (rows, mirrored.ravel())), shape=(m, n))
    out = matrix.tocsr().astype(np.float32)
    out.eliminate_zeros()
    return out


def _keys_cubic(t: Real) -> Real:
    """Keys' cubic convolution kernel, a = -1/2; exact for parabolas."""
    t = np.abs(t)
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))


def to_cubes(volume: Volume, *, edge: float | None = None) -> Volume:
    """Resample a volume with cuboid voxels, as FIB-SEM gives, to cubic voxels.

    Parameters
    ----------
    volume : Volume
        With a voxel size.
    edge : float, optional
        Edge of the cubes [m]; by default, the shortest edge of a voxel.

    Returns
    -------
    Volume
        Grey levels are interpolated by Keys' cubic kernel, widened where voxels grow. Each cube
        takes its mask, and outside the rock its grey level too, from the voxel in which its centre
        lies. At the rim, grey levels of the rock alone are interpolated: mixed with the dark around
        it, the rim would be dark and count as pores.

    Raises
    ------
    TypeError
        `volume` is not a `Volume`, or `edge` is not a number.
    ValueError
        The voxel size is not known, or `edge` is not that of a voxel in metres.
    MemoryError
        The cubes need more memory than the machine has; the message names an edge that fits.
    """
    if not isinstance(volume, Volume):
        msg = f"volume must be a Volume, got {type(volume).__name__}; make one by as_volume"
        raise TypeError(msg)
    if volume.voxel_size is None:
        msg = f"{volume.name} says nothing of its voxels; pass voxel_size=(z, y, x) when reading it"
        raise ValueError(msg)
    cube = min(volume.voxel_size) if edge is None else check_length("edge", edge)
    _check_cubes(volume, cube)
    pixels, inside = volume.pixels, volume.inside
    mixed: Real = np.asarray(_rock_beyond(volume), np.float32)
    for axis, length in enumerate(volume.voxel_size):
        if abs(length - cube) <= _EQUAL * cube:
            continue
        count = pixels.shape[axis]
        cubes = max(1, round(count * length / cube))
        weights = _weights(count, cubes, cube / length)
        flat = np.moveaxis(mixed, axis, 0)
        made = (weights @ flat.reshape(count, -1)).reshape(cubes, *flat.shape[1:])
        mixed = np.moveaxis(made, 0, axis)
        centres = ((np.arange(cubes) + 0.5) * cube / length).astype(int)
        nearest = np.minimum(centres, count - 1)
        pixels = pixels.take(nearest, axis)
        inside = None if inside is None else inside.take(nearest, axis)
    grey = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    if inside is not None:
        grey[~inside] = pixels[~inside]
    return replace(volume, pixels=grey, inside=inside, voxel_size=(cube, cube, cube))


def _check_cubes(volume: Volume, cube: float) -> None:
    """Refuse more cubes than fit into memory together with two copies of them in 32 bits."""
    assert volume.voxel_size is not None
    counts = volume.pixels.shape
    lengths = [n * edge for n, edge in zip(counts, volume.voxel_size, strict=True)]
    cubes = [max(1, round(length / cube)) for length in lengths]
    half = machine_memory() / 2
    rim = 0 if volume.inside is None else _OF_A_RIM * math.prod(counts)
    fits = (_OF_A_CUBE * math.prod(lengths) / half) ** (1 / 3), _WEIGHTS * max(lengths) / half
    check_room(
        f"{volume.name} in cubes of {cube * 1e9:g} nm, {' x '.join(map(str, cubes))} of them,",
        _OF_A_CUBE * max(math.prod(cubes), math.prod(counts)) + _WEIGHTS * max(cubes) + rim,
        mend=f"pass a longer edge, edge={max(*fits, cube):.1e}, or mend voxel_size, which is in "
        "metres, or cut the volume into pieces",
    )


_OF_A_CUBE, _OF_A_RIM = 10, 16
"""Bytes that a cube takes while a volume is resampled, and a voxel where the rock has a rim."""


def _rock_beyond(volume: Volume) -> Grey:
    """Return the grey levels with each voxel outside given that of the nearest voxel of rock."""
    if volume.inside is None or volume.inside.all():
        return volume.pixels
    nearest = ndimage.distance_transform_edt(
        ~volume.inside, sampling=volume.voxel_size, return_distances=False, return_indices=True
    )
    return np.asarray(volume.pixels[tuple(nearest)])


def charging_mask(sem: Grey, *, level: int = 250, least: int = 4, halo: int = 1) -> Mask:
    """Find charging by its saturation, as a stand-in where nobody has outlined it.

    Parameters
    ----------
    sem : (y, x) uint8 array
        A FIB-SEM slice.
    level : int
        Grey level at and above which a pixel is saturated.
    least : int
        Fewest connected saturated pixels that count; single bright pixels are noise.
    halo : int
        Width of the margin to add around them [pixels].

    Returns
    -------
    (y, x) bool array
        True where the SEM is charged. Saturated dense grains are included as well; the pixel
        classifier (`shalelib.segmentation`) tells them apart by texture.

    Raises
    ------
    TypeError
        `sem` is not uint8.
    ValueError
        `sem` is not two-dimensional, or a number is negative or not whole.

    Examples
    --------
    >>> sem = np.full((7, 7), 100, np.uint8)
    >>> sem[2:4, 2:4] = 255
    >>> charging_mask(sem, halo=1).sum(axis=1)
    array([0, 2, 4, 4, 2, 0, 0])
    """
    given_grey("sem", sem, ndim=2)
    for name, number in {"level": level, "least": least, "halo": halo}.items():
        check_whole(name, number, least=0)
    patches, count = ndimage.label(sem >= level)
    if not count:
        return np.zeros(sem.shape, bool)
    sizes = np.bincount(patches.ravel())
    sizes[0] = 0
    charged = sizes[patches] >= least
    return ndimage.binary_dilation(charged, iterations=halo) if halo else charged
