"""Laws of the paper's protocol: which volume, which rule, which quantity stands in which cell."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from companion import (
    effects,
    estimates,
    evaluation,
    untrained,
    volume_measures,
    volumes,
)
from companion import evidence as gathering
from companion.effects import Span
from companion.pages import truth, truth_figures, truth_ladder
from companion.pages import volumes as volumes_page
from companion.profiles import EvaluationConfig
from companion.rows import (
    AFFINE,
    CONSTANT,
    NO_MODEL,
    ROWS,
    TRUTH,
    get_row,
    table_2_rows,
    trained_rows,
)
from companion.run import open_run
from companion.trainings import Training
from shalelib.arrays import Phase
from shalelib.data.pairs import Dataset, Volumes
from shalelib.data.patches import Patches
from shalelib.metrics.against_truth import MEASURES
from shalelib.metrics.baselines import affine_prediction
from shalelib.metrics.divergence import Divergence
from shalelib.metrics.functionals import FAMILIES
from shalelib.metrics.ladder import RUNGS, SMOOTHING_FAMILIES, TRUE_RUNG
from shalelib.metrics.table2 import measure_volumes
from shalelib.models.variants import VARIANTS
from shalelib.models.volumes import median_along_z
from shalelib.phantom.cubes import Cubes
from shalelib.phantom.fabric_config import LOW, SOFT
from shalelib.segmentation import ClassifierConfig, save_classifier, train_classifier

EDGE, COUNT, VOXEL = 16, 5, 33.6e-9


@pytest.fixture(scope="module")
def cubes():
    """Five cubes of smooth rock, the TXM an inverted and noisy view of it."""
    rng = np.random.default_rng(0)
    field = ndimage.gaussian_filter(rng.normal(size=(COUNT, EDGE, EDGE, EDGE)), (0, 1, 1, 1))
    low = field < np.quantile(field, 0.3)
    sem = np.where(low, 60, 150) + rng.integers(0, 20, low.shape)
    txm = 40 + sem // 2 + rng.integers(0, 30, low.shape)
    return Cubes(
        txm=txm.astype(np.uint8),
        sem=sem.astype(np.uint8),
        labels=np.where(low, LOW, SOFT).astype(np.uint8),
        voxel_size=VOXEL,
    )


# The volumes of Table 2


@pytest.fixture
def data(toy_pairs):
    """Its training slices, as its volume has them, are what the affine map is fitted to."""
    few = toy_pairs.take(np.arange(2))
    slices = {"train": toy_pairs, "validation": few, "test": few}
    txm = np.zeros((toy_pairs.slice_index.max() + 1, *toy_pairs.txm.shape[1:]), np.uint8)
    txm[toy_pairs.slice_index] = toy_pairs.txm // 2 + 60
    volume = Volumes(txm=txm, test_z=(0, 1))
    return Dataset(name="phantom", description="toy", pixel_size=VOXEL, volumes=volume, **slices)


@pytest.fixture
def translated(monkeypatch, tmp_path):
    """A network that adds slice number and noise: what smoothing along z must take away."""
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path))

    def translate(network, txm, path):
        assert network.name == volumes.GENERATOR
        noise = np.random.default_rng(int(txm[0, 0, 0])).integers(0, 50, txm.shape)
        return (txm // 2 + noise).astype(np.uint8)

    monkeypatch.setattr("shalelib.models.inference.load_generator", lambda path: path)
    monkeypatch.setattr("shalelib.models.volumes.translate_volume", translate)
    for row in trained_rows("phantom"):
        generator = run.folder / row.key / volumes.GENERATOR
        generator.parent.mkdir()
        generator.write_text(f"weights of {row.key}")
    return run, translate


@pytest.mark.parametrize("row", [row for row in ROWS if row.median], ids=lambda row: row.key)
def test_rows_with_a_median_are_their_twins_smoothed_along_z(row, cubes, translated, data):
    """Median of each voxel with its neighbours above and below, in every test volume."""
    run, translate = translated
    twin = get_row(row.key.removesuffix("_median"))
    plain = np.array(volumes.make_volume(twin, run, cubes, data))
    smooth = np.array(volumes.make_volume(row, run, cubes, data))
    assert plain.shape == smooth.shape == cubes.txm.shape
    for k in range(COUNT):
        by_hand = translate(Path(volumes.GENERATOR), cubes.txm[k], None)
        np.testing.assert_array_equal(plain[k], by_hand)
        np.testing.assert_array_equal(smooth[k], median_along_z(plain[k]))
    assert (plain != smooth).mean() > 0.5


@pytest.mark.parametrize("key", ["srgan_4x_vanilla_reg", "srgan_4x_vanilla_reg_median"])
def test_the_key_of_a_volume_is_known_before_and_follows_its_weights(key, cubes, translated, data):
    run, _ = translated
    row = get_row(key)
    before = volumes.volume_key(row, run, cubes, data)
    assert not (run.folder / volumes.FOLDER).exists()
    volumes.make_volume(row, run, cubes, data)
    assert run.store.read(f"{volumes.FOLDER}/{key}", mend="")["key"] == before
    (run.folder / "srgan_4x_vanilla_reg" / volumes.GENERATOR).write_text("other weights")
    assert volumes.volume_key(row, run, cubes, data) != before


def keep_classifier(run, cubes, depth=3):
    marked = np.where(cubes.labels[0, :2] == LOW, Phase.LOW, Phase.HIGH).astype(np.uint8)
    few = ClassifierConfig(n_trees=2, max_depth=depth)
    instrument = train_classifier(cubes.sem[0, :2], marked, config=few)
    save_classifier(instrument, run.folder / volume_measures.CLASSIFIER)


def flip(path):
    """Change a byte in the middle of a file."""
    written = bytearray(path.read_bytes())
    written[len(written) // 2] ^= 255
    path.write_bytes(written)


MEND = r"; run notebooks/08_volumes\.py with the same parameters first$"
NOT_TODAYS = {
    "missing": lambda path, generator: path.with_suffix(".json").unlink(),
    "without its file": lambda path, generator: path.unlink(),
    "damaged": lambda path, generator: flip(path),
    "an empty record": lambda path, generator: path.with_suffix(".json").write_text("{}"),
    "of other weights": lambda path, generator: generator.write_text("other weights"),
}


@pytest.mark.parametrize("fault", NOT_TODAYS)
@pytest.mark.parametrize("key", ["srgan_4x_vanilla_reg", "srgan_4x_vanilla_reg_median"])
def test_a_volume_that_is_not_todays_is_refused_with_the_mend(fault, key, cubes, translated, data):
    """Its numbers would stand under the key of another one."""
    run, _ = translated
    row = get_row(key)
    volumes.make_volume(row, run, cubes, data)
    generator = run.folder / "srgan_4x_vanilla_reg" / volumes.GENERATOR
    NOT_TODAYS[fault](run.folder / volumes.FOLDER / f"{key}.tif", generator)
    later = open_run(profile="smoke", dataset="phantom", seed=0, results=run.above.parent)
    with pytest.raises((FileNotFoundError, ValueError), match=rf"{key}\.(json|tif)\b.*{MEND}"):
        volumes.read_volume(row, later, cubes)
    assert "stages" not in later.provenance
    made = np.array(volumes.make_volume(row, run, cubes, data))
    np.testing.assert_array_equal(volumes.read_volume(row, later, cubes), made)
    [(origin, stages)] = later.provenance["stages"].items()
    assert (origin[:5], stages) == ("found", [f"{volumes.FOLDER}/{key}"])


def test_volumes_of_another_digital_shale_are_refused(cubes, translated):
    run, _ = translated
    volumes.make_volume(TRUTH, run, cubes, None)
    other = dataclasses.replace(cubes, sem=255 - cubes.sem)
    with pytest.raises(ValueError, match=MEND):
        volumes.read_volume(TRUTH, run, other)
    np.testing.assert_array_equal(volumes.read_volume(TRUTH, run, cubes), cubes.sem)


def test_only_the_affine_map_asks_for_the_data_set(cubes, translated, data):
    run, _ = translated
    made = np.array(volumes.make_volume(AFFINE, run, cubes, data))
    np.testing.assert_array_equal(volumes.read_volume(AFFINE, run, cubes, data), made)
    with pytest.raises(TypeError, match="data"):
        volumes.read_volume(AFFINE, run, cubes)


@pytest.mark.parametrize("fault", [*NOT_TODAYS, "by another classifier"])
def test_measures_that_are_not_todays_are_refused_with_the_mend(
    fault, cubes, translated, data, monkeypatch
):
    run, _ = translated
    rows = (TRUTH, get_row("srcnn_4x"))
    keep_classifier(run, cubes)

    def measure():
        done = volume_measures.measure_rows(rows, run, cubes, data, progress=False)
        return done, volume_measures.measure_real(run, data, edge=EDGE)

    def cells(one):
        monkeypatch.setattr(gathering, "load_cubes", lambda profile: cubes)
        monkeypatch.setattr(gathering, "load_dataset", lambda name, profile: data)
        monkeypatch.setattr(gathering, "trained_volume_rows", lambda folder: rows)
        return [cell for cell, _ in gathering.volume_cells(one)]

    measure()
    generator = run.folder / "srcnn_4x" / volumes.GENERATOR
    path = run.folder / volumes.FOLDER / "srcnn_4x_measured.npz"
    if fault == "by another classifier":
        keep_classifier(run, cubes, depth=2)
    else:
        NOT_TODAYS[fault](path, generator)
    later = open_run(profile="smoke", dataset="phantom", seed=0, results=run.above.parent)
    with pytest.raises((FileNotFoundError, ValueError), match=rf"_measured\.(json|npz)\b.*{MEND}"):
        volume_measures.read_rows(rows, later, cubes, data)
    if fault != "missing":  # which the ledger names as missing
        with pytest.raises(ValueError, match=MEND):
            cells(later)
    done, real = measure()
    found = volume_measures.read_rows(rows, later, cubes, data)
    for row in rows:
        np.testing.assert_equal(found[row.key].scores, done[row.key].scores)
        np.testing.assert_array_equal(found[row.key].two_point, done[row.key].two_point)
    read = volume_measures.read_real(later, data, edge=EDGE)
    np.testing.assert_array_equal(read.joint, real.joint)
    shown = [name for names in later.provenance["stages"].values() for name in names]
    names = (TRUTH.key, "srcnn_4x", volume_measures.REAL)
    assert sorted(shown) == sorted(f"{volumes.FOLDER}/{name}_measured" for name in names)
    assert all(("slice_jump", row.key) in cells(later)[1] for row in rows)


def test_the_real_side_of_other_images_is_refused(cubes, translated, data):
    run, _ = translated
    keep_classifier(run, cubes)
    with pytest.raises(FileNotFoundError, match=rf"real_measured\.json{MEND}"):
        volume_measures.read_real(run, data, edge=EDGE)
    volume_measures.measure_real(run, data, edge=EDGE)
    with pytest.raises(ValueError, match=MEND):
        volume_measures.read_real(run, data, edge=EDGE // 2)
    volume_measures.read_rows((), run, cubes, data)
    assert run.store.origins == {f"{volumes.FOLDER}/real_measured": "computed"}


def test_a_row_whose_measures_are_there_needs_no_volume(cubes, translated, data):
    """Only what a figure or a later page reads is translated again."""
    run, _ = translated
    keep_classifier(run, cubes)
    row = get_row("srcnn_4x")
    first = volume_measures.measure_rows((row,), run, cubes, data, progress=False)
    for path in (run.folder / volumes.FOLDER).glob("srcnn_4x.*"):
        path.unlink()
    again = volume_measures.measure_rows((row,), run, cubes, data, progress=False)
    assert not (run.folder / volumes.FOLDER / "srcnn_4x.tif").exists()
    assert again[row.key].scores.keys() == first[row.key].scores.keys()
    changes = [
        volume_measures.gradient_xy(one) for one in volumes.make_volume(row, run, cubes, data)
    ]
    np.testing.assert_array_equal(again[row.key].scores["gradient_xy"], changes)


def test_untrained_rows_are_the_volumes_as_they_are_or_the_fitted_line(cubes, data, toy_pairs):
    made = {row: volumes._volumes(row, None, cubes, data) for row in (TRUTH, NO_MODEL, AFFINE)}
    np.testing.assert_array_equal(made[TRUTH], cubes.sem)
    np.testing.assert_array_equal(made[NO_MODEL], cubes.txm)
    inside = np.ones(cubes.txm[0].shape, bool)
    line = (toy_pairs.txm // 2 + 60, toy_pairs.sem, toy_pairs.inside)
    for k in range(COUNT):
        fitted = affine_prediction(cubes.txm[k], inside, *line)
        np.testing.assert_array_equal(made[AFFINE][k], fitted)


# What is measured on them


@pytest.fixture
def measured(cubes, monkeypatch, tmp_path):
    """Measures of the No Model row, by a classifier that is a threshold."""

    def classify(classifier, images):
        assert images.ndim == 3
        return np.where(images < classifier, Phase.LOW, Phase.MEDIUM).astype(np.uint8)

    monkeypatch.setattr(volume_measures, "classify", classify)
    low = volume_measures.classify_volumes(100, cubes.sem) == Phase.LOW
    known = volume_measures.true_volumes(cubes, low)
    found = volume_measures._measure("row", tmp_path, cubes.txm, 100, cubes, known)
    planes, others = volume_measures._read_arrays(tmp_path / "row_measured.npz")
    return found["scores"], planes, others, known


def test_a_row_is_measured_in_every_volume_against_its_own_truth(measured, cubes):
    scores, _, others, known = measured
    assert {len(values) for values in scores.values()} == {COUNT}
    for k in range(COUNT):
        low = cubes.txm[k] < 100
        both = 2 * (low & cubes.low[k]).sum()
        expected = both / (low.sum() + cubes.low[k].sum())
        assert scores["dice_true"][k] == pytest.approx(expected)  # of the low-density phase
        error = np.square(cubes.txm[k].astype(float) - cubes.sem[k]).mean()
        assert scores["psnr"][k] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-4)
        np.testing.assert_array_equal(known[k].phase, cubes.low[k])
    assert others["two_point"].shape[0] == 3
    assert others["two_point"][:, 0] == pytest.approx(cubes.low.mean(axis=(1, 2, 3)).mean())


def test_what_is_measured_comes_back_from_its_file(measured, cubes):
    _, planes, _, _ = measured
    expected = measure_volumes(cubes.txm < 100, cubes.txm, cubes.txm)
    np.testing.assert_array_equal(planes.joint, expected.joint)
    for family in FAMILIES:
        np.testing.assert_array_equal(planes.functionals[family], expected.functionals[family])
        np.testing.assert_array_equal(planes.groups[family], expected.groups[family])


def test_the_truth_scores_nothing_but_perfect_against_itself(cubes, measured, tmp_path):
    """PSNR is infinite, which JSON does not know: None."""
    known = measured[3]
    found = volume_measures._measure("truth", tmp_path, cubes.sem, 100, cubes, known)["scores"]
    assert found["psnr"] == [None] * COUNT
    for name in ("ssim", "dice_true", "dice_at_share", "auc"):
        assert found[name] == pytest.approx([1.0] * COUNT)
    assert found["connected_error"] == pytest.approx([0.0] * COUNT)


# The pages beside the truth


def measured_row(values):
    """A row of which every measure has these values over the test volumes."""
    scores = {one.name: np.array(values, float) for one in MEASURES}
    return volume_measures.Measured(planes=None, scores=scores, two_point=np.zeros((3, 2)))


def test_a_row_is_shown_by_its_mean_with_the_least_and_the_largest_volume():
    table = truth.truth_table((NO_MODEL,), {NO_MODEL.key: measured_row([3.0, 1.0, 8.0])})
    [line] = table.to_dict("records")
    for one in MEASURES:
        ends = [line[one.name + end] for end in ("", "_low", "_high")]
        assert ends == [4.0, 1.0, 8.0]


def test_errors_of_rows_are_held_against_the_truths_value():
    """Measures that should be as the truth's: 5 where the truth has 3 errs by 2."""
    rows = {TRUTH.key: measured_row([3.0]), NO_MODEL.key: measured_row([5.0])}
    errors = truth.true_errors(truth.truth_table((TRUTH, NO_MODEL), rows)).set_index("key")
    best = {one.name: one.best for one in MEASURES}
    expected = {"more": -5.0, "truth": 2.0, "less": 5.0, "zero": 5.0}
    for name in truth.ERRORS:
        assert errors.loc[NO_MODEL.key, name] == expected[best[name]]


