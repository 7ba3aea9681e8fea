"""Laws of the pixel classifier: features by NumPy and scipy, what is held out, what is counted."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier

from shalelib.segmentation import (
    PHASE_NAMES,
    UNLABELLED,
    ClassifierConfig,
    FeatureConfig,
    Phase,
    Polygon,
    cross_validate,
    draw_labels,
    pixel_features,
    rasterise,
)
from shalelib.segmentation.classifier import (
    PixelClassifier,
    fit_classifier,
    labelled_features,
)
from shalelib.segmentation.evaluate import confusion_table
from shalelib.segmentation.features import KINDS
from shalelib.segmentation.forest import Forest, flatten_forest, predict
from shalelib.segmentation.model_file import load_classifier, save_classifier

IMAGE = np.random.default_rng(0).integers(0, 256, (44, 51), dtype=np.uint8)
SIGMAS = (1.0, 2.4)
INNER = (slice(14, -14), slice(14, -14))  # farther from the frame than any kernel reaches


def smooth(image, sigma):
    return ndimage.gaussian_filter(image, sigma, radius=int(np.ceil(3 * sigma)))


def by_numpy(kind, sigma, finer):
    """Return a feature by its definition; those with eigenvalues, larger first, as two."""
    soft = smooth(IMAGE.astype(float), sigma)
    gradient = np.gradient(soft)
    if kind == "gaussian":
        return [soft]
    if kind == "dog":
        return [(smooth(IMAGE.astype(float), finer) if finer else IMAGE) - soft]
    if kind == "gradient":
        return [np.hypot(*gradient)]
    second = [ndimage.correlate1d(soft, [1, -2, 1], axis) for axis in (0, 1)]
    if kind == "laplacian":
        return [second[0] + second[1]]
    if kind == "hessian":
        mixed = np.gradient(gradient[0], axis=1)
        tensor = [[second[0], mixed], [mixed, second[1]]]
    else:
        tensor = [[smooth(a * b, max(sigma / 2, 0.5)) for a in gradient] for b in gradient]
    smaller, larger = np.moveaxis(np.linalg.eigvalsh(np.moveaxis(tensor, (0, 1), (2, 3))), -1, 0)
    return [larger, smaller]


@pytest.mark.parametrize("kind", KINDS)
def test_a_feature_is_its_definition(kind):
    """At two scales, on noise, where no derivative vanishes; the difference is to the finer one."""
    found = pixel_features(IMAGE, config=FeatureConfig(sigmas=SIGMAS, kinds=(kind,)))
    known = [*by_numpy(kind, SIGMAS[0], None), *by_numpy(kind, SIGMAS[1], SIGMAS[0])]
    assert found.shape[-1] == len(known)
    for channel, expected in enumerate(known):
        largest = np.abs(expected[INNER]).max()
        error = np.abs(found[..., channel][INNER] - expected[INNER]).max()
        assert error < 1e-4 * largest, (kind, channel)


def test_the_scales_and_the_forest_where_none_are_named():
    """48 features: eight at each of six scales from under a pixel to ten."""
    assert FeatureConfig().sigmas == (0.7, 1.0, 1.6, 3.5, 5.0, 10.0)
    assert len(FeatureConfig()) == 48
    config = ClassifierConfig()
    settings = (config.n_trees, config.max_depth, config.min_leaf, config.max_pixels, config.seed)
    assert settings == (40, 12, 3, 20_000, 0)


def noise(count, seed=0, classes=(Phase.LOW, Phase.MEDIUM)):
    """Return features that have nothing to do with the classes."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 4)).astype(np.float32)
    return features, rng.choice(np.array(classes, np.uint8), count, p=[0.3, 0.7])


@pytest.mark.parametrize("change", [{}, {"min_leaf": 9}, {"max_depth": 3}, {"n_trees": 7}])
def test_the_forest_has_the_settings_it_was_asked_for(change):
    features, classes = noise(600)
    asked = {"n_trees": 5, "max_depth": 8, "min_leaf": 2, "seed": 3} | change
    trained = fit_classifier(features, classes, config=ClassifierConfig(**asked))
    known = RandomForestClassifier(
        asked["n_trees"], max_depth=asked["max_depth"], min_samples_leaf=asked["min_leaf"],
        random_state=asked["seed"], n_jobs=1,
    ).fit(features, classes)  # fmt: skip
    expected = flatten_forest(known)
    for part in ("roots", "feature", "threshold", "probability"):
        np.testing.assert_array_equal(getattr(trained.forest, part), getattr(expected, part))
    fresh = noise(400, seed=1)[0]
    np.testing.assert_array_equal(predict(trained.forest, fresh), known.predict(fresh))


