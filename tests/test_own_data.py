"""One's own images: the five lines of the pages work as they are printed."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from notebook_runs import run_notebook
from run_notebook import defaults, parsed
from scipy import ndimage

from companion import own_data
from companion.datasets import load_rock
from companion.own_data import (
    beside_truth,
    findings,
    format_own_table,
    own_case,
    own_spread,
    own_table,
    shipped_generators,
    true_case,
)
from companion.own_inputs import FIRST_CHOICE, choose_generator
from companion.profiles import get_profile
from companion.style import number
from shalelib import data
from shalelib.data.stacks import write_stack
from shalelib.data.volume import Volume
from shalelib.files import read_json
from shalelib.flow import (
    connected_threshold,
    domain_from_grey,
    domain_from_mask,
    permeability,
    threshold_sweep,
)
from shalelib.models.checkpoints import write_tensors
from shalelib.models.inference import load_generator
from shalelib.models.networks import build_generator
from shalelib.models.variants import get_variant
from shalelib.models.volumes import translate_volume
from shalelib.segmentation import (
    load_classifier,
    read_label_image,
    save_classifier,
    train_classifier,
)

ROOT = Path(__file__).parents[1]


def untrained(path):
    """Write a generator with random weights."""
    variant, config = get_variant(FIRST_CHOICE), get_profile("smoke").train
    generator = build_generator(variant, config)
    about = {"variant": vars(variant), "config": vars(config)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, generator.state_dict(), about)
    return path


def listing(page):
    """The first Python listing of a page."""
    return re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)[1]


def test_readme_and_book_print_the_same_lines():
    assert listing("README.md") == listing("book/own_data.md")


def test_the_five_lines_work_as_printed(tmp_path, monkeypatch, capsys):
    """On a volume of noise, with a generator that is shipped: a number comes out."""
    code = listing("README.md")
    volume = np.random.default_rng(0).integers(0, 256, (12, 16, 20), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "txm.tif", volume)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    number, unit = capsys.readouterr().out.split()
    assert unit == "nanodarcy"
    assert float(number) > 0
    assert np.load("sem_pred.npy").shape == volume.shape


@pytest.mark.parametrize("air", [0, 8, 30])
def test_a_plug_is_refused_until_its_rock_is_marked(tmp_path, monkeypatch, capsys, air):
    """What is round a plug is as dark as pores; the mend that the refusal names works.

    The digital shale's own plug, in zeros and in air with the noise of a detector.
    """
    code = listing("README.md")
    shale = load_rock("smoke")
    volume = np.array(shale.txm[:8])
    grain = (3 if air else 0) * np.random.default_rng(0).standard_normal(volume.shape)
    dark = np.clip(np.rint(air + grain), 0, 255).astype(np.uint8)
    volume = np.where(shale.outline, volume, dark)
    tifffile.imwrite(tmp_path / "txm.tif", volume)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"in nearly all slices.*Pass rock=.*rock_mask"):
        exec(compile(code, "README.md", "exec"), {})
    [mend] = re.findall(r"`(txm = .*?rock_mask.*?)`", (ROOT / "README.md").read_text())
    lines = code.splitlines(keepends=True)
    [place] = [k for k, line in enumerate(lines) if line.startswith("txm = ")]
    mended = "".join([*lines[: place + 1], mend + "\n", *lines[place + 1 :]])
    names = {}
    exec(compile(mended, "README.md", "exec"), names)
    assert float(capsys.readouterr().out.split()[0]) > 0
    rock = names["txm"].inside
    assert not (rock & ~ndimage.binary_dilation(shale.outline)).any()
    assert (shale.outline & ~rock).mean() < 0.1  # its seams are wide and open at the rim
    assert not np.load("sem_pred.npy")[~rock].any()
    assert not names["domain"].pore[~rock].any()


@pytest.mark.parametrize("modality", ["sem", "txm"])
def test_on_the_plug_of_the_digital_shale_the_mask_decides_where_the_gas_flows(modality):
    """Called all rock, its pores are what is outside; with the mask they are those of the rock.

    The permeability is that of the domain, and the domain is the one of a plug in a solid wall.
    """
    shale = load_rock("smoke")
    grey = np.asarray(getattr(shale, modality))
    outside = ~np.broadcast_to(shale.outline, grey.shape)
    with pytest.raises(ValueError, match=r"zero in nearly all slices .*Pass rock="):
        connected_threshold(grey)
    everything = np.ones(grey.shape, bool)
    around = domain_from_grey(
        grey, threshold=connected_threshold(grey, rock=everything), rock=everything
    )
    np.testing.assert_array_equal(around.pore, outside)
    rock = data.rock_mask(grey)
    np.testing.assert_array_equal(rock, ~outside)
    threshold = connected_threshold(grey, rock=rock)
    inside = domain_from_grey(grey, threshold=threshold, rock=rock)
    assert not inside.pore[outside].any()
    walled = np.where(outside, np.uint8(255), grey)
    np.testing.assert_array_equal(
        inside.pore, domain_from_grey(walled, threshold=threshold, rock=everything).pore
    )
    assert inside.porosity == pytest.approx((grey <= threshold)[rock].mean())


def test_the_permeability_of_a_plug_is_that_of_its_rock_in_a_solid_wall():
    """The same voxels flow; per section of the rock it is more by the share that is rock."""
    shale = load_rock("smoke")
    grey = np.asarray(shale.sem)[:8]
    rock = np.broadcast_to(shale.outline, grey.shape)
    threshold = connected_threshold(grey, rock=rock)
    inside = domain_from_grey(grey, threshold=threshold, rock=rock)
    walled = domain_from_mask((grey <= threshold) & rock)
    found = [permeability(domain, voxel_size=33.6e-9) for domain in (inside, walled)]
    assert found[0].permeability * rock.mean() == pytest.approx(found[1].permeability, rel=1e-9)
    assert found[0].porosity * rock.mean() == pytest.approx(found[1].porosity)
    assert found[0].kn_mean == pytest.approx(found[1].kn_mean)
    [row] = threshold_sweep(grey, [threshold], rock=rock, voxel_size=33.6e-9)
    assert row.permeability == pytest.approx(found[0].permeability, rel=1e-9)
    assert row.porosity_connected == pytest.approx(found[0].porosity_connected)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder; from the folder that is worked in nothing may come of a tilde."""
    place, here = tmp_path / "home", tmp_path / "here"
    for folder in (place, here):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.chdir(here)
    yield place
    assert not list(here.iterdir())


