"""The generator of volumes: cubes, slices, held statistics, resumed training, no seams."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from shalelib.data.cubes import CubeSampler
from shalelib.data.pairs import PairedSlices
from shalelib.models import volumes
from shalelib.models.config import TrainConfig
from shalelib.models.inference import load_generator
from shalelib.models.networks import count_parameters, initialise
from shalelib.models.networks3d import HeldInstanceNorm, VolumeGenerator
from shalelib.models.state import TrainingDivergedError
from shalelib.models.state3d import AVERAGING, SLICES, VolumeTrainingState, planes_of
from shalelib.models.training import train
from shalelib.models.translation import translate
from shalelib.models.variants import VOLUME
from shalelib.models.volumes import translate_volume
from shalelib.models.volumes3d import CUBE, noise_field, translate_slabs, translate_whole
from shalelib.models.watch import Validation

CONFIG = TrainConfig(patch=32, batch=1, patches_per_epoch=2, epochs=2, epochs_decay=2, ngf=2, ndf=2)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def volume():
    """A TXM whose grey level tells place: z in its tens, x and y in its units."""
    z, y, x = np.indices((44, 40, 48))
    return (5 * z + (y + x) % 5).astype(np.uint8)


def slices_of(volume, numbers):
    """Cuts of a volume; the FIB-SEM is the negative of the TXM."""
    txm = volume[numbers]
    whole = np.ones(txm.shape, bool)
    return PairedSlices(
        txm=txm,
        sem=255 - txm,
        inside=whole,
        valid=whole,
        slice_index=np.array(numbers),
        names=tuple(map(str, numbers)),
    )


@pytest.fixture(scope="module")
def pairs(volume):
    return slices_of(volume, [4, 9, 17, 18, 30, 40])


@pytest.fixture(scope="module")
def sampler(pairs, volume):
    return CubeSampler(pairs, volume, edge=32, planes=3 * SLICES)


@pytest.fixture(scope="module")
def rough():
    """An untrained generator whose output fills the grey levels."""
    network = VolumeGenerator(2)
    initialise(network, seed=1)
    with torch.no_grad():
        network.head[1].weight.mul_(20.0)
    return network.eval()


def test_a_cube_holds_its_cut_where_it_says(sampler):
    """The SEM is the negative of the TXM, so every cube's slice at `place` is that of its SEM."""
    for seed in range(20):
        txm, place, sem, planes = sampler.draw_training(3, np.random.default_rng(seed))
        there = np.stack([cube[z] for cube, z in zip(txm, place, strict=True)])
        np.testing.assert_array_equal(there, 255 - sem)
        assert planes.shape == (3 * 3 * SLICES, 32, 32)