def test_out_of_bag_does_not_flatter_what_was_learnt_by_heart():
    """Classes by chance: every training pixel is known by heart, out of its bag none is.

    True classes are the rows. Of 70 % medium a judge that knows nothing is right in at most 0.7,
    and in 0.58 if it draws; three standard errors of 600 pixels are 0.06.
    """
    features, classes = noise(600)
    trained = fit_classifier(features, classes, config=ClassifierConfig(min_leaf=1, max_depth=40))
    table = trained.out_of_bag
    assert table.sum(axis=1).tolist() == np.bincount(classes, minlength=5).tolist()
    assert table.sum(axis=0).tolist() != table.sum(axis=1).tolist()
    assert 0.52 < np.trace(table) / 600 < 0.76
    assert (predict(trained.forest, features) == classes).mean() > 0.95


@pytest.mark.parametrize("most", [1, 179, 180, 181])
def test_a_class_is_trained_on_at_most_so_many_pixels(most):
    """A class that has as many is taken whole, one with more is drawn from without repeats."""
    classes = np.repeat(np.array([Phase.LOW, Phase.MEDIUM], np.uint8), [180, 420])
    features = np.arange(600, dtype=np.float32)[:, None]
    config = ClassifierConfig(n_trees=60, max_pixels=most)
    counted = fit_classifier(features, classes, config=config).out_of_bag.sum(axis=1)
    assert counted[[Phase.LOW, Phase.MEDIUM]].tolist() == [min(180, most), most]


def test_no_pixel_of_a_class_is_drawn_twice(monkeypatch):
    """The forest gets as many different pixels as it is allowed, of each class."""
    told = []

    class Told(RandomForestClassifier):
        def fit(self, features, classes):
            told.append(features[:, 0])
            return super().fit(features, classes)

    monkeypatch.setattr("sklearn.ensemble.RandomForestClassifier", Told)
    features = np.arange(600, dtype=np.float32)[:, None]
    classes = np.repeat(np.array([Phase.LOW, Phase.MEDIUM], np.uint8), 300)
    fit_classifier(features, classes, config=ClassifierConfig(n_trees=3, max_pixels=250))
    assert len(set(told[0].tolist())) == len(told[0]) == 500


def test_a_pixel_in_every_bag_has_no_say_in_what_was_held_out():
    """Of 900 pixels a single tree leaves out a share of 1/e, to four standard errors of 0.013."""
    features, classes = noise(900)
    table = fit_classifier(features, classes, config=ClassifierConfig(n_trees=1)).out_of_bag
    assert table.sum() / 900 == pytest.approx(np.exp(-1), abs=0.06)


def test_a_held_out_slice_is_judged_by_the_features_that_were_asked_for(monkeypatch):
    """The forest sees one feature, not the 48 of the defaults."""
    seen = []

    def fit(features, classes, *, config):
        seen.append(features.shape[1])
        return fit_classifier(features, classes, config=config)

    monkeypatch.setattr("shalelib.segmentation.classifier.fit_classifier", fit)
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8), dtype=np.uint8)
    labels = np.where(images > 127, np.uint8(Phase.LOW), np.uint8(Phase.MEDIUM))
    one = FeatureConfig(sigmas=(1.0,), kinds=("gaussian",))
    config = ClassifierConfig(n_trees=2, features=one)
    cross_validate(images, labels, np.array([0, 1]), config=config)
    assert seen == [1, 1]


def test_of_three_slices_each_is_judged_once():
    """By the two others, however many there are: every labelled pixel counts once."""
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    labels = np.where(images > 127, np.uint8(Phase.LOW), np.uint8(Phase.MEDIUM))
    features = FeatureConfig(sigmas=(1.0,), kinds=("gaussian",))
    config = ClassifierConfig(n_trees=2, features=features)
    table = cross_validate(images, labels, np.array([0, 5, 9]), config=config)
    assert table.sum(axis=1).tolist() == np.bincount(labels.ravel(), minlength=5).tolist()


