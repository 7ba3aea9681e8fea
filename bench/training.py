"""How long a training step takes beside the authors' public code, on one core, taken in turns.

    python bench/training.py [--peer PATH/TO/TXM2SEM] [--rounds 30] [--write FILE]

PATH is a checkout of github.com/suetri-a/TXM2SEM, whose models and losses are used as they are.
Same rows, same widths, one patch of 128 x 128 pixels a step, one thread, and in each round one step
of either, so that whatever else the machine does meets both. Their loader, logs and checkpoints are
not timed, and denormals are flushed for both. Their regularised rows need the package ``jacobian``
(github.com/facebookresearch/jacobian_regularizer); without it these are timed for us alone. Target:
theirs over ours >= 1.5. --write keeps the numbers in a file.
"""

import argparse
import importlib.util
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import torch
from report import keep

from companion.profiles import get_profile
from shalelib.models.inference import to_tensor
from shalelib.models.state import TrainingState
from shalelib.models.variants import VARIANTS, Variant

TARGET = 1.5
MODELS = {("resnet", True): "pix2pix", ("resnet", False): "feedforward"}
MODELS |= {("sr", True): "srgan", ("sr", False): "srcnn"}


def images(count, rng):
    """Return noise for both modalities; what is in a patch does not change what a step costs."""
    return tuple(rng.integers(0, 256, (count, 128, 128), dtype=np.uint8) for _ in range(2))


def our_step(row, config):
    """Return a function that takes our step of a row."""
    state = TrainingState(row, config, seed=0, device=torch.device("cpu"), key="bench")
    state.generator.train()
    return lambda number: state.step(images, number)


def their_step(row: Variant, config, peer: Path):
    """Return a function that takes the authors' step of a row, with our weights of the terms."""
    if str(peer) not in sys.path:
        sys.path.insert(0, str(peer))
        if importlib.util.find_spec("jacobian") is None:
            sys.modules["jacobian"] = ModuleType("jacobian")
            sys.modules["jacobian"].JacobianReg = None
    name = MODELS[row.generator, row.objective != "l1"]
    module = importlib.import_module(f"models.{name}_model")
    model = next(value for key, value in vars(module).items() if key.lower() == f"{name}model")(
        options(row, config)
    )
    given = to_tensor(images(1, np.random.default_rng(0))[0], torch.device("cpu"))

    def take(number):
        txm, sem = (to_tensor(x, given.device) for x in images(1, np.random.default_rng(number)))
        seen = txm[..., :: row.factor, :: row.factor]
        model.set_input({"A": seen, "B": sem, "A_orig": txm, "A_paths": [], "B_paths": []})
        model.optimize_parameters()

    return take


def options(row: Variant, config) -> SimpleNamespace:
    """Return the authors' options for a row: their defaults, our widths."""
    return SimpleNamespace(
        gpu_ids=[],
        isTrain=True,
        checkpoints_dir="unused",
        name="bench",
        preprocess="none",
        direction="AtoB",
        input_nc=1,
        output_nc=1,
        ngf=config.ngf if row.generator == "resnet" else config.sr_width,
        ndf=config.ndf,
        netG="resnet_9blocks" if row.generator == "resnet" else "sr_resnet_9blocks",
        netD="basic",
        n_layers_D=3,
        norm="batch",
        no_dropout=False,
        init_type="normal",
        init_gain=0.02,
        downsample_factor=row.factor,
        d_condition=row.conditional,
        gan_mode="wgangp" if row.objective == "wgan" else "vanilla",
        lambda_L1=row.lambda_l1,
        lambda_gp=row.lambda_gp if row.objective == "wgan" else 0.0,
        lambda_img_grad=row.lambda_jac,
        lambda_regression=1.0,
        regression_loss="L1",
        lr=2e-4,
        beta1=0.5,
        weight_decay=0.0,
    )


def in_turns(makers, rounds):
    """Return processor seconds of each step: one row a round, one column a kind."""
    rows = []
    for number in range(rounds + 2):  # two to warm up
        row = {}
        for kind, take in makers.items():
            start = time.process_time()
            take(number)
            row[kind] = time.process_time() - start
        rows.append(row)
    return pd.DataFrame(rows[2:])


def costs(config, peer, rounds, names):
    """Return one record for each row: medians [ms] and the quartiles of the rounds' ratios."""
    known = importlib.util.find_spec("jacobian") is not None
    for row in VARIANTS:
        if names and row.name not in names:
            continue
        makers = {"ours": our_step(row, config)}
        if peer and (known or not row.lambda_jac):
            makers["theirs"] = their_step(row, config, peer)
        seconds = in_turns(makers, rounds)
        record = {"row": row.name} | {f"{k}_ms": 1e3 * seconds[k].median() for k in seconds}
        if "theirs" in seconds:
            ratios = (seconds["theirs"] / seconds["ours"]).quantile([0.25, 0.5, 0.75])
            record |= dict(zip(("low", "ratio", "high"), ratios.tolist(), strict=True))
        yield record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="checkout of the authors' code")
    parser.add_argument("--profile", default="laptop", help="whose widths are taken")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--rows", nargs="*", help="some alone")
    parser.add_argument("--write", type=Path, help="JSON file for the figures of the book")
    args = parser.parse_args()
    torch.set_num_threads(1)  # as in training: one process a core
    torch.set_flush_denormal(True)
    records = []
    config = replace(get_profile(args.profile).train, patch=128)  # as `images` draws them
    for record in costs(config, args.peer, args.rounds, args.rows):
        records.append(record)
        print(pd.DataFrame([record]).round(2).to_string(index=False), flush=True)
    ratios = [record["ratio"] for record in records if "ratio" in record]
    if ratios:
        verdict = "met" if min(ratios) >= TARGET else "missed"
        print(
            f"theirs over ours: {min(ratios):.2f} to {max(ratios):.2f}, target {TARGET} {verdict}"
        )
    about = {"target": TARGET, "rounds": args.rounds, "threads": 1, "rows": records}
    keep(about, args.write, profile=args.profile)


if __name__ == "__main__":
    main()
