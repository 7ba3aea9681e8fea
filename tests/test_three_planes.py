"""The pages on the generator of volumes: what they show is computed from what they are given."""

import dataclasses

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion.pages import three_planes as page
from companion.pages import volume_training
from companion.pages.truth import BY_NAME
from companion.profiles import get_profile
from companion.references import Lender
from companion.rows import NO_MODEL, THREE_PLANES, TRUTH, get_row, table_2_rows, trained_rows
from companion.run import Run
from companion.trainings import read_trainings, train_row, training_key
from shalelib.data.pairs import Dataset, PairedSlices, Volumes
from shalelib.models.config import TrainConfig
from shalelib.models.networks3d import VolumeGenerator
from shalelib.models.variants import VOLUME, get_variant
from shalelib.models.volumes3d import translate_slabs, translation_memory
from shalelib.phantom.fabric_config import LOW
from shalelib.store import Store

mpl.use("Agg")
TINY = TrainConfig(patch=32, batch=1, patches_per_epoch=1, epochs=1, epochs_decay=1, ngf=2, ndf=2)


@pytest.fixture(scope="module")
def data():
    """A volume whose dark phase is a slab; the first training slice is the fifth."""
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(48) % 12 < 4, LOW, LOW + 1)
    labels = np.broadcast_to(labels, (44, 40, 48)).astype(np.uint8)
    sem = np.where(labels == LOW, 40, 160).astype(np.uint8)
    txm = np.clip(sem + rng.normal(0, 40, sem.shape), 1, 255).astype(np.uint8)
    index = np.array([5, 20, 40])
    whole = np.ones((3, 40, 48), bool)
    cuts = PairedSlices(
        txm=txm[index],
        sem=sem[index],
        inside=whole,
        valid=whole,
        slice_index=index,
        names=("a", "b", "c"),
    )
    return Dataset(
        name="phantom",
        description="stripes",
        train=cuts,
        validation=cuts,
        test=cuts,
        pixel_size=1e-8,
        volumes=Volumes(txm=txm, sem=sem, labels=labels, test_z=(41, 44)),
    )


@pytest.fixture
def run(tmp_path):
    made = dict.fromkeys(("commit", "hardware"), "known")
    lender = Lender(profile="smoke", place="phantom/seed0")
    return Run(
        profile=dataclasses.replace(get_profile("smoke"), train_3d=TINY),
        dataset="phantom",
        seed=0,
        folder=tmp_path / "seed0",
        about=made,
        store=Store(folder=tmp_path / "seed0"),
        lender=lender,
        place="phantom/seed0",
        given="-p profile smoke -p seed 0",
    )


def test_the_row_is_in_table_2_and_not_in_table_1():
    assert THREE_PLANES in table_2_rows()
    assert THREE_PLANES not in trained_rows("phantom")


def test_a_row_of_volumes_is_trained_and_found_by_the_door_of_all_rows(run, data):
    done = train_row(run, data, VOLUME, progress=False)
    assert isinstance(done.generator(), VolumeGenerator)
    assert len(done.history) == TINY.total_epochs
    later = dataclasses.replace(run, store=Store(folder=run.folder))
    [found] = read_trainings(later, data, [VOLUME.name]).values()
    assert found.record == done.record
    assert run.store.origins[VOLUME.name] == "computed"
    assert later.store.origins[VOLUME.name] == "found"


def test_the_size_of_a_test_patch_names_rows_of_slices_alone(run, data):
    """Their validation images have it; the validation volume has not."""
    sizes = dataclasses.replace(run.profile.evaluation, crop=32)
    other = dataclasses.replace(run, profile=dataclasses.replace(run.profile, evaluation=sizes))
    assert training_key(run, data, VOLUME) == training_key(other, data, VOLUME)
    row = get_variant("feedforward")
    assert training_key(run, data, row) != training_key(other, data, row)


def test_what_is_not_trained_names_its_notebook(run, data):
    with pytest.raises(FileNotFoundError, match=r"14_volume_training\.py -p profile smoke"):
        read_trainings(run, data, [VOLUME.name])