def test_a_row_is_ranked_by_its_own_error():
    """Three rows whose divergences fall as their errors do: τ = 1; with a row's neighbour, not."""
    rows = (NO_MODEL, CONSTANT, AFFINE)
    values = {TRUTH.key: 0.0, NO_MODEL.key: 3.0, CONSTANT.key: 1.0, AFFINE.key: 2.0}
    results = {
        row.key: {
            one.name: Divergence(value=values[row.key], samples=np.zeros(0))
            for one in volumes_page.ALL_COLUMNS
        }
        for row in rows
    }
    measured = {key: measured_row([found]) for key, found in values.items()}
    table = truth.rank_agreement(rows, results, measured)
    best = {one.title: one.best for one in MEASURES}
    for line in table.to_dict("records"):
        assert line["tau"] == pytest.approx(-1.0 if best[line["error"]] == "more" else 1.0)
        assert line["models"] == 3


def test_functionals_are_told_apart_by_the_axis_that_the_planes_cut():
    """A slab of 2 voxels across z, by hand: planes across z hold all or nothing, others 2 x 8."""
    phase = np.zeros((2, 8, 8, 8), bool)
    phase[:, 3:5] = True
    found = truth.phase_by_axis(phase)
    assert found.shape == (2, 3, 8, 3)
    assert found[0, 0, :, 0].tolist() == [0, 0, 0, 64, 64, 0, 0, 0]
    assert (found[:, 1:, :, 0] == 16).all()
    grey = np.zeros(phase.shape, np.uint8)
    planes = measure_volumes(phase, grey, grey)
    np.testing.assert_array_equal(truth.measured_by_axis(planes, 2), found)


