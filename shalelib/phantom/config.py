"""Settings of the digital shale: its two microscopes and its sizes."""

from __future__ import annotations

from dataclasses import dataclass, field

from shalelib.arguments import check_kind, check_number, check_whole
from shalelib.arrays import check_length
from shalelib.config import check_positive, settle_numbers
from shalelib.phantom.checks import check_exponent, check_not_negative, check_reach, check_share
from shalelib.phantom.fabric_config import FabricConfig

SHALLOWEST = 0.1
"""The least depth of focus [slice]: in a shallower one no slice at all may lie."""

MOST_ANGLES = 100_000
"""Projections that are taken at most, hundreds of times what a slice needs."""


@dataclass(frozen=True, kw_only=True)
class SemConfig:
    """The FIB-SEM. Lengths in voxels, brightness in grey levels."""

    film: float = 90.0  # level of the protective film outside the plug
    charge: float = 322.0  # level of the charging rims
    halo: float = 0.3  # darkening around charging rims, relative to them
    halo_width: float = 5.0
    blur: float = 0.9  # of the probe
    noise: float = 38.0  # standard deviation at grey 100, before resampling
    electronics: float = 0.8  # share of its variance that is the same at every grey level
    noise_spread: float = 0.3  # relative, from run to run
    drift: float = 9.0  # of the brightness from run to run, plus or minus,
    flicker: float = 2.5  # and from slice to slice
    curtain: float = 2.5  # amplitude of the stripes, along the milling direction y
    curtain_size: tuple[float, float] = (180.0, 3.0)  # their length and width
    curtain_wide: tuple[float, float] = (90.0, 9.0)  # of the wider ones among them
    resample: float = 0.6  # blur of the registration
    resample_spread: float = 0.4  # relative, from run to run
    run: float = 16.0  # slices over which noise, drift and blur change
    coarse: float = 1.1  # further blur of slices that were imaged on a coarser grid,
    coarse_noise: float = 0.75  # their noise, relative,
    coarse_run: float = 24.0  # and how many of them are in a row, and of the finer ones likewise

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_positive(self, "halo_width", "run", "coarse_run")
        check_not_negative(self, "film", "charge", "halo", "noise", "drift", "curtain")
        check_not_negative(self, "flicker", "coarse_noise")
        check_reach(self, "halo_width", "blur", "resample", "coarse")
        check_share(self, "noise_spread", "resample_spread", "electronics")
        for name in ("curtain_size", "curtain_wide"):
            stripe = getattr(self, name)
            if len(stripe) != 2 or min(stripe) <= 0:
                msg = f"SemConfig.{name} must be a length and a width, both positive, got {stripe}"
                raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class TxmConfig:
    """The transmission X-ray microscope. Lengths in TXM voxels unless said otherwise."""

    voxel_size: float = 31.2e-9  # [m], isotropic
    angles: int = 165  # projections of a plug of 30 µm; narrower ones get fewer in proportion
    sweep: float = 168.0  # [degree] that they cover; the rest of the half-turn is missing
    start: float = -6.0  # direction at which the sweep begins [degree]
    smear: float = 0.0  # averaging of neighbouring projections, standard deviation [projection]
    wobble: float = 0.1  # error of the angle, standard deviation [degree]; streaks at the margin
    counts: float = 1.8e6  # photons a detector pixel in the open beam
    counts_spread: float = 0.25  # from slice to slice, natural logarithm, standard deviation
    counts_slope: float = 3.6  # across the detector, natural logarithm from its axis to its edge
    counts_fall: float = 0.8  # in the course of the sweep, likewise from its middle to its end
    absorption: float = 0.9  # optical depth of 30 µm of matrix
    blur: float = 1.5  # optical, in the plane [voxel of the SEM grid]
    blur_wide: float = 12.0  # its tail [voxel of the SEM grid]
    tail: float = 0.05  # share of the tail
    blur_z: float = 3.5  # depth of focus [slice of the SEM grid]
    jitter: float = 1.0  # of the stage from projection to projection
    fringe: float = 300.0  # of phase contrast at the outline [attenuation unit]
    halo: float = 175.0  # wide brightening, where all is dense minerals [attenuation unit]
    halo_width: float = 40.0  # its reach [voxel of the SEM grid]
    rolloff: float = 0.18  # of the frequency response [cycle/voxel]
    mean: float = 117.5  # grey level of the matrix, the median of a slice
    gain: float = 1.08  # grey levels an attenuation unit
    window: float = 0.43  # natural logarithm of a hard grey window's contrast; less in a soft one
    window_mean: float = -11.0  # grey levels a hard one adds to the mean; a soft one takes them off
    window_run: float = 32.0  # slices of one window in a row
    shading: float = 21.0  # slow brightness variation [grey level]
    shading_scale_z: float = 200.0  # its size along z
    shading_scale: float = 170.0  # and in the plane
    shading_fine: float = 1.0  # its finer part, relative
    shading_fine_scale: float = 60.0
    edge: float = 46.0  # darkening at the outline [grey level]
    edge_width: float = 30.0  # its reach [voxel of the SEM grid]
    edge_varies: float = 4.0  # relative, round the plug
    edge_varies_scale: float = 150.0

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_length("TxmConfig.voxel_size", self.voxel_size)
        check_positive(self, "angles", "counts", "absorption", "blur", "sweep", "gain")
        check_positive(self, "edge_width", "halo_width", "shading_scale_z", "shading_scale")
        check_positive(self, "shading_fine_scale", "edge_varies_scale", "window_run")
        check_share(self, "tail")
        check_not_negative(self, "fringe", "rolloff", "wobble", "counts_spread", "halo")
        check_not_negative(self, "counts_slope", "counts_fall")
        check_reach(self, "blur", "blur_wide", "blur_z", "halo_width", "smear", "jitter")
        check_exponent(self, "counts_spread", "counts_slope", "counts_fall", "window")
        check_number("TxmConfig.blur_z", self.blur_z, least=SHALLOWEST)
        check_number("TxmConfig.angles", self.angles, most=MOST_ANGLES)
        if self.sweep > 180.0:
            msg = f"TxmConfig.sweep must be at most 180 degrees, got {self.sweep}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class PhantomConfig:
    """A digital shale: plug, fabric and both microscopes; with a seed it fixes every byte.

    The sizes' defaults are the paper's plug, 30 µm across.
    """

    depth: int = 419  # slices
    width: int = 1000  # edge of a slice [voxel]
    diameter: int = 893  # of the plug [voxel]
    voxel_size: float = 33.6e-9  # [m], of the SEM grid, isotropic
    fabric: FabricConfig = field(default_factory=FabricConfig)
    sem: SemConfig = field(default_factory=SemConfig)
    txm: TxmConfig = field(default_factory=TxmConfig)

    def __post_init__(self) -> None:
        settle_numbers(self)
        check_length("PhantomConfig.voxel_size", self.voxel_size)
        for name in ("depth", "width", "diameter"):
            check_whole(f"PhantomConfig.{name}", getattr(self, name), least=8)
        for name, kind in (("fabric", FabricConfig), ("sem", SemConfig), ("txm", TxmConfig)):
            check_kind(
                f"PhantomConfig.{name}", getattr(self, name), kind, mend=f"write {kind.__name__}()"
            )
        if self.diameter > self.width - 2:
            msg = (
                f"a plug of {self.diameter} voxels does not fit into slices of {self.width}; "
                f"the background must show all around, so take width >= {self.diameter + 2}"
            )
            raise ValueError(msg)
        ratio = self.txm.voxel_size / self.voxel_size
        if not 0.5 <= ratio <= 2.0:
            msg = (
                "the voxel sizes of TXM and SEM must lie within a factor of 2, "
                f"got {self.txm.voxel_size} and {self.voxel_size} m"
            )
            raise ValueError(msg)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(z, y, x) of all three volumes."""
        return self.depth, self.width, self.width