def test_the_validation_part_ends_before_the_first_training_slice(data):
    shown = volume_training.validation_part(data)
    assert shown.txm.shape == shown.sem.shape == (5, 20, 20)
    np.testing.assert_array_equal(shown.sem, data.volumes.sem[:5, 10:30, 14:34])
    np.testing.assert_array_equal(shown.low, shown.sem == 40)


def test_a_data_set_without_a_true_volume_is_refused(data):
    with pytest.raises(ValueError, match="has no true volume"):
        volume_training.validation_part(dataclasses.replace(data, volumes=None))


def test_the_true_volume_has_the_best_value_of_every_validation_measure(data):
    """The truth against itself: the true share, Dice and AUC of 1, and the same correlations."""
    shown = volume_training.validation_part(data)
    table = volume_training.validation_table(shown.sem, shown).set_index("measure")
    assert table["generator"].equals(table["true FIB-SEM"])
    assert table.loc["low density, share", "generator"] == pytest.approx(shown.low.mean())
    assert table.loc["Dice at the true share", "generator"] == 1.0
    assert table.loc["AUC of grey", "generator"] == 1.0
    assert table.loc["correlation 4 voxels along z", "generator"] == pytest.approx(1.0)


def test_correlation_is_pearsons():
    """Of a random phase smoothed along z: NumPy's coefficient of the pairs themselves.

    The phase wraps nowhere and shares at both ends differ a little, by less than 0.02 here.
    """
    noise = np.random.default_rng(1).normal(size=(60, 30, 30))
    phase = (noise + np.roll(noise, 1, 0) + np.roll(noise, 2, 0)) > 1.0
    pairs = np.corrcoef(phase[2:].ravel(), phase[:-2].ravel())[0, 1]
    assert volume_training.correlation(phase, 0, apart=2) == pytest.approx(pairs, abs=0.02)
    assert pairs > 0.1


def test_what_a_training_reached_stands_beside_the_truth():
    """The truth itself, stripes of a third of the rock: right everywhere, and alike along z."""
    labels = np.arange(24) % 12 < 4
    low = np.broadcast_to(labels, (24, 24, 24))
    sem = np.where(low, 40, 160).astype(np.uint8)
    shown = volume_training.Shown(txm=sem, sem=sem, low=low)
    share, where, along, grey = volume_training.validation_findings(
        volume_training.validation_table(sem, shown), epochs=7
    )
    assert "0.333 of the voxels are dark after 7 epochs; in the true FIB-SEM 0.333" in share
    assert "Dice coefficient of 1.000, those of the true FIB-SEM with 1.000" in where
    assert "AUC of 1.000" in where
    assert along.startswith(
        "Of the dark phase, the correlation 4 voxels along z is 1.000 and along x −0"
    )
    spread = np.sqrt(1 / 3 * 2 / 3) * 120
    assert f"standard deviation of {spread:.1f}; those of the true FIB-SEM, {spread:.1f}" in grey


def scores(**values):
    """Scores of two volumes with every measure 1, others as given."""
    keys = (TRUTH.key, NO_MODEL.key, THREE_PLANES.key, *page.REGULARISED)
    return {
        key: {
            name: np.broadcast_to(values.get(key, {}).get(name, 1.0), 2).astype(float)
            for name in BY_NAME
        }
        for key in keys
    }


def goal_of(flow, **values):
    return page.goal_table(scores(**values), flow, resamples=200)


