"""What no machine can hold is refused before it is tried, with both sizes and a mend that works."""

import re
import struct
import warnings

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from shalelib import data, memory
from shalelib.data.ome_zarr import write_ome_zarr
from shalelib.data.read import as_volume, read_volume
from shalelib.data.resample import rescale, rescale_slices, to_cubes
from shalelib.data.stacks import write_stack

VOLUME = np.random.default_rng(0).integers(1, 256, (6, 20, 24), dtype=np.uint8)
HUGE = np.broadcast_to(np.uint16(3), (10**5,) * 3)


class Lazy:
    """An array of another library that would be made only when it is asked for."""

    shape, nbytes, dtype = HUGE.shape, HUGE.nbytes, HUGE.dtype

    def __array__(self, *args, **options):
        pytest.fail("it was made")


def bomb(path):
    """A TIFF of a few bytes whose header asks for a terabyte."""
    tifffile.imwrite(path, VOLUME[0], compression="zlib", metadata=None)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        tags = [file.pages.first.tags[code] for code in (256, 257, 278)]
    for tag in tags:
        struct.pack_into("<HI", content, tag.offset + 2, 4, 1)
        struct.pack_into("<I", content, tag.offset + 8, 10**6)
    path.write_bytes(content)
    return path


def sparse(path, axes):
    """A Zarr volume of which one chunk is there."""
    group = zarr.create_group(path)
    shape = (10**5,) * len(axes)
    array = group.create_array("0", shape=shape, chunks=(100,) * len(axes), dtype="u1")
    array[(0,) * len(axes)] = 1
    scales = [{"axes": [{"name": name} for name in axes], "datasets": [{"path": "0"}]}]
    group.attrs["ome"] = {"multiscales": scales}
    return path


CASES = {
    "to_cubes": lambda _: to_cubes(as_volume(VOLUME, voxel_size=1e-5), edge=1e-10),
    "to_cubes, long": lambda _: to_cubes(
        as_volume(VOLUME[:, :1, :1], voxel_size=(1e-2, 1e-2, 1e-10))
    ),
    "rescale": lambda _: rescale(VOLUME, from_size=1e-3, to_size=1e-10),
    "rescale a slice": lambda _: rescale(VOLUME[0], from_size=1e-3, to_size=1e-10),
    "rescale_slices": lambda _: next(rescale_slices(VOLUME, from_size=1e-3, to_size=1e-10)),
    "a window": lambda _: as_volume(HUGE, window=(0, 9)),
    "percentiles": lambda _: as_volume(HUGE, percentiles=(1, 99)),
    "no array yet": lambda _: as_volume(Lazy()),
    "a TIFF": lambda path: read_volume(bomb(path / "v.tif")),
    "a Zarr": lambda path: read_volume(sparse(path / "v.zarr", "zyx")),
    "a transposed Zarr": lambda path: read_volume(sparse(path / "v.zarr", "xyz")),
}


@pytest.mark.filterwarnings("ignore:.*chunks of:UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_what_no_machine_holds_is_refused_with_both_sizes(tmp_path, case):
    sizes = r"about [\d,.]+ GB of memory, and the machine has [\d,.]+ GB; (pass|choose|cut|save) "
    with pytest.raises(MemoryError, match=sizes):
        CASES[case](tmp_path)


@pytest.mark.parametrize("scale", [(1e-6, 1e-8, 1e-8), (1e-8, 1e-8, 1e-4)])
def test_the_edge_that_is_named_fits(monkeypatch, scale):
    monkeypatch.setattr(memory, "machine_memory", lambda: 2e6)
    monkeypatch.setattr("shalelib.data.resample.machine_memory", lambda: 2e6)
    volume = as_volume(VOLUME, voxel_size=scale)
    with pytest.raises(MemoryError, match="pass a longer edge") as told:
        to_cubes(volume)
    [edge] = re.findall(r"edge=([\d.e-]+)", str(told.value))
    cubes = to_cubes(volume, edge=float(edge))
    assert cubes.edge == float(edge)
    assert cubes.pixels.nbytes > 1000


def test_a_window_takes_less_than_percentiles_as_the_refusal_says(monkeypatch):
    deep = VOLUME.astype(np.uint16)
    monkeypatch.setattr(memory, "machine_memory", lambda: 3 * deep.size)
    with pytest.raises(MemoryError, match=r"6 x 20 x 24 voxels of uint16.*or pass window="):
        as_volume(deep, percentiles=(1, 99))
    assert as_volume(deep, window=(0, 255)).pixels.tolist() == VOLUME.tolist()


def test_a_coarser_level_fits_as_the_refusal_says(tmp_path, monkeypatch):
    path = write_ome_zarr(tmp_path / "v.zarr", np.repeat(VOLUME, 12, axis=2), voxel_size=1e-8)
    monkeypatch.setattr(memory, "machine_memory", lambda: 6 * 20 * 200)
    with pytest.raises(MemoryError, match=r"choose a coarser resolution, level=1") as told:
        read_volume(path)
    assert read_volume(path, level=1).pixels.shape == (3, 10, 144)
    [mend] = re.findall(r"zarr\.open\(.*?\)\[name\]\[first:last\]", str(told.value))
    names = {"zarr": zarr, "name": "0", "first": 2, "last": 4}
    assert as_volume(eval(mend, names)).pixels.shape == (2, 20, 288)


def test_a_slice_that_no_imagej_tiff_holds_is_refused_before_anything_is_written(tmp_path):
    for shape in ((1, 10**6, 10**6), (10**6,) * 3):
        with pytest.raises(ValueError, match=r"1,000,000 x 1,000,000 pixels.*write_ome_zarr"):
            write_stack(tmp_path / "v.tif", iter([VOLUME[0]]), voxel_size=1e-8, shape=shape)
    assert not list(tmp_path.iterdir())


def test_a_png_that_pillow_takes_for_an_attack_is_read_or_refused_in_own_words(
    tmp_path, monkeypatch
):
    """A mosaic of electron micrographs has as many pixels; here the limit is lower."""
    Image.fromarray(VOLUME[0]).save(tmp_path / "v.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", VOLUME[0].size - 1)  # beyond: a warning
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_volume(tmp_path / "v.png").pixels.tolist() == VOLUME[:1].tolist()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", VOLUME[0].size // 3)  # beyond twice: an error
    for read in (read_volume, data.read_mask):
        with pytest.raises(ValueError, match=r"v\.png measures 20 x 24 pixels.*save it as a TIFF"):
            read(tmp_path / "v.png")


def test_an_empty_array_is_said_to_be_empty(tmp_path):
    np.save(tmp_path / "v.npy", VOLUME[:0])
    for call in (lambda: read_volume(tmp_path / "v.npy"), lambda: as_volume(VOLUME[:0])):
        with pytest.raises(ValueError, match=r"is empty, its shape is \(0, 20, 24\)"):
            call()
