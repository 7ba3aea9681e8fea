"""What people pass to the library at first: refused at once with the mend, or taken as meant."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from shalelib import data, flow, metrics, models, segmentation

SHAPE = (4, 5, 6)


@pytest.fixture
def volume():
    return np.random.default_rng(0).integers(60, 200, SHAPE, dtype=np.uint8)


@pytest.fixture
def slit():
    """Two walls and a gap of four voxels; without slip it settles in a few steps."""
    pore = np.zeros((4, 8, 6), bool)
    pore[:, 2:6] = True
    return pore


def raw(folder, volume):
    volume.tofile(folder / "v.raw")
    return folder / "v.raw"


@pytest.mark.parametrize(
    "shape", [list(SHAPE), np.array(SHAPE), tuple(np.int32(n) for n in SHAPE)], ids=str
)
def test_a_shape_may_be_any_row_of_three_whole_numbers(tmp_path, volume, shape):
    read = data.read_volume(raw(tmp_path, volume), shape=shape, dtype="uint8")
    np.testing.assert_array_equal(read.pixels, volume)
    data.write_stack(tmp_path / "v.tif", iter(volume), voxel_size=1e-8, shape=shape)
    np.testing.assert_array_equal(data.read_stack(tmp_path / "v.tif", shape=shape), volume)
    data.write_stack(tmp_path / "m.tif", volume // 128, voxel_size=1e-8)
    assert data.read_mask(tmp_path / "m.tif", shape=shape).shape == SHAPE


@pytest.mark.parametrize(
    "shape", [120, np.int64(120), "4,5,6", "456", (4, 30), (4.0, 5, 6), (True, 5, 24), {4, 5, 6}]
)
def test_what_is_no_shape_is_refused_by_every_reader_and_writer(tmp_path, volume, shape):
    file = raw(tmp_path, volume)
    data.write_stack(tmp_path / "v.tif", volume, voxel_size=1e-8)
    data.write_stack(tmp_path / "m.tif", volume // 128, voxel_size=1e-8)
    for call in (
        lambda: data.read_volume(file, shape=shape, dtype="uint8"),
        lambda: data.read_volume(tmp_path / "v.tif", shape=shape),
        lambda: data.read_mask(tmp_path / "m.tif", shape=shape),
        lambda: data.write_stack(tmp_path / "w.tif", iter(volume), voxel_size=1e-8, shape=shape),
    ):
        with pytest.raises(ValueError, match=r"three numbers of voxels, \(z, y, x\)"):
            call()


def test_the_cube_that_a_refused_number_names_is_read(tmp_path):
    cube = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    with pytest.raises(ValueError, match=r"for a cube write shape=\(4, 4, 4\)"):
        data.read_volume(raw(tmp_path, cube), shape=4, dtype="uint8")
    read = data.read_volume(tmp_path / "v.raw", shape=(4, 4, 4), dtype="uint8")
    np.testing.assert_array_equal(read.pixels, cube)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"offset": "3"}, "offset must be the number of bytes"),
        ({"offset": 1.0}, "offset must be the number of bytes"),
        ({"offset": True}, "offset must be the number of bytes"),
        ({"dtype": "bool"}, "no type of grey levels.*'uint8', also for a mask"),
        ({"dtype": "S1"}, "no type of grey levels"),
        ({"byte_order": []}, "byte_order must be 'little' or 'big'"),
    ],
)
def test_a_raw_file_is_read_as_numbers_alone(tmp_path, volume, options, said):
    with pytest.raises(ValueError, match=said):
        data.read_volume(raw(tmp_path, volume), **{"shape": SHAPE, "dtype": "uint8"} | options)


@pytest.mark.parametrize("window", [(0, 1), (0, 6000), (19900, 30000)])
def test_a_window_beside_the_levels_is_refused(volume, window):
    """It would make the volume one grey level, in which everything or nothing is a pore."""
    deep = volume.astype(np.uint16) * 100
    deep[0, 0, :2] = 6000, 19900
    with pytest.raises(ValueError, match=r"one grey level, since its pixels are 6000 to 19900"):
        data.as_volume(deep, window=window)
    assert data.as_volume(deep, window=(6000, 19900)).pixels.max() == 255


def test_percentiles_that_are_shares_are_refused_with_a_mend_that_loads(volume):
    deep = volume.astype(np.uint16) * 100
    with pytest.raises(ValueError, match=r"write percentiles=\(0\.1, 99\.9\)"):
        data.as_volume(deep, percentiles=(0.001, 0.999))
    assert data.as_volume(deep, percentiles=(0.1, 99.9)).pixels.std() > 50


def test_names_and_arrays_are_told_apart(tmp_path, volume, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=r"got ndarray; an array .*as_volume\(array\)"):
        data.read_volume(volume)
    with pytest.raises(TypeError, match="read it by read_volume"):
        data.as_volume("txm.tif")
    with pytest.raises(ValueError, match="the name of the file or folder is empty"):
        data.read_volume("")
    data.write_stack("v.tif", volume, voxel_size=1e-8)
    with pytest.raises(ValueError, match="axes must name the 3 axes"):
        data.read_volume("v.tif", axes=3)


def test_a_file_of_another_kind_than_its_name_is_said(tmp_path, volume):
    np.savez(tmp_path / "v.npz", volume)
    (tmp_path / "v.npz").rename(tmp_path / "v.npy")
    (tmp_path / "v.tif").write_text("slices of a rock")
    with pytest.raises(ValueError, match=r"v\.npy is no NumPy array.*the kind of file that it is"):
        data.read_volume(tmp_path / "v.npy")
    with pytest.raises(ValueError, match=r"it starts with b'slic'.*the kind of file that it is"):
        data.read_volume(tmp_path / "v.tif")


def test_a_mask_is_of_numbers_and_marks_rock(volume):
    with pytest.raises(ValueError, match=r"values of type <U1"):
        data.as_volume(volume, inside=np.full(SHAPE, "a"))
    with pytest.raises(ValueError, match="marks no voxel as rock"):
        data.as_volume(volume).with_mask(volume > 255)


@pytest.mark.parametrize("kind", ["tif", "ome.zarr"])
def test_cuboid_voxels_come_back_from_a_file(tmp_path, volume, kind):
    edges = (20e-9, 10e-9, 5e-9)
    write = data.write_stack if kind == "tif" else data.write_ome_zarr
    read = data.read_volume(write(tmp_path / f"v.{kind}", volume, voxel_size=edges))
    assert read.voxel_size == pytest.approx(edges)  # a TIFF keeps ratios of 32-bit numbers
    assert write(tmp_path / f"w.{kind}", read.pixels, voxel_size=read.voxel_size).exists()


@pytest.mark.parametrize("name", ["v.png", "v.npy", "v.raw"])
def test_a_stack_is_not_named_as_another_kind_of_file(tmp_path, volume, name):
    with pytest.raises(ValueError, match=r"end it in \.tif"):
        data.write_stack(tmp_path / name, volume, voxel_size=1e-8)
    assert not (tmp_path / name).exists()


def test_a_prediction_never_takes_the_place_of_its_txm(tmp_path):
    grey = np.random.default_rng(0).integers(60, 200, (2, 16, 16), dtype=np.uint8)
    np.save(tmp_path / "txm.npy", grey)
    data.write_stack(tmp_path / "txm.tif", grey, voxel_size=1e-8)
    network = models.load_generator("pix2pix_phantom")
    with pytest.raises(ValueError, match="holds the volume to be translated"):
        models.translate_volume(
            network, data.read_volume(tmp_path / "txm.npy").pixels[:, :8], tmp_path / "txm.npy"
        )
    with pytest.raises(ValueError, match="is there already and no prediction"):
        models.translate_volume(network, grey, tmp_path / "txm.npy")  # held in memory, not mapped
    with pytest.raises(ValueError, match=r"end the name in \.npy"):
        models.translate_volume(network, grey, tmp_path / "txm.tif")
    np.testing.assert_array_equal(np.load(tmp_path / "txm.npy"), grey)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "txm.tif"), grey)


@pytest.mark.parametrize(
    "call",
    [
        flow.connected_threshold,
        flow.domain_from_mask,
        lambda volume: flow.permeability(volume, voxel_size=1e-8),
        lambda volume: flow.domain_from_labels(volume, 1),
        lambda volume: flow.cubic_voxels(volume, (1e-8,) * 3),
        lambda volume: data.write_ome_zarr("v.zarr", volume, voxel_size=1e-8),
        lambda volume: models.translate(models.load_generator("pix2pix_phantom"), volume),
        data.rock_mask,
    ],
)
def test_who_passes_a_volume_for_its_pixels_is_told_so(call):
    grey = np.random.default_rng(0).integers(60, 200, (4, 16, 16), dtype=np.uint8)
    with pytest.raises(TypeError, match=r"got Volume.*; pass its pixels, volume\.pixels"):
        call(data.as_volume(grey))


@pytest.mark.parametrize("axis", [True, 1.0, "z", -1, None, [0]])
def test_what_is_no_axis_is_refused(slit, axis):
    with pytest.raises(ValueError, match="axis must be 0, 1 or 2"):
        flow.domain_from_mask(slit, axis=axis)


@pytest.mark.parametrize("threshold", [-1, 256, 12000, 30.5, "30", True, None, float("nan")])
def test_a_threshold_is_a_grey_level_of_8_bits(slit, threshold):
    """A level of a file of 16 bits would make every voxel a pore."""
    with pytest.raises(ValueError, match="whole number from 0 to 255"):
        flow.domain_from_grey(np.where(slit, np.uint8(30), np.uint8(90)), threshold=threshold)


def test_what_is_masked_is_no_rock_and_the_mend_counts_it_out(slit):
    """A third of the slit's box lies under the mask; its porosity is that of the rest."""
    grey = np.where(slit, np.uint8(30), np.uint8(90))
    hidden = np.zeros(slit.shape, bool)
    hidden[..., :2] = True
    for call in (
        lambda: flow.domain_from_mask(np.ma.array(slit, mask=hidden)),
        lambda: flow.connected_threshold(np.ma.array(grey, mask=hidden)),
        lambda: flow.domain_from_grey(np.ma.array(grey, mask=hidden), threshold=30),
    ):
        with pytest.raises(TypeError, match=r"masked array; .* pass rock="):
            call()
    domain = flow.domain_from_mask(slit, rock=~hidden)
    assert domain.porosity == 0.5


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"gas": "methane"}, TypeError, r"gas must be a Gas such as shalelib\.flow\.METHANE"),
        ({"slip": "no slip"}, TypeError, "slip must be a SlipModel such as"),
        ({"buffer": -1}, ValueError, "number of open slices"),
        ({"buffer": 1.5}, ValueError, "number of open slices"),
        ({"buffer": "4"}, ValueError, "number of open slices"),
        ({"pressure_drop": "1"}, ValueError, "pressure_drop must be positive"),
        ({"pressure_drop": True}, ValueError, "pressure_drop must be positive"),
        ({"pressure_drop": float("nan")}, ValueError, "pressure_drop must be positive"),
    ],
)
def test_what_the_flow_is_given_is_checked_before_it_runs(slit, options, error, said):
    with pytest.raises(error, match=said):
        flow.permeability(slit, voxel_size=1e-8, ends="pressure", **options)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"molar_mass": 16.043}, "for 16.043 g/mol write 16.043e-3"),
        ({"viscosity": 0.0134}, "for 0.0134 cP write 0.0134e-3"),
        ({"viscosity": 13.4}, "for 13.4 µPa s 13.4e-6"),
        ({"pressure": "0.8e6"}, "positive and finite"),
        ({"pressure": True}, "positive and finite"),
        ({"temperature": None}, "positive and finite"),
    ],
)
def test_a_gas_in_other_units_is_refused_with_the_mend(state, said):
    with pytest.raises(ValueError, match=said):
        replace(flow.METHANE, **state)
    assert replace(flow.METHANE, molar_mass=16.043e-3, viscosity=0.0134e-3) == replace(
        flow.METHANE, viscosity=13.4e-6
    )


