"""The pages on trainings and on the regulariser."""

import dataclasses
import shutil

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion import watched
from companion.datasets import OWN
from companion.pages import gallery, gallery_tables, images_figures, regulariser, training
from companion.profiles import get_profile
from companion.references import Lender
from companion.rows import PAIRS
from companion.run import Run, open_run
from companion.style import number
from companion.trainings import read_trainings, train_row, validation_crops
from shalelib.data.pairs import Dataset
from shalelib.data.patches import PatchSampler
from shalelib.files import write_whole
from shalelib.metrics.stsim import stsim_1
from shalelib.metrics.texture import spectral_distance
from shalelib.models.config import TrainConfig
from shalelib.models.inference import choose_device, predict
from shalelib.models.state import TrainingState
from shalelib.models.variants import VARIANTS, get_variant
from shalelib.models.watch import contrast
from shalelib.store import Store

mpl.use("Agg")
TINY = TrainConfig(
    patch=32, batch=2, patches_per_epoch=4, epochs=2, epochs_decay=1, ngf=2, ndf=2, sr_width=2
)
TRAINED = ("feedforward", "pix2pix_vanilla")


@pytest.fixture
def data(toy_pairs):
    return Dataset(
        name="directory",
        description="toy",
        train=toy_pairs,
        validation=toy_pairs,
        test=toy_pairs,
        pixel_size=1e-8,
    )


@pytest.fixture
def run(data, tmp_path):
    """A run with two tiny trainings, as 04_training leaves them."""
    made = dict.fromkeys(("commit", "hardware"), "known")
    started = Run(
        profile=dataclasses.replace(get_profile("smoke"), train=TINY),
        dataset="directory",
        seed=0,
        folder=tmp_path,
        about={},
        store=Store(folder=tmp_path, about=lambda: made),
        lender=Lender(profile="smoke", place="nowhere"),
    )
    for name in TRAINED:
        train_row(started, data, get_variant(name), progress=False)
    return started


def test_a_run_tells_the_parameters_with_which_another_notebook_mends_it(data, tmp_path):
    folder = tmp_path / "my results"
    about = {"profile": "smoke", "seed": 1, "results": folder}
    real = open_run(dataset="vaca-muerta-patches", fold=3, **about)
    assert real.given == f"-p profile smoke -p seed 1 -p fold 3 -p results '{folder}'"
    with pytest.raises(FileNotFoundError, match=f"-p variant feedforward {real.given}$"):
        read_trainings(real, data, ["feedforward"])
    own = tmp_path / "2021"
    write_whole(own / "txm.tif", b"II")
    pairs = open_run(dataset="directory", path=own, profile="smoke", seed=0, results=tmp_path)
    assert pairs.given == f"-p profile smoke -p seed 0 -p path {own} -p results {tmp_path}"


def test_the_middle_of_the_first_validation_images_is_shown(data):
    shown = validation_crops(data)
    np.testing.assert_array_equal(shown.txm, data.validation.txm[:8])  # smaller than a crop
    np.testing.assert_array_equal(shown.sem, data.validation.sem[:8])


def test_what_was_watched_is_measured_on_the_images_that_were_kept(run, data):
    """STSIM-1 and spectra of the samples by the metrics; without samples, as recorded."""
    one = read_trainings(run, data, ["pix2pix_vanilla"])["pix2pix_vanilla"]
    frame = watched.watched(run, data, one)
    assert frame["step"].tolist() == [2, 4, 6]
    sem = validation_crops(data).sem
    for made, stsim, spectrum in zip(
        one.samples().values(), frame["stsim_1"], frame["spectrum"], strict=True
    ):
        assert stsim == np.mean([stsim_1(a, b) for a, b in zip(made, sem, strict=True)])
        assert spectrum == spectral_distance(made, sem).mean()
    shutil.rmtree(one.folder / "samples")
    pd.testing.assert_frame_equal(watched.watched(run, data, one), frame)
    (run.folder / "pix2pix_vanilla/watched.json").unlink()
    bare = watched.watched(run, data, one)
    assert bare["stsim_1"].isna().all()
    assert bare["dark_share"].equals(frame["dark_share"])
    truth = watched.truth_of(run, data)
    fig = training.watched_curves({"a": frame, "b": bare}, truth, columns=list(watched.TITLES))
    assert [axis.get_title() for axis in fig.axes] == list(watched.TITLES.values())
    assert fig.axes[0].lines[-1].get_ydata()[0] == truth["dark_share"] == (sem < 60).mean()
    plt.close(fig)