def test_isotropy_is_told_by_the_axis_that_the_planes_cut():
    values = np.zeros((2, 3, 4, 3)) + np.array([1.0, 2.0, 3.0])[None, :, None, None]
    for line in truth.isotropy_table({"true phase": values}).to_dict("records"):
        assert [line[axis] for axis in "zyx"] == [1.0, 2.0, 3.0]


def test_the_ladder_holds_the_truth_itself_and_its_phase_has_the_true_share(cubes):
    """The true rung is perfect in every measure against the truth; the level gives the share."""
    images = Patches(
        txm=cubes.txm[0],
        sem=cubes.sem[0],
        inside=np.ones(cubes.txm[0].shape, bool),
        slice_index=np.arange(EDGE),
        corner=np.zeros((EDGE, 3), int),
    )
    level = truth_ladder.phase_level(cubes.sem, cubes.low)
    found = truth_ladder.low_density(cubes.sem, level)
    assert found.mean() == pytest.approx(cubes.low.mean(), abs=1e-3)  # ties of the smoothed levels
    record = truth_ladder._ladder(cubes, images, resamples=20)
    lines = record["rungs"]
    assert [line["rung"] for line in lines] == [rung.name for rung in RUNGS]
    [true] = [line for line in lines if line["rung"] == TRUE_RUNG]
    assert true["psnr"] is None  # infinite
    assert [true[name] for name in ("ssim", "dice_at_share", "auc")] == pytest.approx([1.0] * 3)
    distances = [value for name, value in true.items() if name.startswith("w1_")]
    assert distances == pytest.approx([0.0] * 6)
    columns = [one.name for one in volumes_page.ALL_COLUMNS]
    assert [true[f"gain_{name}"] for name in columns] == [None] * 7  # not over itself
    assert {name: len(draws) for name, draws in record["smoothing"].items()} == dict.fromkeys(
        columns, 20
    )
    smoothed = [line for line in lines if line["family"] in SMOOTHING_FAMILIES]
    for name in columns:  # the front page's interval is that of one copy, as the ladder's is
        best = min(smoothed, key=lambda line: line[f"kl_{name}"])
        gained = np.quantile(record["smoothing"][name], 0.025)
        assert gained == pytest.approx(best[f"gain_{name}"], abs=1e-4)


