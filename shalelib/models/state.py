"""The state of one training: networks, optimisers, epoch and history; its steps and checkpoints."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shalelib.arrays import Grey, check_grey
from shalelib.models import jacobian, losses
from shalelib.models.checkpoints import pack, read_tensors, unpack, write_tensors
from shalelib.models.config import TrainConfig
from shalelib.models.inference import predict, to_tensor
from shalelib.models.networks import build_discriminator, build_generator, initialise
from shalelib.models.variants import Variant

LEARNING_RATE = 2e-4  # paper
DECAY = 0.1  # the learning rate's factor in the last epochs (paper)
BETAS = (0.5, 0.999)  # of Adam (paper)
FLAT = 0.5 / 127.5  # a generator whose output varies by less than half a grey level has collapsed
PROBES = 4  # estimates for each logged Jacobian norm, patches for each logged ratio

Draw = Callable[[int, np.random.Generator], tuple[Grey, Grey]]
"""Draws a batch: (count, rng) -> TXM and SEM patches, (count, y, x) uint8."""


class TrainingDivergedError(RuntimeError):
    """A loss became infinite or NaN, or the generator's output became constant."""


class TrainingState:
    """State of a training: everything that its remaining steps depend on.

    Parameters
    ----------
    variant : Variant
    config : TrainConfig
    seed : int
    device : torch.device
    key : str
        Names configuration, seed and data; a checkpoint with another key is not resumed.

    Raises
    ------
    ValueError
        The row's generator is not of a kind that is trained here.
    """

    trains: tuple[str, ...] = ("resnet", "sr")  #: Kinds of generator.

    def __init__(
        self, variant: Variant, config: TrainConfig, *, seed: int, device: torch.device, key: str
    ) -> None:
        if variant.generator not in self.trains:
            msg = (
                f"{type(self).__name__} trains generators of the kind {' or '.join(self.trains)}, "
                f"and that of {variant.name} is {variant.generator}; pass train(state=...) as "
                "VolumeTrainingState for one of volumes, and leave it out for others"
            )
            raise ValueError(msg)
        self.variant, self.config, self.seed = variant, config, seed
        self.device, self.key = device, key
        self.epoch = 0
        self.history: list[dict[str, float]] = []
        self.others: dict[str, nn.Module] = {}  # networks that no optimiser changes
        self._build()
        self.optimisers = {
            name: torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
            for name, network in self.networks.items()
        }

    def _build(self) -> None:
        """Make the networks, with fresh random weights."""
        self.generator = build_generator(self.variant, self.config).to(self.device)
        initialise(self.generator, seed=self.seed)
        self.networks: dict[str, nn.Module] = {"generator": self.generator}
        if self.variant.objective != "l1":
            self.discriminator = build_discriminator(self.variant, self.config).to(self.device)
            initialise(self.discriminator, seed=self.seed + 1)
            self.networks["discriminator"] = self.discriminator

    @property
    def trained(self) -> nn.Module:
        """The network that training leaves."""
        return self.generator

    def translate(self, txm: Grey) -> Grey:
        """Translate TXM images by the network as it now is."""
        return predict(self.generator, txm)

    def train_epoch(self, draw: Draw) -> None:
        """Take the optimiser steps of one epoch and append their mean losses to the history."""
        # processor time measures the cost of training, whatever else the machine does meanwhile
        clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        start = clock()
        rate = learning_rate(self.epoch, self.variant, self.config)
        for optimiser in self.optimisers.values():
            optimiser.param_groups[0]["lr"] = rate
        self.generator.train()
        first = self.epoch * self.config.steps_per_epoch
        steps = range(first, first + self.config.steps_per_epoch)
        means = self._means({step: self.step(draw, step) for step in steps})
        self.epoch += 1
        varied = any(row["output_std"] >= FLAT for row in self.history)
        if varied and means["output_std"] < FLAT:
            msg = (
                f"{self.variant.label}: the generator's output became constant in epoch "
                f"{self.epoch} (collapse); the last good checkpoint is kept. Try another seed."
            )
            raise TrainingDivergedError(msg)
        row = {"epoch": self.epoch, "learning_rate": rate, **means}
        row |= self._log(draw)
        self.history.append({**row, "seconds": clock() - start})

    def _means(self, reports: dict[int, dict[str, Tensor]]) -> dict[str, float]:
        """Return the mean of each loss over the steps that report it, if all of them are finite."""
        means = {}
        for name in dict.fromkeys(name for report in reports.values() for name in report):
            seen = {step: report[name] for step, report in reports.items() if name in report}
            values = torch.stack(list(seen.values())).double().cpu()
            for step, value in zip(seen, values.tolist(), strict=True):
                if not np.isfinite(value):
                    msg = (
                        f"{self.variant.label}: {name} became {value} at step {step}; the last "
                        "good checkpoint is kept. Try another seed or a lower learning rate."
                    )
                    raise TrainingDivergedError(msg)
            means[name] = float(values.mean())
        return means

    def step(self, draw: Draw, step: int) -> dict[str, Tensor]:
        """Take one step: update the discriminator if there is one, then the generator.

        Returns the losses of this batch, unweighted, and ``output_std``, as tensors that are still
        on the device: fetching them at each step would make a GPU wait.
        """
        txm, sem = self._seen(*draw(self.config.batch, np.random.default_rng([self.seed, step])))
        torch.manual_seed(step_seed(self.seed, step, 1))  # dropout
        probes = torch.Generator(self.device).manual_seed(step_seed(self.seed, step, 2))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            sem_pred, terms, weights = self._translate(txm, step, probes)
            terms = {"loss_l1": losses.l1(sem_pred, sem), **terms}
            weights["loss_l1"] = self.variant.lambda_l1
            if self.variant.objective != "l1":
                adversarial = self._train_discriminator(txm, sem, sem_pred, probes)
                terms["loss_gan"], weights["loss_gan"] = self._fool(txm, sem_pred), 1.0
            else:
                adversarial = {}
            objective = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        self._update("generator", objective)
        report = {"output_std": sem_pred.float().std(), **terms, **adversarial}
        return {name: value.detach() for name, value in report.items()}

    def _seen(self, *images: Grey) -> list[Tensor]:
        """Return images that were drawn as tensors; refuse another size than the losses count on.

        Raises
        ------
        TypeError
            They are not uint8.
        ValueError
            An edge is not the configuration's `patch`, for which the regulariser is weighed.
        """
        for image in images:
            edges = check_grey("what draw returns", image).shape[1:]
            if set(edges) != {self.config.patch}:
                msg = (
                    f"draw returned images of {' x '.join(map(str, edges))}, but config.patch is "
                    f"{self.config.patch}; give both the same size, such as "
                    "PatchSampler(pairs, size=config.patch) or CubeSampler(..., edge=config.patch)"
                )
                raise ValueError(msg)
        return [to_tensor(image, self.device) for image in images]

    def _translate(
        self, txm: Tensor, step: int, probes: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor], dict[str, float]]:
        """Translate a batch; return it with the regulariser's term and its weight."""
        variant, terms, weights = self.variant, {}, {}
        seen = self.generator.view(txm)
        if variant.lambda_jac > 0 and step % variant.jac_every == 0:
            sem_pred, norm = jacobian.forward_with_norm(
                self.generator, seen, estimator=variant.estimator, generator=probes
            )
            terms["loss_jacobian"] = 0.5 * norm.mean()
            scaled = jacobian.weight(variant.lambda_jac, self.config.patch)
            weights["loss_jacobian"] = variant.jac_every * scaled
        else:
            sem_pred = self.generator(seen)
        return sem_pred, terms, weights

    def _judged(self, txm: Tensor, sem: Tensor) -> Tensor:
        """Return what the discriminator sees: both images, or the FIB-SEM image alone."""
        return torch.cat([txm, sem], 1) if self.variant.conditional else sem

    def _train_discriminator(
        self, txm: Tensor, sem: Tensor, sem_pred: Tensor, probes: torch.Generator
    ) -> dict[str, Tensor]:
        real, fake = self._judged(txm, sem), self._judged(txm, sem_pred.detach())
        on_real, on_fake = self.discriminator(real), self.discriminator(fake)
        if self.variant.objective == "vanilla":
            report = {"loss_discriminator": losses.vanilla_discriminator(on_real, on_fake)}
            self._update("discriminator", report["loss_discriminator"])
            return report
        penalty = losses.gradient_penalty(
            self.discriminator, real, fake, generator=probes, of=self.variant.penalised
        )
        report = {
            "loss_discriminator": losses.wasserstein_critic(on_real, on_fake),
            "gradient_penalty": penalty,
        }
        self._update(
            "discriminator", report["loss_discriminator"] + self.variant.lambda_gp * penalty
        )
        return report

    def _fool(self, txm: Tensor, sem_pred: Tensor) -> Tensor:
        """Return the generator's adversarial loss against the discriminator as it now is."""
        self.discriminator.requires_grad_(False)
        scores = self.discriminator(self._judged(txm, sem_pred))
        self.discriminator.requires_grad_(True)
        vanilla = self.variant.objective == "vanilla"
        return losses.vanilla_generator(scores) if vanilla else losses.wasserstein_generator(scores)

    def _update(self, name: str, loss: Tensor) -> None:
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    def _log(self, draw: Draw) -> dict[str, float]:
        """Measure, at the end of an epoch, what the losses do not show."""
        found = {"jacobian": self._log_jacobian(draw)}
        if self.variant.objective != "l1":
            found["adversarial_ratio"] = self._log_ratio(draw)
        return found

    def _log_jacobian(self, draw: Draw) -> float:
        """Return the mean squared Jacobian norm for 128 x 128 pixels; fixed batch, dropout off."""
        txm, _ = self._seen(*draw(self.config.batch, np.random.default_rng([self.seed, 0, 3])))
        seen = self.generator.view(txm)
        probes = torch.Generator(self.device).manual_seed(step_seed(self.seed, 0, 3))
        self.generator.eval()
        norms = [
            jacobian.forward_with_norm(self.generator, seen, generator=probes)[1].mean().detach()
            for _ in range(PROBES)
        ]
        self.generator.train()
        return float(torch.stack(norms).mean()) * jacobian.weight(1.0, self.config.patch)

    def _log_ratio(self, draw: Draw) -> float:
        """Return how strongly the discriminator pulls at the output, relative to the L1 term.

        This is the norm of the gradient of the adversarial loss with respect to translated patches,
        over the norm of that of the weighted L1 loss; on fixed patches, dropout off.
        """
        txm, sem = self._seen(*draw(PROBES, np.random.default_rng([self.seed, 0, 4])))
        self.generator.eval()
        with torch.no_grad():
            sem_pred = self.generator(self.generator.view(txm))
        self.generator.train()
        sem_pred.requires_grad_(True)
        weighed = self.variant.lambda_l1 * losses.l1(sem_pred, sem)
        (pull,) = torch.autograd.grad(self._fool(txm, sem_pred), sem_pred)
        (hold,) = torch.autograd.grad(weighed, sem_pred)
        return float(pull.norm() / hold.norm())

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        tensors: dict[str, Tensor] = {}
        for name, network in (self.networks | self.others).items():
            tensors |= pack(name, network.state_dict())
        for name, optimiser in self.optimisers.items():
            state = optimiser.state_dict()["state"]
            tensors |= pack(f"adam/{name}", {str(k): v for k, v in state.items()})
        write_tensors(path, tensors, {"key": self.key, "epoch": self.epoch, "log": self.history})

    def resume(self, path: Path) -> None:
        """Resume from the checkpoint at `path` if it is of this very training."""
        if not path.is_file():
            return
        try:
            tensors, about = read_tensors(path)
        except ValueError as error:
            warnings.warn(f"{error}; training starts anew", stacklevel=2)
            return
        if about["key"] != self.key:
            warnings.warn(
                f"{path} is of another configuration, seed or data; training starts anew",
                stacklevel=2,
            )
            return
        for name, network in (self.networks | self.others).items():
            network.load_state_dict(unpack(name, tensors))
        for name, optimiser in self.optimisers.items():
            adam = unpack(f"adam/{name}", tensors)
            state: dict[str, Any] = optimiser.state_dict()
            state["state"] = {int(k): v for k, v in adam.items()}
            optimiser.load_state_dict(state)
        self.epoch, self.history = about["epoch"], about["log"]


def learning_rate(epoch: int, variant: Variant, config: TrainConfig) -> float:
    """Return the learning rate of an epoch, counted from 0.

    It is constant at first; then a tenth of that (``step``), or falling by equal amounts so that
    the epoch after the last would have zero (``linear``, as the authors' code does).

    Examples
    --------
    >>> from shalelib.models.variants import get_variant
    >>> row, config = get_variant("feedforward"), TrainConfig(epochs=2, epochs_decay=1)
    >>> [learning_rate(epoch, row, config) for epoch in range(3)]
    [0.0002, 0.0002, 2e-05]
    """
    if epoch < config.epochs:
        return LEARNING_RATE
    if variant.decay == "step":
        return LEARNING_RATE * DECAY
    return LEARNING_RATE * (1.0 - (epoch - config.epochs + 1) / (config.epochs_decay + 1))


def step_seed(seed: int, step: int, purpose: int) -> int:
    """Return a seed of its own for each step and purpose of a training."""
    return int(np.random.SeedSequence([seed, step, purpose]).generate_state(1, np.uint64)[0] >> 1)
