"""Gas flow in pore space: from a mask to the apparent permeability.

The one call that most users need is `shalelib.flow.permeability.permeability`. The rest, from the
inside out: `lattice` (D3Q19), `slip` (walls), `sparse` (storage), `problem` (a flow in lattice
units), `solver` and `convergence` (its steady state), `units`; and around it `domain` (which
voxels are pores), `thickness` (local Knudsen number), `gas`, `sweeps` (axes, thresholds),
`streamlines`, `vtk` and `checkpoint`. Beyond one number: `cut` (the narrowest place), `laplace`
(formation factor, tortuosity), `estimates`, `thresholds`, `klinkenberg` (pressures), `tensor`,
`voxels` (cuboids, pieces) and `microporous` (kerogen that conducts).
"""

VERSION = 2  # raise it when the same pore space gives another flow