def test_a_fake_model_is_before_the_truth_by_its_interval_or_not_at_all():
    """Of divergences; against the true volume there is no sampling, and any lower error counts."""
    ladder = pd.DataFrame(
        {"rung": [TRUE_RUNG, "blurred", "noisier"], "family": ["truth", "blurred", "noisier"]}
    )
    for one in volumes_page.ALL_COLUMNS:
        ladder[f"kl_{one.name}"], ladder[f"gain_{one.name}"] = [1.0, 0.5, 0.9], [np.nan, 0.1, -0.2]
    for one in MEASURES:
        ladder[one.name] = [1.0, 1.0, 1.0]
    rewards = truth_ladder.rewards_table(ladder).set_index("metric")
    assert rewards.loc["kl_area_xy", "before"] == "blurred"
    assert rewards.loc["kl_area_xy", "best"] == 0.5
    ladder["gain_area_xy"] = [np.nan, -0.1, -0.2]
    rewards = truth_ladder.rewards_table(ladder).set_index("metric")
    assert rewards.loc["kl_area_xy", "before"] == ""
    assert rewards.loc["kl_euler_xy", "before"] == "blurred"
    ladder["gain_euler_xy"] = [np.nan, -0.1, 0.1]  # a test of each fake model would find some
    rewards = truth_ladder.rewards_table(ladder).set_index("metric")
    assert rewards.loc["kl_euler_xy", "before"] == ""


