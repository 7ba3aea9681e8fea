"""What the open choices of STSIM-1 are worth on the real patches, and what it costs.

Run with ``python bench/metrics.py`` (about a minute); prints one row a choice, for the untranslated
TXM of 100 seeded 128 x 128 crops ("No Model", for which the paper's Table 1 has 0.70).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from shalelib.arrays import Grey
from shalelib.data.fetch import fetch_patches
from shalelib.data.patches import PatchSampler
from shalelib.metrics.steerable import steerable_pyramid
from shalelib.metrics.stsim import band_terms, stsim_1, stsim_global, stsim_windowed

Stack = np.ndarray
Metric = Callable[[Grey, Grey], float]


def decompose(image: Grey, *, mirror: bool = False) -> list[Stack]:
    """Return the pyramid's stacks, of the image as periodic or as mirrored at its edges."""
    if not mirror:
        return steerable_pyramid(image.astype(float)).stacks()
    wide = np.pad(image.astype(float), [(0, n) for n in image.shape], mode="symmetric")
    stacks = steerable_pyramid(wide).stacks()
    return [s[:, : s.shape[1] // 2, : s.shape[2] // 2] for s in stacks]


def choice(
    *,
    prepare: Callable[[Stack, int], Stack] = lambda stack, index: stack,
    pool: Callable[[np.ndarray], float] = np.mean,
    **options: float,
) -> Metric:
    """Return STSIM-1 with the stacks prepared, or the bands pooled, in another way."""
    mirror = bool(options.pop("mirror", False))

    def metric(first: Grey, second: Grey) -> float:
        stacks = zip(decompose(first, mirror=mirror), decompose(second, mirror=mirror), strict=True)
        scores = [
            (band_terms(prepare(x, i), prepare(y, i), **options).prod(axis=0) ** 0.25)
            for i, (x, y) in enumerate(stacks)
        ]
        return float(pool(np.concatenate([s.mean(axis=(1, 2)) for s in scores])))

    return metric


METRICS: dict[str, Metric] = {
    "STSIM as printed, global": stsim_global,
    "STSIM as printed, windows": stsim_windowed,
    "STSIM-1": stsim_1,
    "  real parts only (real steerable pyramid)": choice(prepare=lambda s, i: s.real),
    "  mirrored at the edges, not periodic": choice(mirror=True),
    "  real parts, mirrored": choice(prepare=lambda s, i: s.real, mirror=True),
    "  bands pooled by the geometric mean": choice(pool=lambda q: np.exp(np.log(q).mean())),
    "  amplitudes 4 times per scale (pyrtools)": choice(
        prepare=lambda s, i: s * 4 ** max(i - 1, 0)
    ),
    "  C = 1e-6": choice(constant=1e-6),
    "  C = 1": choice(constant=1.0),
}


def main() -> None:
    """Print mean, standard deviation over crops, and time a pair."""
    patches = PatchSampler(fetch_patches(), size=128).draw(100, rng=np.random.default_rng(0))
    print(f"{'':46s} mean   s.d.   ms a pair")
    for name, metric in METRICS.items():
        start = time.perf_counter()
        scores = [metric(txm, sem) for txm, sem in zip(patches.txm, patches.sem, strict=True)]
        seconds = time.perf_counter() - start
        print(f"{name:46s} {np.mean(scores):.4f} {np.std(scores):.4f} {10 * seconds:6.1f}")


if __name__ == "__main__":
    main()
