"""Hostile files of one's own through README's lines and through the page, as a user calls them.

Each loads as the volume that it shows, or is refused in one line that names it and the mend.
"""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from notebook_runs import run_cells, run_notebook
from run_notebook import defaults

from companion.own_reader import reader_options
from shalelib import data
from shalelib.data.ome_zarr import write_ome_zarr
from shalelib.files import read_json, sha256
from shalelib.segmentation import Phase, save_classifier, train_classifier

ROOT = Path(__file__).parents[1]
SHAPE = (12, 16, 20)
EDGE = 33.6e-9  # what README's lines say [m]


@pytest.fixture(scope="module")
def volume():
    return np.random.default_rng(0).integers(1, 256, SHAPE, dtype=np.uint8)


def slices(folder, volume, *, skip=()):
    """Write one TIFF a slice."""
    folder.mkdir(exist_ok=True)
    for k, image in enumerate(volume):
        if k not in skip:
            tifffile.imwrite(folder / f"s{k:03}.tif", image)
    return folder


def with_litter(place, volume):
    folder = slices(place / "macs", volume)
    for name in (".DS_Store", "Thumbs.db", "._s000.tif"):
        (folder / name).write_bytes(b"litter")
    return folder


def pyramid(place, volume):
    """Two resolutions."""
    return write_ome_zarr(place / "txm.ome.zarr", volume, voxel_size=EDGE)


def palette(place, volume):
    """A table of greys that shows each level as itself."""
    table = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
    tifffile.imwrite(place / "lut.tif", volume, photometric="palette", colormap=table)
    return place / "lut.tif"


LOADS = {
    "a folder that is called as a date": lambda p, v: slices(p / "2021-11-02", v),
    "a folder with what Macs and Windows leave": with_litter,
    "several resolutions": pyramid,
    "a table of greys": palette,
}


@pytest.mark.parametrize("case", LOADS)
def test_what_shows_a_volume_gives_the_permeability_of_that_volume(
    tmp_path, monkeypatch, capsys, volume, case
):
    tifffile.imwrite(tmp_path / "plain.tif", volume)
    path = LOADS[case](tmp_path, volume)
    plain, names = lines(tmp_path / "plain.tif", tmp_path, monkeypatch, capsys)
    found, names = lines(path, tmp_path, monkeypatch, capsys)
    np.testing.assert_array_equal(names["txm"].pixels, volume)
    assert found == plain  # the same voxels, the same arithmetic