def test_cubes_stay_within_the_span_of_the_cuts(sampler):
    """No cube shows slices before the first or after the last cut: they are of another split."""
    seen = [sampler.draw_training(4, np.random.default_rng(k))[0] // 5 for k in range(50)]
    assert (np.min(seen), np.max(seen)) == (4, 40)  # a slice's number is its tens


def test_no_cube_shows_a_slice_of_another_split(pairs, volume):
    """Slices 14 and 35 are another's: cuts 17, 18 and 30 have room for a cube of 12, others not.

    What several splits have is shown; the planes are those of all slices.
    """
    other = slices_of(volume, [2, 14, 17, 35, 43])
    sampler = CubeSampler(pairs, volume, edge=12, planes=3, others=(other,))
    seen, planes = set(), set()
    for seed in range(40):
        cubes, place, sem, images = sampler.draw_training(4, np.random.default_rng(seed))
        there = np.stack([cube[z] for cube, z in zip(cubes, place, strict=True)])
        np.testing.assert_array_equal(there, 255 - sem)
        seen |= set(np.unique(cubes // 5).tolist())
        planes |= set(np.unique((255 - images) // 5).tolist())
    assert seen == set(range(15, 35))
    assert planes == set(pairs.slice_index.tolist())
    with pytest.raises(ValueError, match="span 20 voxels along z, less than a cube of 21, where"):
        CubeSampler(pairs, volume, edge=21, planes=1, others=(other,))
    with pytest.raises(TypeError, match=r"others\[0\] must be a PairedSlices"):
        CubeSampler(pairs, volume, edge=12, planes=1, others=(volume,))


def test_splits_in_blocks_change_no_draw(pairs, volume):
    """Those that lie beyond the slices, or share them."""
    others = slices_of(volume, [0, 3, 9]), slices_of(volume, [42, 43])
    plain, given = (
        CubeSampler(pairs, volume, edge=32, planes=2, others=some) for some in ((), others)
    )
    for seed in range(5):
        drawn = [one.draw_training(3, np.random.default_rng(seed)) for one in (plain, given)]
        for mine, theirs in zip(*drawn, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_cut_lies_anywhere_in_its_cube(sampler, pairs):
    """Cubes of 32 begin at slices 4 to 9; a cut lies in all of them that hold it, or mirrored."""
    places = [sampler.draw_training(8, np.random.default_rng(k))[1] for k in range(100)]
    held = {
        z - first for z in pairs.slice_index for first in range(4, 10) if first <= z < first + 32
    }
    assert set(np.concatenate(places)) == held | {31 - place for place in held}


def test_cubes_that_do_not_fit_are_refused(pairs, volume):
    with pytest.raises(ValueError, match="span 37 voxels along z, less than a cube of 40"):
        CubeSampler(pairs, volume, edge=40, planes=1)


def test_slices_of_another_volume_are_refused(pairs, volume):
    with pytest.raises(ValueError, match="does not hold the 6 paired slices"):
        CubeSampler(pairs, volume[::-1], edge=32, planes=1)


def test_planes_are_slices_of_all_three_families():
    """Voxels numbered by place: a slice across an axis has that coordinate constant."""
    edge = 4
    cube = torch.arange(edge**3, dtype=torch.float).reshape(1, 1, edge, edge, edge)
    found = planes_of(cube, 5, np.random.default_rng(0))[:, 0].long()
    assert found.shape == (15, edge, edge)
    coordinates = torch.stack([found // edge**2, found // edge % edge, found % edge])
    for axis in range(3):
        fixed = coordinates[axis, 5 * axis : 5 * axis + 5]
        assert (fixed == fixed[:, :1, :1]).all()
        assert len(fixed.unique()) > 1


def test_held_statistics_do_not_depend_on_what_is_given(rough):
    """While they are held a part is normalised as it is within the whole; before and after, not."""
    norm = next(one for one in rough.modules() if isinstance(one, HeldInstanceNorm))
    draw = torch.Generator().manual_seed(0)
    x = 3.0 + 2.0 * torch.randn(1, norm.num_features, 8, 8, 8, generator=draw)
    part = x[..., :2]
    with torch.no_grad():
        for _ in range(2):
            assert not torch.allclose(norm(part), norm(x)[..., :2], atol=1e-3)
            with rough.hold(torch.randn(1, 2, 16, 16, 16, generator=draw)):
                torch.testing.assert_close(norm(part), norm(x)[..., :2])


def test_held_are_those_of_the_volume_that_is_shown(rough):
    """The volume whose statistics are held is itself translated as without holding."""
    x = torch.randn(1, 2, 16, 16, 16, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        plain = rough(x)
        with rough.hold(x):
            torch.testing.assert_close(rough(x), plain, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("block", [12, 16])
def test_blocks_give_what_the_whole_volume_gives(rough, block):
    """Equal but for a grey level at the edge of rounding: sums in another order, 1e-6 of 255.

    The edges are no multiples of 4, and the volume is farther across than the network reaches.
    """
    txm = np.random.default_rng(0).integers(0, 256, (70, 22, 30), dtype=np.uint8)
    whole = translate_whole(rough, txm, seed=5, block=128)
    parts = np.concatenate([grey for _, grey in translate_slabs(rough, txm, seed=5, block=block)])
    assert whole.std() > 20
    apart = np.abs(parts.astype(int) - whole)
    assert apart.max() <= 1
    assert (apart > 0).mean() < 1e-3


def test_a_whole_block_is_the_network_itself(rough):
    """A cube of the training's size is the plain forward pass on TXM and noise.

    Both round to grey levels; sums in another order may tip one.
    """
    txm = np.random.default_rng(1).integers(0, 256, (CUBE,) * 3, dtype=np.uint8)
    noise = noise_field((slice(0, CUBE),) * 3, seed=7)
    given = torch.from_numpy(np.stack([txm / np.float32(127.5) - 1, noise])[None])
    with torch.inference_mode():
        made = (rough(given)[0, 0].numpy() + 1) * 127.5
    assert np.abs(translate_whole(rough, txm, seed=7) - made).max() <= 0.5 + 1e-2


@pytest.mark.parametrize("depth", [1, 3, 20])
def test_a_thin_volume_is_translated_as_its_mirror_images_are(rough, depth):
    """Statistics of slices that are all alike do not depend on how many there are.

    The noise does, and only by its own scatter: a tenth of the spread of grey is allowed.
    """
    image = np.random.default_rng(2).integers(0, 256, (1, 24, 24), dtype=np.uint8)
    thick = translate_whole(rough, np.repeat(image, 60, 0), seed=1)
    thin = translate_whole(rough, np.repeat(image, depth, 0), seed=1)
    assert thin.shape == (depth, 24, 24)
    assert abs(float(thin.mean()) - thick.mean()) < 0.1 * thick.std()


def test_noise_is_a_function_of_place_and_seed():
    """A part of the field is the field of the part; another seed, another field.

    Of n = 64,000 numbers the mean has a standard deviation of 0.004, the variance 0.0056, the
    kurtosis 0.019 and a correlation 0.004; five of them are allowed.
    """
    whole = noise_field((slice(0, 40), slice(0, 40), slice(0, 40)), seed=3)
    part = noise_field((slice(7, 9), slice(30, 40), slice(0, 5)), seed=3)
    np.testing.assert_array_equal(part, whole[7:9, 30:40, :5])
    other = noise_field((slice(0, 40),) * 3, seed=4)
    assert abs(whole.mean()) < 0.02
    assert abs(whole.var() - 1.0) < 0.028
    assert abs((whole**4).mean() - 3.0) < 0.1
    pairs = [(whole, other), (whole[1:], whole[:-1]), (whole[:, :, 1:], whole[:, :, :-1])]
    assert all(abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.02 for a, b in pairs)


def run(sampler, folder, **other):
    """Train at the smallest sizes."""
    return train(
        sampler.draw_training,
        VOLUME,
        CONFIG,
        folder=folder,
        state=VolumeTrainingState,
        **({"seed": 0, "data_hash": "x", "progress": False, "device": CPU} | other),
    )


def kill_at(monkeypatch, step):
    """Let the process die in a step; `monkeypatch.undo` takes it back."""
    take = VolumeTrainingState.step

    def killed(state, draw, number):
        if number == step:
            raise KeyboardInterrupt
        return take(state, draw, number)

    monkeypatch.setattr(VolumeTrainingState, "step", killed)


@pytest.mark.parametrize("step", [3, 7])
def test_a_killed_training_ends_in_the_same_bits(sampler, tmp_path, monkeypatch, step):
    """Weights, both discriminators and the average are taken up."""
    whole = run(sampler, tmp_path / "whole")
    kill_at(monkeypatch, step)
    with pytest.raises(KeyboardInterrupt):
        run(sampler, tmp_path / "killed")
    monkeypatch.undo()
    again = run(sampler, tmp_path / "killed")
    assert_same(*(load_generator(one.generator) for one in (again, whole)))
    losses = [name for name in whole.history if name != "seconds"]
    assert again.history[losses].equals(whole.history[losses])


def test_training_moves_both_judges_and_keeps_a_history(sampler):
    state = VolumeTrainingState(VOLUME, CONFIG, seed=0, device=CPU, key="")
    before = {name: count_sums(network) for name, network in state.networks.items()}
    state.train_epoch(sampler.draw_training)
    assert all(before[name] != count_sums(network) for name, network in state.networks.items())
    assert {"loss_l1", "loss_planes", "loss_pairs", "output_std"} <= state.history[0].keys()
    assert np.isfinite(list(state.history[0].values())).all()


def count_sums(network):
    return [float(one.abs().sum()) for one in network.parameters()]


def test_the_weights_that_are_left_are_a_running_average(sampler, monkeypatch):
    """Of n steps their mean, while 1 / n is more than the share of a step later on."""
    state = VolumeTrainingState(VOLUME, CONFIG, seed=0, device=CPU, key="")
    seen, update = [], state._update

    def watched(name, loss):
        update(name, loss)
        if name == "generator":
            seen.append(state.generator.stem[0].weight.detach().clone())

    monkeypatch.setattr(state, "_update", watched)
    state.train_epoch(sampler.draw_training)
    state.train_epoch(sampler.draw_training)
    assert len(seen) == 4 < 1 / (1 - AVERAGING)
    torch.testing.assert_close(state.averaged.stem[0].weight, torch.stack(seen).mean(0))
    assert not torch.equal(seen[0], seen[-1])


def assert_same(one, other):
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_a_constant_output_is_a_collapse(sampler, monkeypatch):
    """A generator that varied and then paints one grey is stopped, with the checkpoint kept."""
    state = VolumeTrainingState(VOLUME, CONFIG, seed=0, device=CPU, key="")
    state.train_epoch(sampler.draw_training)
    with torch.no_grad():
        state.generator.head[1].weight.zero_()
    monkeypatch.setattr(state, "_update", lambda name, loss: None)
    with pytest.raises(TrainingDivergedError, match="constant in epoch 2"):
        state.train_epoch(sampler.draw_training)


def test_the_trained_file_goes_through_the_usual_doors(sampler, volume, tmp_path):
    """`load_generator` and `translate_volume` take it; `translate`, of slices, refuses it."""
    network = load_generator(run(sampler, tmp_path).generator)
    made = translate_volume(network, volume, tmp_path / "made.npy", seed=2)
    np.testing.assert_array_equal(made, translate_whole(network, volume, seed=2))
    rock = np.zeros(volume.shape, bool)
    rock[:, 5:30] = True
    cut = translate_volume(network, volume, tmp_path / "cut.npy", rock=rock, seed=2)
    np.testing.assert_array_equal(cut, np.where(rock, made, 0))
    with pytest.raises(ValueError, match="sees volumes, not slices"):
        translate(network, volume)


def test_what_a_generator_of_volumes_ignores_names_no_translation(tmp_path, rough, monkeypatch):
    """A finished translation is found again, not made anew; another seed is another."""
    txm = np.random.default_rng(0).integers(0, 256, (5, 12, 12), dtype=np.uint8)
    made = np.array(translate_volume(rough, txm, tmp_path / "v.npy"))
    with monkeypatch.context() as patched:
        patched.setattr(volumes, "translate_slabs", None)
        ignored = {"tile": 64, "overlap": 16, "slab": 2, "inference": "as_published"}
        found = translate_volume(rough, txm, tmp_path / "v.npy", **ignored)
        np.testing.assert_array_equal(found, made)
    other = translate_volume(rough, txm, tmp_path / "v.npy", seed=1)
    assert (other != made).any()


def test_a_validation_volume_changes_nothing(sampler, volume, tmp_path):
    plain = run(sampler, tmp_path / "plain")
    part = volume[:16, :16, :16]
    watched = run(sampler, tmp_path / "watched", validation=Validation(txm=part, sem=255 - part))
    assert_same(*(load_generator(one.generator) for one in (plain, watched)))
    assert len(list((tmp_path / "watched/samples").glob("*.tif"))) == CONFIG.total_epochs
    assert watched.history["validation_l1"].gt(0).all()


def test_validation_is_translated_by_the_weights_that_are_left(sampler):
    state = VolumeTrainingState(VOLUME, CONFIG, seed=3, device=CPU, key="")
    state.train_epoch(sampler.draw_training)
    txm = np.ascontiguousarray(sampler.draw_training(1, np.random.default_rng(0))[0][0])
    left, present = (translate_whole(one, txm, seed=3) for one in (state.trained, state.generator))
    assert (left != present).any()  # or this would show nothing
    np.testing.assert_array_equal(state.translate(txm), left)


def test_the_network_is_as_large_as_said():
    """1.5 million weights, so that at half precision the file has 3 MB."""
    assert 1.4e6 < count_parameters(VolumeGenerator(16)) < 1.6e6


def test_a_generator_of_volumes_descends_both_adversaries_and_the_weighed_l1(sampler, monkeypatch):
    """All three add up: what it learns from is their sum, each as it is reported."""
    state = VolumeTrainingState(replace(VOLUME, lambda_l1=7.0), CONFIG, seed=0, device=CPU, key="")
    moved = {}
    monkeypatch.setattr(state, "_update", lambda name, loss: moved.update({name: loss.item()}))
    told = {name: value.item() for name, value in state.step(sampler.draw_training, 0).items()}
    total = 7.0 * told["loss_l1"] + told["loss_gan_planes"] + told["loss_gan_pairs"]
    assert moved["generator"] == pytest.approx(total, rel=1e-5)
    judges = [moved["planes"], moved["pairs"]]
    assert judges == pytest.approx([told["loss_planes"], told["loss_pairs"]])
    assert judges[0] != judges[1]


def test_both_judges_judge_what_the_generator_made(sampler, monkeypatch):
    """Fakes lead back to its weights; planes of the TXM would teach it nothing."""
    state = VolumeTrainingState(VOLUME, CONFIG, seed=0, device=CPU, key="")
    weight, reached = next(state.generator.parameters()), {}

    def fool(name, fake):
        (pull,) = torch.autograd.grad(fake.square().sum(), weight, retain_graph=True)
        reached[name] = bool(pull.any())
        return fake.mean()

    monkeypatch.setattr(state, "_fool_judge", fool)
    state.step(sampler.draw_training, 0)
    assert reached == {"planes": True, "pairs": True}


def test_only_the_adversary_and_l1_are_weighed(sampler):
    """The weight of L1 is the variant's: without it the generator ends elsewhere."""
    ends = []
    for weight in (10.0, 0.0):
        row = replace(VOLUME, lambda_l1=weight)
        state = VolumeTrainingState(row, CONFIG, seed=0, device=CPU, key="")
        state.train_epoch(sampler.draw_training)
        ends.append(count_sums(state.generator))
    assert ends[0] != ends[1]
