"""The digital shale: the same bytes always, one rock in three dimensions, honest refusals."""

import dataclasses

import numba
import numpy as np
import pytest
from scipy import ndimage

from companion.profiles import get_profile
from shalelib.phantom.config import PhantomConfig, SemConfig, TxmConfig
from shalelib.phantom.fabric import make_rock, plug_outline
from shalelib.phantom.fabric_config import BACKGROUND, HIGH, LOW, MEDIUM, SOFT, FabricConfig
from shalelib.phantom.volume import flow_domain, load_phantom, make_phantom, phantom_key

TINY = PhantomConfig(depth=12, width=72, diameter=66)


@pytest.fixture(scope="module")
def tiny():
    return make_phantom(TINY, seed=5)


def same(first, second):
    names = ("labels", "sem", "txm", "sem_slices", "txm_slices", "charging", "outline")
    return all(np.array_equal(getattr(first, n), getattr(second, n)) for n in names)


@pytest.mark.parametrize("slab", [1, 5, 12])
def test_slabs_change_no_byte(tiny, slab):
    assert same(tiny, make_phantom(TINY, seed=5, slab=slab))


def test_threads_change_no_byte(tiny):
    threads = numba.get_num_threads()
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("Numba was started with one thread only")
    other = 1 if threads > 1 else 2
    numba.set_num_threads(other)
    try:
        assert same(tiny, make_phantom(TINY, seed=5))
    finally:
        numba.set_num_threads(threads)


def test_another_seed_is_another_rock(tiny):
    other = make_phantom(TINY, seed=6)
    assert not np.array_equal(tiny.labels, other.labels)
    assert not np.array_equal(tiny.sem, other.sem)
    assert not np.array_equal(tiny.txm, other.txm)


def test_rock_does_not_depend_on_where_a_slab_starts():
    outline = np.ones((8, 90), bool)
    whole = make_rock(FabricConfig(), outline, z0=100, depth=9, seed=2)
    part = make_rock(FabricConfig(), outline, z0=104, depth=3, seed=2)
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_array_equal(one[4:7], other)


def test_outside_is_zero_and_inside_is_not(tiny):
    """Zero marks the outside in both modalities, so that masks can be read off the images."""
    for volume in (tiny.labels, tiny.sem, tiny.txm):
        assert not volume[:, ~tiny.outline].any()
        assert volume[:, tiny.outline].all()


def test_labels_are_the_known_phases(tiny):
    assert set(np.unique(tiny.labels)) <= {BACKGROUND, LOW, MEDIUM, HIGH, SOFT}
    assert set(np.unique(tiny.charging)) <= {0, 1}


def test_brightness_follows_the_phases():
    """Back-scatter rises from LOW over SOFT and MEDIUM to HIGH.

    So does the attenuation, but that LOW and SOFT hardly differ in it: most of what X-rays see of
    both is the clay around them.
    """
    rock = make_rock(FabricConfig(), np.ones((192, 192), bool), z0=0, depth=32, seed=1)
    low, soft, medium, high = (rock.labels == phase for phase in (LOW, SOFT, MEDIUM, HIGH))
    assert (np.diff([rock.grey[phase].mean() for phase in (low, soft, medium, high)]) > 0).all()
    dark, matrix, dense = (rock.attenuation[phase].mean() for phase in (low | soft, medium, high))
    assert dark < matrix < dense


def test_rock_is_continuous_along_z():
    """Neighbouring slices agree as neighbouring columns do: the fabric knows no axis.

    Isotropic noise gives the same share of changed labels along z, y and x; 24 x 96 x 96 voxels
    with structures of about 10 voxels hold some 220 independent places, of which 10 to 20%
    change: a relative standard error of about 0.2 for each axis.
    """
    rock = make_rock(FabricConfig(), np.ones((96, 96), bool), z0=30, depth=24, seed=9)
    changed = [np.mean(np.diff(rock.labels.astype(int), axis=axis) != 0) for axis in range(3)]
    assert max(changed) < 0.2
    assert min(changed) > 0.5 * max(changed)


def test_bedding_flattens_the_grains():
    """A threefold bedding lets labels change more often along y than along x."""
    config = FabricConfig(bedding=3.0, fine_share=1.0)
    outline = np.ones((128, 128), bool)
    rock = make_rock(config, outline, z0=0, depth=8, seed=4)
    tone = rock.attenuation.astype(int)
    smooth = ndimage.gaussian_filter(tone.astype(float), (0, 2, 2))
    along_y, along_x = (np.abs(np.diff(smooth, axis=axis)).mean() for axis in (1, 2))
    assert along_y > 1.05 * along_x


