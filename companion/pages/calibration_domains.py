"""What is known of the digital shale's true flow domain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from companion.profiles import get_profile
from companion.style import number
from shalelib.arrays import Labels, Mask
from shalelib.flow.apparent import permeability
from shalelib.flow.domain import DoesNotPercolateError, connected_pores
from shalelib.flow.estimates import channel_width, kozeny_carman, slit_estimate
from shalelib.flow.slip import NO_SLIP
from shalelib.flow.units import NANODARCY
from shalelib.phantom.acquisition import volume_places
from shalelib.phantom.fabric_config import HIGH, LOW, SOFT
from shalelib.phantom.volume import Phantom, flow_domain


def flow_domain_table(phantom: Phantom, *, profile: str) -> pd.DataFrame:
    """Measure the phases and the true flow domain of the test volumes.

    Parameters
    ----------
    phantom : Phantom
    profile : str
        Fixes the size of the test volumes.

    Returns
    -------
    DataFrame
        One row a test volume, as `shalelib.phantom.acquisition.volume_places` orders them, and one
        for the whole plug over the same slices. Shares are of the rock; ``φ connected`` is the
        part of the flow domain that joins the first and the last slice; ``channel`` is twice the
        mean distance from the domain's ridge to the wall [voxel].
    """
    places = volume_places(phantom, config=get_profile(profile).acquisition)
    rows = [
        _row(f"volume {number}", np.asarray(phantom.labels[place]), None)
        for number, place in enumerate(places, start=1)
    ]
    block = np.asarray(phantom.labels[places[0][0]])
    rows.append(_row("whole test block", block, phantom.outline))
    return pd.DataFrame(rows)


def _row(name: str, labels: Labels, outline: Mask | None) -> dict[str, object]:
    rock = np.broadcast_to(True if outline is None else outline, labels.shape)
    domain = flow_domain(labels) & rock

    def share(part: Mask) -> float:
        return float(part[rock].mean())

    return {
        "place": name,
        "low density": share(labels == LOW),
        "darker than matrix": share(labels == SOFT),
        "high density": share(labels == HIGH),
        "flow domain": share(domain),
        "φ connected": share(connected_pores(domain)),
        "channel [voxel]": channel_width(domain),
    }


AXES = ("z", "y", "x")
DOMAIN = 0.15, 0.25  # of the rock, that the flow domain of a test volume is aimed to be
LARGEST_RATIO = 3.0  # of the permeabilities along two axes that is aimed at
_FLAT_FACES = 2.0 / 3.0  # area of a smooth wall over that of the voxel faces that stand for it


def axes_table(domain: Mask, *, voxel_size: float) -> pd.DataFrame:
    """Solve the flow along each axis, beside estimates from the same domain.

    Parameters
    ----------
    domain : (z, y, x) bool array
        Where fluids move.
    voxel_size : float
        [m]

    Returns
    -------
    DataFrame
        One row an axis: connected porosity, permeability without slip, that of Kozeny and Carman
        from porosity and wall area, and that of straight slits of the domain's own mean Knudsen
        number [nd]. An axis along which nothing connects has permeability 0 and no estimates.
    """
    return pd.DataFrame(
        [_axis_row(domain, axis, voxel_size=voxel_size) for axis in range(len(AXES))]
    )


def open_axes(table: pd.DataFrame) -> list[str]:
    """Say by how much the axes of an `axes_table` differ, where they differ more than aimed at."""
    values = table["permeability [nd]"]
    ratio = float(values.max() / values.min()) if values.min() > 0 else float("inf")
    if ratio <= LARGEST_RATIO:
        return []
    found = number(ratio, "#.3g") if np.isfinite(ratio) else "without bound"
    most = number(LARGEST_RATIO, ".3g")
    return [f"permeability along the axes (apart by a factor of {found}, allowed {most})"]


def open_domains(table: pd.DataFrame) -> list[str]:
    """Name the test volumes of a `flow_domain_table` whose flow domain is not of the aimed size.

    The last row, the whole plug, is no test volume.

    Examples
    --------
    >>> table = pd.DataFrame({"place": ["volume 1", "whole"], "flow domain": [0.125, 0.1]})
    >>> open_domains(table), open_domains(table.iloc[1:])
    (['flow domain (0.125 in volume 1, allowed 0.15 to 0.25)'], [])
    """
    shares = table.iloc[:-1].set_index("place")["flow domain"]
    out = [
        f"{number(v, '.3f')} in {place}"
        for place, v in shares.items()
        if not DOMAIN[0] <= v <= DOMAIN[1]
    ]
    return [f"flow domain ({', '.join(out)}, allowed {DOMAIN[0]} to {DOMAIN[1]})"] if out else []


def central_piece(phantom: Phantom, *, profile: str) -> Labels:
    """Cut the middle of the central test volume, of the edge at which flow sweeps are solved."""
    sizes = get_profile(profile)
    place = volume_places(phantom, config=sizes.acquisition)[0]
    edge = sizes.flow.sweep_edge
    first = [(part.start + part.stop - edge) // 2 for part in place]
    return np.asarray(phantom.labels[tuple(slice(n, n + edge) for n in first)])


def _axis_row(domain: Mask, axis: int, *, voxel_size: float) -> dict[str, object]:
    row: dict[str, object] = {"axis": AXES[axis]}
    try:
        found = permeability(domain, axis=axis, voxel_size=voxel_size, slip=NO_SLIP, knudsen=True)
    except DoesNotPercolateError:
        return row | {"permeability [nd]": 0.0}
    porosity = found.porosity_connected
    faces = sum(
        int(np.diff(found.pore.astype(np.int8), axis=n).astype(bool).sum()) for n in range(3)
    )
    surface = _FLAT_FACES * faces / (found.pore.size * voxel_size)
    return row | {
        "permeability [nd]": found.permeability_nd,
        "φ connected": porosity,
        "mean Kn": found.kn_mean,
        "Kozeny-Carman [nd]": kozeny_carman(porosity, surface) / NANODARCY,
        "slits of its Kn [nd]": slit_estimate(found.kn_mean, porosity) / NANODARCY,
    }
