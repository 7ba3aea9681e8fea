"""Translate TXM images: the rock alone, and in memory."""

from __future__ import annotations

import numpy as np

from shalelib.arguments import check_whole, given_grey
from shalelib.arrays import Grey, Mask
from shalelib.models.inference import Inference, predict
from shalelib.models.networks import Generator
from shalelib.models.networks3d import VolumeGenerator
from shalelib.outside import check_rock

PER_PIXEL = 330  # memory that the generators take for each pixel of a batch [byte]
MEMORY = 2e9  # memory that a batch may take by default [byte]
LARGEST = 8  # images in a batch
LARGEST_SEED = 2**64 - 1  # that torch takes
SMALLEST = 5  # edge of an image that the networks can mirror outwards [pixel]


def translate(
    generator: Generator,
    txm: Grey,
    *,
    rock: Mask | None = None,
    batch: int | None = None,
    inference: Inference = "eval",
    seed: int = 0,
) -> Grey:
    """Translate TXM images to predicted FIB-SEM images, in memory.

    For volumes that are larger than the memory, see `shalelib.models.translate_volume`.

    Parameters
    ----------
    generator : Generator
        From `shalelib.models.load_generator`.
    txm : (n, y, x) uint8 array
        Images to translate, each on its own; y and x are at least 5 pixels.
    rock : (n, y, x) bool array, optional
        True in the rock; elsewhere the prediction is zero. Without it, the TXM must be all rock.
    batch : int, optional
        Images to translate at a time, which changes nothing but time and memory: about a third of a
        kilobyte for each pixel of the batch. By default eight, or as many as stay below two
        gigabytes: one of 2,048 x 2,048 pixels. Ignored by ``as_published``, which takes one.
    inference : str
        ``eval`` switches dropout off. ``as_published`` leaves the network in training mode, as the
        authors' test command does: every slice then has its own random dropout mask.
    seed : int
        Seed of those masks, below 2**64.

    Returns
    -------
    (n, y, x) uint8 array
        Of the same shape as `txm`. Where y or x is not a multiple of 4, the images are extended by
        mirroring first, and the prediction is cropped.

    Raises
    ------
    TypeError
        `generator` is not a network, `txm` is not uint8, or `rock` is not boolean.
    ValueError
        The TXM shows more than rock and no mask says so (`shalelib.outside`), the rock is of one
        grey level, a mask does not fit, the images are too small, there is no such inference mode,
        or the generator sees volumes.
    """
    check_images(generator, txm)
    check_rock("txm", txm, rock)
    check_picture(txm, rock)
    if batch is not None:
        check_whole("batch", batch, least=1)
    seed = check_whole("seed", seed, least=0, most=LARGEST_SEED)
    size = fitting_batch(txm.shape) if batch is None else batch
    grey = predict(generator, txm, batch=size, inference=inference, seed=seed)
    return grey if rock is None else np.where(rock, grey, np.uint8(0))


def check_images(generator: object, txm: object) -> None:
    """Refuse anything but a network, and images that are not grey levels or are too small."""
    if not isinstance(generator, Generator):
        msg = (
            f"generator must be a network, got {generator!r}; load it by "
            "shalelib.models.load_generator(name)"
        )
        raise TypeError(msg)
    shape = given_grey("txm", txm, ndim=3).shape
    if not isinstance(generator, VolumeGenerator) and min(shape[1:]) < SMALLEST:
        msg = (
            f"slices must measure {SMALLEST} pixels at least along y and x, got {shape}; a slice "
            "of a stack is txm[n : n + 1], so that three axes remain"
        )
        raise ValueError(msg)


def check_picture(txm: Grey, rock: Mask | None) -> None:
    """Refuse images whose rock is of one grey level: a network would make a rock of them anyway.

    Parameters
    ----------
    txm : (n, y, x) uint8 array
    rock : (n, y, x) bool array, optional
    """
    levels: set[int] = set()
    for number, image in enumerate(txm):
        inside = image if rock is None else image[rock[number]]
        if inside.size:
            levels |= {int(inside.min()), int(inside.max())}
        if len(levels) > 1:
            return
    msg = (
        f"all of the rock in txm is grey {levels.pop()}, and there is nothing to translate; look "
        "at the volume, and at the window through which it came to 8 bits"
    )
    raise ValueError(msg)


def fitting_batch(shape: tuple[int, ...]) -> int:
    """Return how many images of a shape (..., y, x) are translated at a time.

    Examples
    --------
    >>> fitting_batch((100, 512, 512)), fitting_batch((100, 2048, 2048))
    (8, 1)
    """
    return int(np.clip(MEMORY // (PER_PIXEL * shape[-2] * shape[-1]), 1, LARGEST))