def test_flow_domain_percolates_along_z_with_narrow_channels():
    """15 to 25% of a test region, connected from end to end, channels of 2 to 4 voxels.

    Single cubes of 128 voxels spread by 4 points about the mean, hence a region of several.
    The channel width is twice the mean distance to the wall on the domain's ridge, where the
    distance is at least as large as at all neighbours.
    """
    outline = np.ones((256, 256), bool)
    rock = make_rock(FabricConfig(), outline, z0=64, depth=128, seed=3)
    domain = flow_domain(rock.labels)
    assert 0.15 < domain.mean() < 0.25
    parts, _ = ndimage.label(domain)
    through = np.intersect1d(parts[0], parts[-1])
    through = through[through > 0]
    assert through.size
    assert np.isin(parts, through).sum() > 0.5 * domain.sum()
    distance = ndimage.distance_transform_edt(domain)
    ridge = domain & (distance == ndimage.maximum_filter(distance, 3))
    assert 2.0 <= 2.0 * distance[ridge].mean() <= 4.0


def test_cache_holds_the_same_bytes_and_is_used(tmp_path, tiny, monkeypatch):
    first = load_phantom(TINY, seed=5, cache=tmp_path)
    assert same(first, tiny)
    assert [p.name for p in tmp_path.iterdir()] == [f"phantom-{phantom_key(TINY, seed=5)}"]
    monkeypatch.setattr("shalelib.phantom.volume.make_rock", None)  # would fail if called
    assert same(load_phantom(TINY, seed=5, cache=tmp_path), tiny)


def test_an_interrupted_phantom_leaves_nothing(tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("shalelib.phantom.volume.render_txm", stop)
    with pytest.raises(KeyboardInterrupt):
        load_phantom(TINY, seed=5, cache=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("damage", [b"", b"not an array", None])
def test_a_damaged_cache_is_named_and_mended(tmp_path, tiny, damage):
    load_phantom(TINY, seed=5, cache=tmp_path)
    (path,) = tmp_path.rglob("txm.npy")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\x07" if damage is None else damage)  # None: one voxel
    with pytest.warns(UserWarning, match=r"txm\.npy.*computed again"):
        assert same(load_phantom(TINY, seed=5, cache=tmp_path), tiny)
    assert path.read_bytes() == content


def test_the_key_depends_on_config_and_seed():
    """On the code too: tests/test_code_digest.py."""
    noisier = dataclasses.replace(TINY, sem=SemConfig(noise=30.0))
    keys = {phantom_key(TINY, seed=1), phantom_key(TINY, seed=2), phantom_key(noisier, seed=1)}
    assert len(keys) == 3


def test_the_rock_is_this_one(tiny):
    """A change of the rock is no accident: counted when it was calibrated."""
    counts = np.bincount(tiny.labels.ravel(), minlength=6)
    np.testing.assert_allclose(counts, [22200, 484, 38248, 109, 0, 1167], rtol=2e-3)
    assert tiny.sem_slices.mean() == pytest.approx(71.7785, rel=1e-3)
    assert tiny.txm_slices.mean() == pytest.approx(64.4547, rel=1e-3)


def test_plug_lies_inside_its_image():
    config = get_profile("laptop").phantom
    outline = plug_outline(width=config.width, diameter=config.diameter, seed=0)
    assert not outline[[0, -1]].any()
    assert not outline[:, [0, -1]].any()
    # a polygon of 22 facets whose radii are cut by up to 3%
    assert 0.9 < outline.sum() / (np.pi / 4 * config.diameter**2) < 1.0


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: PhantomConfig(depth=0), "depth"),
        (lambda: PhantomConfig(depth=12.5), "depth"),
        (lambda: PhantomConfig(width=100, diameter=100), "width >= 102"),
        (lambda: PhantomConfig(voxel_size=1e-6), "factor of 2"),
        (lambda: PhantomConfig(voxel_size=float("nan")), "voxel_size"),
        (lambda: FabricConfig(grain=0.0), "grain"),
        (lambda: FabricConfig(speck=3.0), "at least 8"),
        (lambda: FabricConfig(fine_share=1.5), "fine_share"),
        (lambda: FabricConfig(soft_margin=-1.0), "soft_margin"),
        (lambda: FabricConfig(soft_margin=float("nan")), "soft_margin"),
        (lambda: SemConfig(noise=-1.0), "noise"),
        (lambda: TxmConfig(angles=0), "angles"),
        (lambda: TxmConfig(sweep=270.0), "sweep"),
        (lambda: TxmConfig(tail=2.0), "tail"),
        (lambda: get_profile("huge").phantom, "no profile"),
        (lambda: make_phantom(TINY, seed=-1), "seed"),
        (lambda: make_phantom(TINY, seed=1, slab=0), "slab"),
    ],
)
def test_hostile_settings_are_refused_by_name(make, match):
    with pytest.raises(ValueError, match=match):
        make()
