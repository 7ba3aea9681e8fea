"""Gas flow in a pore space: from a mask to the apparent permeability.

The one call that most users need is `permeability`. Behind it are the modules `lattice` (D3Q19),
`slip` (walls), `sparse` (storage), `problem` (a flow in lattice units), `solver` and `convergence`
(its steady state) and `units`. Around it are `domain` (which voxels are pores), `thickness` (local
Knudsen number), `gas`, `sweeps` (axes, thresholds), `tracing`, `vtk` and `checkpoint`. Further
analyses are in `cut` (the narrowest place), `laplace` (formation factor, tortuosity), `estimates`,
`thresholds`, `pressures` (Klinkenberg), `tensor`, `resolution` (grid error), `voxels` (cuboids,
pieces) and `microporous` (permeable kerogen).
"""

from shalelib._face import face

__getattr__, __dir__, __all__ = face(__name__, __file__)
