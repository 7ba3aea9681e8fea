import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from companion import profiles
from shalelib import arrays, files
from shalelib.models.config import TrainConfig


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        ([[1, 2]], TypeError, "NumPy array"),
        (np.zeros((2, 2), np.uint16), TypeError, "rescale it to 0-255"),
        (np.zeros((2, 2, 3), np.uint8), ValueError, "2 dimensions"),
        (np.zeros((0, 2), np.uint8), ValueError, "empty"),
    ],
)
def test_bad_images_are_refused_with_the_mend(image, error, words):
    with pytest.raises(error, match=words):
        arrays.check_grey("txm", image, ndim=2)


def test_a_mask_must_be_boolean():
    with pytest.raises(TypeError, match="boolean"):
        arrays.check_mask("pore", np.ones((2, 2), np.uint8))


def test_digest_tells_apart_what_differs_in_any_way():
    parts = [
        (np.arange(4),),
        (np.arange(4, dtype=np.int32),),
        (np.arange(4).reshape(2, 2),),
        ("a", "bc"),
        ("ab", "c"),
        (b"abc",),
        (TrainConfig(),),
        (TrainConfig(ngf=32),),
    ]
    assert len({arrays.digest(*p) for p in parts}) == len(parts)


@pytest.mark.parametrize("dtype", [np.uint8, bool, ">i4", np.float64, "U3", "i2,f8"])
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.transpose(2, 0, 1),
        lambda a: a[:, ::-1],
        lambda a: a[::2, 3:20, 1::3],
        lambda a: a[1],
        lambda a: a[:, 0, 0],
        lambda a: a[2, 3, 4, ...],
        lambda a: a[:0],
        lambda a: a[:, :0, ::2],
        lambda a: np.broadcast_to(a[0], (4, *a[0].shape)),
        np.asfortranarray,
        lambda a: a[None, :, :, None, 5:],
    ],
)
def test_a_view_has_the_digest_of_its_copy(view, dtype):
    """Also where it is more than what is copied at a time."""
    values = np.arange(70 * 41 * 50).reshape(70, 41, 50).astype(dtype)
    assert arrays.digest(view(values)) == arrays.digest(np.array(view(values), order="C"))


def test_a_view_is_not_copied_whole_to_be_hashed():
    view = np.zeros((256, 256, 256), np.uint8).T[:, ::2]
    tracemalloc.start()
    arrays.digest(view)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < view.nbytes / 20


def test_profiles_change_sizes_only():
    """Every field by which profiles differ is a number; none switches a method."""
    for profile in profiles.PROFILES:
        for part in (profile.train, profile.evaluation, profile.forest):
            assert all(isinstance(value, int) for value in vars(part).values())
    assert profiles.PAPER.train == TrainConfig()
    assert profiles.PAPER.train.total_steps == 75 * 10_000


def test_unknown_profile_lists_the_valid_ones():
    with pytest.raises(ValueError, match=r"'lapptop'.*smoke, laptop, gpu, paper"):
        profiles.get_profile("lapptop")


@pytest.mark.parametrize(
    "bad", [{"patch": 30}, {"patch": 8}, {"batch": 0}, {"epochs_decay": -1}, {"ngf": -4}]
)
def test_bad_training_sizes_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TrainConfig(**bad)


def test_a_failed_write_leaves_the_earlier_file(tmp_path, monkeypatch):
    """A full disk shows itself at fsync at the latest; nothing half-written may stay."""
    path = tmp_path / "result.json"
    files.write_json(path, {"psnr": 1.0})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_json(path, {"psnr": 2.0})
    assert files.read_json(path) == {"psnr": 1.0}
    assert [p.name for p in tmp_path.iterdir()] == ["result.json"]


def test_not_a_number_never_reaches_a_result_file(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "x.json", {"psnr": float("nan")})
    assert not (tmp_path / "x.json").exists()


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "x.json").write_text('{"psnr": 1')
    with pytest.raises(ValueError, match=r"x\.json is damaged"):
        files.read_json(tmp_path / "x.json")
    with pytest.raises(FileNotFoundError, match=r"y\.json"):
        files.read_json(tmp_path / "y.json")


@pytest.mark.parametrize(
    "length",
    [
        33.6e-9,
        *(kind(1e-3) for kind in (np.float16, np.float32, np.float64, np.longdouble, np.array)),
        1e-10,
        1e-2,
        Decimal("33.6e-9"),
        Fraction(336, 10**10),
    ],
)
def test_any_real_number_of_a_voxels_size_is_a_length(length):
    found = arrays.check_length("voxel_size", length)
    assert type(found) is float
    assert found == float(length)


@pytest.mark.parametrize(
    ("length", "error", "message"),
    [
        (33.6, ValueError, "for 33.6 nm write 33.6e-9"),
        (1_000_000, ValueError, "write 1000000e-9"),
        (1e8, ValueError, "between 1e-10 and 0.01"),
        (5e-11, ValueError, "between 1e-10 and 0.01"),
        (-1e-8, ValueError, "positive length"),
        (np.nan, ValueError, "positive length"),
        (np.inf, ValueError, "positive length"),
        (True, TypeError, "got True"),
        (np.True_, TypeError, "must be a number of metres"),
        (np.array(True), TypeError, "must be a number of metres"),
        (np.int64(5), ValueError, "for 5 nm write 5e-9"),
        (Decimal("33.6"), ValueError, "for 33.6 nm write 33.6e-9"),
        (Decimal("NaN"), ValueError, "positive length"),
        ("33.6e-9", TypeError, "got '33.6e-9'"),
        ("33.6 nm", TypeError, "without a unit, such as 33.6e-9 for 33.6 nm, got '33.6 nm'"),
        (33.6e-9 + 0j, TypeError, "must be a number of metres"),
        ((1e-8, 1e-8, 1e-8), TypeError, "must be a number of metres"),
        (np.array([1e-8]), TypeError, "must be a number of metres"),
        (None, TypeError, "got None"),
    ],
)
def test_what_is_no_length_is_refused_with_the_mend(length, error, message):
    with pytest.raises(error, match=message):
        arrays.check_length("voxel_size", length)


def test_a_quantity_with_a_unit_is_refused_and_its_number_of_metres_is_not():
    pint = pytest.importorskip("pint", reason="makes the quantity")
    edge = pint.UnitRegistry().Quantity(33.6, "nm")
    with pytest.raises(TypeError, match=r"without a unit, .*got <Quantity\(33\.6, 'nanometer'\)>"):
        arrays.check_length("voxel_size", edge)
    metres = edge.to("m").magnitude
    assert arrays.check_length("voxel_size", metres) == pytest.approx(33.6e-9)
