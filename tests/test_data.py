import functools
import hashlib
import os
import shutil
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest
from skimage.io import imsave

from companion.datasets import load_dataset
from shalelib.data import fetch
from shalelib.data.cache import open_folder
from shalelib.data.cubes import CubeSampler
from shalelib.data.fetch import fetch_patches, positions, read_patch, registry
from shalelib.data.pairs import PairedSlices
from shalelib.data.patches import PatchSampler
from shalelib.data.splits import folds, places, split_patches


@pytest.fixture
def small_mirror(tmp_path, monkeypatch):
    """A mirror with one made-up pair, and a registry that lists it."""
    mirror = tmp_path / "mirror"
    image = np.random.default_rng(0).integers(0, 255, (256, 256, 1), dtype=np.uint8)
    listed = {}
    for kind in ("txm", "sem"):
        (mirror / kind).mkdir(parents=True)
        file = mirror / kind / "000.png"
        imsave(file, np.repeat(image, 3, axis=2), check_contrast=False)
        listed[f"{kind}/000.png"] = hashlib.sha256(file.read_bytes()).hexdigest()
    known = positions().iloc[:1]
    monkeypatch.setattr(fetch, "registry", lambda: listed)
    monkeypatch.setattr(fetch, "positions", lambda: known)
    return mirror


def test_every_overlap_of_the_position_table_is_exact_to_the_pixel(real_patches):
    """Two patches of a slice whose places overlap must show the same pixels there."""
    places = positions()
    overlapping = set()
    for a in range(100):
        for b in range(a + 1, 100):
            down = int(places["row"][b] - places["row"][a])
            right = int(places["column"][b] - places["column"][a])
            same = places["slice"][a] == places["slice"][b]
            if not same or abs(down) >= 256 or abs(right) >= 256:
                continue
            overlapping |= {a, b}
            rows_a, rows_b = _overlap(down)
            columns_a, columns_b = _overlap(right)
            for stack in (real_patches.txm, real_patches.sem):
                first, second = stack[a][rows_a, columns_a], stack[b][rows_b, columns_b]
                np.testing.assert_array_equal(first, second)
    assert len(overlapping) == 93


def _overlap(shift):
    """Row (or column) ranges of two 256-pixel patches, the second `shift` further on."""
    if shift >= 0:
        return slice(shift, 256), slice(0, 256 - shift)
    return slice(0, 256 + shift), slice(-shift, 256)


def test_the_union_of_all_patches_is_44_patches_worth():
    covered = set()
    for _, row, column, z, _ in positions().itertuples(index=False):
        block = np.mgrid[row : row + 256, column : column + 256].reshape(2, -1)
        covered |= set((z * 4096 + block[0]) * 4096 + block[1])
    assert round(len(covered) / 256**2) == 44
    assert positions()["slice"].nunique() == 16


def test_untranslated_txm_has_the_known_psnr(real_patches):
    """14.06 dB over the full patches: pins the files, their order and the grey scale."""
    error = (real_patches.txm.astype(float) - real_patches.sem) ** 2
    psnr = 10 * np.log10(255**2 / error.mean(axis=(1, 2)))
    assert round(psnr.mean(), 2) == 14.06


@pytest.mark.parametrize("fold", range(len(folds())))
def test_no_test_patch_shares_a_slice_or_a_neighbour_with_training(real_patches, fold):
    data = split_patches(real_patches, fold=fold)
    for held_out in (data.test, data.validation):
        gap = np.abs(held_out.slice_index[:, None] - data.train.slice_index[None, :])
        assert gap.min() >= 2
    gap = np.abs(data.test.slice_index[:, None] - data.validation.slice_index[None, :])
    assert gap.min() >= 2
    assert len(data.train) >= 40
    assert len(data.validation) >= 4


def test_over_all_folds_every_slice_is_tested_once(real_patches):
    tested = [z for fold in folds() for z in fold.test]
    assert sorted(tested) == sorted(set(real_patches.slice_index.tolist()))


def test_unknown_fold_and_data_set_are_refused(toy_pairs):
    with pytest.raises(ValueError, match="0 to 4, got 7"):
        split_patches(toy_pairs, fold=7)
    with pytest.raises(ValueError, match="choose one of: vaca-muerta-patches, phantom, directory"):
        load_dataset("berea")
    with pytest.raises(ValueError, match="needs a path"):
        load_dataset("directory")


def test_fetch_from_a_mirror_and_again_from_the_cache(small_mirror, tmp_path):
    first = fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))
    shutil.rmtree(small_mirror)
    again = fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))
    assert first.digest() == again.digest()


def test_what_a_killed_fetch_left_is_swept_by_the_next(small_mirror, tmp_path):
    """And a file that is not the registry's leaves nothing."""
    cache = tmp_path / "cache"
    (cache / "txm").mkdir(parents=True)
    left = cache / "txm" / ".000.png.abcd1234"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))  # one of today may be another process's
    other = small_mirror / "sem/000.png"
    right = other.read_bytes()
    other.write_bytes(b"another image")
    with pytest.raises(ValueError, match="wrong SHA-256"):
        fetch_patches(cache=cache, mirror=str(small_mirror))
    other.write_bytes(right)
    fetch_patches(cache=cache, mirror=str(small_mirror))
    assert sorted(p.name for p in cache.rglob("*.png*")) == ["000.png", "000.png"]


