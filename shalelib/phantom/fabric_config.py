"""The numbers that make the rock of the digital shale, each with what it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from shalelib.config import check_positive, settle_numbers
from shalelib.phantom.checks import check_exponent, check_not_negative, check_share

BACKGROUND, LOW, MEDIUM, HIGH, SOFT = 0, 1, 2, 3, 5
"""Phase labels. 4 is left for the charging artefact, which is not a phase of the rock. SOFT is the
darker-than-matrix phase (clay, porous kerogen) around and between the darkest one, LOW."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FabricConfig:
    """The rock. Lengths in voxels, back-scatter in grey levels, attenuation with matrix at 128.

    Each number is explained beside its field in ``shalelib/phantom/fabric_config.py``. A noise
    field ranges over [-1, 1]; ``<name>_scale`` is the size of its features, and the field itself is
    multiplied by ``<name>``. The values are chosen so that the statistics on the calibration page
    come near those of the real patches; none is a measurement of the rock. They were set by hand,
    starting from what ``workflow/fit_phantom.py`` had found: on the thin plugs of seeds 0 to 39,
    and then on whole plugs of profile ``laptop``, those of seeds 1, 7 and 8. That script measures
    the thin plugs with ``--rounds 0`` and the whole ones with ``--whole``.

    Raises
    ------
    TypeError, ValueError
        A value is not a number, or out of range.
    """

    # Grains, and the seams between them
    grain: float = 104.0  # spacing of the large grains
    grain_small: float = 26.0  # spacing of the small grains in clay
    fine_share: float = 0.3  # share of the cells of large grains that are clay
    spread: float = 0.5  # size distribution of the grains (weight of the power diagram)
    rounding: float = 0.4  # of the grains at edges and corners, over the spacing
    seam_rounding: float = 0.1  # the same of the seams where grains touch
    belt: float = 0.5  # half-width of the clay between large grains: mean,
    belt_varies: float = 10.0  # and its variation from place to place
    belt_scale: float = 60.0
    bedding: float = 1.0  # flattening of the grains along y; 1 is isotropic
    roughness: float = 1.0  # of all outlines; 0 leaves plane faces
    warp: float = 9.0  # displacement that bends the plane faces of the grains
    warp_scale: float = 34.0
    warp_fine: float = 3.5  # its finer part
    warp_fine_scale: float = 10.0
    seam: float = 3.0  # widest half-width of the dark seams
    openness: float = -0.46  # how much of the seams is open, about -1 to 1
    opening: float = 0.6  # its variation from place to place
    opening_scale: float = 44.0
    opening_fine: float = 0.8
    opening_fine_scale: float = 24.0
    fine_opening: float = 0.12  # more of it between the small grains
    porosity: float = -0.97  # of the fine-grained regions, likewise
    flecks: float = 0.5  # porous flecks in the fine-grained regions: three sizes of them
    flecks_scale: float = 36.0
    flecks_middle: float = 0.6
    flecks_middle_scale: float = 15.0
    flecks_small: float = 0.6
    flecks_small_scale: float = 6.0
    fleck_depth: float = 4.0  # from the outline of a fleck to its middle
    ragged: float = 1.6  # outline of the dark phase at the scale of a few voxels
    ragged_scale: float = 4.0
    ragged_fine: float = 1.2
    ragged_fine_scale: float = 2.2
    soft_margin: float = 1.1  # thickness of the darker-than-matrix phase around the darkest one

    # High-density clusters (pyrite framboids and masses)
    cluster: float = 170.0  # spacing of their places
    cluster_share: float = 0.9  # share of these places that hold one
    cluster_inset: float = 0.25  # share of a cell, at each side, that their centres keep clear of
    cluster_radius: float = 0.17  # least radius over the spacing
    cluster_radius_range: float = 0.23
    cluster_power: float = 1.0  # the power that makes more of them small
    cluster_flatness: float = 1.2  # axis ratios reach from 1 to 1 more than this
    cluster_rough: float = 20.0  # outline
    cluster_rough_scale: float = 36.0
    cluster_rough_fine: float = 9.0
    cluster_rough_fine_scale: float = 11.0
    hollow_share: float = 0.35  # share of the clusters with a hollow core
    hollow: float = 0.45  # thickness of their shell over the radius
    hollow_rough: float = 0.5  # roughness of the core over that of the outline
    streak: float = 7.0  # size of the streaks of matrix inside a cluster
    streak_fine: float = 0.7
    streak_fine_scale: float = 3.5
    streak_cut: float = -0.65  # streaks below it are matrix

    # Small angular objects: some charge, some are pores, some bright
    speck: float = 44.0  # spacing of their places
    speck_share: float = 0.6  # share of the places that hold one
    speck_least: float = 0.06  # size over the spacing: least,
    speck_range: float = 0.32  # range,
    speck_power: float = 2.5  # and the power that makes most of them small
    speck_face: float = 0.5  # least distance of a face over the size; 1 more at most
    speck_margin: float = 3.0  # outside its outline, in which a rim may lie
    speck_rough: float = 1.5  # outline
    crowd: float = 0.7  # they crowd in regions of this strength
    crowd_scale: float = 110.0
    crowd_cloud: float = 0.5  # and where the matrix is clouded
    crowd_rank: float = 0.6  # against an object's own rank,
    crowd_least: float = 0.58  # above this level
    crowd_near: float = 0.02  # a voxel closer to a cluster counts so much,
    crowd_near_from: float = 20.0  # from this far on,
    crowd_near_least: float = -0.2
    crowd_near_most: float = 0.5
    speck_dull: float = 0.75  # share of them that are not bright
    speck_pore: float = 0.4  # share of them that are pores inside
    speck_pore_depth: float = 1.0  # below the outline
    speck_rim_size: float = 2.5  # objects larger than this have charging rims
    speck_rim_wander: float = 1.2
    speck_rim_depth: float = 0.5
    speck_rim_width: float = 1.6

    # Charging along edges of the dark phase
    spark_scale: float = 26.0
    spark_least: float = 0.53  # level of the field above which an edge charges
    spark_width: float = 6.0  # of the rim, a unit of the field
    spark_depth: float = 1.0  # outside the outline
    spark_near: float = 0.015  # a voxel closer to a cluster counts so much,
    spark_near_from: float = 25.0
    spark_near_least: float = -0.1
    spark_near_most: float = 0.35

    # Back-scatter level
    matrix: float = 103.5
    tone: float = 12.0  # from grain to grain
    light: float = 22.0  # of the lightest grains
    light_share: float = 0.22  # of the grains that are lighter
    fleck: float = 3.0  # mottle of the matrix
    fleck_scale: float = 5.0
    cloud: float = 9.0
    cloud_scale: float = 45.0
    low: float = 2.0  # the dark phase deep inside,
    low_edge: float = 32.0  # this much lighter at its outline,
    low_reach: float = 1.5  # a share 1/e of it this deep below [voxel]
    low_fleck: float = 10.0
    soft: float = 62.0  # the darker-than-matrix phase
    soft_fleck: float = 9.0
    clay: float = -4.0  # of clay, against large grains
    clay_edge: float = 4.0  # across which clay sets in
    high: float = 222.0  # clusters
    high_streak: float = 50.0
    speck_low: float = 25.0  # pores and bright ones among the small objects
    speck_high: float = 220.0

    # X-ray attenuation: much that X-rays see, back-scatter does not
    mu_matrix: float = 128.0
    mu_tone: float = 14.0  # from grain to grain
    haze: float = 14.0  # clouds that the FIB-SEM does not show: three sizes
    haze_scale: float = 70.0
    haze_middle: float = 1.46
    haze_middle_scale: float = 30.0
    haze_small: float = 1.5
    haze_small_scale: float = 5.7
    haze_patch: float = 1.2  # how much the two finer ones swell and fade, natural logarithm
    haze_patch_scale: float = 70.0
    mu_low: float = 10.0  # against the matrix around it
    mu_soft: float = 6.0
    mu_clay: float = -40.0  # pores in clay that no voxel shows
    mu_high: float = 128.0

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_positive(self, "grain", "grain_small", "seam", "cluster", "speck", "bedding")
        check_positive(self, *(name for name in self.__slots__ if name.endswith("_scale")))
        check_positive(self, "rounding", "seam_rounding", "streak", "speck_face", "light_share")
        check_positive(self, "low_reach", "clay_edge", "cluster_power", "speck_power")
        check_share(self, "fine_share", "spread", "cluster_share", "hollow_share", "light_share")
        check_share(self, "speck_share", "speck_dull", "speck_pore")
        check_not_negative(self, "roughness", "soft_margin")
        check_exponent(self, "haze_patch")
        if min(self.grain, self.grain_small, self.cluster, self.speck) < 8:
            msg = "the spacings of a FabricConfig must be at least 8 voxels, got smaller ones"
            raise ValueError(msg)
