"""What the pixel classifier learns from, for the digital shale and for one's own folder."""

import shutil
import warnings

import numpy as np
import pytest
import tifffile

from companion.bench_tables import read_bench, rows_table
from companion.datasets import load_rock
from companion.pages.phases import SPEED_FORMATS, findings, phase_task
from shalelib.segmentation import UNLABELLED, Phase, confusion_table

SIZE = (40, 36)


def classes(number):
    """The classes of slice `number`: rows of low, medium and high density below background."""
    truth = np.full(SIZE, Phase.MEDIUM, np.uint8)
    truth[:10] = Phase.BACKGROUND  # as wide as surroundings of a few slices must be to be found
    truth[11 : 11 + number] = Phase.LOW
    truth[30:34] = Phase.HIGH
    return truth


@pytest.fixture
def folder(tmp_path):
    """A folder with masks for every slice; the SEM is a function of the class."""
    levels = np.array([0, 40, 110, 200], np.uint8)
    for split, numbers in {"train": (1, 2, 3), "val": (4,), "test": (6, 7)}.items():
        for kind in ("txm", "sem", "lowdensity", "highdensity", "charge"):
            (tmp_path / split / kind).mkdir(parents=True)
        for number in numbers:
            truth = classes(number)
            masks = {
                "lowdensity": truth == Phase.LOW,
                "highdensity": truth == Phase.HIGH,
                "charge": np.zeros(SIZE, bool),
            }
            for kind, mask in masks.items():
                write(tmp_path / split / kind / f"{number}.tif", mask * np.uint8(255))
            write(tmp_path / split / "txm" / f"{number}.tif", levels[truth] // 2)
            write(tmp_path / split / "sem" / f"{number}.tif", levels[truth])
    return tmp_path


def write(path, image):
    tifffile.imwrite(path, image, photometric="minisblack")


def test_masks_become_sparse_labels_and_the_truth(folder):
    task = phase_task("directory", profile="smoke", path=str(folder), seed=0)
    np.testing.assert_array_equal(task.truth, [classes(6), classes(7)])
    drawn = task.labels != UNLABELLED
    truth = np.stack([classes(number) for number in (1, 2, 3)])
    np.testing.assert_array_equal(task.labels[drawn], truth[drawn])
    assert 0 < drawn.mean() < 0.5
    assert task.slice_index == [6, 7]


def test_label_images_take_the_place_of_masks_as_they_are(folder):
    """Ilastik counts the classes from 1, and 0 is unlabelled; nothing is thinned."""
    for split, numbers in {"train": (1, 2, 3), "test": (6, 7)}.items():
        (folder / split / "labels").mkdir()
        for number in numbers:
            drawn = np.zeros(SIZE, np.int32)
            drawn[4:12, 3:20] = classes(number)[4:12, 3:20] + 1
            write(folder / split / "labels" / f"{number}.tif", drawn)
    task = phase_task("directory", profile="smoke", path=str(folder), seed=0)
    assert task.pixel_size is None  # the images give none
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = phase_task("directory", profile="smoke", path=str(folder), pixel_size=5e-8, seed=0)
    assert told.pixel_size == 5e-8
    for labels, numbers in ((task.labels, (1, 2, 3)), (task.truth, (6, 7))):
        assert (labels != UNLABELLED).sum() == len(numbers) * 8 * 17
        for image, number in zip(labels, numbers, strict=True):
            np.testing.assert_array_equal(image[4:12, 3:20], classes(number)[4:12, 3:20])
    (folder / "train/labels/2.tif").unlink()
    with pytest.raises(FileNotFoundError, match=r"train.labels has no slice 002"):
        phase_task("directory", profile="smoke", path=str(folder), seed=0)


def test_a_stack_of_label_images_is_as_good(folder):
    labels = np.stack([classes(number) + 1 for number in (6, 7)])
    write(folder / "test/labels.tif", labels.astype(np.uint8))
    task = phase_task("directory", profile="smoke", path=str(folder), seed=0)
    np.testing.assert_array_equal(task.truth, labels - 1)


def test_a_folder_without_labels_says_what_to_add(folder):
    shutil.rmtree(folder / "train/lowdensity")
    with pytest.raises(FileNotFoundError, match=r"train has no labels; add label images of Ilast"):
        phase_task("directory", profile="smoke", path=str(folder), seed=0)
    with pytest.raises(ValueError, match="choose phantom, directory"):
        phase_task("vaca-muerta-patches", profile="smoke", seed=0)
    with pytest.raises(ValueError, match=r"parameter pixel_size .* add -p dataset directory"):
        phase_task("phantom", profile="smoke", pixel_size=5e-8, seed=0)


def test_the_digital_shale_is_labelled_above_and_judged_below():
    task = phase_task("phantom", profile="smoke", seed=0)
    assert task.slice_index[0] >= 3 * 80 // 4
    assert task.slice_index[-1] == 79
    assert (task.labels != UNLABELLED).mean() < 0.1
    assert (task.truth != UNLABELLED).all()
    assert task.judged.shape == task.truth.shape == task.inside.shape


def test_the_classifiers_benchmark_is_written_as_other_dice_coefficients():
    record = read_bench("segmentation")
    assert record is not None
    assert {name for name in rows_table(record).columns if "Dice" in name} <= set(SPEED_FORMATS)
    assert set(SPEED_FORMATS) <= set(rows_table(record).columns)
    assert SPEED_FORMATS["Dice, low"] == SPEED_FORMATS["accuracy"] == ".3f"


def test_what_was_found_is_counted_in_the_rock_alone():
    """Of 40 + 10 + 50 pixels of rock 30 + 5 + 50 are right; background, all right, is no merit."""
    counts = np.zeros((len(Phase), len(Phase)), int)
    counts[Phase.BACKGROUND, Phase.BACKGROUND] = 1000
    counts[Phase.LOW, [Phase.LOW, Phase.MEDIUM]] = 30, 10
    counts[Phase.HIGH, [Phase.HIGH, Phase.LOW]] = 5, 5
    counts[Phase.MEDIUM, Phase.MEDIUM] = 50
    table = confusion_table(counts)
    outlined, judged, low = findings(table, table, dataset="phantom")
    assert "85.0% is classified correctly" in outlined
    assert "(digital shale) 85.0% of the rock" in judged
    assert "low density 0.800" in judged  # 2 x 30 / (40 + 35)
    assert "75% of the low density is found, and 86% of what is taken for it is right" in low
    assert "0.350 of the rock is taken for low density where 0.400 is" in low
    assert "(own images)" in findings(table, table, dataset="directory")[1]


def test_the_digital_shale_is_labelled_and_judged_in_slices_imaged_one_by_one():
    """Of both kinds, as those that the classifier is for; its volume has one."""
    rock = load_rock("smoke")
    task = phase_task("phantom", profile="smoke", seed=0)
    seen = np.linspace(0, len(rock.sem) // 2, len(task.images), dtype=int)
    np.testing.assert_array_equal(task.images, rock.sem_slices[seen])
    np.testing.assert_array_equal(task.judged, rock.sem_slices[task.slice_index])
