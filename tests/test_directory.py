"""The user's own folder: the authors' layout, plain stacks, and a clear error for each mishap."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile

from shalelib.data.directory import load_directory, load_masks
from shalelib.data.stacks import write_stack

SIZE = (24, 20)
COUNTS = {"train": 4, "val": 2, "test": 3}


def pair(seed):
    """Return a TXM and an SEM slice with a rim of zeros and one charged patch in the SEM."""
    rng = np.random.default_rng(seed)
    txm, sem = rng.integers(20, 200, (2, *SIZE), dtype=np.uint8)
    txm[:3], sem[:3] = 0, 0
    sem[10:13, 5:8] = 255
    return txm, sem


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "mine"
    number = 0
    for split, count in COUNTS.items():
        for kind in ("txm", "sem", "charge", "lowdensity"):
            (root / split / kind).mkdir(parents=True)
        for _ in range(count):
            number += 3
            txm, sem = pair(number)
            tifffile.imwrite(root / split / "txm" / f"TXM{number:03d}.tif", txm)
            tifffile.imwrite(root / split / "sem" / f"SEM{number:03d}.tif", sem)
            charge = (sem == 255).astype(np.uint8)
            tifffile.imwrite(root / split / "charge" / f"charge{number:03d}.tif", charge)
            low = np.where(sem < 60, 255, 0).astype(np.uint8)
            tifffile.imwrite(root / split / "lowdensity" / f"{number:03d}.tif", low)
    return root


def test_the_authors_layout_is_read(folder):
    dataset = load_directory(folder)
    assert dataset.name == "directory"
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [4, 2, 3]
    assert dataset.test.slice_index.tolist() == [21, 24, 27]
    assert dataset.volumes is None
    txm, sem = pair(21)
    np.testing.assert_array_equal(dataset.test.txm[0], txm)
    np.testing.assert_array_equal(dataset.test.sem[0], sem)
    np.testing.assert_array_equal(dataset.test.valid[0], sem != 255)
    assert not dataset.test.inside[0, :3].any()
    assert dataset.test.inside[0, 3:].all()


def test_phase_masks_are_read(folder):
    masks = load_masks(folder, "val")
    assert sorted(masks) == ["charge", "lowdensity"]
    np.testing.assert_array_equal(masks["lowdensity"][1], pair(18)[1] < 60)


def test_slices_sort_by_number_not_by_name(tmp_path):
    for split in COUNTS:
        for kind in ("txm", "sem"):
            (tmp_path / split / kind).mkdir(parents=True)
            for number in (2, 10, 1):
                grey = np.full(SIZE, 50 + number, np.uint8)
                grey[0, 0] = 60
                tifffile.imwrite(tmp_path / split / kind / f"{number}.tif", grey)
    assert load_directory(tmp_path).train.slice_index.tolist() == [1, 2, 10]


def test_the_full_stack_becomes_a_volume(folder):
    block = np.stack([pair(100 + z)[0] for z in range(6)])
    (folder / "test/txm_full_stack").mkdir()
    for z, image in enumerate(block):
        tifffile.imwrite(folder / f"test/txm_full_stack/{z:04d}.tif", image)
    volumes = load_directory(folder).volumes
    np.testing.assert_array_equal(volumes.txm, block)
    assert volumes.test_z == (0, 6)


def test_stacks_stand_in_for_folders_and_stay_mapped(tmp_path):
    for split, count in COUNTS.items():
        (tmp_path / split).mkdir()
        pairs = [pair(z) for z in range(count)]
        for k, kind in enumerate(("txm", "sem")):
            stack = np.stack([images[k] for images in pairs])
            write_stack(tmp_path / split / f"{kind}.tif", stack, voxel_size=33.6e-9)
    write_stack(
        tmp_path / "test/txm_full_stack.tif", np.stack([pair(z)[0] for z in range(5)]),
        voxel_size=33.6e-9,
    )  # fmt: skip
    dataset = load_directory(tmp_path)
    assert isinstance(dataset.volumes.txm, np.memmap)
    assert len(dataset.train) == 4
    assert "saturation" in dataset.description
    assert not dataset.train.valid[0, 10:13, 5:8].any()


def test_two_plain_stacks_are_cut_along_z(tmp_path):
    pairs = [pair(z) for z in range(25)]
    for k, kind in enumerate(("txm", "sem")):
        stack = np.stack([images[k] for images in pairs])
        write_stack(tmp_path / f"{kind}.tif", stack, voxel_size=33.6e-9)
    dataset = load_directory(tmp_path, shares=(0.6, 0.2, 0.2))
    assert dataset.train.slice_index.tolist() == list(range(15))
    assert dataset.validation.slice_index.tolist() == [16, 17, 18, 19]
    assert dataset.test.slice_index.tolist() == [21, 22, 23, 24]
    for part in (dataset.train, dataset.validation, dataset.test):  # views, nothing is copied
        assert isinstance(part.txm, np.memmap)
        assert isinstance(part.sem, np.memmap)
    with pytest.raises(ValueError, match="positive parts of 1"):
        load_directory(tmp_path, shares=(0.6, 0.2, 0.3))


def test_missing_folders_and_twins_are_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        load_directory(tmp_path / "nowhere")
    (folder / "test/sem/SEM024.tif").rename(folder / "test/sem/SEM025.tif")
    with pytest.raises(FileNotFoundError, match=r"test.sem has no slice 024, which .*test.txm has"):
        load_directory(folder)
    (folder / "test/sem/SEM025.tif").rename(folder / "test/sem/SEM024.tif")
    (folder / "val").rename(tmp_path / "val")
    with pytest.raises(FileNotFoundError, match=r"has no folder val; move some slices"):
        load_directory(folder)
    (folder / "val/txm").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"val.txm holds no slices"):
        load_directory(folder)


def test_large_letters_in_a_suffix_are_as_good(folder):
    expected = load_directory(folder).digest()
    for file in (folder / "train/txm").iterdir():
        file.rename(file.with_suffix(".TIF"))
    assert load_directory(folder).digest() == expected


def test_other_formats_are_named(folder):
    for file in (folder / "val/sem").iterdir():
        file.rename(file.with_suffix(".jp2"))
    with pytest.raises(FileNotFoundError, match=r"val.sem holds no slices.*only SEM015\.jp2"):
        load_directory(folder)


def test_the_description_says_where_charging_comes_from(folder):
    assert "from the charge masks)" in load_directory(folder).description
    shutil.rmtree(folder / "val/charge")
    assert "from the charge masks of train, test, else sat" in load_directory(folder).description


def test_a_missing_mask_is_named(folder):
    (folder / "train/charge/charge006.tif").unlink()
    with pytest.raises(FileNotFoundError, match=r"train.charge has no slice 006"):
        load_directory(folder)


def test_a_stack_with_fewer_slices_is_named_with_a_mend_for_stacks(tmp_path):
    pixels = np.random.default_rng(0).integers(1, 256, (20, 24, 24), dtype=np.uint8)
    write(tmp_path / "txm.tif", pixels, photometric="minisblack")
    write(tmp_path / "sem.tif", 255 - pixels[:19], photometric="minisblack")
    with pytest.raises(FileNotFoundError, match=r"slice 019, .*; write both with the same slices$"):
        load_directory(tmp_path)
    write(tmp_path / "txm.tif", pixels[:19], photometric="minisblack")
    assert len(load_directory(tmp_path).train) > 0


def write(path, image, **options):
    tifffile.imwrite(path, image, **options)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: write(p, np.zeros((24, 21), np.uint8)), r"SEM009\.tif measures \(24, 21\)"),
        (lambda p: write(p, np.zeros(SIZE, np.uint16)), r"SEM009\.tif has pixels of type uint16"),
        (
            lambda p: write(p, np.zeros((*SIZE, 3), np.uint8), photometric="rgb"),
            r"SEM009\.tif is a colour image",
        ),
        (
            lambda p: write(p, np.zeros(SIZE, np.uint8), photometric="miniswhite"),
            r"SEM009\.tif stores white as zero",
        ),
        (lambda p: write(p, np.zeros(SIZE, np.float32)), r"SEM009\.tif has pixels of type float32"),
        (lambda p: write(p, np.zeros((2, *SIZE), np.uint8)), r"SEM009\.tif holds 2 slices"),
        (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n"), r"SEM009\.tif is not a complete TIFF"),
        (lambda p: p.write_bytes(p.read_bytes()[:300]), r"SEM009\.tif is not a complete TIFF"),
        (lambda p: p.write_bytes(b""), r"SEM009\.tif is not a complete TIFF"),
        (lambda p: p.rename(p.with_name("SEM.tif")), r"SEM\.tif has no slice number"),
    ],
)
def test_bad_slices_are_named(folder, damage, message):
    damage(folder / "train/sem/SEM009.tif")
    with pytest.raises(ValueError, match=message):
        load_directory(folder)


def test_modalities_of_different_size_are_named(folder):
    for file in (folder / "val/sem").iterdir():
        tifffile.imwrite(file, np.full((24, 22), 9, np.uint8))
    with pytest.raises(ValueError, match=r"val.sem \(SEM015\.tif\) measures \(24, 22\)"):
        load_directory(folder)


def test_two_files_of_one_number_are_named(folder):
    tifffile.imwrite(folder / "train/txm/again3.tif", np.zeros(SIZE, np.uint8))
    with pytest.raises(ValueError, match="are both slice 3"):
        load_directory(folder)


# ------------------------------------------------------------------- how large a pixel is


def with_scale(folder, kind, nanometres, *, splits=tuple(COUNTS)):
    """Let ImageJ say how large a pixel is, in the files of one kind."""
    about = {"imagej": True, "metadata": {"unit": "nm"}, "resolution": (1 / nanometres,) * 2}
    for split in splits:
        for file in (folder / split / kind).iterdir():
            tifffile.imwrite(file, tifffile.imread(file), **about)


@pytest.mark.parametrize("kind", ["txm", "sem"])
@pytest.mark.parametrize("splits", [("train",), ("test",), ("train", "val", "test")])
def test_the_pixel_size_is_that_of_any_image_that_gives_one(folder, kind, splits):
    with_scale(folder, kind, 50.0, splits=splits)
    with warnings.catch_warnings(action="error"):
        assert load_directory(folder).pixel_size == pytest.approx(50e-9)
    with pytest.warns(UserWarning, match=r"50 nm; 60 nm are used, as asked"):
        assert load_directory(folder, pixel_size=60e-9).pixel_size == 60e-9


def test_a_pixel_size_that_nothing_gives_is_none_and_said(folder):
    with pytest.warns(UserWarning, match=r"nothing in .*mine says how large .*pixel_size= \[m\]"):
        assert np.isnan(load_directory(folder).pixel_size)
    with warnings.catch_warnings(action="error"):
        assert load_directory(folder, pixel_size=50e-9).pixel_size == 50e-9
    with pytest.raises(ValueError, match=r"pixel_size is in metres.*write 50e-9"):
        load_directory(folder, pixel_size=50)
    with_scale(folder, "txm", 50.0)  # the other mend that the warning names
    assert load_directory(folder).pixel_size == pytest.approx(50e-9)


def test_images_that_say_different_things_of_their_pixels_are_named(folder):
    with_scale(folder, "txm", 50.0)
    with_scale(folder, "sem", 10.0, splits=["val"])
    with pytest.warns(UserWarning, match=r"val.sem 10 nm; 50 nm are used, as .*train.txm says"):
        assert load_directory(folder).pixel_size == pytest.approx(50e-9)


# ------------------------------------------------------------------- numbers, and strange files


def renamed(folder, name):
    """Keep one slice a split, and name it anew; `name` takes the number."""
    for split, number in {"train": 3, "val": 15, "test": 21}.items():
        for kind in ("txm", "sem", "charge", "lowdensity"):
            first, *others = sorted((folder / split / kind).iterdir())
            for file in others:
                file.unlink()
            first.rename(first.with_name(name.format(number)))


@pytest.mark.parametrize(
    "name", ["z{:04d}_33.6nm.tif", "shale2_z{:04d}_8bit.tif", "2021-11-02_{:03d}.tif"]
)
def test_of_one_file_a_split_the_other_splits_tell_what_counts(folder, name):
    renamed(folder, name)
    dataset = load_directory(folder)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [part.slice_index.tolist() for part in parts] == [[3], [15], [21]]
    assert load_masks(folder, "val")["lowdensity"].shape == (1, *SIZE)


def test_a_strange_file_among_pairs_is_named_and_moving_it_mends(folder, tmp_path):
    overview = folder / "train/txm/scan_overview_013.tif"
    tifffile.imwrite(overview, pair(1)[0])
    with pytest.raises(FileNotFoundError, match=r"move scan_overview_013\.tif elsewhere"):
        load_directory(folder)
    overview.rename(tmp_path / overview.name)
    assert len(load_directory(folder).train) == 4


def test_a_full_stack_with_a_gap_or_a_stranger_is_refused_and_blank_slices_are_said(folder):
    stack = folder / "test/txm_full_stack"
    stack.mkdir()
    for z in (0, 1, 2, 4):
        tifffile.imwrite(stack / f"{z:03d}.tif", pair(z)[0] if z else np.zeros(SIZE, np.uint8))
    with pytest.raises(ValueError, match="has no slice 3"):
        load_directory(folder)
    tifffile.imwrite(stack / "overview_003.tif", pair(3)[0])
    with pytest.raises(ValueError, match=r"overview_003\.tif has another name than 000\.tif"):
        load_directory(folder)
    (stack / "overview_003.tif").rename(stack / "003.tif")
    with pytest.warns(
        UserWarning, match=r"txm_full_stack shows nothing in 1 of its 5 slices \(000"
    ):
        assert load_directory(folder).volumes.test_z == (0, 5)


@pytest.mark.parametrize(
    ("place", "called"),
    [
        ("train", "Train"),
        ("val", "validation"),
        ("test", "testing_slices"),
        ("val/txm", "TXM"),
        ("test/sem", "SEM_registered"),
    ],
)
def test_a_folder_that_is_called_nearly_so_is_named_and_renaming_it_mends(folder, place, called):
    (folder / place).rename((folder / place).with_name(called))
    said = rf"or rename {called} to {Path(place).name} if it is that$"
    with pytest.raises(FileNotFoundError, match=said):
        load_directory(folder)
    (folder / place).with_name(called).rename(folder / place)
    assert len(load_directory(folder).train) == 4


def test_a_stack_that_is_called_nearly_so_keeps_its_ending(tmp_path):
    txm, sem = (np.stack(stack) for stack in zip(*map(pair, range(20)), strict=True))
    tifffile.imwrite(tmp_path / "txm.TIF", txm)
    tifffile.imwrite(tmp_path / "sem.ome.tif", sem, metadata={"axes": "ZYX"})
    with pytest.raises(FileNotFoundError, match=r"or rename sem\.ome\.tif to sem\.tif if"):
        load_directory(tmp_path)
    (tmp_path / "sem.ome.tif").rename(tmp_path / "sem.tif")
    assert len(load_directory(tmp_path).train) > 9


@pytest.mark.parametrize("called", ["Rock", "mask", "charging"])
def test_masks_that_are_called_otherwise_are_said_to_be_passed_over(folder, called):
    """Else the caller takes it that the rock was marked."""
    (folder / "train" / called).mkdir()
    mask = np.zeros(SIZE, np.uint8)
    mask[:, 9:] = 255
    for number in (3, 6, 9, 12):
        tifffile.imwrite(folder / "train" / called / f"rock{number:03d}.tif", mask)
    with pytest.warns(UserWarning, match=rf"train holds {called}, which is passed over.*rock"):
        load_directory(folder, pixel_size=1e-8)
    (folder / "train" / called).rename(folder / "train/rock")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        marked = load_directory(folder, pixel_size=1e-8).train.inside
    assert marked.mean() == 11 / 20


# ------------------------------------------------------------------- what splits share, and masks


def test_an_image_in_two_splits_is_said(folder):
    shutil.copy(folder / "train/txm/TXM003.tif", folder / "test/txm/TXM024.tif")
    with pytest.warns(UserWarning, match=r"TXM003\.tif of train and TXM024\.tif of test"):
        load_directory(folder)


@pytest.mark.parametrize(
    ("mask", "said"), [(lambda rock: rock & False, "no voxel"), (np.invert, "inverted")]
)
def test_rock_masks_that_mark_nothing_or_the_outside_are_refused(folder, mask, said):
    (folder / "train/rock").mkdir()
    for file in (folder / "train/txm").iterdir():
        rock = np.ones(SIZE, bool)
        rock[:3] = False  # the rim of zeros
        place = folder / "train/rock" / file.name
        tifffile.imwrite(place, mask(rock).astype(np.uint8), photometric="minisblack")
    with pytest.raises(ValueError, match=rf"the mask of .*rock .*{said}"):
        load_directory(folder)
    for file in (folder / "train/rock").iterdir():
        tifffile.imwrite(file, rock.astype(np.uint8), photometric="minisblack")
    assert not load_directory(folder).train.inside[:, :3].any()


def test_of_two_places_for_one_kind_none_is_taken_and_moving_one_mends(folder, tmp_path):
    stack = np.stack([pair(z)[0] for z in range(25)])
    for kind in ("txm", "sem"):
        write_stack(folder / f"{kind}.tif", stack, voxel_size=33.6e-9)
    with pytest.raises(ValueError, match="stacks of pairs and a folder train, of which one"):
        load_directory(folder)
    for kind in ("txm", "sem"):
        (folder / f"{kind}.tif").rename(tmp_path / f"{kind}.tif")
    (folder / "val/txm.tif").write_bytes((tmp_path / "txm.tif").read_bytes())
    with pytest.raises(ValueError, match=r"val has txm and txm\.tif, of which one counts"):
        load_directory(folder)
    (folder / "val/txm.tif").rename(tmp_path / "other.tif")
    assert len(load_directory(folder).validation) == 2


def test_a_stack_of_masks_with_a_slice_too_few_is_named(folder):
    shutil.rmtree(folder / "val/charge")
    write_stack(folder / "val/charge.tif", np.zeros((1, *SIZE), np.uint8), voxel_size=None)
    with pytest.raises(ValueError, match="charge holds 1 slices, but there are 2 of TXM"):
        load_directory(folder)


def test_an_image_that_is_txm_and_sem_at_once_is_said(folder):
    for split in ("train", "val", "test"):
        for file in (folder / split / "txm").iterdir():
            shutil.copy(file, folder / split / "sem" / file.name.replace("TXM", "SEM"))
    with pytest.warns(UserWarning, match=r"the same image as TXM and as SEM: .* of train"):
        load_directory(folder)


@pytest.mark.parametrize(
    "shares", [(0.5, 0.5), (68, 8, 24), (1, 0, 0), (0.5, 0.2, np.nan), "abc", None, 3]
)
def test_shares_are_three_parts_of_one(tmp_path, shares):
    for kind in ("txm", "sem"):
        image = np.random.default_rng(len(kind)).integers(1, 200, (20, 9, 9), dtype=np.uint8)
        tifffile.imwrite(tmp_path / f"{kind}.tif", image)
    with pytest.raises(ValueError, match=r"shares must be (three positive parts|a row)"):
        load_directory(tmp_path, shares=shares)


@pytest.mark.parametrize("moved", ["txm", "sem"])
def test_what_a_shift_left_empty_in_either_image_is_not_rock(folder, moved):
    """Each slice has a shift of its own, and its border is neither trained nor scored."""
    files = sorted((folder / "train" / moved).glob("*.tif"))
    for columns, file in enumerate(files, start=1):
        image = np.clip(tifffile.imread(file), 50, 255)
        image[:, :columns] = 0
        tifffile.imwrite(file, image)
    inside = load_directory(folder, pixel_size=5e-9).train.inside
    for columns, mask in enumerate(inside, start=1):
        assert not mask[:, :columns].any()
        assert mask[3:, columns:].all()