def test_who_teaches_is_said_of_the_last_epoch():
    assert training.pull(pd.DataFrame({"loss_l1": [1.0]})) == ""
    weak = training.pull(pd.DataFrame({"adversarial_ratio": [0.2, 0.004]}))
    assert "between 0.0040 and 0.20 of" in weak
    assert weak.endswith("by L1 alone.")
    assert training.pull(pd.DataFrame({"adversarial_ratio": [0.35]})).endswith(
        "both teach the network."
    )


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_the_terms_that_are_weighed_are_those_of_a_step(data, variant):
    """The table of the objective names every term that the step reports, and no other."""
    state = TrainingState(variant, TINY, seed=0, device=choose_device(), key="")
    report = pd.Series(state.step(PatchSampler(data.train, size=32).draw_training, 0)).map(float)
    weighed = training.weights(variant, TINY)
    others = {"output_std", "loss_discriminator", "gradient_penalty"}
    assert weighed.keys() == set(report.index) - others
    table = training.objective_table(report, variant, TINY)
    assert len(table) == len(weighed)
    np.testing.assert_allclose(table["Contribution"], table["Value"] * table["Weight"])


def test_the_networks_of_a_row_are_counted():
    plain = training.networks_table(get_variant("srcnn_4x"), TINY)
    assert plain["Sees"].tolist() == ["TXM, 8 × 8"]
    two = training.networks_table(get_variant("pix2pix_wgan"), TINY)
    assert [name.split()[0] for name in two["Network"]] == ["generator", "critic"]