def test_a_mirror_may_be_a_file_address(small_mirror, tmp_path, monkeypatch):
    folder = small_mirror.rename(tmp_path / "with space")
    expected = fetch_patches(cache=tmp_path / "a", mirror=str(folder)).digest()
    assert fetch_patches(cache=tmp_path / "b", mirror=folder.as_uri()).digest() == expected
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fetch_patches(cache=tmp_path / "c", mirror="~/with space").digest() == expected


@pytest.fixture
def served(small_mirror):
    """The address at which the small mirror is served over HTTP on this machine."""
    handler = functools.partial(_Quiet, directory=str(small_mirror))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Keep the requests out of the test's output."""


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_may_be_a_web_address(served, small_mirror, tmp_path, end):
    expected = fetch_patches(cache=tmp_path / "a", mirror=str(small_mirror)).digest()
    assert fetch_patches(cache=tmp_path / "b", mirror=served + end).digest() == expected


def test_a_web_mirror_with_wrong_or_missing_files_is_refused(served, small_mirror, tmp_path):
    (small_mirror / "sem/000.png").write_bytes(b"<html>please log in</html>")
    with pytest.raises(ValueError, match=r"sem/000\.png .* wrong SHA-256"):
        fetch_patches(cache=tmp_path / "cache", mirror=served)
    assert not list((tmp_path / "cache/sem").iterdir())
    (small_mirror / "sem/000.png").unlink()
    with pytest.raises(fetch.DataUnavailableError, match="HTTPError"):
        fetch_patches(cache=tmp_path / "cache", mirror=served)


@pytest.mark.parametrize("address", ["gopher://mirror/", "http://"])
def test_an_address_that_cannot_be_read_is_not_called_a_wrong_hash(small_mirror, tmp_path, address):
    with pytest.raises(fetch.DataUnavailableError, match="could not be fetched from"):
        fetch_patches(cache=tmp_path / "cache", mirror=address)


def test_a_cache_that_cannot_be_written_is_named(small_mirror, tmp_path):
    (tmp_path / "cache").write_text("a file in place of the folder")
    with pytest.raises(OSError, match=r"cache folder .*cache.* cannot be written .*XDG_CACHE_HOME"):
        fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "shalelib.data.cache.shutil.disk_usage", lambda path: SimpleNamespace(free=1_000_000)
    )
    with pytest.raises(OSError, match="1 MB free, but 5 MB are needed"):
        open_folder(tmp_path / "cache", needed=5_000_000)
    open_folder(tmp_path / "cache", needed=1_000_000)


def test_a_wrong_hash_is_refused_and_not_cached(small_mirror, tmp_path):
    with (small_mirror / "sem/000.png").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(ValueError, match=r"sem/000\.png .* wrong SHA-256"):
        fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))
    assert not list((tmp_path / "cache/sem").iterdir())


def test_a_file_damaged_in_the_cache_is_fetched_again(small_mirror, tmp_path):
    first = fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))
    (tmp_path / "cache/txm/000.png").write_bytes(b"half a fi")
    again = fetch_patches(cache=tmp_path / "cache", mirror=str(small_mirror))
    assert first.digest() == again.digest()


