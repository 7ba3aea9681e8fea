from .against_truth import (
    two_point_curves,
)
from .baselines import (
    affine_prediction,
    constant_prediction,
    everywhere,
    nearest_slice,
    random_mask,
)
from .bootstrap import (
    Interval,
    bootstrap_mean,
    draw_groups,
    student_mean,
)
from .distance import (
    wasserstein,
)
from .divergence import (
    Divergence,
    common_edges,
    joint_histogram,
    kl_from_counts,
    kl_of_samples,
    kl_of_tables,
)
from .functionals import (
    edge_perimeter,
    minkowski,
    plane_blocks,
    plane_functionals,
    quad_counts,
    quantimpy_perimeter,
)
from .isotropy import (
    IsotropyTest,
    isotropy_test,
)
from .ladder import (
    fake_model,
)
from .location import (
    auc_of_grey,
    darkest,
    dice_at_share,
    two_point_error,
)
from .paired import (
    check_pair,
    dice,
    psnr,
    ssim,
)
from .stsim import (
    band_terms,
    stsim_1,
    stsim_global,
    stsim_windowed,
)
from .table1 import (
    Metric,
    get_metric,
    score_patches,
    separation,
    table_1,
)
from .table2 import (
    Column,
    PlaneMeasures,
    divergences,
    measure_images,
    measure_volumes,
)
from .texture import (
    chord_lengths,
    correlation_coefficient,
    dark_phase,
    frequency_bands,
    grey_histogram,
    grey_percentiles,
    power_spectrum,
    spectral_distance,
    two_point_correlation,
)
from .volume import (
    slice_jump,
    two_point_along,
    volume_psnr,
    volume_ssim,
)

__all__ = [
    "Column",
    "Divergence",
    "Interval",
    "IsotropyTest",
    "Metric",
    "PlaneMeasures",
    "affine_prediction",
    "auc_of_grey",
    "band_terms",
    "bootstrap_mean",
    "check_pair",
    "chord_lengths",
    "common_edges",
    "constant_prediction",
    "correlation_coefficient",
    "dark_phase",
    "darkest",
    "dice",
    "dice_at_share",
    "divergences",
    "draw_groups",
    "edge_perimeter",
    "everywhere",
    "fake_model",
    "frequency_bands",
    "get_metric",
    "grey_histogram",
    "grey_percentiles",
    "isotropy_test",
    "joint_histogram",
    "kl_from_counts",
    "kl_of_samples",
    "kl_of_tables",
    "measure_images",
    "measure_volumes",
    "minkowski",
    "nearest_slice",
    "plane_blocks",
    "plane_functionals",
    "power_spectrum",
    "psnr",
    "quad_counts",
    "quantimpy_perimeter",
    "random_mask",
    "score_patches",
    "separation",
    "slice_jump",
    "spectral_distance",
    "ssim",
    "stsim_1",
    "stsim_global",
    "stsim_windowed",
    "student_mean",
    "table_1",
    "two_point_along",
    "two_point_correlation",
    "two_point_curves",
    "two_point_error",
    "volume_psnr",
    "volume_ssim",
    "wasserstein",
]
