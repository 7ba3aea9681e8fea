"""What the z-regulariser costs: training steps with it, over plain steps, taken in turns.

    python bench/regulariser.py [--profile laptop] [--rounds 40] [--write FILE]

For both generators: a plain step, one with the vector-Jacobian product, one with the
Jacobian-vector product, and five steps of which one has the product (lazily); whole steps, critic
or discriminator included, and the generator's own share. The ratios are medians of rounds in which
all kinds take turns, so that a disturbance meets all of them. Targets: vjp <= 2.1, lazy <= 1.3.

Then one small training each, plain, with the term in every step and lazily, on the digital shale:
do they end with the same norm and metrics? --write keeps the numbers in a file.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from report import keep

from companion.datasets import load_dataset
from companion.profiles import TrainConfig, get_profile
from shalelib.data.patches import PatchSampler
from shalelib.metrics.table1 import score_patches
from shalelib.models import jacobian
from shalelib.models.inference import load_generator, predict
from shalelib.models.networks import build_generator, initialise
from shalelib.models.state import TrainingState
from shalelib.models.training import train
from shalelib.models.variants import get_variant

ROWS = ("pix2pix_wgan_reg", "srgan_4x_vanilla_reg")
EVERY = 5
TARGETS = {"vjp": 2.1, "lazy": 1.3}
SMALL = TrainConfig(
    patch=64, batch=4, patches_per_epoch=400, epochs=6, epochs_decay=3, ngf=8, ndf=8, sr_width=16
)


def kinds(row):
    """Return the kinds of step: name -> (variant, steps that are timed together)."""
    return {
        "plain": (replace(row, lambda_jac=0.0), 1),
        "vjp": (row, 1),
        "jvp": (replace(row, estimator="jvp"), 1),
        "lazy": (replace(row, jac_every=EVERY), EVERY),
    }


def whole_step(variant, config, draw):
    """Return a function that takes one optimiser step, discriminator included."""
    state = TrainingState(variant, config, seed=0, device=torch.device("cpu"), key="bench")
    state.generator.train()
    return lambda step: state.step(draw, step)


def generator_step(variant, config, draw):
    """Return a function that steps the generator on its L1 term (and the norm) alone."""
    network = build_generator(variant, config).train()
    initialise(network, seed=0)
    adam = torch.optim.Adam(network.parameters(), lr=2e-4)
    grey, sem = draw(config.batch, np.random.default_rng(0))
    txm, sem = (torch.from_numpy(x).float()[:, None] / 127.5 - 1 for x in (grey, sem))
    seen, probes = network.view(txm), torch.Generator().manual_seed(0)
    weight = 0.5 * variant.jac_every * jacobian.weight(variant.lambda_jac, config.patch)

    def take(step):
        if variant.lambda_jac > 0 and step % variant.jac_every == 0:
            out, norm = jacobian.forward_with_norm(
                network, seen, estimator=variant.estimator, generator=probes
            )
            loss = variant.lambda_l1 * (out - sem).abs().mean() + weight * norm.mean()
        else:
            loss = variant.lambda_l1 * (network(seen) - sem).abs().mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()

    return take


def in_turns(makers, rounds):
    """Return processor seconds a step: one row a round, one column a kind."""
    rows = []
    for number in range(rounds + 2):  # two to warm up
        row = {}
        for name, (take, steps) in makers.items():
            start = time.process_time()
            for step in range(steps * number, steps * (number + 1)):
                take(step)
            row[name] = (time.process_time() - start) / steps
        rows.append(row)
    return pd.DataFrame(rows[2:])


def costs(profile, rounds):
    """Return one record for each generator and share of the step."""
    config = get_profile(profile).train
    data = load_dataset("phantom", profile="smoke")
    draw = PatchSampler(data.train, size=min(config.patch, 64)).draw_training
    config = replace(config, patch=min(config.patch, 64))
    records = []
    for name in ROWS:
        for share, make in (("whole step", whole_step), ("generator alone", generator_step)):
            makers = {
                kind: (make(variant, config, draw), steps)
                for kind, (variant, steps) in kinds(get_variant(name)).items()
            }
            seconds = in_turns(makers, rounds)
            ratios = seconds.div(seconds["plain"], axis=0).median()
            record = {"row": name, "share": share, "plain_s": seconds["plain"].median()}
            records.append(record | {kind: ratios[kind] for kind in ("vjp", "jvp", "lazy")})
    return records


def endings(seeds):
    """Train small networks plain, with the term and lazily; return how they end, by seed."""
    data = load_dataset("phantom", profile="smoke")
    sampler = PatchSampler(data.train, size=SMALL.patch)
    test = PatchSampler(data.test, size=64).draw(40, rng=np.random.default_rng(0))
    records = []
    for name in ROWS:
        for seed in range(seeds):
            for kind in ("plain", "vjp", "lazy"):
                variant, _ = kinds(get_variant(name))[kind]
                with tempfile.TemporaryDirectory() as folder:
                    done = train(
                        sampler.draw_training,
                        variant,
                        SMALL,
                        seed=seed,
                        data_hash="bench",
                        folder=Path(folder),
                        progress=False,
                    )
                    predicted = predict(load_generator(done.generator), test.txm)
                means = score_patches(predicted, test.sem).mean()
                records.append(
                    {
                        "row": name,
                        "kind": kind,
                        "seed": seed,
                        "jacobian": float(done.history["jacobian"].iloc[-1]),
                        **{metric: float(means[metric]) for metric in ("psnr", "ssim", "stsim_1")},
                    }
                )
    return records


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="laptop", help="widths and batch of the timed steps")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3, help="of the small trainings; 0 for none")
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    args = parser.parse_args()
    torch.set_num_threads(1)  # as in training: one process a core
    torch.set_flush_denormal(True)
    timed = costs(args.profile, args.rounds)
    print(pd.DataFrame(timed).round(3).to_string(index=False))
    for record in timed:
        for kind, limit in TARGETS.items():
            verdict = "met" if record[kind] <= limit else "missed"
            print(f"{record['row']}, {record['share']}: {kind} {record[kind]:.2f}, "
                  f"target {limit} {verdict}")  # fmt: skip
    ended = endings(args.seeds)
    if ended:
        frame = pd.DataFrame(ended).groupby(["row", "kind"], sort=False)
        print(frame.agg(["mean", "std"]).drop(columns="seed").round(3).to_string())
    record = {"targets": TARGETS, "every": EVERY, "rounds": args.rounds, "profile": args.profile}
    record |= {"steps": timed, "endings": ended}
    keep(record, args.write, profile=args.profile)


if __name__ == "__main__":
    main()
