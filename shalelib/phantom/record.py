"""Configurations as Numba kernels take them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_record(config: Any) -> NDArray[np.void]:
    """Return the numbers of a configuration as an array of one record, for ``record[0].name``.

    A record rather than a tuple: a parallel region takes at most a hundred numbers of a tuple.
    """
    numbers = {item.name: float(getattr(config, item.name)) for item in fields(config)}
    kind = np.dtype([(name, np.float64) for name in numbers])
    return np.array([tuple(numbers.values())], kind)