def cut(place, volume):
    tifffile.imwrite(place / "whole.tif", volume)
    raw = (place / "whole.tif").read_bytes()
    (place / "cut.tif").write_bytes(raw[: len(raw) // 2])
    return place / "cut.tif"


def written(name, pixels, **options):
    """A TIFF of some pixels."""

    def make(place, volume):
        tifffile.imwrite(place / name, pixels(volume), **options)
        return place / name

    return make


def cut_record(place, volume):
    """The JSON of an OME-Zarr volume, cut short."""
    folder = pyramid(place, volume)
    record = folder / "zarr.json"
    record.write_text(record.read_text()[:80])
    return folder


def cut_chunk(place, volume):
    """Each chunk of an OME-Zarr volume, cut short."""
    folder = pyramid(place, volume)
    for file in (folder / "0").rglob("*"):
        if file.is_file() and file.name != "zarr.json":
            file.write_bytes(file.read_bytes()[:5])
    return folder


def of_bytes(name, payload):
    def make(place, volume):
        (place / name).write_bytes(payload)
        return place / name

    return make


def holed(volume):
    values = volume.astype(np.float32)
    values[0, 0, 0] = np.nan
    return values


def half_negative(place, volume):
    """A TIFF some of whose pages show their zeros white."""
    with tifffile.TiffWriter(place / "half.tif") as file:
        for k, image in enumerate(volume):
            shown = "miniswhite" if k == 3 else "minisblack"
            file.write(image, photometric=shown, metadata=None, contiguous=False)
    return place / "half.tif"


REFUSED = {
    "pages that are negatives": (half_negative, r"half\.tif.* zeros white.*numpy\.stack"),
    "channels": (
        written(
            "two.tif",
            lambda v: np.stack([v, 255 - v], axis=1),
            imagej=True,
            metadata={"axes": "ZCYX"},
        ),
        r"two\.tif holds 2 channels.*channel=",
    ),
    "a gap": (lambda p, v: slices(p / "gap", v, skip=(4,)), r"gap has no slice 4.*add it"),
    "colour": (
        written("rgb.tif", lambda v: np.stack([v] * 3, axis=-1), photometric="rgb"),
        r"rgb\.tif is a colour image.*convert",
    ),
    "16 bits": (
        written("deep.tif", lambda v: v.astype(np.uint16) * 200),
        r"deep\.tif has pixels of type uint16.*percentiles=",
    ),
    "no number": (written("nan.tif", holed), r"nan\.tif are not finite; .*replace"),
    "cut in half": (cut, r"cut\.tif is not a complete TIFF.*export it again"),
    "no bytes": (of_bytes("empty.tif", b""), r"empty\.tif is not a complete TIFF.*again"),
    "no file": (lambda p, v: p / "none.tif", r"no file \S*none\.tif; check the name"),
    "no slices": (lambda p, v: slices(p / "bare", []), r"bare holds no slices.*put one"),
    "a record cut short": (cut_record, r"txm\.ome\.zarr is no OME-Zarr image.*export it again"),
    "a chunk cut short": (cut_chunk, r"txm\.ome\.zarr has a damaged chunk.*export it again"),
    "raw": (of_bytes("txm.raw", bytes(64)), r"txm\.raw is a raw file.*pass shape="),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_shows_none_is_refused_with_its_name_and_the_mend(
    tmp_path, monkeypatch, capsys, volume, case
):
    make, said = REFUSED[case]
    path = make(tmp_path, volume)
    with pytest.raises((ValueError, FileNotFoundError), match=said) as refusal:
        lines(path, tmp_path, monkeypatch, capsys)
    assert "\n" not in str(refusal.value)
    assert not re.search(r"\b(delete|remove)\b", str(refusal.value))
    assert not (tmp_path / "sem_pred.npy").exists()


def test_a_scale_in_microns_that_disagrees_is_said(tmp_path, monkeypatch, capsys, volume):
    about = {"axes": "ZYX", "unit": "micron", "spacing": 0.05}
    path = tmp_path / "micron.tif"
    tifffile.imwrite(path, volume, imagej=True, resolution=(20, 20), metadata=about)
    with pytest.warns(UserWarning, match=r"micron\.tif says .* 50 x 50 x 50 nm .*33\.6"):
        lines(path, tmp_path, monkeypatch, capsys)
    assert data.read_volume(path).edge == pytest.approx(50e-9, rel=1e-6)


# ----------------------------------------------------------- the page, from another folder


@pytest.fixture(scope="module")
def plug():
    """Noise in a cylinder, black round it."""
    pixels = np.random.default_rng(0).integers(1, 256, (12, 48, 48), dtype=np.uint8)
    y, x = np.mgrid[:48, :48] - 23.5
    pixels[:, np.hypot(y, x) > 20] = 0
    return pixels


@pytest.mark.parametrize("kind", ["one bit", "inverted table", "found"])
def test_the_page_takes_a_plug_with_its_mask_to_the_end(tmp_path, plug, kind):
    """The file says nothing of its scale: the parameter does. The porosity is the rock's."""
    tifffile.imwrite(tmp_path / "plug.tif", plug)
    inside = plug[6] > 0
    if kind == "one bit":
        tifffile.imwrite(tmp_path / "rock.tif", inside, photometric="minisblack")
    elif kind == "inverted table":
        table = np.stack([255 - np.arange(256, dtype=np.uint16)] * 3) * np.uint16(257)
        mask = np.uint8(255) * inside
        tifffile.imwrite(tmp_path / "rock.tif", mask, photometric="palette", colormap=table)
    options = {"voxel_size": "5e-8"} | ({} if kind == "found" else {"rock": "rock.tif"})
    page(tmp_path, txm="plug.tif", **options)
    [place] = (tmp_path / "R/smoke").glob("plug-*/seed0")
    record = read_json(place / "own_data.json")
    assert record["voxel_size"] == 5e-8
    rock = np.broadcast_to(inside, plug.shape)
    sem = np.load(place / "own/sem_pred.npy")
    if kind == "found":
        # the mask that is found may take a voxel along the rim, never the outside
        assert not sem[~rock].any()
    else:
        assert record["porosity"] == pytest.approx((sem[rock] <= record["threshold"]).mean())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"plug\.tif says nothing of its voxels; pass voxel_size="),
        ({"voxel_size": "33.6"}, r"33\.6 m is no voxel; for 33\.6 nm write 33\.6e-9"),
        ({"voxel_size": "small"}, "parameter voxel_size must be a number"),
        ({"voxel_size": "5e-8", "rock": "small.tif"}, r"small\.tif measures .*of one grid"),
    ],
)
def test_the_page_refuses_before_it_translates(tmp_path, plug, options, said):
    tifffile.imwrite(tmp_path / "plug.tif", plug)
    tifffile.imwrite(tmp_path / "small.tif", plug[:, :9])
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        page(tmp_path, txm="plug.tif", **options)
    assert not list(tmp_path.glob("R/**/sem_pred*"))


