from .apparent import (
    permeability,
)
from .convergence import (
    NotConvergedError,
)
from .cut import (
    Cut,
    critical_diameter,
    minimum_cut,
)
from .domain import (
    DoesNotPercolateError,
    PoreDomain,
    connected_pores,
    domain_from_grey,
    domain_from_labels,
    domain_from_mask,
    first_percolation,
)
from .estimates import (
    archie_exponent,
    channel_width,
    katz_thompson,
    kozeny_carman,
    slit_estimate,
    tube_estimate,
)
from .gas import (
    METHANE,
    METHANE_AS_STATED,
    Gas,
)
from .laplace import (
    diffusive_tortuosity,
    effective_conductivity,
    formation_factor,
)
from .microporous import (
    SOLID,
    VOID,
    microporous_permeability,
    phase_permeability,
)
from .options import (
    SolverOptions,
)
from .pressures import (
    Klinkenberg,
    klinkenberg,
    klinkenberg_fit,
)
from .resolution import (
    extrapolated_permeability,
    ratio_of_pieces,
)
from .result import (
    FlowResult,
)
from .slip import (
    MAXWELL,
    NO_SLIP,
    SECOND_ORDER,
    STOPS,
    SlipModel,
)
from .stokes import (
    stokes_permeability,
)
from .sweeps import (
    permeability_along_axes,
    threshold_sweep,
)
from .tensor import (
    permeability_tensor,
)
from .thickness import (
    local_knudsen,
    local_thickness,
)
from .thresholds import (
    common_threshold,
    connected_threshold,
    sweep_levels,
    threshold_rules,
)
from .tracing import (
    Field,
    streamlines,
)
from .units import (
    DARCY,
    NANODARCY,
)
from .voxels import (
    central_piece,
    cubic_voxels,
    pieces,
    split_voxels,
)
from .vtk import (
    write_vtk,
)

__all__ = [
    "DARCY",
    "MAXWELL",
    "METHANE",
    "METHANE_AS_STATED",
    "NANODARCY",
    "NO_SLIP",
    "SECOND_ORDER",
    "SOLID",
    "STOPS",
    "VOID",
    "Cut",
    "DoesNotPercolateError",
    "Field",
    "FlowResult",
    "Gas",
    "Klinkenberg",
    "NotConvergedError",
    "PoreDomain",
    "SlipModel",
    "SolverOptions",
    "archie_exponent",
    "central_piece",
    "channel_width",
    "common_threshold",
    "connected_pores",
    "connected_threshold",
    "critical_diameter",
    "cubic_voxels",
    "diffusive_tortuosity",
    "domain_from_grey",
    "domain_from_labels",
    "domain_from_mask",
    "effective_conductivity",
    "extrapolated_permeability",
    "first_percolation",
    "formation_factor",
    "katz_thompson",
    "klinkenberg",
    "klinkenberg_fit",
    "kozeny_carman",
    "local_knudsen",
    "local_thickness",
    "microporous_permeability",
    "minimum_cut",
    "permeability",
    "permeability_along_axes",
    "permeability_tensor",
    "phase_permeability",
    "pieces",
    "ratio_of_pieces",
    "slit_estimate",
    "split_voxels",
    "stokes_permeability",
    "streamlines",
    "sweep_levels",
    "threshold_rules",
    "threshold_sweep",
    "tube_estimate",
    "write_vtk",
]