def test_a_tilde_is_the_home_folder_for_images_and_networks(home):
    """Unexpanded it makes a folder called ~, which nobody dares to delete in a shell."""
    volume = np.random.default_rng(0).integers(0, 256, (4, 16, 20), dtype=np.uint8)
    data.write_stack("~/v.tif", volume, voxel_size=5e-8)
    data.write_ome_zarr("~/v.ome.zarr", volume, voxel_size=5e-8)
    for name in ("v.tif", "v.ome.zarr"):
        np.testing.assert_array_equal(data.read_volume(f"~/{name}").pixels, volume)
    untrained(home / "generator.safetensors")
    translate_volume(load_generator("~/generator.safetensors"), volume, "~/sem.npy")
    assert np.load(home / "sem.npy").shape == volume.shape
    tifffile.imwrite(home / "labels.tif", volume % 6, photometric="minisblack")
    assert read_label_image("~/labels.tif").shape == volume.shape


def test_a_tilde_is_the_home_folder_for_flows_and_classifiers(home):
    volume = np.random.default_rng(0).integers(0, 256, (8, 12, 12), dtype=np.uint8)
    found = permeability(domain_from_grey(volume, threshold=128), voxel_size=5e-8)
    found.save("~/flow.json")
    found.save("~/flow.vti")
    labels = np.zeros(volume.shape, np.uint8)
    labels[:, :4], labels[:, -4:] = 1, 2
    classifier = train_classifier(volume, labels)
    save_classifier(classifier, "~/classifier.npz")
    assert load_classifier("~/classifier.npz").config == classifier.config
    assert {path.name for path in home.iterdir()} == {"flow.json", "flow.vti", "classifier.npz"}


def test_zeros_in_a_crop_are_pores_and_no_outside(tmp_path):
    volume = np.random.default_rng(0).integers(60, 256, (12, 32, 32), dtype=np.uint8)
    volume[:, 3:6, ::7] = 0
    generator = load_generator(untrained(tmp_path / "generator.safetensors"))
    assert translate_volume(generator, volume, tmp_path / "sem.npy").shape == volume.shape


