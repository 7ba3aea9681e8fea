"""Laws of what a training draws, logs and gives up, and of what networks are if nothing is said."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch

from shalelib.data.cubes import CubeSampler
from shalelib.data.patches import PatchSampler
from shalelib.models import jacobian, training
from shalelib.models.checkpoints import read_tensors
from shalelib.models.config import TrainConfig
from shalelib.models.inference import predict, to_grey, to_tensor
from shalelib.models.networks import (
    Dropout,
    Generator,
    PatchDiscriminator,
    ResnetGenerator,
    SuperResolutionGenerator,
    initialise,
)
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.state import LEARNING_RATE, TrainingDivergedError, TrainingState, learning_rate
from shalelib.models.state3d import VolumeTrainingState
from shalelib.models.variants import VOLUME, get_variant
from shalelib.models.volumes import translate_volume
from shalelib.models.watch import Validation

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=3, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


def state_of(name):
    return TrainingState(get_variant(name), TINY, seed=3, device=torch.device("cpu"), key="law")


# What is taken up again


def test_a_training_is_another_where_anything_that_it_depends_on_is():
    """Its row, sizes, seed, data, what it is watched on, how it draws and what a step is."""

    def draw(count, rng):
        return rng

    def draw_twice(count, rng):
        return rng, rng

    class Steps(TrainingState):
        """Steps of another kind."""

    images = np.zeros((1, 8, 8), np.uint8)
    same = {"variant": get_variant("feedforward"), "config": TINY, "seed": 0, "data_hash": "a"}
    other = {"variant": get_variant("pix2pix_vanilla"), "seed": 1, "data_hash": "b"}
    other |= {"config": dataclasses.replace(TINY, ngf=3), "state": Steps, "draw": draw_twice}
    other |= {"validation": Validation(txm=images, sem=images)}
    changes = [{}, {}, *({name: value} for name, value in other.items())]
    keys = [training.training_key(**{"draw": draw} | same | change) for change in changes]
    assert keys[0] == keys[1]
    assert len(set(keys)) == len(changes) - 1


def key_of(draw):
    given = {"variant": get_variant("feedforward"), "config": TINY, "seed": 0, "data_hash": "a"}
    return training.training_key(draw, **given)


def test_a_sampler_with_other_settings_or_images_is_another_training(toy_pairs):
    """Of its method, in whatever way that is handed over."""
    rng = np.random.default_rng(0)
    other = dataclasses.replace(toy_pairs, sem=rng.integers(1, 255, toy_pairs.sem.shape, np.uint8))
    samplers = [
        PatchSampler(toy_pairs, size=32),
        PatchSampler(toy_pairs, size=36),
        PatchSampler(other, size=32),
    ]
    samplers += [CubeSampler(toy_pairs, toy_pairs.txm, edge=4, planes=n) for n in (1, 2)]
    drawn = [sampler.draw_training for sampler in samplers]
    drawn += [functools.partial(one.draw, flips=flips) for one in samplers[:2] for flips in (0, 1)]
    keys = [key_of(draw) for draw in drawn]
    assert len(set(keys)) == len(keys)
    assert key_of(PatchSampler(toy_pairs, size=32).draw_training) == keys[0]


def test_a_sampler_has_the_same_key_in_every_process():
    code = """
import numpy as np
from shalelib.data import CubeSampler, PairedSlices, PatchSampler
from shalelib.models import TrainConfig, get_variant
from shalelib.models.training import training_key

txm = np.arange(6 * 40 * 40).reshape(6, 40, 40).astype(np.uint8)
whole = np.ones(txm.shape, bool)
pairs = PairedSlices(
    txm=txm, sem=txm, inside=whole, valid=whole, slice_index=np.arange(6), names=tuple("abcdef")
)
for sampler in (PatchSampler(pairs, size=32), CubeSampler(pairs, txm, edge=4, planes=1)):
    print(
        training_key(
            sampler.draw_training, get_variant("feedforward"), TrainConfig(), seed=0, data_hash="a"
        )
    )
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": number},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(set(told[0].split())) == 2


def test_a_sampler_that_holds_what_cannot_be_read_is_refused(tmp_path, toy_pairs):
    """The way out that is named works: the file is opened in the call."""
    np.save(tmp_path / "x.npy", np.zeros((1, 32, 32), np.uint8))

    class Reader:
        def __init__(self, given):
            self.given = given

        def draw(self, count, rng):
            images = np.load(self.given)
            return images, images

    told = pytest.raises(TypeError, match=r"draw holds .* open files in the call")
    with (tmp_path / "x.npy").open("rb") as opened, told:
        key_of(Reader(opened).draw)
    assert key_of(Reader(str(tmp_path / "x.npy")).draw) != key_of(Reader("y.npy").draw)


