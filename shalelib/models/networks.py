"""The generators and the discriminator."""

from __future__ import annotations

from collections import OrderedDict
from math import log2

import torch
from torch import Tensor, nn
from torch.nn import functional

from shalelib.arguments import check_choice, check_kind, check_number
from shalelib.models.config import TrainConfig
from shalelib.models.variants import Downsampling, Norm, Variant

BLOCKS = 9  # residual blocks (paper)
INITIAL_STD = 0.02  # of convolution weights, and of normalisation scales about one


def _norm(channels: int, kind: Norm) -> nn.Module:
    """Normalise each channel, with a learnt scale.

    Instance norm is what the authors' batch norm amounts to at their batch size of one, in training
    and, since their test command never leaves training mode, in testing too. It is computed as
    group norm with one channel in each group, which is quicker on a processor.
    """
    check_choice("norm", kind, ("instance", "batch", "none"))
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(channels, channels) if kind == "instance" else nn.Identity()


class Dropout(nn.Module):
    """Inverted dropout whose masks cost one random byte for each value, not a random number.

    Parameters
    ----------
    rate : float
        Share of values set to zero, rounded to 1/256; the others are scaled to keep the mean.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        check_number("dropout", rate, least=0, below=1)
        self.dropped = round(256 * rate)  # of the 256 values of a byte

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, y, x) to the same shape; the identity in evaluation mode."""
        if not (self.training and self.dropped):
            return x
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device)
        random = words.random_(-(2**63), None).view(torch.uint8)[: x.numel()].view(x.shape)
        return x * ((random >= self.dropped).to(x.dtype) * (256 / (256 - self.dropped)))


class FromGrey(nn.Conv2d):
    """A convolution of one channel to many.

    The rows under the kernel become channels, and the convolution runs along x alone: the same
    sums, several times quicker backwards on a processor, whose kernels expect many channels.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, 1, y, x) to (n, out, y - k + 1, x - k + 1)."""
        if x.is_cuda:
            return super().forward(x)
        n, _, height, width = x.shape
        k = self.kernel_size[0]
        rows = functional.unfold(x, (k, 1)).view(n, k, height - k + 1, width)
        return functional.conv2d(rows, self.weight[:, 0, :, None], self.bias)


class ToGrey(nn.Conv2d):
    """A convolution of many channels to one.

    Each row of the kernel is convolved along x by itself, and the results are added up, shifted by
    their rows: the same sums, several times quicker on a processor (see `FromGrey`).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in, y, x) to (n, 1, y - k + 1, x - k + 1)."""
        if x.is_cuda:
            return super().forward(x)
        height, k = x.shape[2], self.kernel_size[0]
        rows = functional.conv2d(x, self.weight[0].transpose(0, 1).flip(0)[:, :, None])
        spread = (height + k - 1, rows.shape[3])
        added = functional.fold(rows.flatten(2), spread, (k, 1))
        return added[:, :, k - 1 : height] + self.bias.view(1, 1, 1, 1)  # type: ignore[union-attr]