def test_without_network_and_mirror_one_clear_error(small_mirror, tmp_path, monkeypatch):
    """Port 9 of this machine refuses connections, as a missing network does."""
    monkeypatch.delenv(fetch.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(fetch, "BASE_URL", "http://127.0.0.1:9/")
    with pytest.raises(fetch.DataUnavailableError, match="SHALELIB_DATA_MIRROR"):
        fetch_patches(cache=tmp_path / "cache")


def test_a_mirror_without_the_files_says_which_is_missing(small_mirror, tmp_path):
    with pytest.raises(fetch.DataUnavailableError, match=r"txm/000\.png"):
        fetch_patches(cache=tmp_path / "cache", mirror=str(tmp_path / "nowhere"))


def test_registry_lists_100_pairs():
    names = registry()
    assert len(names) == 200
    assert {name[:4] for name in names} == {"txm/", "sem/"}
    assert all(len(sha) == 64 for sha in names.values())


def test_corrupt_and_odd_images_are_named(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    with pytest.raises(ValueError, match=r"broken\.png is not a readable image"):
        read_patch(broken)
    coloured = np.zeros((256, 256, 3), np.uint8)
    coloured[0, 0] = 1, 2, 3
    imsave(tmp_path / "colour.png", coloured, check_contrast=False)
    with pytest.raises(ValueError, match="channels differ"):
        read_patch(tmp_path / "colour.png")
    imsave(tmp_path / "small.png", coloured[:9], check_contrast=False)
    with pytest.raises(ValueError, match="256 x 256"):
        read_patch(tmp_path / "small.png")


def test_pairs_of_different_shape_are_refused(toy_pairs):
    with pytest.raises(ValueError, match="register the slices first"):
        PairedSlices(**{**vars(toy_pairs), "sem": toy_pairs.sem[:, :-2]})


@pytest.mark.parametrize("kind", [list, np.uint8, np.uint64])
def test_numbers_of_slices_are_the_same_in_any_type_of_integer(toy_pairs, kind):
    """Without a sign they would wrap where a cube is laid about a slice near the first."""
    numbers = list(range(6)) if kind is list else np.arange(6, dtype=kind)
    pairs = replace(toy_pairs, slice_index=numbers)
    assert pairs.digest() == toy_pairs.digest()
    np.testing.assert_array_equal(places(pairs), places(toy_pairs))
    drawn = [
        CubeSampler(one, toy_pairs.txm, edge=4, planes=1).draw_training(8, np.random.default_rng(1))
        for one in (pairs, toy_pairs)
    ]
    for one, other in zip(*drawn, strict=True):
        np.testing.assert_array_equal(one, other)
    assert pairs.take(np.array([2, 0])).slice_index.tolist() == [2, 0]


def test_numbers_of_slices_are_whole(toy_pairs):
    with pytest.raises(TypeError, match=r"whole numbers.*got an array of float64"):
        replace(toy_pairs, slice_index=np.arange(6) / 2)


def test_patches_are_accepted_by_the_papers_rule(toy_pairs):
    """Every drawn patch is at least 75% inside and 95% valid, counted afresh."""
    inside = toy_pairs.inside.copy()
    inside[:, :30] = False
    valid = toy_pairs.valid.copy()
    valid[:, :, 60:] = False
    pairs = PairedSlices(**{**vars(toy_pairs), "inside": inside, "valid": valid})
    sampler = PatchSampler(pairs, size=32)
    drawn = sampler.draw(200, rng=np.random.default_rng(0))
    assert (drawn.inside.mean(axis=(1, 2)) >= 0.75).all()
    for image, row, column in drawn.corner:
        assert valid[image, row : row + 32, column : column + 32].mean() >= 0.95
    by_hand = [
        inside[0, r : r + 32, c : c + 32].mean() >= 0.75
        and valid[0, r : r + 32, c : c + 32].mean() >= 0.95
        for r in range(33)
        for c in range(33)
    ]
    assert sampler.acceptance == pytest.approx(np.mean(by_hand), abs=1e-12)


def test_a_patch_that_just_meets_the_rule_is_accepted(toy_pairs):
    """Half of the columns are rock, half of the rows are sound, and half of each is asked for."""
    half = np.zeros(toy_pairs.inside.shape, bool)
    half[:, :, :32] = True
    pairs = PairedSlices(**{**vars(toy_pairs), "inside": half, "valid": half.swapaxes(1, 2)})
    assert PatchSampler(pairs, size=64, min_inside=0.5, min_valid=0.5).acceptance == 1
    for asked in ({"min_inside": 0.51}, {"min_valid": 0.51}):
        with pytest.raises(ValueError, match="no place"):
            PatchSampler(pairs, size=64, **({"min_inside": 0.5, "min_valid": 0.5} | asked))


def test_training_sees_patches_mirrored_along_either_axis(toy_pairs):
    ramp = np.add.outer(np.arange(64), 2 * np.arange(64)).astype(np.uint8)
    pairs = PairedSlices(**{**vars(toy_pairs), "txm": np.broadcast_to(ramp, (6, 64, 64))})
    txm, _ = PatchSampler(pairs, size=32).draw_training(60, np.random.default_rng(0))
    falls = {(bool(one[1, 0] < one[0, 0]), bool(one[0, 1] < one[0, 0])) for one in txm}
    assert len(falls) == 4


def test_flips_keep_txm_and_sem_together(toy_pairs):
    sampler = PatchSampler(toy_pairs, size=32)
    drawn = sampler.draw(50, rng=np.random.default_rng(1), flips=True)
    np.testing.assert_array_equal(drawn.sem, np.where(drawn.txm > 128, 200, 60))
    unflipped = sampler.draw(50, rng=np.random.default_rng(1))
    assert any((a != b).any() for a, b in zip(drawn.txm, unflipped.txm, strict=True))


def test_the_same_generator_draws_the_same_patches(toy_pairs):
    sampler = PatchSampler(toy_pairs, size=32)
    first = sampler.draw(9, rng=np.random.default_rng(5), flips=True)
    again = sampler.draw(9, rng=np.random.default_rng(5), flips=True)
    np.testing.assert_array_equal(first.txm, again.txm)


def test_a_sampler_that_finds_no_place_says_so(toy_pairs):
    nothing = PairedSlices(**{**vars(toy_pairs), "inside": np.zeros_like(toy_pairs.inside)})
    with pytest.raises(ValueError, match="no place in 6 slices"):
        PatchSampler(nothing, size=32)
    with pytest.raises(ValueError, match="do not fit"):
        PatchSampler(toy_pairs, size=65)
