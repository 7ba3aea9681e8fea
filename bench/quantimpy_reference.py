"""Record quantimpy's Minkowski functionals for tests/test_minkowski.py.

Run it with a Python that has quantimpy 0.2.6 (it must be compiled and is no dependency):
``python bench/quantimpy_reference.py > tests/literature/quantimpy.json``.
"""

import json

import numpy as np
from quantimpy import minkowski


def shapes():
    """Yield names and the recipe of each image, as tests/test_minkowski.py draws them again."""
    for radius in (5, 10, 20, 40):
        yield f"disc {radius}", disc(radius)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        yield f"random {seed}", rng.random((40, 30)) < 0.2 + 0.2 * seed


def disc(radius):
    """A disc whose centre is a pixel, well inside the frame."""
    y, x = np.mgrid[: 2 * radius + 9, : 2 * radius + 9] - radius - 4
    return y**2 + x**2 <= radius**2


values = {name: minkowski.functionals(image) for name, image in shapes()}
print(
    json.dumps(
        {
            "library": "quantimpy 0.2.6",
            "quantities": ["area", "perimeter / (2 pi)", "Euler characteristic / pi"],
            "functionals": values,
        },
        indent=1,
    )
)
