import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from companion.profiles import TrainConfig
from shalelib.data.patches import PatchSampler
from shalelib.models import losses, state
from shalelib.models.checkpoints import read_tensors, write_tensors
from shalelib.models.inference import load_generator, to_grey, to_tensor, translate
from shalelib.models.networks import PatchDiscriminator, ResnetGenerator, initialise
from shalelib.models.state import TrainingDivergedError
from shalelib.models.training import read_samples, train
from shalelib.models.variants import VARIANTS, get_variant
from shalelib.models.watch import Validation, measure

TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)


@pytest.fixture
def run(toy_pairs, tmp_path):
    """Train a tiny network on the toy pairs; arguments override the defaults."""
    sampler = PatchSampler(toy_pairs, size=32)

    def start(variant="pix2pix_vanilla", folder="run", draw=sampler.draw_training, **options):
        defaults = {"seed": 3, "data_hash": "toy", "folder": tmp_path / folder, "progress": False}
        return train(draw, get_variant(variant), options.pop("config", TINY), **defaults | options)

    return start


def test_published_generator_and_discriminator_have_the_known_sizes():
    """Counted by hand from the architecture (ngf = ndf = 64, one grey channel).

    Generator: 7x7 stem 3,200; stride-2 convolutions 73,856 + 295,168; 18 convolutions of 590,080;
    transposed 295,040 + 73,792; head 3,137; and two numbers a normalised channel (64 + 128 + 256 +
    18 · 256 + 128 + 64 = 5,248 channels). Discriminator on two channels: 2,112 + 131,200 + 524,544
    + 2,097,664 + 8,193, and 2 · (128 + 256 + 512).
    """
    generator, discriminator = ResnetGenerator(64), PatchDiscriminator(2, 64)
    convolutions = 3_200 + 73_856 + 295_168 + 18 * 590_080 + 295_040 + 73_792 + 3_137
    assert sum(p.numel() for p in generator.parameters()) == convolutions + 2 * 5_248
    expected = 2_112 + 131_200 + 524_544 + 2_097_664 + 8_193 + 2 * (128 + 256 + 512)
    assert sum(p.numel() for p in discriminator.parameters()) == expected


def test_shapes_and_range():
    images = torch.rand(2, 1, 48, 36) * 2 - 1
    with torch.no_grad():
        out = ResnetGenerator(2).eval()(images)
        logits = PatchDiscriminator(2, 2)(torch.rand(1, 2, 128, 128))
    assert out.shape == images.shape
    assert out.abs().max() <= 1
    assert logits.shape == (1, 1, 14, 14)


def test_discriminator_sees_patches_of_70_pixels():
    """The gradient of one logit is zero outside 70 x 70 pixels and not inside.

    Without normalisation, which couples all pixels of an image.
    """
    network = PatchDiscriminator(1, 2)
    for index, module in enumerate(network.layers):
        if isinstance(module, torch.nn.GroupNorm):
            network.layers[index] = torch.nn.Identity()
    image = torch.rand(1, 1, 256, 256, requires_grad=True)
    network(image)[0, 0, 15, 15].backward()
    touched = image.grad[0, 0] != 0
    rows, columns = torch.nonzero(touched, as_tuple=True)
    assert rows.max() - rows.min() + 1 == 70
    assert columns.max() - columns.min() + 1 == 70


