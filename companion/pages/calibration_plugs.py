"""Thin plugs: one registered slice of many digital shales, to calibrate on more than one rock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shalelib.arrays import Grey, Mask
from shalelib.data.pairs import PairedSlices
from shalelib.phantom.acquisition import AcquisitionConfig, register_cuts
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric import Rock, make_rock, plug_outline
from shalelib.phantom.fibsem import render_sem
from shalelib.phantom.txm import render_txm
from shalelib.phantom.volume import Phantom

DEPTH = 25  # slices; the TXM averages over three depths of focus, 12 slices, on each side
MIDDLE = DEPTH // 2
THIN = PhantomConfig(depth=DEPTH, width=376, diameter=368)


@dataclass(frozen=True, kw_only=True, eq=False)
class ThinPlug:
    """The middle of one rock: enough of it for one TXM slice and the tilted cut beneath.

    Attributes
    ----------
    rock : Rock
    sem : (z, y, x) uint8 array
        Slices imaged one by one.
    txm : (y, x) uint8 array
        The middle slice, saved by itself.
    outline : (y, x) bool array
    seed : int
    """

    rock: Rock
    sem: Grey
    txm: Grey
    outline: Mask
    seed: int


def thin_plug(config: PhantomConfig, *, seed: int) -> ThinPlug:
    """Make the rock, all its FIB-SEM slices and the middle TXM slice.

    Parameters
    ----------
    config : PhantomConfig
        Its depth is `DEPTH`.
    seed : int
    """
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=seed)
    rock = make_rock(config.fabric, outline, z0=0, depth=config.depth, seed=seed)
    sem = render_sem(rock.grey, rock.charging, outline, config.sem, z0=0, seed=seed)
    txm = middle_txm(rock, outline, config, seed=seed)
    return ThinPlug(rock=rock, sem=sem, txm=txm, outline=outline, seed=seed)


def middle_txm(rock: Rock, outline: Mask, config: PhantomConfig, *, seed: int) -> Grey:
    """Render the middle TXM slice of a thin plug, as it is saved by itself."""
    slices = render_txm(rock.attenuation, rock.labels, outline, config, seed=seed, start=MIDDLE)
    return next(slices)[1]


def register_plugs(
    plugs: Sequence[ThinPlug], config: PhantomConfig, *, acquisition: AcquisitionConfig, seed: int
) -> list[PairedSlices]:
    """Pair each TXM slice with its cut; the share that is paired with nothing gets another rock's.

    Parameters
    ----------
    plugs : sequence of ThinPlug
    config : PhantomConfig
    acquisition : AcquisitionConfig
    seed : int

    Returns
    -------
    list of PairedSlices
        One slice each, numbered by the plug.
    """
    rng = np.random.default_rng(seed)
    lost = rng.permutation(len(plugs)) < round(acquisition.unpaired * len(plugs))
    near = replace(acquisition, unpaired=0.0)
    pairs = []
    for n, plug in enumerate(plugs):
        other = plugs[(n + 1) % len(plugs)] if lost[n] else plug
        txm = np.zeros_like(plug.sem)
        txm[MIDDLE] = plug.txm
        phantom = Phantom(
            labels=other.rock.labels,
            sem=other.sem,
            txm=txm,
            sem_slices=other.sem,
            txm_slices=txm,
            charging=other.rock.charging,
            outline=plug.outline & other.outline,
            config=config,
            seed=plug.seed,
        )
        pair = register_cuts(phantom, np.array([float(MIDDLE)]), config=near, rng=rng)
        pairs.append(replace(pair, txm=pair.txm * phantom.outline, slice_index=np.array([n])))
    return pairs