def test_losses_are_drawn_against_epochs_with_the_drop_of_the_learning_rate(run, data):
    history = read_trainings(run, data, ["pix2pix_vanilla"])["pix2pix_vanilla"].history
    fig = training.loss_curves(history)
    assert [axis.get_title() for axis in fig.axes] == [
        training.TITLES[name] for name in ("loss_l1", "loss_gan", "loss_discriminator", "jacobian")
    ]
    dashed = [line for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [2.5]  # epochs 1 and 2, then the decay
    plt.close(fig)
    fig = training.loss_curves(history.assign(loss_pairs=1.0))  # five panels: too many for a row
    assert fig.axes[0].get_gridspec().ncols < 5
    assert [axis.get_visible() for axis in fig.axes] == [True] * 5 + [False]
    plt.close(fig)


def test_no_two_networks_are_drawn_alike():
    """The longest list of rows: the paper's, one with another penalty, two with another weight."""
    frame = pd.DataFrame({"step": [1, 2], "dark_share": [0.1, 0.2]})
    rows = {f"row {k}": frame for k in range(14)}
    fig = training.watched_curves(rows, {"dark_share": 0.3}, columns=["dark_share"])
    lines = fig.axes[0].lines[:14]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 14
    plt.close(fig)


def test_the_sweep_is_drawn_in_rows_of_three_at_most():
    weights = {"λ_jac": [0.0, 1e-4], **{f"column {k}": [1.0, 2.0] for k in range(5)}}
    fig = regulariser.sweep(pd.DataFrame(weights), [f"column {k}" for k in range(5)])
    assert fig.axes[0].get_gridspec().ncols == 3
    assert [label.get_text() for label in fig.axes[4].get_xticklabels()] == ["0", "10⁻⁴"]
    plt.close(fig)


def test_a_training_is_read_as_it_was_left_and_a_missing_one_names_the_mend(run, data):
    found = read_trainings(run, data, TRAINED)
    assert list(read_trainings(run, data, ["srcnn_2x", *TRAINED], required=False)) == list(TRAINED)
    one = found["feedforward"]
    assert len(one.history) == 3
    assert one.jacobian == one.history["jacobian"].iloc[-1]
    assert list(one.samples()) == ["epoch 1", "epoch 2", "epoch 3"]
    with pytest.raises(FileNotFoundError, match="-p dataset directory -p variant srcnn_2x"):
        read_trainings(run, data, ["srcnn_2x"])


def test_the_gallery_shows_the_chosen_training_of_the_chosen_data_set(run, data):
    """Two data sets; the second lacks a row, and says so."""
    found = read_trainings(run, data, TRAINED)
    held = {"phantom": found, OWN: {"feedforward": found["feedforward"]}}
    image = data.validation.txm[0]
    strips = {
        name: {key: {"TXM": image, "at the end": image} for key in some}
        for name, some in held.items()
    }
    fig, (model, dataset) = gallery.gallery(held, strips)
    per_set = len(fig.data) // 2
    assert [trace.visible for trace in fig.data] == [True] * per_set + [False] * per_set
    assert list(model.labels) == [get_variant(name).label for name in TRAINED]
    assert dataset.updates[1]["visible"] == [False] * per_set + [True] * per_set
    for state, name in zip(model.updates, TRAINED, strict=True):
        history = found[name].history
        l1 = [trace.name for trace in fig.data].index("L1")
        assert state["y"][l1] == history["loss_l1"].tolist()
        texts = [text for text in state["text"] if text and text[0]]
        assert texts[0][0].endswith("<br>TXM, at the end")
        pictures = [source for source in state["source"] if source]
        assert len(pictures) == 2
    assert texts[1] == ["not trained on this data set"]
    adversarial = [trace.name for trace in fig.data].index("generator")
    assert model.updates[0]["y"][adversarial] == []  # a row without a discriminator
    words = [trace.name for trace in fig.data].index("words")
    assert model.updates[0]["text"][words] == ["", "no adversary", ""]
    assert model.updates[0]["x"][words] == [1.0, 2.0, 3.0]  # epochs
    assert model.updates[1]["text"][words] == []
    with pytest.raises(ValueError, match="no row is trained"):
        gallery.gallery({OWN: {}}, {OWN: {}})


def test_the_gallery_opens_with_a_row_whose_adversary_acts(run, data):
    one, other = read_trainings(run, data, TRAINED).values()
    held = {OWN: {"feedforward": one, "srgan_4x_vanilla": other, "pix2pix_vanilla": other}}
    assert gallery.opening(held) == "pix2pix_vanilla"
    fig, (model, _) = gallery.gallery(held, {OWN: {}})
    assert model.start == 2
    generator = next(trace for trace in fig.data if trace.name == "generator")
    assert len(generator.y) == 3  # epochs
    del held[OWN]["pix2pix_vanilla"], held[OWN]["srgan_4x_vanilla"]
    assert gallery.opening(held) == "feedforward"


def test_the_gallery_counts_grey_images_and_says_what_the_regulariser_did(run, data):
    found = read_trainings(run, data, ["feedforward"])
    held = {OWN: {"pix2pix_wgan": found["feedforward"], "pix2pix_wgan_reg": found["feedforward"]}}
    sem = data.validation.sem
    ends = {OWN: {"pix2pix_wgan": (sem, sem), "pix2pix_wgan_reg": (sem * 0, sem)}}
    told = gallery.findings(held, ends)
    assert told[0].startswith("1 of 2 networks on the own images end")
    assert told[1] == (
        "The regulariser multiplies ‖J‖² on the own images by 1.0 (Feedforward CNN)."
    )
    assert not gallery.pulls(held, ends)
    held[OWN]["pix2pix_wgan_mean"] = found["feedforward"]
    ends[OWN]["pix2pix_wgan_mean"] = (sem * 0, sem)
    own = number(contrast(sem), ".1f")
    assert gallery.findings(held, ends)[2].endswith(
        f"with a contrast of 0.0 grey levels instead of {own} on the own images (FIB-SEM {own})."
    )
    assert gallery.pulls(held, ends)[0].endswith(
        f"and with images of 0.0 grey levels of contrast instead of {own} (FIB-SEM {own})."
    )
    table = gallery_tables.trainings_table(found.values())
    assert table["‖J‖² at the end"].tolist() == [found["feedforward"].jacobian]


def test_what_a_training_did_is_said_in_numbers(run, data):
    one = read_trainings(run, data, ["feedforward"])["feedforward"]
    sem = data.validation.sem
    told = training.findings(one.history, sem * 0, sem, seconds=1.0)
    first, last = (number(127.5 * one.history["loss_l1"].iloc[k], ".1f") for k in (0, -1))
    assert told[0] == (
        "The training took 3 epochs (1 s). The mean absolute error on training patches was "
        f"{first} grey levels in the first and {last} in the last."
    )
    assert told[1].endswith(f"and {number(one.jacobian, '#.3g')} after the last.")
    assert told[-1].endswith("one grey all over.")
    predicted = predict(one.generator(), data.validation.txm)
    assert len(training.findings(one.history, predicted, sem, seconds=1.0)) == len(told)


@pytest.mark.parametrize(
    ("ratios", "reached"),
    [
        ([1.05, 1.33], "None of the 2 networks reaches"),
        ([1.5, 1.2, 1.1], "1 of the 3 networks reaches"),
        ([1.6, 1.7], "2 of the 2 networks reach"),
    ],
)
def test_how_many_steps_are_as_fast_as_aimed_at_is_counted(ratios, reached):
    told = gallery_tables.aimed_at({"rows": [{"ratio": ratio} for ratio in ratios]})
    least, most = (number(one, ".2f") for one in (min(ratios), max(ratios)))
    assert told == (
        f"{reached} the ratio of 1.5 that we aimed at; the ratios lie between {least} and {most}."
    )


def test_the_tables_of_the_regularisers_bench():
    """Means and spread over seeds by hand: 1 and 3 are 2 ± 1.41."""
    steps = {"row": "pix2pix_wgan_reg", "share": "whole step", "plain_s": 0.1}
    ending = {"row": "pix2pix_wgan_reg", "kind": "lazy", "ssim": 0.5, "stsim_1": 0.5, "psnr": 10.0}
    record = {
        "every": 5,
        "steps": [{**steps, "vjp": 2.0, "jvp": 3.0, "lazy": 1.2}],
        "endings": [{**ending, "jacobian": 1.0}, {**ending, "jacobian": 3.0, "psnr": 12.0}],
    }
    cost = regulariser.step_cost_table(record).iloc[0]
    assert cost["Model"] == "Regularized pix2pix (WGAN)"
    assert cost["lazily"] == 1.2
    assert set(regulariser.COST_FORMATS) <= set(cost.index)
    ended = regulariser.endings_table(record).iloc[0]
    assert ended["PSNR [dB]"] == "11.00 ± 1.41"
    assert (ended["Regulariser"], ended["Seeds"]) == ("every 5th step", 2)


def test_figures_show_what_they_are_given():
    rng = np.random.default_rng(0)
    stacks = {name: rng.integers(0, 255, (2, 64, 64), dtype=np.uint8) for name in "abc"}
    fig = images_figures.spectra_figure(stacks, pixel_size=33.6e-9)
    assert [line.get_label() for line in fig.axes[0].lines] == ["a", "b", "c"]
    nyquist = 0.5 / 33.6e-3  # cycles in a micrometre
    assert max(fig.axes[0].lines[0].get_xdata()) < nyquist
    plt.close(fig)
    fig = images_figures.spectra_figure(stacks, pixel_size=float("nan"))
    assert max(fig.axes[0].lines[0].get_xdata()) < 0.5
    assert fig.axes[0].get_xlabel() == "frequency [cycle/pixel]"
    plt.close(fig)
    slabs = {name: rng.integers(0, 255, (8, 6, 64), dtype=np.uint8) for name in "abcd"}
    fig = regulariser.slab_cuts(slabs, pixel_size=1e-8)
    assert [axis.get_title() for axis in fig.axes] == list("abcd")
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), slabs["b"][::-1, 3, 24:40])
    fig.canvas.draw()
    slice_high = fig.axes[0].get_window_extent().height / 8 / fig.dpi * 100  # on the page
    assert slice_high > 5  # pixels
    bar, text = fig.axes[2].lines[0], fig.axes[2].texts[0]
    assert np.ptp(bar.get_xdata()) * 10 == pytest.approx(float(text.get_text().split()[0]))
    plt.close(fig)
    table = pd.DataFrame({"λ_jac": [1e-4, 0.0, 1e-3], "PSNR [dB]": [1.0, 2.0, 3.0]})
    fig = regulariser.sweep(table, ["PSNR [dB]"])
    line = fig.axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [1e-5, 1e-4, 1e-3])  # 0 at the left edge
    assert line.get_ydata().tolist() == [2.0, 1.0, 3.0]
    plt.close(fig)