def test_a_slice_is_judged_by_the_others_alone():
    """Two slices of one image, labelled to the contrary: each teaches the other the wrong class.

    True classes are the rows: of the first slice all pixels that are drawn are low or medium.
    """
    image = np.where(np.arange(40) < 20, 20, 200).astype(np.uint8) * np.ones((40, 1), np.uint8)
    left = np.broadcast_to(np.arange(40) < 20, image.shape)
    labels = np.full((2, 40, 40), UNLABELLED, np.uint8)
    one = np.where(left, Phase.LOW, Phase.MEDIUM)
    labels[0, 2::4], labels[1, 2::8] = one[2::4], np.where(left, Phase.MEDIUM, Phase.LOW)[2::8]
    config = ClassifierConfig(n_trees=5, features=FeatureConfig(sigmas=(0.7,)))
    table = cross_validate(np.stack([image] * 2), labels, np.array([0, 1]), config=config)
    counts = np.bincount(labels[labels != UNLABELLED], minlength=5)
    assert table[Phase.LOW, Phase.MEDIUM] == counts[Phase.LOW]
    assert table[Phase.MEDIUM, Phase.LOW] == counts[Phase.MEDIUM]
    assert table.sum() == counts.sum()


def test_the_rows_of_the_table_of_a_held_out_slice_are_the_truth():
    """One slice has 90 low pixels that look medium: low by row, medium by column."""
    image = np.full((2, 30, 30), 200, np.uint8)
    image[:, :, :15] = 20
    labels = np.full(image.shape, UNLABELLED, np.uint8)
    labels[:, ::3, :15], labels[:, ::3, 15:] = Phase.LOW, Phase.MEDIUM
    labels[0, 1:19:3, 15:] = Phase.LOW
    config = ClassifierConfig(n_trees=5, features=FeatureConfig(sigmas=(0.7,)))
    table = cross_validate(image, labels, np.array([0, 1]), config=config)
    assert table[Phase.LOW, Phase.MEDIUM] == 90
    assert table[Phase.LOW].sum() == (labels == Phase.LOW).sum()


def test_labelled_pixels_bear_the_number_of_their_image():
    labels = np.full((3, 12, 12), UNLABELLED, np.uint8)
    labels[0, 3, 4:6], labels[2, 5, 6] = Phase.HIGH, Phase.LOW
    images = np.random.default_rng(2).integers(0, 256, labels.shape, dtype=np.uint8)
    config = FeatureConfig(sigmas=(1.0,))
    features, classes, number = labelled_features(images, labels, config=config)
    assert number.tolist() == [0, 0, 2]
    assert classes.tolist() == [Phase.HIGH, Phase.HIGH, Phase.LOW]
    np.testing.assert_array_equal(features[2], pixel_features(images[2], config=config)[5, 6])


def test_recall_is_of_the_true_and_precision_of_the_found():
    """Of 10 truly low 8 are found, of 12 taken for low 8 are."""
    table = np.zeros((5, 5), np.int64)
    table[1, 1], table[1, 2], table[2, 1], table[2, 2] = 8, 2, 4, 6
    low = confusion_table(table).loc["low density"]
    assert low["recall"] == pytest.approx(8 / 10)
    assert low["precision"] == pytest.approx(8 / 12)
    assert low["dice"] == pytest.approx(2 * 8 / 22)
    assert low["medium density"] == 2


def test_a_class_is_called_what_its_code_is():
    for phase, name in PHASE_NAMES.items():
        assert name.split()[0] == phase.name.lower()
    assert len(PHASE_NAMES) == len(Phase)


def test_a_polygon_may_reach_the_frame_and_lie_on_one_of_its_class():
    whole = ((0, 0), (0, 7), (5, 7), (5, 0))
    two = [Polygon(patch="a", phase=Phase.LOW, vertices=whole)] * 2
    assert (rasterise(two, (5, 7)) == Phase.LOW).all()
    beyond = Polygon(patch="a", phase=Phase.LOW, vertices=((0, 0), (0, 7.1), (5, 7), (5, 0)))
    with pytest.raises(ValueError, match="within the"):
        rasterise([beyond], (5, 7))