def test_initial_weights_depend_on_the_seed_alone():
    first, again, other = (ResnetGenerator(4) for _ in range(3))
    for network, seed in ((first, 1), (again, 1), (other, 2)):
        torch.rand(1)  # global state must not matter
        initialise(network, seed=seed)
    weights = [torch.cat([p.flatten() for p in n.parameters()]) for n in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.layers.block1.body[1].weight.std().item() == pytest.approx(0.02, rel=0.1)


def test_vanilla_losses_at_known_logits():
    """sigma(ln 3) = 3/4: the generator loss is ln(4/3), the discriminator's half of two terms."""
    logit = torch.full((1, 1, 2, 2), float(np.log(3.0)))
    assert losses.vanilla_generator(logit).item() == pytest.approx(np.log(4 / 3), rel=1e-6)
    expected = 0.5 * (np.log(4 / 3) + np.log(4.0))
    assert losses.vanilla_discriminator(logit, logit).item() == pytest.approx(expected, rel=1e-6)


def test_grey_levels_survive_the_way_into_the_network_and_back():
    grey = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    tensor = to_tensor(grey, torch.device("cpu"))
    assert tensor.min() == -1
    assert tensor.max() == 1
    np.testing.assert_array_equal(to_grey(tensor), grey)


def test_translation_handles_any_size_and_does_not_depend_on_the_batch():
    generator = ResnetGenerator(2)
    initialise(generator, seed=0)
    txm = np.random.default_rng(0).integers(0, 255, (3, 37, 50), dtype=np.uint8)
    together = translate(generator, txm, batch=3)
    assert together.shape == txm.shape
    one_by_one = np.concatenate([translate(generator, image[None]) for image in txm])
    # float32 sums may be ordered differently for another batch size: one grey level at most
    assert np.abs(together.astype(int) - one_by_one).max() <= 1


def test_translation_is_deterministic_though_the_network_has_dropout():
    generator = ResnetGenerator(2, dropout=0.5).train()
    initialise(generator, seed=0)
    txm = np.random.default_rng(0).integers(0, 255, (1, 32, 32), dtype=np.uint8)
    np.testing.assert_array_equal(translate(generator, txm), translate(generator, txm))


def test_l1_falls_on_a_batch_it_can_fit(toy_pairs, tmp_path):
    """On one fixed batch in which the SEM is a function of the TXM, L1 must fall by half."""
    patches = PatchSampler(toy_pairs, size=32).draw(2, rng=np.random.default_rng(0))
    config = dataclasses.replace(TINY, patches_per_epoch=20, epochs=12, ngf=8)
    variant = dataclasses.replace(get_variant("feedforward"), dropout=0.0)
    done = train(
        lambda _count, _rng: (patches.txm, patches.sem),
        variant,
        config,
        seed=0,
        data_hash="one batch",
        folder=tmp_path,
        progress=False,
    )
    assert done.history["loss_l1"].iloc[-1] < 0.5 * done.history["loss_l1"].iloc[0]


@pytest.mark.filterwarnings("error:.*training starts anew")
@pytest.mark.parametrize("variant", [v.name for v in VARIANTS])
def test_killed_and_resumed_training_ends_in_the_same_bits(run, steps, variant):
    whole = run(variant, "whole")
    with steps(killed_at=5), pytest.raises(KeyboardInterrupt):
        run(variant, "killed")  # two steps an epoch: in the middle of the third
    torch.rand(7)  # another process has another global random state
    with steps() as taken:
        resumed = run(variant, "killed")
    assert taken == [4, 5]  # of the third epoch alone
    first, second = load_file(whole.generator), load_file(resumed.generator)
    assert all(torch.equal(first[name], second[name]) for name in first)
    columns = [c for c in whole.history if c != "seconds"]
    assert whole.history[columns].equals(resumed.history[columns])
    assert not (resumed.generator.parent / "checkpoint.safetensors").exists()


def test_training_leaves_global_random_state_alone(run):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    run("feedforward")
    assert torch.equal(torch.rand(3), expected)


def test_sample_images_are_written_on_the_way_and_change_nothing(run, toy_pairs):
    """Three epochs: one set after each, the last as the finished generator translates."""
    shown = Validation(txm=toy_pairs.txm[:2], sem=toy_pairs.sem[:2])
    plain, watched = run(folder="plain"), run(folder="watched", validation=shown)
    first, second = load_file(plain.generator), load_file(watched.generator)
    assert all(torch.equal(first[name], second[name]) for name in first)
    images = read_samples(watched.generator.parent)
    assert list(images) == ["epoch 1", "epoch 2", "epoch 3"]
    np.testing.assert_array_equal(
        images["epoch 3"], translate(load_generator(watched.generator), shown.txm)
    )
    measures = [measure(image, shown.sem) for image in images.values()]
    assert watched.history[list(measures[0])].to_dict("records") == measures
    assert read_samples(plain.generator.parent) == {}


def test_a_finished_training_is_not_repeated(run, steps):
    first = run()
    with steps() as taken:
        again = run()
    assert taken == []
    assert first.seconds == pytest.approx(again.seconds, rel=1e-12)
    assert first.history.equals(again.history)


def test_a_training_on_other_patches_is_another_training(run, steps, toy_pairs):
    """The key covers the code that draws the patches, so other patches are trained anew."""
    sampler = PatchSampler(toy_pairs, size=32)

    def swapped(count, rng):
        return sampler.draw_training(count, rng)[::-1]

    run("feedforward")
    with steps() as taken:
        run("feedforward", draw=swapped)
    assert taken == list(range(TINY.total_epochs * TINY.steps_per_epoch))


@pytest.mark.parametrize(
    "change", [{"seed": 4}, {"data_hash": "other"}, {"config": dataclasses.replace(TINY, ngf=3)}]
)
def test_a_checkpoint_of_another_run_is_not_resumed(run, steps, change):
    fresh = run(folder="fresh", **change)
    with steps(killed_at=3), pytest.raises(KeyboardInterrupt):
        run()
    with pytest.warns(UserWarning, match="another configuration, seed or data"):
        after = run(**change)
    first, second = load_file(fresh.generator), load_file(after.generator)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_truncated_checkpoint_is_reported_and_not_resumed(run, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/checkpoint.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.warns(UserWarning, match="training starts anew"):
        done = run("feedforward")
    assert len(done.history) == TINY.total_epochs


def test_not_a_number_is_reported_with_its_step_and_the_checkpoint_kept(run, tmp_path, monkeypatch):
    l1, calls = losses.l1, 0

    def poisoned(predicted, target):
        nonlocal calls
        calls += 1
        return l1(predicted, target) * (float("nan") if calls == 4 else 1.0)

    monkeypatch.setattr(state.losses, "l1", poisoned)
    with pytest.raises(TrainingDivergedError, match="loss_l1 became nan at step 3"):
        run("feedforward", "poisoned")
    checkpoint = tmp_path / "poisoned/checkpoint.safetensors"
    assert read_tensors(checkpoint)[1]["epoch"] == 1


def test_a_generator_that_collapses_is_reported(run, monkeypatch):
    """Output that varied and then no longer does: here all weights are zeroed after one epoch."""
    step = state.TrainingState.train_epoch

    def then_zero(self, draw):
        step(self, draw)
        with torch.no_grad():
            for parameter in self.generator.parameters():
                parameter.zero_()

    monkeypatch.setattr(state.TrainingState, "train_epoch", then_zero)
    with pytest.raises(TrainingDivergedError, match="output became constant in epoch 2"):
        run("feedforward")


def test_inference_as_published_draws_a_new_dropout_mask_for_every_slice():
    """Equal slices then differ, which is z-jitter; in evaluation mode they stay equal."""
    generator = ResnetGenerator(4, dropout=0.5)
    initialise(generator, seed=0)
    one = np.random.default_rng(0).integers(0, 255, (1, 32, 32), dtype=np.uint8)
    txm = np.repeat(one, 2, axis=0)
    first, second = translate(generator, txm, inference="as_published", seed=1)
    assert (first != second).any()
    again = translate(generator, txm, inference="as_published", seed=1)
    np.testing.assert_array_equal(again, np.stack([first, second]))
    first, second = translate(generator, txm)
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match="'eval' or 'as_published'"):
        translate(generator, txm, inference="train")


def test_the_regulariser_lowers_the_jacobian(run, monkeypatch):
    """The same training with a heavy regulariser ends with a smaller Jacobian norm."""
    config = dataclasses.replace(TINY, patches_per_epoch=20, ngf=4)
    plain = run("pix2pix_wgan", "plain", config=config).history["jacobian"].iloc[-1]
    heavy = dataclasses.replace(get_variant("pix2pix_wgan_reg"), lambda_jac=1.0)
    monkeypatch.setitem(globals(), "get_variant", lambda _name: heavy)
    regularised = run("heavy", "heavy", config=config).history["jacobian"].iloc[-1]
    assert regularised < 0.5 * plain


def test_unknown_variant_lists_the_valid_ones():
    with pytest.raises(ValueError, match=r"'pix2pixx'.*feedforward, pix2pix_vanilla"):
        get_variant("pix2pixx")


def test_model_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="pix2pix_phantom, pix2pix_vaca_muerta"):
        load_generator(tmp_path / "none.safetensors")
    poisoned = tmp_path / "model.safetensors"
    poisoned.write_bytes(b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
    with pytest.raises(ValueError, match="damaged or no model file"):
        load_generator(poisoned)
    write_tensors(tmp_path / "other.safetensors", {"x": torch.ones(2)}, {"about": "not a model"})
    with pytest.raises(ValueError, match="no generator"):
        load_generator(tmp_path / "other.safetensors")


def test_tensors_come_back_as_written(tmp_path):
    tensors = {"a/b": torch.arange(3.0), "c": torch.ones(2, 2, dtype=torch.bool)}
    write_tensors(tmp_path / "x.safetensors", tensors, {"epoch": 3})
    back, about = read_tensors(tmp_path / "x.safetensors")
    assert about == {"epoch": 3}
    assert all(torch.equal(back[name], value) for name, value in tensors.items())