@pytest.mark.parametrize(
    ("before", "best", "said"),
    [
        (
            "blurred, noisier",
            0.5,
            "blurred and noisier are put ahead of it, down to 0.50 (blurred)",
        ),
        ("blurred", 0.5, "blurred is put ahead of it, with 0.50"),
        ("", 0.5, "sampling explains the lower values of fake models, 0.50 and more"),
        ("", 1.5, "no fake model has less; the nearest is blurred with 1.50"),
    ],
)
def test_a_lower_value_that_sampling_explains_is_not_denied(before, best, said):
    line = {"metric": "kl_euler_xz_yz", "title": "KL", "truth": 1.0, "rung": "blurred"}
    rewards = pd.DataFrame([{**line, "best": best, "before": before}])
    assert truth_ladder.ladder_sentences(rewards) == [f"KL: the truth has 1.00, and {said}."]


def test_real_images_of_table_2_are_drawn_as_the_test_patches_of_table_1():
    assert volume_measures.REAL_SEED == evaluation.TEST_SEED
    assert volume_measures.REAL_IMAGES == 100  # the paper's


def test_the_real_side_of_table_2_is_the_phase_of_the_sem(apart, monkeypatch):
    """Not of the TXM, and its joint histogram has the TXM first, as the volume has it."""

    def classify(_, grey):
        assert grey.min() >= 130  # the FIB-SEM of `apart`, whose TXM is below 33
        return np.where(grey == 131, Phase.LOW, Phase.MEDIUM).astype(np.uint8)

    monkeypatch.setattr(volume_measures, "classify", classify)
    txm = np.full((40, 24, 24), 250, np.uint8)
    txm[30:33] -= 240  # the slices of the test split
    apart = dataclasses.replace(apart, name="phantom", volumes=Volumes(txm=txm, test_z=(30, 33)))
    found = volume_measures._real_planes(None, apart, 8)
    assert set(found.functionals["x-y"][:, 0]) == {0.0, 64.0}  # by slice all or nothing
    rows, columns = np.nonzero(found.joint.sum(axis=0).reshape(64, 64))
    assert (rows < 10).all()
    assert (columns > 30).all()