def test_the_spread_says_what_one_grey_level_and_a_piece_do():
    """Pores at grey 50 as channels along z, walls at 200; five levels change nothing."""
    sem = np.full((32, 32, 32), 200, np.uint8)
    sem[:, 2::6, 2::6] = 50
    domain = domain_from_grey(sem, threshold=50)
    found = permeability(domain, voxel_size=3e-8)
    about = {"threshold": 50, "rock": np.ones(sem.shape, bool), "voxel_size": 3e-8}
    whole = own_case(found, domain, threshold=50, classified=False)
    table = pd.concat([whole, own_spread(sem, **about)], ignore_index=True)
    by_case = table.set_index("Case")["Permeability [nd]"]
    assert np.isnan(by_case["threshold 45"])
    assert by_case["threshold 50"] == pytest.approx(by_case["threshold 55"], rel=1e-9)
    assert len(by_case) == 3 + 8
    assert (by_case.iloc[3:] > 0).all()

    told = findings(found, domain, table, rule="a threshold at grey level 50", volume="this cube")
    k, pores = number(found.permeability_nd, "#.3g"), number(domain.porosity, ".3f")
    assert told[0].startswith(f"The permeability of this cube is {k} nd")
    assert told[1].startswith(f"With a threshold at grey level 50 the porosity is {pores},")
    low, high = (number(one, "#.3g") for one in (by_case.min(), by_case.max()))
    assert told[2] == (
        f"In 10 of 11 cases, other thresholds and pieces, the permeability lies between {low} and "
        f"{high} nd; in the others nothing connects the faces, or the flow did not settle."
    )
    volume = Volume(pixels=sem, voxel_size=(3e-8,) * 3)
    shown = own_table(found, domain, threshold=50, rock=about["rock"], volume=volume)
    assert format_own_table(shown)["Value"].tolist()[:3] == [
        k,
        number(found.kn_mean, ".3f"),
        pores,
    ]


def test_the_stand_in_is_told_beside_its_truth():
    """Half of what is taken for pores are pores in truth, of all voxels 12 of 6 x 6 x 6."""
    true = np.zeros((6, 6, 6), bool)
    true[:, 2:4, 3] = True
    pore = np.zeros_like(true)
    pore[:, 3:5, 3] = True
    case = true_case(true, voxel_size=1e-7)
    [k] = case["Permeability [nd]"]
    assert k == pytest.approx(permeability(true, voxel_size=1e-7).permeability_nd)
    assert beside_truth(pore, true, case) == (
        f"The true pore space of that volume has {number(k, '#.3g')} nd. Of the voxels that are "
        "taken for pores, 50% are pores in truth; a guess would hit 6%."
    )
    true[2] = False
    case = true_case(true, voxel_size=1e-7)
    assert "volume lets no gas through, or" in beside_truth(pore, true, case)


def test_octants_of_any_sides_are_cut_in_order(monkeypatch):
    """Of odd sides the last slice is left out; an octant without rock has no line."""
    solved = []

    def solve(pore, rock, voxel_size):
        solved.append((pore, rock))
        return 0.1, float(len(solved)), 1.0

    monkeypatch.setattr(own_data, "_solve", solve)
    sem = np.random.default_rng(0).integers(0, 256, (33, 40, 50), dtype=np.uint8)
    rock = np.ones(sem.shape, bool)
    rock[16:, 20:, :25] = False
    table = own_spread(sem, threshold=90, rock=rock, voxel_size=1e-8)
    numbers = [1, 2, 3, 4, 5, 6, 8]
    assert table["Case"].tolist()[2:] == [
        f"piece {n} of 16 × 20 × 25, threshold 90" for n in numbers
    ]
    for n, (pore, inside) in zip(numbers, solved[2:], strict=True):
        z, y, x = np.unravel_index(n - 1, (2, 2, 2)) * np.array([16, 20, 25])
        place = np.s_[z : z + 16, y : y + 20, x : x + 25]
        np.testing.assert_array_equal(pore, sem[place] <= 90)
        np.testing.assert_array_equal(inside, rock[place])


