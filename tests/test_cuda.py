"""Trainings on a graphics card. Without one they are skipped, and the processor's tests remain."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from shalelib.models.config import TrainConfig
from shalelib.models.inference import load_generator, predict
from shalelib.models.state import TrainingState
from shalelib.models.training import train
from shalelib.models.variants import VARIANTS, get_variant

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine"
)
TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=4, ndf=4, sr_width=4
)


@pytest.mark.parametrize("variant", [v.name for v in VARIANTS])
def test_every_row_trains_and_translates_on_a_card(draw, tmp_path, toy_pairs, variant):
    """Finite losses, weights that moved, and the same images on the processor.

    Two grey levels for convolutions in TF32, whose numbers have ten bits behind the comma.
    """
    card = torch.device("cuda")
    done = train(
        draw,
        get_variant(variant),
        TINY,
        seed=0,
        data_hash="toy",
        folder=tmp_path,
        device=card,
        progress=False,
    )
    assert done.device == torch.cuda.get_device_name(card)
    assert np.isfinite(done.history.to_numpy(float)).all()
    there, here = (load_generator(done.generator, device=torch.device(d)) for d in ("cuda", "cpu"))
    ours, theirs = (predict(g, toy_pairs.txm[:2]).astype(int) for g in (there, here))
    assert np.abs(ours - theirs).max() <= 2


@pytest.mark.filterwarnings("error:.*training starts anew")
@pytest.mark.parametrize("variant", ["pix2pix_wgan_reg", "srgan_4x_vanilla_reg"])
def test_a_killed_training_is_taken_up_on_a_card(draw, tmp_path, steps, variant):
    """With the steps that were missing; a card adds in no fixed order, so the bits may differ."""
    options = {"seed": 0, "data_hash": "toy", "device": torch.device("cuda"), "progress": False}
    row = get_variant(variant)
    with steps(killed_at=5), pytest.raises(KeyboardInterrupt):
        train(draw, row, TINY, folder=tmp_path, **options)
    with steps() as taken:
        done = train(draw, row, TINY, folder=tmp_path, **options)
    assert taken == [4, 5]
    assert len(done.history) == TINY.total_epochs
    assert all(torch.isfinite(t).all() for t in load_file(done.generator).values())


def test_a_step_fetches_nothing_from_the_card(draw):
    """Losses stay there until the epoch ends; the batch alone crosses over, to the card."""
    state = TrainingState(
        get_variant("pix2pix_wgan"), TINY, seed=0, device=torch.device("cuda"), key="fetch"
    )
    state.step(draw, 0)
    with torch.profiler.profile() as profile:
        report = state.step(draw, 1)
    assert all(value.is_cuda for value in report.values())
    assert "Memcpy DtoH" not in " ".join(event.name for event in profile.events())