def test_table_2_has_the_truth_the_papers_networks_and_no_more_than_a_volume_each():
    rows = table_2_rows()
    assert rows[0] == TRUTH
    assert {AFFINE, NO_MODEL} < set(rows)
    assert not {row.kind for row in rows} & {"chance", "ablation", "sweep"}
    assert [row for row in rows if row.kind == "trivial"] == [AFFINE]


def test_table_2_holds_rows_against_the_paper_and_the_truth_in_the_right_direction():
    """No Model: the paper has 1.31 for Euler in x-z, y-z; of 3 networks 2 are farther than it."""
    keys = ("feedforward", "pix2pix_wgan", "srcnn_2x")
    rows = (TRUTH, NO_MODEL, *map(get_row, keys))
    values = dict(zip((row.key for row in rows), (1.0, 2.0, 5.0, 6.0, 0.5), strict=True))
    cells = {
        key: {
            one.name: Divergence(value=v, samples=np.zeros(0)) for one in volumes_page.ALL_COLUMNS
        }
        for key, v in values.items()
    }
    table = volumes_page.table_2(rows, cells)
    line = table[(table["key"] == NO_MODEL.key) & (table["column"] == "euler_xz_yz")].iloc[0]
    assert line["difference"] == pytest.approx(2.0 - 1.31)
    told = volumes_page.sentences(table)[1]
    assert "2 of 3 rows of networks" in told
    assert "1 is nearer than the perfect volume" in told


