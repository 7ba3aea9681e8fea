"""Arrays of other libraries become volumes and masks, or the refusal says how."""

import re

import numpy as np
import pytest

from shalelib.data import as_volume

VOLUME = np.random.default_rng(0).integers(1, 256, (4, 6, 8), dtype=np.uint8)
INSIDE = VOLUME > 60


class Lazy:
    """An array that NumPy can ask for, as those of dask are."""

    def __init__(self, values):
        self.values = values
        self.nbytes = values.nbytes

    def __array__(self, dtype=None, copy=None):
        return self.values


class Device:
    """An array on another device, as CuPy's and PyTorch's refuse to be copied."""

    @property
    def nbytes(self):
        raise RuntimeError  # as of tensors that are sparse

    def __array__(self, dtype=None, copy=None):
        raise TypeError


@pytest.mark.parametrize("kind", [Lazy, np.ndarray.tolist, np.asfortranarray, memoryview])
def test_what_becomes_an_array_is_a_volume_and_a_mask(kind):
    found = as_volume(kind(VOLUME), inside=kind(INSIDE), window=(0, 255))
    np.testing.assert_array_equal(found.pixels, VOLUME)
    np.testing.assert_array_equal(found.inside, INSIDE)


def test_what_becomes_none_by_itself_is_told_how():
    for given in ({"data": Device()}, {"data": VOLUME, "inside": Device()}):
        with pytest.raises(TypeError, match=r"does not become a NumPy array by itself"):
            as_volume(**given)


def test_tensors_come_in_as_the_refusal_says():
    torch = pytest.importorskip("torch", reason="makes the tensors")
    tensor = torch.tensor(VOLUME)
    np.testing.assert_array_equal(as_volume(tensor, inside=tensor > 60).inside, INSIDE)
    for odd in (tensor.float().requires_grad_(), tensor.to(torch.bfloat16)):
        with pytest.raises(TypeError, match="by itself") as refusal:
            as_volume(odd, window=(0, 255))
        mend = re.findall(r"tensor\.\S+", str(refusal.value))[-1]
        found = as_volume(eval(mend, {"tensor": odd}), window=(0, 255))
        # bfloat16 keeps 8 bits of a number
        np.testing.assert_allclose(found.pixels, VOLUME, atol=1)


def test_a_table_of_pandas_is_a_slice_as_the_refusal_says():
    pandas = pytest.importorskip("pandas", reason="makes the table")
    array = pandas.DataFrame(VOLUME[0])
    with pytest.raises(ValueError, match="a slice alone is") as refusal:
        as_volume(array)
    [mend] = re.findall(r"a slice alone is (\S+),", str(refusal.value))
    found = as_volume(eval(mend, {"numpy": np, "array": array}))
    np.testing.assert_array_equal(found.pixels[0], VOLUME[0])


def labelled(values, *, places=(30.0, 30.0, 30.0), units="nm", dtype=float, start=0.0):
    """An array of xarray with even coordinates."""
    xarray = pytest.importorskip("xarray", reason="names dimensions")
    axes = zip("zyx", values.shape, places, strict=True)
    along = {
        axis: (axis, (start + np.arange(n) * step).astype(dtype), {"units": units})
        for axis, n, step in axes
    }
    return xarray.DataArray(values, dims=list("zyx"), coords=along)


def test_a_mask_with_named_dimensions_is_brought_to_the_order_of_the_volume():
    grey, inside = labelled(VOLUME), labelled(INSIDE).transpose("x", "z", "y")
    np.testing.assert_array_equal(as_volume(grey, inside=inside).inside, INSIDE)
    one = as_volume(grey, inside=inside.isel(z=1)).inside
    np.testing.assert_array_equal(one, np.broadcast_to(INSIDE[1], VOLUME.shape))
    with pytest.raises(ValueError, match=r"mask has the dimensions .*rename or select"):
        as_volume(grey, inside=inside.rename(z="band"))


def test_holes_are_filled_as_the_refusal_says_and_the_dimensions_stay():
    """A mend that lost their names would take x for z."""
    array = labelled(VOLUME.astype(float)).where(labelled(INSIDE)).transpose("x", "y", "z")
    with pytest.raises(ValueError, match="are not finite") as refusal:
        as_volume(array, window=(0, 255))
    said = str(refusal.value)
    names = {"numpy": np, "array": array}
    names["filled"] = eval(re.search(r"filled = (.*?), and read", said)[1], names)
    inside = eval(re.search(r"inside=(.*)\)$", said)[1], names)
    found = as_volume(names["filled"], inside=inside, window=(0, 255))
    np.testing.assert_array_equal(found.inside, INSIDE)
    np.testing.assert_array_equal(found.pixels[INSIDE], VOLUME[INSIDE])
    assert found.edge == pytest.approx(30e-9)


def test_coordinates_that_are_rounded_are_even():
    """Of 32 bits and far from zero, each step alone is wrong by up to 3%."""
    far = labelled(VOLUME, places=[33.6e-6] * 3, units="mm", dtype=np.float32, start=10.0)
    assert as_volume(far).voxel_size == pytest.approx([33.6e-9] * 3, rel=0.01)
    near = labelled(VOLUME, places=[33.6] * 3, dtype=np.float32)
    assert as_volume(near).edge == pytest.approx(33.6e-9, rel=1e-6)


def test_coordinates_that_are_no_lengths_are_not_believed():
    grey = labelled(VOLUME)
    for places in (["a", "b", "c", "d"], np.arange(4).astype("M8[s]")):
        assert as_volume(grey.assign_coords(z=places)).voxel_size is None
    assert as_volume(labelled(VOLUME, units=b"nm")).edge == pytest.approx(30e-9)
    with pytest.warns(UserWarning, match=r"a length in 'furlong', which is no unit.*voxel_size="):
        assert as_volume(labelled(VOLUME, units="furlong")).voxel_size is None
    with pytest.raises(ValueError, match=r"not evenly spaced along z.*\.drop_vars\('z'\)"):
        as_volume(grey.assign_coords(z=[0, 30, np.nan, 90]))


def test_percentiles_of_half_floats_are_those_of_the_same_numbers_as_floats():
    """Beyond 65,504 voxels NumPy may count their places in the 16 bits of a half float."""
    many = np.tile(VOLUME, (20, 5, 5))
    assert many.size > float(np.finfo(np.float16).max)
    found = as_volume(many.astype(np.float16), percentiles=(1, 99))
    assert found.window == tuple(np.percentile(many, (1, 99)))