def test_a_result_of_numpys_numbers_is_kept_in_a_new_folder(tmp_path, slit):
    """An axis or a pressure out of an array is no other number than its own."""
    gas = replace(flow.METHANE, pressure=np.float64(0.8e6))
    found = flow.permeability(
        slit, voxel_size=np.float32(1e-8), axis=np.int64(0), gas=gas, slip=flow.NO_SLIP
    )
    found.save(tmp_path / "new folder" / "deep" / "flow.json")
    kept = json.loads((tmp_path / "new folder" / "deep" / "flow.json").read_text(encoding="utf-8"))
    assert (kept["axis"], kept["gas"]["pressure"]) == (0, 0.8e6)
    assert kept["permeability"] == found.permeability


@pytest.mark.parametrize(
    "count",
    [metrics.minkowski, metrics.quad_counts, metrics.edge_perimeter],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("kind", [np.uint8, np.int64, float])
def test_functionals_are_of_masks_alone(count, kind):
    """The bits of a grey level would be taken for pixels."""
    phase = np.random.default_rng(0).random((2, 8, 8)) < 0.4
    with pytest.raises(TypeError, match="must be a boolean array"):
        count(phase.astype(kind) * 255)
    with pytest.raises(ValueError, match="must have 3 dimensions"):
        count(phase[0])


@pytest.mark.parametrize("level", [95, 1, 0, -1, float("nan")])
def test_a_confidence_level_is_a_share(level):
    for interval in (
        lambda: metrics.student_mean([1.0, 2.0, 3.0], level=level),
        lambda: metrics.bootstrap_mean([1.0, 2.0, 3.0], [0, 1, 2], level=level),
    ):
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            interval()


@pytest.mark.parametrize("unit", [-1.0, 0.0, float("nan"), float("inf")])
def test_a_distance_has_a_positive_unit(unit):
    with pytest.raises(ValueError, match="unit must be a positive number"):
        metrics.wasserstein([1.0, 2.0], [2.0], unit=unit)


@pytest.fixture
def plug():
    """Slices of a round plug in a black box, and its mask."""
    y, x = np.indices((40, 40)) - 19.5
    rock = np.broadcast_to(np.hypot(y, x) < 17, (6, 40, 40)).copy()
    grey = np.random.default_rng(1).integers(60, 200, rock.shape, dtype=np.uint8)
    return np.where(rock, grey, np.uint8(0)), rock


def test_an_inverted_mask_is_refused_and_its_mend_is_taken(plug):
    """The fill round the plug percolates at grey 0, so that a flow through nothing came out."""
    grey, rock = plug
    network = models.load_generator("pix2pix_phantom")
    for call in (
        lambda mask: data.as_volume(grey, inside=mask),
        lambda mask: flow.first_percolation(grey, rock=mask),
        lambda mask: flow.domain_from_grey(grey, threshold=150, rock=mask),
        lambda mask: models.translate(network, grey[:1], rock=mask[:1]),
    ):
        with pytest.raises(ValueError, match=r"inverted: 100% of .* is a fill, .* pass .*~mask"):
            call(~rock)
        call(rock)


def test_a_rock_of_one_grey_beside_an_outside_of_one_is_no_inverted_mask(plug):
    _, rock = plug
    assert flow.first_percolation(np.where(rock, np.uint8(90), np.uint8(0)), rock=rock) == 90


def test_masked_arrays_are_no_images_for_metrics_and_translation(volume):
    masked = np.ma.array(volume, mask=volume > 150)
    network = models.load_generator("pix2pix_phantom")
    for call in (
        lambda: metrics.psnr(masked[0], volume[0]),
        lambda: metrics.dice(masked, volume, 60),
        lambda: metrics.minkowski(masked < 100),
        lambda: metrics.auc_of_grey(masked, volume < 100),
        lambda: metrics.student_mean(np.ma.array([1.0, 2.0], mask=[0, 1])),
        lambda: models.translate(network, masked),
        lambda: data.rock_mask(masked),
    ):
        with pytest.raises(TypeError, match=r"masked array; .*\.filled\(.*rock= or inside="):
            call()


def test_three_equal_edges_are_one_and_others_are_told_the_mend(slit):
    edges = (1e-8, 1e-8, 1e-8)
    for given in (edges, list(edges), np.array(edges)):
        kn = flow.local_knudsen(np.ones((2, 2, 2)), mean_free_path=2e-8, voxel_size=given)
        np.testing.assert_array_equal(kn, 2.0)
    with pytest.raises(ValueError, match=r"no cubes \(10 x 20 x 10 nm .*flow\.cubic_voxels"):
        flow.permeability(slit, voxel_size=(1e-8, 2e-8, 1e-8))
    pore, edge = flow.cubic_voxels(slit, (1e-8, 2e-8, 1e-8))
    assert (pore.shape, edge) == ((4, 16, 6), 1e-8)


def test_one_slice_connects_no_two_faces(volume):
    for find in (flow.connected_threshold, flow.first_percolation):
        with pytest.raises(ValueError, match=r"1 slice along axis 0.* at least 2"):
            find(volume[:1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch": 0}, "batch must be a whole number, 1 or more, got 0"),
        ({"batch": 1.5}, "batch must be a whole number, 1 or more, got 1.5"),
        ({"seed": "a"}, "seed must be a whole number"),
    ],
)
def test_a_translation_is_given_whole_numbers(options, said):
    images = np.random.default_rng(0).integers(60, 200, (2, 8, 8), dtype=np.uint8)
    network = models.load_generator("pix2pix_phantom")
    with pytest.raises(ValueError, match=said):
        models.translate(network, images, **options)
    with pytest.raises(ValueError, match="5 pixels at least along y and x"):
        models.translate(network, images[:, :4])
    assert models.translate(network, images[:, :5, :5]).shape == (2, 5, 5)
    with pytest.raises(TypeError, match=r"shalelib\.models\.load_generator"):
        models.translate("pix2pix_phantom", images)


def test_a_volume_of_one_grey_level_is_not_translated(tmp_path, plug):
    """The network would draw a rock with pores that is nowhere."""
    _, rock = plug
    network = models.load_generator("pix2pix_phantom")
    for call in (
        lambda txm, **rock: models.translate(network, txm, **rock),
        lambda txm, **rock: models.translate_volume(network, txm, tmp_path / "out.npy", **rock),
    ):
        with pytest.raises(ValueError, match="is grey 90, and there is nothing to translate"):
            call(np.full(rock.shape, 90, np.uint8))
        with pytest.raises(ValueError, match="is grey 90, and there is nothing to translate"):
            call(np.where(rock, np.uint8(90), np.uint8(0)), rock=rock)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("thresholds", [80, "80", np.uint8(80)])
def test_a_sweep_takes_a_row_of_thresholds(volume, thresholds):
    with pytest.raises(TypeError, match=r"row of grey levels such as \[60, 90\]"):
        flow.threshold_sweep(volume, thresholds, voxel_size=1e-8)


@pytest.mark.parametrize("options", [{"tile": "512"}, {"tile": 4}, {"slab": 0}, {"overlap": 1.5}])
def test_a_tile_and_a_slab_are_whole_numbers(tmp_path, volume, options):
    network = models.load_generator("pix2pix_phantom")
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be a whole number"):
        models.translate_volume(network, volume, tmp_path / "out.npy", **options)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda v: metrics.slice_jump(v, axis=3), ValueError, "axis must be 0, 1 or 2"),
        (lambda v: metrics.two_point_along(v < 90, 3, reach=1), ValueError, "axis must be"),
        (
            lambda v: metrics.two_point_correlation(v < 90, v > 0, reach=-1),
            ValueError,
            "reach must be a whole number, 0 or more",
        ),
        (lambda v: metrics.bootstrap_mean([1, 2], [0, 1], resamples=0), ValueError, "resamples"),
        (
            lambda v: metrics.kl_of_samples([1, 2], [1, 2], np.array([0, -1]), np.array([0, 1])),
            ValueError,
            "groups_real must number the group .* from 0 on",
        ),
        (lambda v: metrics.plane_blocks(v.shape, "x-y", block=0), ValueError, "block must be"),
        (lambda v: flow.common_threshold(v), TypeError, "see connected_threshold"),
        (lambda v: flow.threshold_rules([v]), TypeError, "must map names to volumes"),
        (lambda v: flow.cubic_voxels(v, 1e-8), ValueError, "spacing must have three edges"),
        (lambda v: flow.microporous_permeability(v < 90, voxel_size=1e-8), TypeError, "as floats"),
        (
            lambda v: flow.permeability(v < 90, voxel_size=1e-8, options={"tolerance": 1e-4}),
            TypeError,
            r"SolverOptions\(\*\*options\)",
        ),
        (lambda v: segmentation.load_polygons(""), FileNotFoundError, "no polygon file ''"),
        (lambda v: data.rock_mask(v.astype(float)), TypeError, "must be uint8"),
    ],
)
def test_what_failed_in_the_depths_or_passed_is_named(volume, call, error, said):
    with pytest.raises(error, match=said):
        call(volume)


@pytest.mark.parametrize(
    ("asked", "missing", "extra"),
    [("models.load_generator", "torch", "models"), ("data.write_ome_zarr", "zarr", "data")],
)
def test_what_the_core_does_not_install_is_named_with_its_extra(asked, missing, extra):
    room = asked.split(".")[0]
    code = f"import sys; sys.modules[{missing!r}] = None; from shalelib import {room}; "
    code += f"print(len({room}.__all__)); {asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert int(done.stdout) > 5
    assert f"shalelib.{asked} needs {missing}" in done.stderr
    assert f'pip install ".[{extra}]"' in done.stderr