class ResidualBlock(nn.Module):
    """Two reflection-padded 3 x 3 convolutions around a skip connection."""

    def __init__(self, channels: int, activation: nn.Module, *, dropout: float, norm: Norm) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            _norm(channels, norm),
            activation,
            Dropout(dropout),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            _norm(channels, norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, y, x) to the same shape."""
        return x + self.body(x)


class Generator(nn.Module):
    """Base class of the generators: `view` gives what the network sees, `forward` translates it."""

    factor = 1  #: Output pixels along an axis for each pixel seen: 2 or 4 in super-resolution.
    downsampling: Downsampling = "nearest"  #: How `view` samples: ``nearest`` or ``area``.

    def view(self, txm: Tensor) -> Tensor:
        """Return what the network sees of TXM images (n, 1, y, x): every `factor`-th pixel.

        These are nearest neighbours without antialiasing, as in the authors' code; where
        `downsampling` is ``area``, they are means of `factor` x `factor` pixels instead.
        """
        if self.downsampling == "area":
            return functional.avg_pool2d(txm, self.factor)
        return txm[..., :: self.factor, :: self.factor]


class ResnetGenerator(Generator):
    """The 9-block residual generator, one grey channel in and out.

    Parameters
    ----------
    width : int
        Channels after the first convolution (``ngf``; paper: 64).
    dropout : float
        Rate inside the residual blocks.
    norm : str
        ``instance``, or ``batch`` as published.

    Notes
    -----
    7 x 7 convolution, two stride-2 convolutions, nine residual blocks at a quarter of the
    resolution, two transposed convolutions, 7 x 7 convolution and tanh (Johnson et al. 2016, as
    used by Isola et al. 2017). Images in and out: (n, 1, y, x) in [-1, 1], y and x multiples of 4.
    """

    def __init__(self, width: int = 64, *, dropout: float = 0.5, norm: Norm = "instance") -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["stem"] = nn.Sequential(
            nn.ReflectionPad2d(3), FromGrey(1, width, 7), _norm(width, norm), nn.ReLU(True)
        )
        layers["down1"] = _down(width, norm)
        layers["down2"] = _down(2 * width, norm)
        for k in range(BLOCKS):
            layers[f"block{k + 1}"] = ResidualBlock(
                4 * width, nn.ReLU(True), dropout=dropout, norm=norm
            )
        layers["up1"] = _up(4 * width, norm)
        layers["up2"] = _up(2 * width, norm)
        layers["head"] = nn.Sequential(nn.ReflectionPad2d(3), ToGrey(width, 1, 7), nn.Tanh())
        self.layers = nn.Sequential(layers)

    def forward(self, x: Tensor) -> Tensor:
        """Translate TXM images (n, 1, y, x) in [-1, 1] to FIB-SEM images (n, 1, y, x)."""
        return self.layers(x)


def _down(channels: int, norm: Norm) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
        _norm(2 * channels, norm),
        nn.ReLU(True),
    )


def _up(channels: int, norm: Norm) -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1),
        _norm(channels // 2, norm),
        nn.ReLU(True),
    )


class SuperResolutionGenerator(Generator):
    """The super-resolution generator: sees every `factor`-th TXM pixel, returns all pixels.

    Parameters
    ----------
    width : int
        Channels throughout (authors' code: 256).
    factor : int
        2 or 4.
    dropout, norm
        As in `ResnetGenerator`.
    downsampling : str
        ``nearest`` drops the pixels between, as in the authors' code; ``area`` averages them.

    Notes
    -----
    9 x 9 convolution, nine residual blocks and a 3 x 3 convolution inside a long skip connection,
    log2(factor) pixel shuffles by two, 7 x 7 convolution and tanh, PReLU throughout (Ledig et al.
    2017). Input (n, 1, y / factor, x / factor), output (n, 1, y, x), both in [-1, 1].
    """

    def __init__(
        self,
        width: int = 256,
        *,
        factor: int,
        dropout: float = 0.5,
        norm: Norm = "instance",
        downsampling: Downsampling = "nearest",
    ) -> None:
        super().__init__()
        check_choice("factor", factor, (2, 4))
        self.factor = factor
        self.downsampling = downsampling
        self.stem = nn.Sequential(nn.ReflectionPad2d(4), FromGrey(1, width, 9), nn.PReLU())
        blocks: list[nn.Module] = [
            ResidualBlock(width, nn.PReLU(), dropout=dropout, norm=norm) for _ in range(BLOCKS)
        ]
        blocks += [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), _norm(width, norm)]
        self.blocks = nn.Sequential(*blocks)
        head: list[nn.Module] = []
        for _ in range(int(log2(factor))):
            head += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()]
        head += [nn.ReflectionPad2d(3), ToGrey(width, 1, 7), nn.Tanh()]
        self.head = nn.Sequential(*head)

    def forward(self, x: Tensor) -> Tensor:
        """Translate seen TXM pixels (n, 1, y / factor, x / factor) to images (n, 1, y, x)."""
        features = self.stem(x)
        features = features + self.blocks(features)
        # the head shuffles, pads and convolves many channels, quicker where these are adjacent
        return self.head(features.contiguous(memory_format=torch.channels_last))


class PatchDiscriminator(nn.Module):
    """The 70 x 70 PatchGAN: one logit for each overlapping patch.

    Parameters
    ----------
    channels : int
        2 when it sees TXM and FIB-SEM image together (conditional), 1 for the image alone.
    width : int
        Channels after the first convolution (``ndf``; paper: 64).
    norm : str
        ``none`` in a Wasserstein critic, whose gradient penalty is per image.
    """

    def __init__(self, channels: int, width: int = 64, *, norm: Norm = "instance") -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for into, out, stride in [(1, 2, 2), (2, 4, 2), (4, 8, 1)]:
            layers += [
                nn.Conv2d(into * width, out * width, 4, stride=stride, padding=1),
                _norm(out * width, norm),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers.append(nn.Conv2d(8 * width, 1, 4, stride=1, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (n, 1, y', x') for images (n, channels, y, x)."""
        return self.layers(x)


def _check_row(variant: Variant, config: TrainConfig) -> None:
    """Refuse anything but a row of Table 1 and the sizes of a training."""
    check_kind("variant", variant, Variant, mend="take one of shalelib.models.get_variant(name)")
    check_kind("config", config, TrainConfig, mend="write TrainConfig(patch=64)")
    if variant.generator == "volume":
        msg = f"{variant.name} sees volumes; use VolumeGenerator(config.ngf) or VolumeTrainingState"
        raise ValueError(msg)


def build_generator(variant: Variant, config: TrainConfig) -> Generator:
    """Build the untrained generator of a row of Table 1, of images (n, 1, y, x) in [-1, 1].

    Parameters
    ----------
    variant : Variant
        The row; not `VOLUME`, whose generator is a `VolumeGenerator`.
    config : TrainConfig
        Its `ngf` or `sr_width` is the width of the network.

    Raises
    ------
    TypeError, ValueError
        An argument is of another class, or the row is `VOLUME`.
    """
    _check_row(variant, config)
    if variant.generator == "resnet":
        return ResnetGenerator(config.ngf, dropout=variant.dropout, norm=variant.norm)
    return SuperResolutionGenerator(
        config.sr_width,
        factor=variant.factor,
        dropout=variant.dropout,
        norm=variant.norm,
        downsampling=variant.downsampling,
    )


def build_discriminator(variant: Variant, config: TrainConfig) -> PatchDiscriminator:
    """Build the untrained discriminator, or critic, that a row of Table 1 trains against.

    Parameters
    ----------
    variant : Variant
    config : TrainConfig
        Its `ndf` is the width of the network.

    Returns
    -------
    torch.nn.Module
        Maps images (n, c, y, x), c being 2 (TXM, FIB-SEM) if conditional, to scores (n, 1, y', x').
    """
    _check_row(variant, config)
    norm = variant.critic_norm if variant.objective == "wgan" else variant.norm
    return PatchDiscriminator(2 if variant.conditional else 1, config.ndf, norm=norm)


def initialise(network: nn.Module, *, seed: int) -> None:
    """Draw all weights afresh: N(0, 0.02) convolutions, N(1, 0.02) scales, zero biases.

    The draw depends on `seed` and the architecture alone, not on global random state.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
                mean = 0.0
            elif isinstance(module, nn.GroupNorm | nn.BatchNorm2d | nn.InstanceNorm3d):
                mean = 1.0
            else:
                continue
            noise = torch.randn(module.weight.shape, generator=generator)
            module.weight.copy_(mean + INITIAL_STD * noise)
            if module.bias is not None:
                module.bias.zero_()


def count_parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
