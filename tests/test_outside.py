"""Where a volume ends: surroundings are found at any dark grey, pores of a crop never are."""

import ast
import importlib
import inspect
import re
import warnings

import numpy as np
import pytest
import tifffile
from scipy import ndimage

import shalelib
from companion.datasets import load_rock
from shalelib import data, flow
from shalelib._code import _statements, is_house, place_of, source, uses
from shalelib.data.rock import rock_mask
from shalelib.outside import check_no_outside, find_outside, find_rim

AIRS = [(0, 0), (0, 5), (8, 0), (8, 3), (15, 1), (15, 5), (30, 0), (30, 5)]
"""Grey levels of the surroundings, and the standard deviation of their noise."""


def silent(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call()


def textured(shape, *, seed=0, porosity=0.1, pore=0):
    """Rock of smooth grey levels from 70 to 200 with pores."""
    field = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), (1, 2, 2))
    rank = field.argsort(axis=None).argsort().reshape(shape) / field.size
    return np.where(rank < porosity, pore, 70 + 130 * rank)


def surrounded(rock, grey, air, noise, *, seed=0):
    """Put grey levels with their noise round a rock."""
    rest = air + noise * np.random.default_rng(seed).standard_normal(rock.shape)
    return np.clip(np.rint(np.where(rock, grey, rest)), 0, 255).astype(np.uint8)


def bodies(depth=12, edge=64):
    """Masks of rocks: a plug, one that is cut and off the centre, slabs, a plug that lies."""
    z, y, x = np.indices((depth, edge, edge))
    middle = (edge - 1) / 2
    return {
        "plug": np.hypot(y - middle, x - middle) < 0.45 * edge,
        "cut plug": np.hypot(y - 0.2 * edge, x - 0.3 * edge) < 0.5 * edge,
        "slab": abs(y - middle) < 0.3 * edge,
        "leaning slab": y + x > 0.5 * edge,
        "lying plug": np.hypot(z - (depth - 1) / 2, x - middle) < 0.45 * depth,
        "slab that ends along z": z < 0.7 * depth,
    }


