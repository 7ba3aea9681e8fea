"""Gas flow in pore space: from a mask to the apparent permeability.

The one call that most users need is `permeability`. The rest, from the
inside out: `lattice` (D3Q19), `slip` (walls), `sparse` (storage), `problem` (a flow in lattice
units), `solver` and `convergence` (its steady state), `units`; and around it `domain` (which
voxels are pores), `thickness` (local Knudsen number), `gas`, `sweeps` (axes, thresholds),
`tracing`, `vtk` and `checkpoint`. Beyond one number: `cut` (the narrowest place), `laplace`
(formation factor, tortuosity), `estimates`, `thresholds`, `pressures` (Klinkenberg), `tensor`,
`voxels` (cuboids, pieces) and `microporous` (kerogen that conducts).
"""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
