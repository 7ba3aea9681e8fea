"""Settings of the digital shale: its two microscopes and its sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from shalelib.arguments import check_kind, check_number, check_whole
from shalelib.arrays import check_length
from shalelib.config import check_positive, settle_numbers
from shalelib.phantom.checks import check_exponent, check_not_negative, check_reach, check_share
from shalelib.phantom.fabric_config import FabricConfig

SHALLOWEST = 0.1
"""Least depth of focus [slice]: a shallower one may contain no slice at all."""

MOST_ANGLES = 100_000
"""Most projections that may be taken, hundreds of times what a slice needs."""


@dataclass(frozen=True, kw_only=True)
class SemConfig:
    """The FIB-SEM of the digital shale; `render_sem` applies these numbers.

    Attributes
    ----------
    film : float
        Level of the protective film outside the plug [grey level].
    charge : float
        Level of the charging rims [grey level].
    halo, halo_width : float
        Darkening around charging rims, relative to them, and its standard deviation [voxel].
    blur : float
        Blur of the probe, standard deviation [voxel].
    noise : float
        Standard deviation of the noise at grey 100, before resampling [grey level].
    electronics : float
        Share of the noise's variance that is the same at every grey level.
    noise_spread : float
        Relative variation of the noise from run to run, plus or minus.
    drift, flicker : float
        Variation of the brightness from run to run and from slice to slice, plus or minus
        [grey level].
    curtain : float
        Amplitude of the stripes along the milling direction y [grey level].
    curtain_size, curtain_wide : (float, float)
        Length and width of the stripes, and of the wider ones among them [voxel].
    resample, resample_spread : float
        Blur of the registration, standard deviation [voxel], and its relative variation from run to
        run, plus or minus.
    run : float
        Slices over which noise, drift and blur change.
    coarse, coarse_noise : float
        Further blur of slices imaged on a coarser grid, standard deviation [voxel], and their
        noise relative to that of the others.
    coarse_run : float
        How many of these slices are in a row, and of the finer ones likewise.

    Raises
    ------
    TypeError, ValueError
        A value is not a number, or out of range.
    """

    film: float = 90.0
    charge: float = 322.0
    halo: float = 0.3
    halo_width: float = 5.0
    blur: float = 0.9
    noise: float = 38.0
    electronics: float = 0.8
    noise_spread: float = 0.3
    drift: float = 9.0
    flicker: float = 2.5
    curtain: float = 2.5
    curtain_size: tuple[float, float] = (180.0, 3.0)
    curtain_wide: tuple[float, float] = (90.0, 9.0)
    resample: float = 0.6
    resample_spread: float = 0.4
    run: float = 16.0
    coarse: float = 1.1
    coarse_noise: float = 0.75
    coarse_run: float = 24.0

    def steady(self) -> SemConfig:
        """Return the same microscope at one setting throughout, between its two kinds of slices."""
        return replace(
            self,
            noise=self.noise * (1.0 + self.coarse_noise) / 2.0,
            noise_spread=0.0,
            drift=0.0,
            flicker=0.0,
            resample=math.hypot(self.resample, self.coarse / 2.0),
            resample_spread=0.0,
            coarse=0.0,
            coarse_noise=1.0,
        )

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
    """The transmission X-ray microscope of the digital shale; `render_txm` applies these numbers.

    An attenuation unit is 1/128 of the matrix's attenuation. TXM voxels and detector pixels are of
    one size; "SEM voxel" is a voxel of the grid of all three volumes.

    Attributes
    ----------
    voxel_size : float
        Edge of a TXM voxel [m], isotropic.
    angles : int
        Projections of a plug of 30 µm; narrower ones get fewer in proportion.
    sweep : float
        Angle that the projections cover [degree]; the rest of the half-turn is missing.
    start : float
        Direction at which the sweep begins [degree].
    smear : float
        Averaging of neighbouring projections, standard deviation [projection].
    wobble : float
        Error of the angle, standard deviation [degree]; it makes streaks at the margin.
    counts : float
        Photons per detector pixel in the open beam.
    counts_spread, counts_slope, counts_fall : float
        Variation of the counts, in natural logarithms: from slice to slice (standard deviation),
        across the detector from its axis to its edge, and through the sweep from its middle to its
        end.
    absorption : float
        Optical depth of 30 µm of matrix.
    blur, blur_wide : float
        Optical blur in the plane and its tail, standard deviations [SEM voxel].
    tail : float
        Share of the tail.
    blur_z : float
        Depth of focus, standard deviation [slice of the SEM grid].
    jitter : float
        Error of the stage from projection to projection, standard deviation [TXM voxel].
    fringe : float
        Phase contrast at the outline [attenuation unit].
    halo, halo_width : float
        Wide brightening, where all is dense minerals [attenuation unit], and its standard
        deviation [SEM voxel].
    rolloff : float
        Where the frequency response begins to fall [cycle/TXM voxel].
    mean : float
        Grey level of the matrix, the median of a slice.
    gain : float
        Grey levels per attenuation unit.
    window : float
        Natural logarithm of the contrast of a hard grey window; its negative is that of a soft one.
        Slices that are saved by themselves have the one or the other, the volume has neither.
    window_mean : float
        Grey levels that a hard window adds to `mean`; a soft one subtracts them.
    window_run : float
        Slices of one window in a row, on the SEM grid.
    shading : float
        Slow variation of the brightness [grey level].
    shading_scale_z, shading_scale : float
        Its size along z and in the plane [SEM voxel].
    shading_fine, shading_fine_scale : float
        Its finer part, relative, and the size of that [SEM voxel].
    edge, edge_width : float
        Darkening at the outline [grey level], and its reach to 1/e [SEM voxel].
    edge_varies, edge_varies_scale : float
        Relative variation of the darkening round the plug, and the size of that [SEM voxel].

    Raises
    ------
    TypeError, ValueError
        A value is not a number, or out of range.
    """

    voxel_size: float = 31.2e-9
    angles: int = 165
    sweep: float = 168.0
    start: float = -6.0
    smear: float = 0.0
    wobble: float = 0.1
    counts: float = 1.8e6
    counts_spread: float = 0.25
    counts_slope: float = 3.6
    counts_fall: float = 0.8
    absorption: float = 0.9
    blur: float = 1.5
    blur_wide: float = 12.0
    tail: float = 0.05
    blur_z: float = 3.5
    jitter: float = 1.0
    fringe: float = 300.0
    halo: float = 175.0
    halo_width: float = 40.0
    rolloff: float = 0.18
    mean: float = 117.5
    gain: float = 1.08
    window: float = 0.43
    window_mean: float = -11.0
    window_run: float = 32.0
    shading: float = 21.0
    shading_scale_z: float = 200.0
    shading_scale: float = 170.0
    shading_fine: float = 1.0
    shading_fine_scale: float = 60.0
    edge: float = 46.0
    edge_width: float = 30.0
    edge_varies: float = 4.0
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

    By default, the sizes are those of the paper's plug, 30 µm across.

    Attributes
    ----------
    depth : int
        Slices of the volumes.
    width : int
        Edge of a slice [voxel].
    diameter : int
        Diameter of the plug [voxel], at most ``width - 2``.
    voxel_size : float
        Edge of a voxel [m] of the SEM grid, isotropic.
    fabric : FabricConfig
    sem : SemConfig
    txm : TxmConfig

    Raises
    ------
    TypeError
        A value is not a number, or a part is of another class.
    ValueError
        A size is below 8 voxels, the plug does not fit into the slices, or the voxel sizes of TXM
        and SEM are not within a factor of 2.
    """

    depth: int = 419
    width: int = 1000
    diameter: int = 893
    voxel_size: float = 33.6e-9
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
        """Shape of all volumes, (z, y, x)."""
        return self.depth, self.width, self.width