def test_the_regulariser_is_said_to_have_done_what_the_records_say():
    plain, weighed = "pix2pix_wgan", "pix2pix_wgan_reg"
    names = [plain, weighed, "srgan_4x_vanilla", "srgan_4x_vanilla_reg"]
    records = {name: {"jacobian": 100.0, "seconds": 1.0} for name in names}
    records[weighed]["jacobian"] = 25.0
    change = dict.fromkeys(names, 4.0)
    cells = {"psnr": [10.0, 12.0], "dice_low": 0.1, "spectrum": 6.0}
    scores = {name: pd.DataFrame(cells) for name in names}
    scores[weighed] += 0.5
    told = regulariser.findings(records, change, scores, truth=9.0)
    assert "the regulariser lowers ‖J‖², to 0.25 times its value" in told[0]
    assert "PSNR changes by +0.50 dB" in told[0]
    table = regulariser.regulariser_table(scores, {n: records[n] for n in names}, change)
    assert table["λ_jac"].tolist() == [0.0, 1e-4, 0.0, 1e-4]
    assert table[regulariser.NORM].tolist() == [100.0, 25.0, 100.0, 100.0]


def swept(*, change, dice, spectrum):
    """The sentence on the weights 0, 1e-4 and so on, as far as there are numbers."""
    names = ["srgan_4x_vanilla", "srgan_4x_vanilla_reg"]
    names += ["srgan_4x_vanilla_jac_1e-3", "srgan_4x_vanilla_jac_1e-2"][: len(change) - 2]
    rows = [*PAIRS[0][:2], *names]
    cells = zip([10.0] * len(rows), dice[:2] + dice, spectrum[:2] + spectrum, strict=True)
    scores = {
        name: pd.DataFrame([dict(zip(("psnr", "dice_low", "spectrum"), one, strict=True))])
        for name, one in zip(rows, cells, strict=True)
    }
    changes = dict(zip(rows, change[:2] + change, strict=True))
    records = {name: {"jacobian": 1.0} for name in rows}
    return regulariser.findings(records, changes, scores, truth=9.0)[2]