@pytest.mark.parametrize("axis", [0, 1])
def test_a_polygon_has_the_pixels_whose_middle_it_holds(axis):
    """From 1.47 to 4.53 the middles 1.5 to 4.5 lie inside, from 1.53 to 4.47 the inner two."""
    for low, high, inside in ((1.47, 4.53, [1, 2, 3, 4]), (1.53, 4.47, [2, 3])):
        corners = np.array([[low, 0], [low, 6], [high, 6], [high, 0]])
        vertices = tuple(map(tuple, corners[:, ::-1] if axis else corners))
        found = rasterise([Polygon(patch="a", phase=Phase.LOW, vertices=vertices)], (6, 6))
        drawn = (found == Phase.LOW).all(axis=1 - axis)
        assert np.flatnonzero(drawn).tolist() == inside
        assert (found == Phase.LOW).sum() == 6 * len(inside)


def test_a_fiftieth_of_each_class_is_drawn_and_three_hundred_at_least():
    """Where a caller does not say how many."""
    truth = np.repeat(np.array([Phase.LOW, Phase.MEDIUM, Phase.HIGH], np.uint8), [99, 9000, 50_000])
    drawn = draw_labels(truth)
    counts = [(drawn == phase).sum() for phase in (Phase.LOW, Phase.MEDIUM, Phase.HIGH)]
    assert counts == [99, 300, 1000]
    np.testing.assert_array_equal(drawn, draw_labels(truth, seed=0))


# The forest


def stump(**changes):
    """Two trees: one asks whether feature 1 is above 0.5, one is a leaf that is in doubt."""
    plain = {
        "roots": np.array([0, 3], np.int32),
        "feature": np.array([1, -1, -1, -1], np.int32),
        "threshold": np.array([0.5, 0.0, 0.0, 0.0], np.float32),
        "child": np.array([1, 0, 1, 2], np.int32),
        "probability": np.array([[1.0, 0.0], [0.25, 0.75], [0.25, 0.75]]),
        "classes": np.array([Phase.LOW, Phase.HIGH], np.uint8),
        "n_features": 2,
    }
    return Forest(**plain | changes)


def test_trees_vote_with_their_shares_and_what_is_as_likely_is_the_lower_class():
    """At the threshold to the first child; 1 + 0.25 against 0.75, and 0.5 against 1.5."""
    features = np.array([[9, 0.5], [9, 0.5000001], [0, 7]], np.float32)
    assert predict(stump(), features).tolist() == [Phase.LOW, Phase.HIGH, Phase.HIGH]
    even = np.array([[0.5, 0.5], [0.5, 0.5], [0.25, 0.25]])
    found = predict(stump(probability=even), features)
    assert found.tolist() == [Phase.LOW] * 3
    rows = np.tile(features, (300, 1))
    np.testing.assert_array_equal(predict(stump(), rows), np.tile([1, 3, 3], 300))


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("child", 0, 3),  # whose second child is beyond the last node
        ("child", 0, 0),
        ("child", 1, 3),
        ("child", 1, -1),
        ("roots", 1, 4),
        ("roots", 0, -1),
        ("feature", 0, 2),
        ("threshold", 0, np.inf),
        ("probability", (0, 0), 1.01),
        ("probability", (0, 0), -0.01),
    ],
)
def test_a_forest_is_sound_up_to_its_last_node_and_not_beyond(name, place, value):
    spoilt = getattr(stump(), name).copy()
    spoilt[place] = value
    with pytest.raises(ValueError, match="not sound"):
        stump(**{name: spoilt})


def test_a_file_holds_every_setting_of_a_classifier_and_its_table_as_it_is(tmp_path):
    """None of them is what is taken where nothing is said, and no two are alike."""
    features = FeatureConfig(sigmas=(1.5,), kinds=("gaussian", "gradient"))
    config = ClassifierConfig(
        n_trees=3, max_depth=5, min_leaf=7, max_pixels=11, seed=13, features=features
    )
    plain = dataclasses.asdict(ClassifierConfig())
    assert all(plain[name] != value for name, value in dataclasses.asdict(config).items())
    table = np.arange(25).reshape(5, 5)
    forest = stump()
    path = save_classifier(
        PixelClassifier(config=config, forest=forest, out_of_bag=table), tmp_path / "c.npz"
    )
    loaded = load_classifier(path)
    assert loaded.config == config
    np.testing.assert_array_equal(loaded.out_of_bag, table)
    for name in ("roots", "feature", "threshold", "child", "probability", "classes"):
        np.testing.assert_array_equal(getattr(loaded.forest, name), getattr(forest, name))
    with zipfile.ZipFile(path) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(np.load(io.BytesIO(arrays["meta.npy"])).tobytes())
    about["n_features"] = 3
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in arrays.items():
            if name == "meta.npy":
                buffer = io.BytesIO()
                np.save(buffer, np.frombuffer(json.dumps(about).encode(), np.uint8))
                data = buffer.getvalue()
            archive.writestr(name, data)
    with pytest.raises(ValueError, match="not those of its configuration"):
        load_classifier(path)