def test_the_goal_is_half_the_error_of_the_best_regularised_row():
    """Errors 0.2 against 0.5 and 0.3: a ratio of 2/3 with the best, not reached; k is a log."""
    flow = {
        "truth": [100.0, 10.0],
        "three_planes": [50.0, 20.0],
        "srgan_4x_vanilla_reg": [800.0, 80.0],
        "pix2pix_wgan_reg": [None, 10.0],
    }
    whole = goal_of(
        flow,
        three_planes={"auc": 0.8, "low_share": 0.9},
        pix2pix_wgan_reg={"auc": 0.5, "low_share": 0.4},
        srgan_4x_vanilla_reg={"auc": 0.7, "low_share": 0.5},
        pix2pix_wgan_reg_median={"auc": 0.1, "low_share": 0.0},
        srgan_4x_vanilla_reg_median={"auc": 0.1, "low_share": 0.0},
    )
    goal = whole.set_index("measure")
    auc, share = goal.loc[BY_NAME["auc"].title], goal.loc[BY_NAME["low_share"].title]
    assert auc["ratio"] == pytest.approx(2 / 3)
    assert not auc["reached"]
    assert share["ratio"] == pytest.approx(0.2)
    assert share["reached"]
    assert share["low"] == share["high"] == pytest.approx(-0.4)  # both volumes are alike
    assert goal.loc["k", "ratio"] == pytest.approx(1 / 3)  # ln 2 in each against ln 8
    assert goal.loc["k", "volume"] == pytest.approx(np.sqrt(50.0 * 20.0))
    assert goal.loc["k", "row"] == get_row("srgan_4x_vanilla_reg").label  # known of each volume
    table = pd.DataFrame([{"key": NO_MODEL.key, "auc": 0.61}])
    columns = ["measure", "volume", "ratio", "reached"]
    first = whole[columns].assign(seed=0)
    alone = page.findings(whole, first, table)
    assert (
        "reached in 2 of 13 measures by its one training; a smaller one in 3. Another seed"
        in alone[0]
    )
    worse = first.assign(seed=1, ratio=2 * first["ratio"], volume=0.7, reached=False)
    said = page.findings(whole, pd.concat([first, worse]), table)
    assert "in 2 and 0 of 13 measures by its 2 trainings, which differ in their seed" in said[0]
    assert "a smaller one in 3 and 2. The largest of the 2 errors is 2.0 times the" in said[0]
    assert "within 20% in 1 of 2." in said[1]
    told = "is 0.800 and 0.700 (0.5 is chance), of the untranslated TXM 0.610, of the best"
    assert told in said[1]


def test_an_error_that_is_told_against_zero_is_one_of_zero():
    """S₂ errors are errors already: the distance from the true FIB-SEM's own says nothing."""
    name = "two_point_z"
    goal = goal_of(
        {},
        truth={name: 0.03},
        three_planes={name: 0.02},
        srgan_4x_vanilla_reg={name: 0.04},
        srgan_4x_vanilla_reg_median={name: 0.08},
        pix2pix_wgan_reg={name: 0.05},
        pix2pix_wgan_reg_median={name: 0.06},
    ).set_index("measure")
    assert goal.loc[BY_NAME[name].title, "ratio"] == pytest.approx(0.5)


def test_a_larger_error_that_changes_with_the_volumes_is_not_sure():
    """0.1 more in one volume and 0.2 less in the other, against 0.1 more in both."""
    same = {key: {"low_share": 0.5, "auc": 0.9} for key in page.REGULARISED}
    shares = np.array([0.3, 0.65])
    goal = goal_of({}, three_planes={"low_share": shares, "auc": 0.8}, **same)
    lines = goal[goal["measure"].isin([BY_NAME[name].title for name in ("low_share", "auc")])]
    said = page.compared(lines.to_dict("records"))
    assert "larger than that of the best regularised row in 2 of 2 measures" in said
    assert "beyond what another choice of volumes may change in 1 (AUC of grey)" in said
    assert "it is smaller beyond that in none" in said


def test_a_volume_without_flow_has_no_line_of_k():
    flow = {"truth": [100.0], "three_planes": [None], "srgan_4x_vanilla_reg": [800.0]}
    assert "k" not in set(goal_of(flow)["measure"])


def test_seeds_that_were_checked_stand_side_by_side(run, data, tmp_path):
    """Another seed, other settings or other data are other trainings."""
    shown = volume_training.validation_part(data)
    runs = [
        dataclasses.replace(
            run, seed=seed, folder=folder, store=Store(folder=folder, about=lambda: run.about)
        )
        for seed in range(3)
        for folder in [tmp_path / f"seed{seed}"]
    ]
    for one, made in ((runs[0], shown.sem), (runs[2], shown.txm)):
        table = volume_training.checked_training(one, data, made, shown)
        pd.testing.assert_frame_equal(table, volume_training.validation_table(made, shown))
    again = volume_training.checked_training(runs[2], data, shown.sem, shown)
    pd.testing.assert_frame_equal(again, table)  # found, not computed from what is given
    seeds = volume_training.seed_table(runs, data)
    assert list(seeds) == ["measure", "seed 0", "seed 2", "true FIB-SEM"]
    assert (seeds["seed 0"] == seeds["true FIB-SEM"]).all()
    assert (seeds["seed 2"] == table["generator"]).all()
    checked = volume_training.CHECKED
    assert [line.split(":")[0] for line in volume_training.seed_origins(runs, checked)] == [
        f"seed 0, {checked}",
        f"seed 2, {checked}",
    ]
    wider = dataclasses.replace(
        runs[2],
        profile=dataclasses.replace(run.profile, train_3d=TrainConfig(**(vars(TINY) | {"ngf": 4}))),
    )
    other = dataclasses.replace(data, train=data.train.take(slice(0, 2)))
    assert list(volume_training.seed_table([runs[0], wider], data))[1:] == [
        "seed 0",
        "true FIB-SEM",
    ]
    with pytest.raises(ValueError, match="no training of today"):
        volume_training.seed_table([runs[2]], other)