def test_whether_the_weight_pays_off_is_decided_by_the_numbers():
    worse = swept(change=[5.4, 3.1, 2.0], dice=[0.09, 0.08, 0.05], spectrum=[6.3, 8.9, 10.9])
    assert worse == (
        "SRGAN 4x (Vanilla): the term pays off at no weight here. With λ_jac at 0, 10⁻⁴, "
        "10⁻³, one training each, |∂Ŝ/∂z| goes 5.40 → 3.10 → 2.00 grey levels, the Dice of "
        "low density 0.090 → 0.080 → 0.050 and the spectral distance 6.3 → 8.9 → 10.9 dB."
    )
    paid = "the term pays off with λ_jac at 10⁻⁴."
    assert paid in swept(change=[5.4, 3.1, 2.0], dice=[0.09, 0.09, 0.05], spectrum=[6.3] * 3)
    assert paid in swept(change=[5.4, 3.1], dice=[0.09, 0.1], spectrum=[6.3, 6.0])
    for change, dice, spectrum in (
        ([5.4, 5.5], [0.09, 0.1], [6.3, 6.0]),  # changes more than without the term
        ([5.4, 3.1], [0.09, 0.1], [6.3, 6.4]),
        ([5.4, 3.1], [0.09, float("nan")], [6.3, 6.0]),
    ):
        assert "at no weight here" in swept(change=change, dice=dice, spectrum=spectrum)


def test_the_pairs_are_captioned_by_the_rows_that_there_are():
    pairs = [key for plain, weighed, _ in PAIRS for key in (plain, weighed)]
    alone = regulariser.told_of_pairs(pairs)
    assert alone == "The paper's pairs without and with the regulariser"
    more = regulariser.told_of_pairs([*pairs, "pix2pix_wgan_mean", "srgan_4x_vanilla_l1000"])
    assert more == f"{alone}, and 2 rows that are not the paper's,"


def test_what_is_not_trained_is_named_by_the_row_that_is_missing():
    assert "other than the published" in regulariser.UNSWEPT
    assert "in every fifth step" in regulariser.NOT_LAZY
    assert all("make book ALL=1" in one for one in (regulariser.UNSWEPT, regulariser.NOT_LAZY))


def test_the_slab_that_is_shown_is_the_middle_of_the_volume():
    assert regulariser.middle_slab(np.zeros((41, 1, 1), np.uint8)) == slice(4, 36)
    thin = np.arange(8, dtype=np.uint8)[:, None, None]
    np.testing.assert_array_equal(thin[regulariser.middle_slab(thin)], thin)