def test_a_tiff_of_ones_own_goes_through_the_page(tmp_path):
    """From another folder, with a fresh results folder; nothing of it is the digital shale's."""
    volume = np.random.default_rng(0).integers(1, 256, (12, 24, 20), dtype=np.uint8)
    write_stack(tmp_path / "mine.tif", volume, voxel_size=50e-9)
    given = {"txm": "mine.tif", "results": "2021-11-02"}
    done = run_notebook("18_own_data", "own.ipynb", cwd=tmp_path, **given)
    assert done.returncode == 0, done.stderr
    [place] = (tmp_path / "2021-11-02/smoke").glob("mine-*/seed0")
    record = read_json(place / "own_data.json")
    assert record["voxel_size"] == pytest.approx(50e-9)
    assert record["permeability_nd"] > 0
    assert not (tmp_path / "2021-11-02/smoke/phantom").exists()


def test_the_commands_of_the_page_name_notebooks_and_parameters_that_are_there():
    """Running them takes minutes and is tested where the data sets are."""
    commands = re.findall(
        r"^python workflow/run_notebook.py (\S+) \S+((?:(?: \\\n)?\s+-p \S+ \S+)+)$",
        (ROOT / "book/own_data.md").read_text(),
        flags=re.MULTILINE,
    )
    assert len(commands) == 5
    for notebook, options in commands:
        given = dict(re.findall(r"-p (\S+) (\S+)", options))
        known = defaults(ROOT / notebook)
        assert given.keys() <= known.keys()
        for name, text in given.items():
            parsed(name, text, known[name])
        assert {"txm", "pairs"} & given.keys() or given["dataset"] == "directory"
        assert "variant" not in given or get_variant(given["variant"])


@pytest.mark.parametrize("page", ["README.md", "book/own_data.md", "book/howto.md"])
def test_git_knows_what_the_pages_tell_readers_to_make(page):
    """A checkout stays clean for one who follows them in its root."""
    text = "\n".join(
        re.findall(r"```(?:python|bash)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    )
    named = set(re.findall(r"(?<![\w/])\w+(?:\.ome)?\.(?:tif|npy|zarr|vti|ipynb)\b", text))
    asked = subprocess.run(
        ["git", "check-ignore", *sorted(named)], cwd=ROOT, capture_output=True, text=True
    )
    assert named
    assert set(asked.stdout.split()) == named


def test_a_generator_that_is_named_goes_before_one_that_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path / "data" / "reference"))
    own = untrained(
        tmp_path / "results/smoke/phantom/seed0" / FIRST_CHOICE / "generator.safetensors"
    )
    find = {"results": tmp_path / "results", "profile": "smoke"}
    assert choose_generator("", **find) == own
    place = tmp_path / "data/reference/laptop/phantom/seed0" / FIRST_CHOICE
    shipped = untrained(place / "generator.safetensors")
    assert choose_generator("", **find) == shipped
    assert choose_generator(str(own), **find) == own
    foreign = tmp_path / "latest_net_G.pth"
    foreign.write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"latest_net_G\.pth is none of shalelib's.*leave it out"):
        choose_generator(str(foreign), **find)
    with pytest.raises(FileNotFoundError, match=r"no file .*comes with shalelib: (\w+)") as refusal:
        choose_generator("pix2pix", **find)
    named = str(refusal.value).split(": ")[-1].split(", ")[0]
    assert load_generator(choose_generator(named, **find)).factor == 1
    [row] = shipped_generators().to_dict("records")
    assert row["File"].startswith("data/reference/laptop/phantom")
    assert row["Row"] == get_variant(FIRST_CHOICE).label


def test_without_any_generator_the_message_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("SHALELIB_REFERENCES", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"notebooks/04_training\.py"):
        choose_generator("", results=tmp_path, profile="smoke")
    with pytest.raises(FileNotFoundError, match=r"no file .*\bnowhere"):
        choose_generator("nowhere", results=tmp_path, profile="smoke")
    assert shipped_generators().empty


def test_voxels_that_are_no_cubes_are_refused_before_the_translation(tmp_path, monkeypatch):
    code = listing("README.md").replace(
        "voxel_size=33.6e-9", "voxel_size=(60e-9, 33.6e-9, 33.6e-9)"
    )
    volume = np.random.default_rng(0).integers(0, 256, (12, 16, 20), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "txm.tif", volume)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="are no cubes"):
        exec(compile(code, "README.md", "exec"), {})
    assert not (tmp_path / "sem_pred.npy").exists()