def small_classifier(**config):
    features = FeatureConfig(sigmas=(1.5,), kinds=("gaussian", "gradient"))
    config = ClassifierConfig(**{"features": features} | config)
    return PixelClassifier(config=config, forest=stump(), out_of_bag=np.zeros((5, 5), np.int64))


@pytest.mark.parametrize("kind", [np.int64, np.int16, np.uint8])
def test_settings_that_are_numbers_of_numpy_are_saved(tmp_path, kind):
    features = FeatureConfig(sigmas=np.array([1.5], np.float32), kinds=["gaussian", "gradient"])
    given = small_classifier(features=features, n_trees=kind(3), seed=kind(7))
    plain = small_classifier(n_trees=3, seed=7)
    assert given.config == plain.config
    assert hash(given.config) == hash(plain.config)
    loaded = load_classifier(save_classifier(given, tmp_path / "c.npz"))
    assert loaded.config == plain.config
    assert type(loaded.config.n_trees) is int


def test_whatever_is_damaged_in_a_file_it_is_refused_by_its_name(tmp_path):
    """Each byte in turn; what a reader never looks at may be any, and the rest is as it was."""
    good = save_classifier(small_classifier(), tmp_path / "good.npz").read_bytes()
    bad = tmp_path / "bad.npz"
    refused = []
    for place in range(len(good)):
        for flip in (0x01, 0xFF):
            spoilt = bytearray(good)
            spoilt[place] ^= flip
            bad.write_bytes(spoilt)
            try:
                assert load_classifier(bad).config == small_classifier().config
            except ValueError as error:
                refused.append(str(error))
    assert len(refused) > len(good)
    assert all("bad.npz was refused as a classifier: " in why for why in refused)


def spoilt_file(folder, **arrays):
    """Save a classifier with other arrays in its file."""
    with np.load(save_classifier(small_classifier(), folder / "good.npz")) as stored:
        found = {name: stored[name] for name in stored.files}
    np.savez_compressed(folder / "bad.npz", **found | arrays)
    return folder / "bad.npz"


@pytest.mark.parametrize(
    "table", [np.zeros((4, 5), int), np.zeros((1, 1), int), -np.eye(5, dtype=int)]
)
def test_a_table_of_a_file_has_the_five_classes(tmp_path, table):
    with pytest.raises(ValueError, match="out_of_bag is no table of 5 by 5 counts; train it"):
        load_classifier(spoilt_file(tmp_path, out_of_bag=table))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"n_trees": 1.5}, "n_trees must be a whole number"),
        ({"n_trees": float("inf")}, "n_trees must be a whole number"),
        ({"features": None}, "NoneType"),
        ({"features": {"sigmas": [1.5], "kinds": ["gaussian"], "more": 1}}, "more"),
        ({"seed": True}, "seed must be a whole number"),
    ],
)
def test_settings_of_a_file_are_those_of_a_classifier(tmp_path, change, why):
    config = dataclasses.asdict(small_classifier().config) | change
    about = {"format": "shalelib pixel classifier 1", "config": config, "n_features": 2}
    meta = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with pytest.raises(ValueError, match=rf"bad\.npz was refused.*{why}.*train it again"):
        load_classifier(spoilt_file(tmp_path, meta=meta))


def test_what_a_file_lacks_is_refused(tmp_path):
    path = save_classifier(small_classifier(), tmp_path / "good.npz")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "bad.npz", "w") as new:
        for name in old.namelist():  # what is no array comes as bytes
            new.writestr(name, b"none" if name == "roots.npy" else old.read(name))
    with pytest.raises(ValueError, match=r"bad\.npz was refused as a classifier"):
        load_classifier(tmp_path / "bad.npz")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "bad.npz", "w") as new:
        for name in set(old.namelist()) - {"roots.npy"}:
            new.writestr(name, old.read(name))
    with pytest.raises(ValueError, match="it lacks 'roots'; train it again"):
        load_classifier(tmp_path / "bad.npz")