# What is logged


def test_a_training_took_the_seconds_of_all_its_epochs(tmp_path):
    history = [{"epoch": k + 1, "seconds": seconds} for k, seconds in enumerate((1.0, 2.0, 4.0))]
    done = training._trained(tmp_path / "g.safetensors", {"history": history, "device": "cpu"})
    assert done.seconds == 7.0
    kept = pd.read_csv(tmp_path / "history.csv")
    assert kept["seconds"].tolist() == [1.0, 2.0, 4.0]


def test_norm_and_ratio_of_a_network_are_the_same_in_every_epoch(draw):
    """Batch and probes of the log are fixed: what changes in it is the network."""
    state = state_of("pix2pix_vanilla")
    first = state._log(draw)
    state.epoch = 7
    torch.manual_seed(99)
    assert state._log(draw) == first
    assert first.keys() == {"jacobian", "adversarial_ratio"}


def test_a_logged_norm_is_the_mean_of_four_estimates_for_a_patch_of_128(draw, monkeypatch):
    """The norm is a sum over pixels: of a patch of 32 it is a sixteenth of that of 128."""
    told = iter([1.0, 2.0, 3.0, 6.0])

    def estimate(forward, seen, *, generator):
        assert not forward.training
        return None, torch.full((len(seen),), next(told))

    monkeypatch.setattr(jacobian, "forward_with_norm", estimate)
    state = state_of("feedforward")
    assert state._log_jacobian(draw) == pytest.approx(3.0 * (128 / 32) ** 2)
    assert next(told, None) is None
    assert state.generator.training


# What is given up


def test_a_generator_is_given_up_where_its_output_varies_by_less_than_half_a_grey_level(draw):
    """Of 255 levels from -1 to 1; only once it has varied, as at first it may not yet."""
    state = state_of("feedforward")
    state._log = lambda draw: {}
    half = 0.5 / 127.5
    for spread in (0.1 * half, 10 * half, 1.02 * half):
        state.step = lambda draw, step, spread=spread: {"output_std": torch.tensor(spread)}
        state.train_epoch(draw)
    state.step = lambda draw, step: {"output_std": torch.tensor(0.98 * half)}
    with pytest.raises(TrainingDivergedError, match="became constant in epoch 4"):
        state.train_epoch(draw)


def test_the_rate_of_the_authors_code_falls_by_equal_amounts_towards_zero():
    """It would be zero in the epoch after the last."""
    row = dataclasses.replace(get_variant("pix2pix_wgan"), decay="linear")
    config = TrainConfig(epochs=3, epochs_decay=4)
    rates = [learning_rate(epoch, row, config) / LEARNING_RATE for epoch in range(7)]
    assert rates == pytest.approx([1, 1, 1, 0.8, 0.6, 0.4, 0.2])


# Networks


def test_weights_are_drawn_from_a_narrow_normal_and_scales_about_one():
    network = ResnetGenerator(16)
    initialise(network, seed=0)
    named = dict(network.named_parameters())
    wide = [weight for name, weight in named.items() if weight.ndim == 4]
    scales = [weight for name, weight in named.items() if weight.ndim == 1 and "weight" in name]
    drawn, about = (torch.cat([w.detach().flatten() for w in some]) for some in (wide, scales))
    assert drawn.std().item() == pytest.approx(0.02, rel=0.02)
    assert drawn.mean().item() == pytest.approx(0.0, abs=2e-4)
    assert about.mean().item() == pytest.approx(1.0, abs=2e-3)
    assert about.std().item() == pytest.approx(0.02, rel=0.1)  # of 1600
    assert all((bias == 0).all() for name, bias in named.items() if name.endswith("bias"))


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = Dropout(rate).train()(torch.ones(1, 4, 128, 128))
    assert (found == 0).float().mean().item() == pytest.approx(rate, abs=0.01)
    assert found.unique().tolist() == pytest.approx([0.0, 1 / (1 - rate)])
    assert found.mean().item() == pytest.approx(1.0, abs=0.02)