def test_no_model_is_held_against_the_real_images_in_the_direction_of_table_2():
    """Real pairs lie off the diagonal, in one bin: ln 1e10; the other way round it is ln 0.5e10."""
    txm = np.array([[0, 255]], np.uint8)
    dark, light = np.zeros((1, 2), np.uint8), np.full((1, 2), 255, np.uint8)
    found = volumes_page.no_model_joint(txm, dark, light)
    assert found["bins"].tolist() == [16, 64, 256]
    assert found["divergence"].tolist() == pytest.approx([np.log(1e10)] * 3, abs=1e-4)


def test_a_printed_number_is_certain_at_its_limits_and_undecided_between():
    """Between 2 and 3: at least 2 and at most 3 for sure, not above 3 nor below 2."""
    found = estimates._printed(Span(2.0, 3.0))
    assert [found.at_least(limit) for limit in (1.9, 2.0, 2.5, 3.0, 3.1)] == [1, 1, 0.5, 0.5, 0]
    assert [found.at_most(limit) for limit in (1.9, 2.0, 2.5, 3.0, 3.1)] == [0, 0.5, 0.5, 1, 1]
    assert (found.low, found.high) == (2.0, 3.0)


def test_the_interval_over_trainings_is_students():
    """Mean ± t(0.975; n - 1) s / √n, and half on either side of the mean itself."""
    values = [1.0, 2.0, 4.0, 5.0]
    found = estimates._student(values, limits=(-np.inf, np.inf))
    half = stats.t.ppf(0.975, 3) * np.std(values, ddof=1) / 2
    assert [found.value, found.low, found.high] == pytest.approx([3.0, 3.0 - half, 3.0 + half])
    assert found.at_most(3.0) == found.at_least(3.0) == pytest.approx(0.5)
    assert found.at_most(found.high) == pytest.approx(0.975)


@pytest.mark.parametrize(
    ("combine", "expected"),
    [(effects.mean, (2.0, 5.0)), (effects.least, (1.0, 4.0)), (effects.greatest, (3.0, 6.0))],
)
def test_spans_are_combined_end_by_end(combine, expected):
    found = combine([Span(1.0, 4.0), Span(3.0, 6.0)])
    assert (found.low, found.high) == expected


def test_a_volume_of_a_row_is_kept_and_read_as_it_was_made(cubes, data, tmp_path):
    """A pile of cubes in one file comes back cube by cube, the central one first."""
    run = open_run(profile="smoke", dataset="phantom", seed=0, results=str(tmp_path))
    for row, expected in ((TRUTH, cubes.sem), (NO_MODEL, cubes.txm)):
        np.testing.assert_array_equal(volumes.make_volume(row, run, cubes, data), expected)
        np.testing.assert_array_equal(volumes.read_volume(row, run, cubes), expected)


