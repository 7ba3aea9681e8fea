"""The fit of the digital shale: amplitudes with which its TXM shows what a real one does.

The TXM is nearly linear in the attenuation of the phases and in its own amplitudes. So each thin
plug is rendered once as it is and once a field with that field changed; the search then adds up
images instead of rendering them, and what it finds is rendered exactly for the final table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from companion.pages.calibration import Crops, calibration_table, phantom_crops
from companion.pages.calibration_plugs import ThinPlug, middle_txm, register_plugs
from shalelib.arrays import Grey, Real
from shalelib.phantom.acquisition import AcquisitionConfig
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric import make_rock

BOUNDS = {
    "fabric.mu_low": (-10.0, 5.0),
    "fabric.mu_clay": (-50.0, 0.0),
    "fabric.mu_tone": (0.0, 40.0),
    "fabric.mu_high": (130.0, 200.0),
    "fabric.haze": (0.0, 30.0),
    "txm.halo": (0.0, 500.0),
    "txm.edge": (0.0, 120.0),
    "txm.shading": (0.0, 60.0),
    "txm.mean": (95.0, 120.0),
}
"""The fields that are searched, with the least and the largest value that is tried."""


def with_fields(config: PhantomConfig, values: Mapping[str, float]) -> PhantomConfig:
    """Return a config with fields such as ``txm.halo`` changed."""
    for name, value in values.items():
        part, field = name.split(".")
        config = replace(config, **{part: replace(getattr(config, part), **{field: value})})
    return config


def field_values(config: PhantomConfig, names: Sequence[str]) -> dict[str, float]:
    """Return the values of fields such as ``txm.halo``."""
    split = [(name, *name.split(".")) for name in names]
    return {name: getattr(getattr(config, part), field) for name, part, field in split}


def responses(plug: ThinPlug, config: PhantomConfig) -> dict[str, Real]:
    """Render how the TXM of a plug changes with each field of `BOUNDS`, by a tenth of its range.

    Parameters
    ----------
    plug : ThinPlug
    config : PhantomConfig
        What the plug was made with.

    Returns
    -------
    dict of (y, x) float32 arrays
        Grey levels a unit of the field.
    """
    out = {}
    for name, value in field_values(config, list(BOUNDS)).items():
        least, largest = BOUNDS[name]
        step = (largest - least) / 10.0
        step = step if value + step <= largest else -step
        changed = with_fields(config, {name: value + step})
        rock = plug.rock
        if name.startswith("fabric."):
            rock = make_rock(changed.fabric, plug.outline, z0=0, depth=config.depth, seed=plug.seed)
        image = middle_txm(rock, plug.outline, changed, seed=plug.seed)
        out[name] = (image.astype(np.float32) - plug.txm) / np.float32(step)
    return out


def crops_of(
    plugs: Sequence[ThinPlug], config: PhantomConfig, acquisition: AcquisitionConfig, *, like: Crops
) -> Crops:
    """Register thin plugs and cut the crops that the calibration compares."""
    pairs = register_plugs(plugs, config, acquisition=acquisition, seed=0)
    return phantom_crops(*pairs, like=like, seed=0)


def search(
    plugs: Sequence[ThinPlug],
    config: PhantomConfig,
    acquisition: AcquisitionConfig,
    *,
    real: Crops,
    rounds: int = 3,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, float]:
    """Search the fields of `BOUNDS` one at a time, with steps that halve, on the linear TXM.

    Parameters
    ----------
    plugs : sequence of ThinPlug
    config : PhantomConfig
        Where the search begins; the plugs were made with it.
    acquisition : AcquisitionConfig
    real : Crops
    rounds : int
        Passes over all fields; the first step is a quarter of a field's range.
    tell : callable
        Gets a line at every better value.

    Returns
    -------
    dict
        The fields and their best values.
    """
    change = [responses(plug, config) for plug in plugs]
    start = field_values(config, list(BOUNDS))

    def loss(values: Mapping[str, float]) -> float:
        seen = [
            replace(plug, txm=linear_txm(plug, own, start, values))
            for plug, own in zip(plugs, change, strict=True)
        ]
        crops = crops_of(seen, config, acquisition, like=real)
        return misfit(calibration_table(crops, real, quick=True))

    best, least = dict(start), loss(start)
    for n in range(rounds):
        for name, (low, high) in BOUNDS.items():
            step = (high - low) / 2.0 ** (n + 2)
            for signed in (step, -step):
                trial = best | {name: float(np.clip(best[name] + signed, low, high))}
                found = loss(trial)
                if found < least:
                    best, least = trial, found
                    tell(f"misfit {least:.2f}: {name} = {trial[name]:.4g}")
                    break
    return best


def misfit(table: pd.DataFrame) -> float:
    """Sum the squares of all differences over their targets, each as far as nine."""
    aims = table[table["target"].notna()]
    return float(np.minimum((aims["difference"] / aims["target"]) ** 2, 9.0).sum())


def linear_txm(
    plug: ThinPlug,
    change: Mapping[str, Real],
    start: Mapping[str, float],
    values: Mapping[str, float],
) -> Grey:
    """Return the TXM slice of a plug as the responses say that other values change it."""
    image = plug.txm.astype(np.float32)
    for name, response in change.items():
        image += np.float32(values[name] - start[name]) * response
    return np.where(plug.outline, np.clip(np.rint(image), 1, 255), 0).astype(np.uint8)