def test_networks_are_as_wide_as_published_if_nothing_is_said():
    """64 channels, 256 in the super-resolution networks; half of the values are dropped."""
    networks = ResnetGenerator(), SuperResolutionGenerator(factor=2), PatchDiscriminator(1)
    first = [
        next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
        for network in networks
    ]
    assert [layer.out_channels for layer in first] == [64, 256, 64]
    rates = {
        module.dropped / 256
        for network in networks
        for module in network.modules()
        if isinstance(module, Dropout)
    }
    assert rates == {0.5}


def test_an_area_is_seen_as_its_mean_and_a_nearest_pixel_as_itself():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    for how, known in (("area", [[2.5, 4.5], [10.5, 12.5]]), ("nearest", [[0, 2], [8, 10]])):
        network = SuperResolutionGenerator(2, factor=2, downsampling=how)
        np.testing.assert_allclose(network.view(image)[0, 0], known)


# Translating


class Seen(Generator):
    """Returns what it sees, and keeps it; in training it adds noise, as dropout does."""

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.batches = []

    def forward(self, x):
        self.batches.append(x.clone())
        return x + 0.2 * torch.randn(x.shape) if self.training else x


GREY = np.random.default_rng(0).integers(0, 256, (3, 6, 11), dtype=np.uint8)


def test_sizes_are_filled_up_to_multiples_of_4_by_their_mirror_image():
    """6 x 11 to 8 x 12 at the far sides, without the edge itself; what was added is cut off."""
    network = Seen()
    np.testing.assert_array_equal(predict(network, GREY, batch=2), GREY)
    assert [tuple(x.shape) for x in network.batches] == [(2, 1, 8, 12), (1, 1, 8, 12)]
    seen = torch.cat(network.batches)[:, 0]
    assert torch.equal(seen[:, 6:, :], seen[:, [4, 3], :])
    assert torch.equal(seen[:, :, 11], seen[:, :, 9])


def test_as_published_images_go_one_by_one_with_the_noise_of_the_seed():
    network = Seen()
    first, again, other = (
        predict(network, GREY, inference="as_published", seed=seed) for seed in (1, 1, 2)
    )
    assert {len(x) for x in network.batches} == {1}
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5
    assert network.training  # as it was
    np.testing.assert_array_equal(predict(network, GREY, seed=1), GREY)


@pytest.mark.parametrize("inference", ["eval", "as_published"])
@pytest.mark.parametrize("training", [False, True])
def test_a_translation_leaves_the_network_as_it_was(inference, training):
    """Its mode, of each layer, and the running statistics of batch norm, as published."""
    network = ResnetGenerator(2, norm="batch").train(training)
    network.layers.stem.train(not training)
    modes = [module.training for module in network.modules()]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    predict(network, GREY, inference=inference)
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_translated_volume_leaves_its_network_as_it_was(tmp_path):
    network = VolumeGenerator(2).train()
    translate_volume(network, GREY, tmp_path / "v.npy")
    assert all(module.training for module in network.modules())