@pytest.mark.parametrize(
    "options",
    [
        {"rock": "plug.tif"},
        {"voxel_size": "5e-8"},
        {"window": "-10,90"},
        {"clip": "1"},
        {"channel": "0"},
    ],
)
def test_what_is_said_of_no_volume_is_refused_and_naming_one_mends(tmp_path, plug, options):
    """Else the digital shale would be shown with the mask or the size of one's own rock."""
    tifffile.imwrite(tmp_path / "plug.tif", plug)
    name = next(iter(options))
    with pytest.raises(ValueError, match=rf"parameter {name} says something of .*add -p txm"):
        page(tmp_path, **options)
    if name == "rock":
        page(tmp_path, txm="plug.tif", **options, voxel_size="5e-8")


def test_a_classifier_that_is_not_there_is_named_before_the_volume_is_translated(tmp_path, plug):
    tifffile.imwrite(tmp_path / "plug.tif", plug)
    with pytest.raises(FileNotFoundError, match=r"no classifier .*pores\.npz"):
        page(tmp_path, txm="plug.tif", voxel_size="5e-8", classifier="pores.npz")
    assert not list(tmp_path.glob("R/**/sem_pred*"))


def test_the_first_channel_image_and_level_can_be_chosen():
    """Zero is a number of one, and says something; for a length or an offset it says nothing."""
    texts = ("channel", "image", "level", "window", "axes", "shape", "dtype", "byte_order")
    empty = dict.fromkeys(texts, "") | {"clip": 0.0, "voxel_size": 0.0, "slice_distance": 0.0}
    empty |= {"offset": 0}
    assert reader_options(**empty) == {}
    first = dict.fromkeys(("channel", "image", "level"), "0")
    assert reader_options(**empty | first) == dict.fromkeys(first, 0)


def test_a_misspelt_parameter_is_named(tmp_path):
    done = run_notebook("18_own_data", "own.ipynb", cwd=tmp_path, voxel_sise="5e-8")
    assert done.returncode
    assert re.search("has no parameter voxel_sise; it has .*voxel_size", done.stderr)


def test_16_bits_go_through_the_page_with_a_window_that_is_shown(tmp_path, volume):
    """The refusal without one names parameters of the page."""
    tifffile.imwrite(tmp_path / "deep.tif", volume.astype(np.uint16) * 200)
    done = run_notebook("18_own_data", "own.ipynb", cwd=tmp_path, txm="deep.tif", profile="smoke")
    assert done.returncode
    assert re.search(r"become 0 and 255, with window=\(\d+, \d+\) or clip=0\.1;", done.stderr)
    page(tmp_path, txm="deep.tif", voxel_size="5e-8", clip="1")
    [table] = (tmp_path / "R/smoke").glob("deep-*/seed0/**/own_flow.csv")
    low, high = np.percentile(volume.astype(np.uint16) * 200, (1, 99))
    assert f"Value that became grey 0,{low}" in table.read_text()
    assert f"Value that became grey 255,{high}" in table.read_text()