def plug(depth=8, edge=96, seed=0):
    """A disc of rock with dark pores that reach its rim, zeros round it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:edge, :edge] - edge / 2
    disc = y**2 + x**2 < (0.45 * edge) ** 2
    grey = rng.integers(60, 200, (depth, edge, edge)).astype(np.uint8)
    grey[rng.random(grey.shape) < 0.05] = 0
    return np.where(disc, grey, 0).astype(np.uint8), disc


def test_the_outside_of_a_plug_is_found_and_refused_without_a_mask():
    volume, disc = plug()
    _, outside = find_outside(volume)
    outside = outside[0]
    assert (outside & disc).sum() <= 3  # single pixels of the rim that are pores in all slices
    assert (outside | disc).all()
    with pytest.raises(ValueError, match=r"is zero in nearly .*outside the rock.*Pass rock="):
        check_no_outside("volume", volume)
    assert rock_mask(volume)[:, ~disc].sum() == 0


@pytest.mark.parametrize(("air", "noise"), AIRS)
@pytest.mark.parametrize("body", bodies())
def test_surroundings_of_any_dark_grey_are_outside(body, air, noise):
    """Without a mask the gas would flow round the rock; the mask that is found keeps it inside.

    Of the pores that open to the surroundings a rim of a voxel counts with them.
    """
    rock = bodies()[body]
    volume = surrounded(rock, textured(rock.shape), air, noise)
    level, _ = find_outside(volume)
    assert air <= level <= air + 26
    with pytest.raises(ValueError, match="outside the rock"):
        check_no_outside("volume", volume)
    found = rock_mask(volume)
    assert not (found & ~ndimage.binary_dilation(rock, iterations=2)).any()
    assert (rock & ~found).sum() < 0.06 * rock.sum()


@pytest.mark.parametrize(("air", "noise"), AIRS)
def test_a_crack_that_opens_to_the_surroundings_is_a_pore_of_the_plug(air, noise):
    """As dark as they are, through all slices: without it the gas would lose its widest way."""
    rock = bodies()["plug"]
    grey = np.where(rock, 150.0, air)
    grey[:, 30:33] = air
    found = rock_mask(surrounded(rock, grey, air, noise))
    assert found[:, 30:33, 8:56].all()
    assert not (found & ~ndimage.binary_dilation(rock)).any()


@pytest.mark.parametrize("edge", [64, 200])
@pytest.mark.parametrize("share", [0.45, 0.495])
def test_no_sliver_between_plug_and_frame_is_left_as_rock(edge, share):
    """It is dark through all slices: a way round the rock from face to face."""
    y, x = np.indices((edge, edge)) - (edge - 1) / 2
    rock = np.broadcast_to(np.hypot(y, x) < share * edge, (5, edge, edge))
    np.testing.assert_array_equal(rock_mask(np.where(rock, 120, 0).astype(np.uint8)), rock)


@pytest.mark.parametrize("drift", [3, 10])
@pytest.mark.parametrize(("air", "noise"), [(0, 0), (20, 4)])
def test_a_plug_that_leans_is_followed_through_the_slices(drift, air, noise):
    """Its outline moves; no air is left inside from face to face, and no rock beyond the rim."""
    z, y, x = np.indices((40, 96, 96))
    rock = np.hypot(y - 47.5, x - 47.5 - drift * (z / 39 - 0.5)) < 40
    found = rock_mask(surrounded(rock, textured(rock.shape), air, noise))
    assert not (found & ~rock).all(axis=0).any()
    assert (found & ~rock).sum() < 1e-3 * (~rock).sum()
    assert (rock & ~found).sum() < 0.02 * rock.sum()


@pytest.mark.parametrize(("air", "noise"), AIRS)
@pytest.mark.parametrize("slices", [1, 4, 80])
@pytest.mark.parametrize("modality", ["txm", "sem"])
def test_round_the_digital_shale_any_dark_grey_is_found(modality, slices, air, noise):
    shale = load_rock("smoke")
    grey = np.asarray(getattr(shale, modality))[:slices]
    rock = np.broadcast_to(shale.outline, grey.shape)
    assert find_outside(surrounded(rock, grey, air, noise)) is not None


def test_a_blurred_rim_is_no_reason_to_miss_the_outside():
    rock = bodies(depth=30)["plug"]
    grey = ndimage.gaussian_filter(np.where(rock, textured(rock.shape), 15.0), 1)
    grain = 3 * np.random.default_rng(1).standard_normal(rock.shape)
    assert find_outside(np.clip(grey + grain, 0, 255).astype(np.uint8)) is not None


@pytest.mark.parametrize("modality", ["txm", "sem"])
@pytest.mark.parametrize("slices", [1, 2, 4, 16, 64])
def test_no_crop_of_the_digital_shale_has_an_outside(modality, slices):
    """Of 2,400 crops of up to 32 slices one was taken for a plug: 48 pixels, a seam in a corner."""
    shale = load_rock("smoke")
    grey = np.asarray(getattr(shale, modality))
    rng = np.random.default_rng(slices + 100)
    crops = 0
    while crops < 20:
        edge = int(rng.choice([48, 64]))
        room = np.subtract(grey.shape, (slices, edge, edge))
        z, y, x = rng.integers(0, room + 1).tolist()
        place = (slice(y, y + edge), slice(x, x + edge))
        if shale.outline[place].all():
            crops += 1
            assert find_outside(grey[(slice(z, z + slices), *place)]) is None


@pytest.mark.parametrize("porosity", [0.1, 0.3, 0.5, 0.6])
@pytest.mark.parametrize("depth", [1, 3, 8, 20])
@pytest.mark.parametrize(("dark", "noise"), [(0, 0), (15, 3), (30, 5)])
def test_dark_pores_of_an_interior_crop_are_rock(porosity, depth, dark, noise):
    """Seams and holes of one dark grey, many of them touching the frame."""
    for seed in range(3):
        grey = textured((depth, 72, 72), seed=seed, porosity=porosity, pore=dark)
        grain = noise * np.random.default_rng(seed + 9).standard_normal(grey.shape)
        volume = np.clip(grey + grain, 0, 255).astype(np.uint8)
        assert find_outside(volume) is None
        assert rock_mask(volume).all()


@pytest.mark.parametrize("depth", [1, 8, 20])
@pytest.mark.parametrize("dark", [0, 20])
def test_a_crack_through_the_middle_is_no_outside(depth, dark):
    """Half of the volume, to the frame on two sides, and in no corner."""
    grey = textured((depth, 64, 64))
    grey[:, :, 16:48] = dark
    assert find_outside(grey.astype(np.uint8)) is None


@pytest.mark.parametrize(
    "levels", [(0, 256), (180, 256), (97, 104), (3, 14), (7, 8), (0, 1), (0, 2)]
)
@pytest.mark.parametrize("depth", [1, 8, 20])
def test_what_shows_no_rock_at_all_has_no_outside(levels, depth):
    """Noise of any range, one grey level, zeros and ones."""
    volume = np.random.default_rng(0).integers(*levels, (depth, 64, 64), dtype=np.uint8)
    assert find_outside(volume) is None


def test_a_crop_that_a_straight_crack_ends_looks_like_a_slab():
    """Nothing in the image tells them apart: it is refused, and the refusal says what to do."""
    grey = textured((8, 64, 64))
    grey[:, 32:] = 0
    volume = grey.astype(np.uint8)
    with pytest.raises(ValueError, match=r"if it is all rock, pass rock= with np\.ones"):
        check_no_outside("volume", volume)
    flow.first_percolation(volume, rock=np.ones(volume.shape, bool))


def test_real_patches_keep_their_outlines(real_patches):
    """A patch at the edge of the plug shows an outside; one wholly of rock shows none."""
    share = 1 - real_patches.inside.mean(axis=(1, 2))
    found = [find_outside(image[None]) is not None for image in real_patches.txm]
    assert all(found[k] for k in np.flatnonzero(share > 0.2))
    inner = np.flatnonzero(share == 0)
    for images in (real_patches.txm, real_patches.sem):
        for k in inner:
            for edge in (48, 128):
                assert find_outside(images[k][None, :edge, :edge]) is None


def test_the_flow_domain_of_a_plug_lies_in_the_rock():
    """Without the mask its zeros would percolate; with it the one channel through the rock does."""
    _, disc = plug(depth=10, edge=48)
    grey = np.where(disc, np.uint8(150), np.uint8(0))[None].repeat(10, 0)
    grey[:, 20:22, 20:22] = 40
    for call in (flow.connected_threshold, flow.first_percolation):
        with pytest.raises(ValueError, match="outside the rock"):
            call(grey)
    with pytest.raises(ValueError, match="outside the rock"):
        flow.domain_from_grey(grey, threshold=40)
    rock = rock_mask(grey)
    threshold = flow.connected_threshold(grey, rock=rock)
    domain = flow.domain_from_grey(grey, threshold=threshold, rock=rock)
    assert threshold == 40
    np.testing.assert_array_equal(domain.pore, grey == 40)
    assert domain.porosity == pytest.approx(40 / rock.sum())


# ------------------------------------------------------------------- a refusal and its door


def reached(function):
    """All statements that a function may run, as `shalelib.store` finds them for its keys."""
    todo, seen = [place_of(function)], set()
    while todo:
        place = todo.pop()
        if place not in seen:
            seen.add(place)
            todo += [target for _, target in uses(place) if is_house(target[0])]
    return seen


def functions(room):
    """The public functions of a room."""
    face = importlib.import_module(f"shalelib.{room}")
    named = {name: getattr(face, name) for name in face.__all__}
    return {name: one for name, one in named.items() if inspect.isfunction(one)}


def named_arguments(place):
    """Arguments that the errors of a statement tell the caller to pass."""
    found = set()
    module = source(place[0])
    for statement in [] if module is None else _statements(module, place[1]):
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "msg":
                text = ast.unparse(node.value)
                found |= set(re.findall(r"\b[Pp]ass (\w+)=", text))
    return found


@pytest.mark.parametrize("room", ["flow", "models"])
def test_who_can_refuse_an_outside_takes_the_mask(room):
    for name, function in functions(room).items():
        if ("shalelib.outside", "check_no_outside") in reached(function):
            taken = inspect.signature(function).parameters.keys()
            assert {"rock", "rocks"} & taken, name


@pytest.mark.parametrize("room", ["flow", "models"])
def test_what_a_refusal_tells_to_pass_can_be_passed_there(room):
    """The hint of a masked array is of two kinds, for doors with a mask and for those without."""
    general = ("shalelib.arguments", "check_complete")
    for name, function in functions(room).items():
        taken = inspect.signature(function).parameters.keys()
        for place in reached(function) - {general}:
            assert named_arguments(place) <= taken, (name, place)


DOORS = {
    "first_percolation": lambda v, **rock: flow.first_percolation(v, **rock),
    "connected_threshold": lambda v, **rock: flow.connected_threshold(v, **rock),
    "common_threshold": lambda v, **rock: flow.common_threshold([v, v], **rock),
    "threshold_rules": lambda v, **rock: flow.threshold_rules({"plug": v}, **rock),
    "sweep_levels": lambda v, **rock: flow.sweep_levels(v, 2, last=120, **rock),
    "domain_from_grey": lambda v, **rock: flow.domain_from_grey(v, threshold=150, **rock),
    "threshold_sweep": lambda v, **rock: flow.threshold_sweep(v, [150], voxel_size=3e-8, **rock),
}


@pytest.mark.parametrize("door", DOORS)
def test_the_mend_that_a_refusal_names_works_at_its_own_door(door):
    volume, _ = plug(depth=6, edge=32)
    with pytest.raises(ValueError, match="outside the rock") as refusal:
        DOORS[door](volume)
    [argument] = set(re.findall(r"[Pp]ass (\w+)=", str(refusal.value)))
    mask = rock_mask(volume)
    given = {"common_threshold": [mask, mask], "threshold_rules": {"plug": mask}}.get(door, mask)
    DOORS[door](volume, **{argument: given})


@pytest.mark.parametrize("width", [1, 2, 7])
@pytest.mark.parametrize("side", ["top", "bottom", "left", "right", "two"])
def test_a_border_that_a_registration_leaves_is_no_rock(tmp_path, side, width):
    """It is said on reading; both mends that the warning names work when carried out."""
    grey = textured((6, 48, 40)).astype(np.uint8)
    grey[grey < 60] = 0
    rows, columns = slice(None), slice(None)
    if side in ("top", "two"):
        rows = slice(width, None)
    if side == "bottom":
        rows = slice(None, -width)
    if side in ("left", "two"):
        columns = slice(width, None)
    if side == "right":
        columns = slice(None, -width)
    rock = np.zeros(grey.shape, bool)
    rock[:, rows, columns] = True
    moved = np.where(rock, grey, 0).astype(np.uint8)
    tifffile.imwrite(tmp_path / "txm.tif", moved)
    with pytest.warns(UserWarning, match=rf"border \({width} (rows|columns) at the") as warned:
        volume = data.read_volume(tmp_path / "txm.tif")
    [said] = [str(one.message) for one in warned]
    crop, mask = re.findall(r"volume = ([^()]*\([^()]*(?:\([^()]*\))?\))", said)
    names = {"volume": volume, "shalelib": shalelib}
    np.testing.assert_array_equal(silent(lambda: eval(crop, names)).pixels, grey[:, rows, columns])
    masked = silent(lambda: eval(mask, names))
    assert not (masked.inside & ~rock).any()
    assert (rock & ~masked.inside).mean() < 0.01  # pores that open to a wide border go with it
    silent(lambda: data.read_volume(tmp_path / "txm.tif", mask=masked.inside))


def test_no_border_is_seen_where_a_face_shows_pores_or_codes():
    grey = textured((6, 48, 40)).astype(np.uint8)
    grey[:, :, 0] = 0
    grey[2, 5, 0] = 90
    assert find_rim(grey) is None
    codes = np.full((6, 8, 8), 2, np.uint8)
    codes[:, :2] = 0
    assert find_rim(codes) is None
    light = textured((6, 48, 40)).astype(np.uint8)
    light[:, 0] = 255
    assert find_rim(light) is None
    assert find_rim(np.zeros((3, 8, 8), np.uint8)) is None