def test_each_slab_of_a_volume_has_noise_of_its_own(tmp_path):
    """Slices that are alike are not translated alike as published; the seed decides how."""
    volume = np.full((4, 16, 16), 128, np.uint8)
    volume[:, 0] = 130
    given = {"slab": 1, "inference": "as_published"}
    found = [
        np.array(translate_volume(Seen(), volume, tmp_path / f"{n}.npy", seed=n // 2, **given))
        for n in (0, 1, 2)
    ]
    for one, other in itertools.combinations(found[0], 2):
        assert (one != other).mean() > 0.5
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).mean() > 0.5


def test_a_regulariser_of_every_third_step_counts_three_times(draw):
    row = dataclasses.replace(get_variant("srgan_4x_vanilla_reg"), jac_every=3)
    state = TrainingState(row, TINY, seed=3, device=torch.device("cpu"), key="law")
    txm = to_tensor(draw(2, np.random.default_rng(0))[0], state.device)
    probes = torch.Generator().manual_seed(0)
    weights = [state._translate(txm, step, probes)[2] for step in range(4)]
    held = 3 * row.lambda_jac * (128 / TINY.patch) ** 2
    assert [one.get("loss_jacobian") for one in weights] == [
        pytest.approx(held),
        None,
        None,
        pytest.approx(held),
    ]


def test_patches_of_another_size_than_was_said_are_refused(tmp_path, toy_pairs):
    """The weight of the regulariser is that of the size that was said."""
    row, draw = get_variant("srgan_4x_vanilla_reg"), PatchSampler(toy_pairs, size=36).draw_training
    given = {"seed": 0, "data_hash": "a", "folder": tmp_path, "progress": False}
    short = dataclasses.replace(TINY, patches_per_epoch=1, epochs=1, epochs_decay=0)
    with pytest.raises(ValueError, match=r"images of 36 x 36, but config\.patch is 32; .*size="):
        training.train(draw, row, short, **given)
    training.train(draw, row, dataclasses.replace(short, patch=36), **given)
    with pytest.raises(TypeError, match="what draw returns must be uint8 grey levels, got float"):
        training.train(lambda count, rng: np.zeros((2, count, 32, 32)), row, short, **given)


def test_a_row_is_trained_by_a_state_of_its_kind(tmp_path, draw):
    given = {"seed": 0, "data_hash": "a", "folder": tmp_path, "progress": False}
    with pytest.raises(ValueError, match=r"of three_planes is volume; pass .* VolumeTrainingState"):
        training.train(draw, VOLUME, TINY, **given)
    with pytest.raises(ValueError, match=r"of feedforward is resnet; .* leave it out for others"):
        training.train(draw, get_variant("feedforward"), TINY, **given, state=VolumeTrainingState)
    with pytest.raises(TypeError, match="state must be a type, got 'volume'; pass a class"):
        training.train(draw, VOLUME, TINY, **given, state="volume")
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_train_the_same_network(tmp_path, draw):
    short = dataclasses.replace(TINY, patches_per_epoch=1, epochs=1, epochs_decay=0)
    row = get_variant("srgan_4x_vanilla_reg")
    same = {"lambda_l1": np.float32(100), "factor": np.int64(4), "jac_every": np.int64(1)}
    given = {"data_hash": "a", "folder": tmp_path, "progress": False}
    first = training.train(draw, row, short, seed=3, **given)
    kept, about = read_tensors(first.generator)
    first.generator.unlink()
    numpy = dataclasses.replace(row, **same)
    other, again = read_tensors(
        training.train(draw, numpy, short, seed=np.int64(3), **given).generator
    )
    assert (again["key"], again["seed"]) == (about["key"], 3)
    assert all(torch.equal(kept[name], other[name]) for name in kept)


def test_cubes_of_another_size_than_was_said_are_refused(toy_pairs):
    draw = CubeSampler(toy_pairs, toy_pairs.txm, edge=4, planes=1).draw_training
    state = VolumeTrainingState(VOLUME, TINY, seed=0, device=torch.device("cpu"), key="law")
    with pytest.raises(ValueError, match=r"images of 4 x 4 x 4, but config\.patch is 32; .*edge="):
        state.step(draw, 0)


class Counted:
    """Stands for the state of a training: counts epochs, and says when it was saved."""

    saved: tuple[int, ...] = ()

    def __init__(self, variant, config, *, seed, device, key):
        self.epoch, self.history, self.trained = 0, [], torch.nn.Linear(1, 1)
        Counted.saved = ()

    def resume(self, path):
        self.path = path

    def save(self, path):
        assert path == self.path
        Counted.saved += (self.epoch,)

    def train_epoch(self, draw):
        self.epoch += 1
        self.history.append({"epoch": self.epoch, "seconds": 1.0})

    def translate(self, txm):
        return txm


@pytest.mark.parametrize(("epochs", "every"), [(20, 1), (21, 2), (40, 2), (45, 3)])
def test_at_most_twenty_samples_are_kept_and_checkpoints_as_often_as_was_said(
    tmp_path, toy_pairs, epochs, every
):
    """The least whole number of epochs between them; the last epoch may go unseen."""
    config = dataclasses.replace(TINY, epochs=epochs - 1, epochs_decay=1, checkpoint_every=4)
    done = training.train(
        lambda count, rng: None,
        get_variant("feedforward"),
        config,
        seed=0,
        data_hash="law",
        folder=tmp_path,
        device=torch.device("cpu"),
        progress=False,
        validation=Validation(txm=toy_pairs.txm[:1], sem=toy_pairs.sem[:1]),
        state=Counted,
    )
    assert list(training.read_samples(tmp_path)) == [
        f"epoch {n}" for n in range(every, epochs + 1, every)
    ]
    assert Counted.saved == tuple(range(4, epochs + 1, 4))
    assert (len(done.history), done.seconds) == (epochs, float(epochs))


def test_samples_of_an_earlier_training_go_when_another_begins(tmp_path, draw, toy_pairs, steps):
    """Not those of a training that is taken up, and nothing else that lies in the folder."""
    short = dataclasses.replace(TINY, patches_per_epoch=1, epochs=2, epochs_decay=0)
    shown = Validation(txm=toy_pairs.txm[:1], sem=toy_pairs.sem[:1])
    given = {"data_hash": "a", "folder": tmp_path, "progress": False, "validation": shown}
    row = get_variant("feedforward")
    (tmp_path / "samples").mkdir()
    for name in ("epoch7.tif", "epoch007.tif", "epoch_mine.tif"):
        (tmp_path / "samples" / name).write_bytes(b"")
    with steps(killed_at=1), pytest.raises(KeyboardInterrupt):
        training.train(draw, row, short, seed=0, **given)
    assert list(training.read_samples(tmp_path)) == ["epoch 1"]
    assert (tmp_path / "samples/epoch_mine.tif").is_file()
    kept = (tmp_path / "samples/epoch001.tif").stat().st_mtime_ns
    training.train(draw, row, short, seed=0, **given)
    assert list(training.read_samples(tmp_path)) == ["epoch 1", "epoch 2"]
    assert (tmp_path / "samples/epoch001.tif").stat().st_mtime_ns == kept
    training.train(draw, row, short, seed=1, **given | {"validation": None})
    assert training.read_samples(tmp_path) == {}


def test_samples_are_read_in_the_order_of_their_epochs(tmp_path, toy_pairs):
    """Also where an earlier version wrote them, without enough zeros; a listing has it, too."""
    (tmp_path / "samples").mkdir()
    for name in ("epoch950", "epoch1000"):
        tifffile.imwrite(tmp_path / f"samples/{name}.tif", toy_pairs.txm[:1])
    assert list(training.read_samples(tmp_path)) == ["epoch 950", "epoch 1000"]
    training.train(
        lambda count, rng: None,
        get_variant("feedforward"),
        dataclasses.replace(TINY, epochs=999, epochs_decay=1),
        seed=0,
        data_hash="law",
        folder=tmp_path,
        progress=False,
        validation=Validation(txm=toy_pairs.txm[:1], sem=toy_pairs.sem[:1]),
        state=Counted,
    )
    names = sorted(file.name for file in (tmp_path / "samples").iterdir())
    assert names == [f"epoch{n:04d}.tif" for n in range(50, 1001, 50)]


@pytest.mark.parametrize("before", [False, True])
def test_a_training_leaves_the_treatment_of_denormals_as_it_was(tmp_path, draw, before):
    """Also one that breaks off; while it runs they count as zero."""
    seen = []

    def watched(count, rng):
        seen.append(flushing())
        if len(seen) == 2:
            raise KeyboardInterrupt
        return draw(count, rng)

    def flushing():
        return bool(torch.tensor([1e-40]).mul(0.5).eq(0).item()), sys.float_info.min / 2 == 0

    try:
        torch.set_flush_denormal(before)
        with pytest.raises(KeyboardInterrupt):
            training.train(
                watched,
                get_variant("feedforward"),
                TINY,
                seed=0,
                data_hash="a",
                folder=tmp_path,
                progress=False,
            )
        assert flushing() == (before, before)
    finally:
        torch.set_flush_denormal(False)
    assert seen == [(True, True)] * 2


def test_an_output_becomes_the_nearest_grey_level_of_the_256():
    """0 and 255 are -1 and 1, a level 2 / 255; beyond them lie black and white."""
    level = 2 / 255
    given = torch.tensor([-1.5, -1 + 0.4 * level, -1 + 0.6 * level, 1 - 0.6 * level, 1.5])
    found = to_grey(given.view(1, 1, 1, 5))
    assert found.ravel().tolist() == [0, 0, 1, 254, 255]
    seen = to_tensor(np.array([[[0, 51, 255]]], np.uint8), torch.device("cpu"))
    assert seen.shape == (1, 1, 1, 3)
    assert seen.ravel().tolist() == pytest.approx([-1, -1 + 51 * level, 1])


def test_eight_slices_are_translated_and_kept_at_a_time_if_nothing_is_said(tmp_path):
    network = Seen()
    translate_volume(network, np.repeat(GREY[:1], 18, axis=0), tmp_path / "v.npy")
    assert [len(x) for x in network.batches] == [8, 8, 2]
    network = Seen()
    predict(network, np.repeat(GREY[:1], 18, axis=0))
    assert [len(x) for x in network.batches] == [8, 8, 2]