def test_measures_of_the_validation_part_are_written_alike_on_both_pages():
    """Shares and correlations with three digits, grey levels with one."""
    table = pd.DataFrame(
        {
            "measure": ["share", "spread"],
            "generator": [0.0771, 27.801],
            "true FIB-SEM": [0.1334, 34.709],
        }
    )
    found = volume_training.format_validation(table)
    assert found["generator"].tolist() == ["0.077", "27.8"]
    assert found["true FIB-SEM"].tolist() == ["0.133", "34.7"]


def test_planes_are_drawn_as_they_are():
    """The middle planes, z upwards, on one scale of grey."""
    volume = np.arange(6 * 8 * 8).reshape(6, 8, 8).astype(np.uint8)
    figure = volume_training.two_planes({"a": volume, "b": 255 - volume}, 1e-8)
    images = [axis.images[0] for axis in figure.axes]
    np.testing.assert_array_equal(images[0].get_array(), volume[3])
    np.testing.assert_array_equal(images[2].get_array(), volume[::-1, 4])
    assert {image.get_clim() for image in images} == {(0, 255)}
    plt.close(figure)


def test_the_x_z_plane_of_few_slices_is_enlarged_with_a_scale_of_its_own():
    """Four slices of 80 voxels: eight times as large, ten voxels wide, between the same edges."""
    volume = np.random.default_rng(0).integers(0, 255, (4, 80, 80), dtype=np.uint8)
    figure = volume_training.two_planes({"a": volume, "b": 255 - volume}, 1e-8)
    figure.canvas.draw()
    above, _, below, _ = figure.axes
    np.testing.assert_array_equal(below.images[0].get_array(), volume[::-1, 40, 35:45])
    sizes = [axis.get_window_extent() for axis in (above, below)]
    assert sizes[0].width == pytest.approx(sizes[1].width, rel=0.01)
    assert "enlarged 8 times" in volume_training.planes_told(volume.shape)
    for axis, label in ((above, "200 nm"), (below, "20 nm")):
        assert [text.get_text() for text in axis.texts] == [label]
        bar = axis.lines[0]
        assert np.ptp(bar.get_xdata()) * 10 == pytest.approx(float(label.split()[0]))
        assert 0 < bar.get_ydata()[0] < len(axis.images[0].get_array()) - 0.5
    plt.close(figure)


@pytest.mark.parametrize("block", [0, 2, 30, 6.0])
def test_memory_is_said_of_blocks_that_can_be_translated(block):
    network, txm = VolumeGenerator(2), np.zeros((4, 4, 4), np.uint8)
    with pytest.raises(ValueError, match="block must be a whole multiple of 4, such as 64, got"):
        translation_memory(network, (4, 4, 4), block=block)
    with pytest.raises(ValueError, match="block must be a whole multiple of 4, such as 64, got"):
        list(translate_slabs(network, txm, block=block))
    assert translation_memory(network, (4, 4, 4), block=64) > 0


def test_memory_that_is_said_holds_the_arrays_of_the_whole_volume():
    """A volume of n voxels has two arrays of 64 channels at 1/64 of them: 8 bytes a voxel."""
    network, edge = VolumeGenerator(16), 400
    more = translation_memory(network, (2 * edge, edge, edge))
    more -= translation_memory(network, (edge, edge, edge))
    assert more == 8 * edge**3