def test_every_option_of_the_reader_is_a_parameter_of_the_page():
    """What a refusal of the reader tells to pass can be passed; a mask is called rock there."""
    known = defaults(ROOT / "notebooks/18_own_data.py").keys()
    names = set(inspect.signature(data.read_volume).parameters)
    assert names - {"path", "mask", "percentiles"} <= known
    assert {"txm", "rock", "clip", "slice_distance"} <= known
    assert inspect.signature(reader_options).parameters.keys() <= known
    page = (ROOT / "book/own_data.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in inspect.signature(reader_options).parameters)


def record_of(folder, name):
    """What the page kept of a volume, and the volume that it translated to."""
    [place] = (folder / "R/smoke").glob(f"{name}-*/seed0")
    return read_json(place / "own_data.json"), np.load(place / "own/sem_pred.npy")


def test_a_raw_file_goes_through_the_page_as_the_same_volume_in_a_tiff(tmp_path, volume):
    deep = (volume.astype(np.uint16) * 200).astype(">u2")
    (tmp_path / "portal.raw").write_bytes(b"head" + deep.tobytes())
    tifffile.imwrite(tmp_path / "same.tif", deep.astype("<u2"))
    known = {"window": "0,51000", "voxel_size": "5e-8"}
    shape = ",".join(map(str, SHAPE))
    about = {"shape": shape, "dtype": "uint16", "byte_order": "big", "offset": "4"}
    page(tmp_path, txm="portal.raw", **known, **about)
    page(tmp_path, txm="same.tif", **known)
    (raw, one), (tiff, other) = record_of(tmp_path, "portal"), record_of(tmp_path, "same")
    np.testing.assert_array_equal(one, other)
    assert raw["permeability_nd"] == tiff["permeability_nd"]


def test_a_channel_is_chosen_by_name_or_number_and_slices_may_lie_apart(tmp_path, volume):
    """Named as the file names it; slices of twice the distance become twice as many cubes."""
    both = np.stack([255 - volume, volume])
    about = {"axes": "CZYX", "Channel": {"Name": ["SEM", "TXM"]}}
    tifffile.imwrite(tmp_path / "two.ome.tif", both, metadata=about)
    given = {"txm": "two.ome.tif", "voxel_size": "5e-8"}
    with pytest.raises(ValueError, match=r"2 channels.*pass channel="):
        page(tmp_path, **given)
    for channel in ("TXM", "1"):
        page(tmp_path, **given, channel=channel)
    [first] = places(tmp_path)  # the same volume, however its channel is called
    page(tmp_path, **given, channel="TXM", slice_distance="1e-7")
    [second] = places(tmp_path) - {first}  # neither takes the other's place
    sem = np.load(second / "own/sem_pred.npy")
    record = read_json(second / "own_data.json")
    assert (len(sem), record["voxel_size"]) == (2 * len(volume), 5e-8)


def places(folder):
    """The folders of results of own volumes."""
    return {found.parent for found in (folder / "R/smoke").glob("*/seed0/own_data.json")}


def test_results_with_another_size_mask_generator_or_classifier_lie_elsewhere(tmp_path, volume):
    """With the same ones they lie where they did; the record says of what they are, by hashes."""
    tifffile.imwrite(tmp_path / "mine.tif", volume)
    mask = np.zeros(volume.shape, np.uint8)
    mask[:, 2:-2, 2:-2] = 255
    tifffile.imwrite(tmp_path / "rock.tif", mask)
    grey = np.tile(np.arange(0, 250, 2, dtype=np.uint8), (1, 64, 1))
    phase = np.where(grey < 90, Phase.LOW, Phase.MEDIUM).astype(np.uint8)
    save_classifier(train_classifier(grey, phase), tmp_path / "pores.npz")
    given = {"txm": "mine.tif", "voxel_size": "5e-8"}
    page(tmp_path, **given)
    known = places(tmp_path)
    for more in (
        {"voxel_size": "6e-8"},
        {"rock": "rock.tif"},
        {"generator": "pix2pix_vaca_muerta"},
        {"classifier": "pores.npz"},
    ):
        page(tmp_path, **given | more)
        [new] = places(tmp_path) - known
        known.add(new)
        sources = read_json(new / "own_data.json")["sources"]
        assert sources["txm"]["sha256"] == sha256(tmp_path / "mine.tif")
        for name in {"rock", "classifier"} & more.keys():
            assert sources[name]["sha256"] == sha256(tmp_path / more[name])
    page(tmp_path, **given)
    assert places(tmp_path) == known


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shape": "12,16"}, "parameter shape must be three numbers .*12,648,648"),
        ({"shape": "a,b,c"}, "parameter shape must be three numbers"),
        ({"window": "0"}, "parameter window must be two numbers"),
        ({"window": "0,9", "clip": "1"}, "parameters clip and window"),
        ({"clip": "60"}, "parameter clip must be a percentage"),
        ({"clip": "-1"}, "parameter clip must be a percentage"),
        ({"level": "fine"}, "parameter level must be a number"),
        ({"image": "1,2"}, "parameter image must be a number"),
        ({"slice_distance": "1e-7"}, "parameter slice_distance needs voxel_size"),
        ({"voxel_size": "0.0336"}, r"voxel_size is in metres, and 0\.0336 m is no voxel"),
    ],
)
def test_what_the_reader_cannot_be_told_names_the_parameter(tmp_path, volume, options, said):
    tifffile.imwrite(tmp_path / "plain.tif", volume)
    with pytest.raises(ValueError, match=said):
        page(tmp_path, txm="plain.tif", **options)


def lines(path, folder, monkeypatch, capsys):
    """Run README's lines on a file; return what they print, and their names."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    monkeypatch.chdir(folder)
    names = {}
    exec(compile(code.replace('"txm.tif"', repr(str(path))), "README.md", "exec"), names)
    return capsys.readouterr().out, names


def page(folder, **parameters):
    """Run the page from a folder of one's own."""
    run_cells("18_own_data", cwd=folder, results="R", **parameters)
