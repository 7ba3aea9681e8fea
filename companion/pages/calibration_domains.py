"""What is known of the digital shale's true flow domain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from companion.profiles import get_profile
from shalelib.arrays import Labels, Mask
from shalelib.flow.domain import connected_pores
from shalelib.flow.estimates import channel_width
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
        for the whole plug over the same slices. Shares are of the rock [%]; ``connected`` is the
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
        return 100.0 * float(part[rock].mean())

    return {
        "place": name,
        "low density [%]": share(labels == LOW),
        "darker than matrix [%]": share(labels == SOFT),
        "high density [%]": share(labels == HIGH),
        "flow domain [%]": share(domain),
        "connected [%]": share(connected_pores(domain)),
        "channel [voxel]": channel_width(domain),
    }