def test_the_norm_of_a_training_is_that_of_its_last_epoch(tmp_path):
    history = pd.DataFrame({"jacobian": [5.0, 4.0, 3.0, 2.0]})
    about = {"variant": VARIANTS[0], "dataset": "phantom", "folder": tmp_path}
    done = Training(**about, record={"seconds": 7}, history=history)
    assert (done.jacobian, done.seconds) == (2.0, 7.0)


@pytest.mark.parametrize(("crops", "every"), [(10, 20), (50, 4), (400, 2)])
def test_tiles_are_as_many_as_asked_and_never_of_all_overlapping_patches(
    monkeypatch, toy_pairs, crops, every
):
    """One patch of 200 / crops is cut into tiles, and of two that overlap at most one."""
    asked = {}
    store = SimpleNamespace(done=lambda *_, inputs, **__: asked.update(inputs))
    sizes = SimpleNamespace(
        evaluation=EvaluationConfig(crops=crops), forest=SimpleNamespace(trees=8, pixels=100)
    )
    monkeypatch.setattr(untrained, "fetch_patches", lambda: toy_pairs)
    untrained.all_rock(SimpleNamespace(profile=sizes, store=store))
    assert asked["every"] == every


@pytest.mark.parametrize(("radius", "pixels"), [(0, 1), (1, 5), (2, 13), (3, 29), (5, 81)])
def test_a_disc_holds_the_points_of_gauss_circle(radius, pixels):
    """Centres at most the radius away: 1, 5, 13, 29 and 81 of the square lattice."""
    assert volumes_page._disc(radius).sum() == pixels


def test_the_page_on_the_truth_counts_networks_and_columns():
    """Two of three networks tell more of the place than the TXM; one column of two is fooled."""
    networks = [row.key for row in ROWS if row.variant][:3]
    auc = {NO_MODEL.key: 0.60, networks[0]: 0.65, networks[1]: 0.55, networks[2]: 0.70}
    table = pd.DataFrame({"key": list(auc), "auc": list(auc.values())})
    names = ("kl_euler_xy", "kl_area_xy", "dice")
    rewards = pd.DataFrame({"metric": names, "before": ("blurred", "", "noisier")})
    quantities = ("area", "perimeter", "euler")
    lines = [("true phase", name, p) for name, p in zip(quantities, (0.9, 0.2, 0.5), strict=True)]
    lines += [("image", name, p) for name, p in zip(quantities, (0.9, 0.2, 0.004), strict=True)]
    isotropy = pd.DataFrame(lines, columns=["phase", "quantity", "p_value"])
    told = truth.findings(table, rewards, isotropy, levelled=0.64)
    assert "2 of 3 rows of networks" in told[0]
    assert "the best has 0.700. The TXM itself, every slice set" in told[0]
    assert told[0].endswith("has 0.640.")
    assert "1 of the 2 columns of Table 2" in told[1]
    assert told[1].endswith(  # these have no interval
        "1 of the 1 other metrics here has a lower error for such a volume, sampling aside."
    )
    assert "nothing shows" in told[2]  # 5 x 0.2: both phases are one family, by Holm's rule
    assert "p = 1.00" in told[2]
    assert "the Euler characteristic (p = 0.02," in told[3]  # 6 x 0.004


def test_panels_of_errors_are_titled_as_errors():
    """The change along z of the truth has no error, though it is far from nothing."""
    rungs = [TRUE_RUNG, "blurred"]
    errors = pd.DataFrame({"rung": rungs, **{name: [0.0, 1.0] for name in truth_figures.LADDER}})
    figure = truth_figures.ladder_plot(errors)
    titles = [axis.get_title() for axis in figure.axes]
    assert "error of |dS/dz| [grey level]" in titles
    assert "KL: Perimeter, x-z, y-z" in titles
    assert not [title for title in titles if title.startswith("|dS/d")]
    plt.close(figure)
