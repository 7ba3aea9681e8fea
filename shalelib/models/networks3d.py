"""The generator of volumes: it sees a TXM volume and a channel of noise, and leaves no seams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from shalelib.arguments import check_whole
from shalelib.models.networks import Generator

STEM = 8  # channels at full resolution
BLOCKS = 6  # residual blocks at a quarter of the resolution
STRIDE = 4  # of the blocks [voxel]


class HeldInstanceNorm(nn.InstanceNorm3d):
    """Instance normalisation whose statistics can be held.

    Mean and variance of each channel are those of the volume that it is given. While statistics are
    held (`VolumeGenerator.hold`), a voxel of the output depends on its surroundings and not on
    where the given volume ends.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=True)
        self.holding = False
        self.held: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each channel of (n, c, z, y, x)."""
        if self.holding:
            variance, mean = torch.var_mean(x.float(), (0, 2, 3, 4), correction=0)
            self.held = mean, variance
        if self.held is None:
            return super().forward(x)
        mean, variance = self.held
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - scale * mean
        return x * scale[:, None, None, None] + shift[:, None, None, None]


def _conv(channels: int, out: int, stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(channels, out, 3, stride=stride, padding=1, padding_mode="replicate")


def _layer(channels: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(_conv(channels, out, stride), HeldInstanceNorm(out), nn.ReLU(True))


class VolumeBlock(nn.Module):
    """Two 3 x 3 x 3 convolutions around a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_layer(channels, channels), _conv(channels, channels), HeldInstanceNorm(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, z, y, x) to the same shape."""
        return x + self.body(x)


class VolumeGenerator(Generator):
    """A U-shaped residual generator of volumes.

    Parameters
    ----------
    width : int
        Sets the number of channels: ``4 * width`` at a quarter of the resolution, ``2 * width`` at
        half of it, and `width` after the last layer there.

    Raises
    ------
    ValueError
        `width` is not a positive whole number.

    Notes
    -----
    Not in the paper. Convolutions of 3 x 3 x 3, two of them with stride two, six residual blocks at
    a quarter of the resolution, and nearest-neighbour upsampling with skip connections (Ronneberger
    et al. 2015). Volumes are padded with the values at their edges. The second channel of the input
    is white noise, from which the network makes what the TXM does not resolve. Layers at full
    resolution are narrow, since in three dimensions they cost nearly everything. Input
    (n, 2, z, y, x) and output (n, 1, z, y, x) have edges that are multiples of 4; grey levels lie
    in [-1, 1].
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        check_whole("width", width, least=1)
        self.stem = _layer(2, STEM)
        self.down1 = _layer(STEM, 2 * width, stride=2)
        self.down2 = _layer(2 * width, 4 * width, stride=2)
        self.body = nn.Sequential(*(VolumeBlock(4 * width) for _ in range(BLOCKS)))
        self.up1 = _layer(4 * width, 2 * width)
        self.up2 = _layer(4 * width, width)
        self.head = nn.Sequential(_layer(width + STEM, STEM), _conv(STEM, 1), nn.Tanh())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return features of TXM and noise (n, 2, z, y, x) at full, half and quarter resolution."""
        fine = self.stem(x)
        middle = self.down1(fine)
        return fine, middle, self.down2(middle)

    def decode(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Tensor:
        """Return the volume (n, 1, z, y, x) from features, `coarse` as the blocks leave it."""
        x = _twice(self.up1(coarse))
        x = _twice(self.up2(torch.cat([x, middle], 1)))
        return self.head(torch.cat([x, fine], 1))

    def forward(self, x: Tensor) -> Tensor:
        """Translate TXM and noise (n, 2, z, y, x) to a FIB-SEM volume (n, 1, z, y, x)."""
        fine, middle, coarse = self.encode(x)
        return self.decode(fine, middle, self.body(coarse))

    @contextmanager
    def hold(self, x: Tensor) -> Iterator[None]:
        """Normalise by the statistics of TXM and noise (n, 2, z, y, x) within a ``with`` block."""
        norms = [module for module in self.modules() if isinstance(module, HeldInstanceNorm)]
        try:
            for norm in norms:
                norm.holding = True
            with torch.no_grad():
                self(x)
            for norm in norms:
                norm.holding = False
            yield
        finally:
            for norm in norms:
                norm.holding, norm.held = False, None


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
