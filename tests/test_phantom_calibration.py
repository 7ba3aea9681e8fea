"""The digital shale measures like the real rock: the project's targets, on real patches."""

import dataclasses
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from companion.pages.calibration import (
    Crops,
    calibration_table,
    real_crops,
    whole,
)
from companion.pages.calibration_domains import axes_table, flow_domain_table, open_axes
from companion.pages.calibration_figures import blind_sheet, calibration_figure, side_by_side
from companion.pages.calibration_fit import (
    BOUNDS,
    crops_of,
    field_values,
    linear_txm,
    responses,
    with_fields,
)
from companion.pages.calibration_learners import local_regressors, told_apart
from companion.pages.calibration_measures import correlations, sem_noise
from companion.pages.calibration_plugs import THIN, thin_plug
from companion.pages.calibration_words import open_targets, readable
from shalelib.phantom.acquisition import AcquisitionConfig
from shalelib.phantom.config import PhantomConfig
from shalelib.phantom.fabric import plug_outline
from shalelib.phantom.volume import Phantom


@pytest.fixture(scope="module")
def crops(real_patches):
    real = real_crops(real_patches, most=171)
    plugs = [thin_plug(THIN, seed=seed) for seed in range(40, 48)]  # none of them was fitted
    return crops_of(plugs, THIN, AcquisitionConfig(), like=real), real


@pytest.fixture(scope="module")
def table(crops):
    return calibration_table(*crops, quick=True).set_index("quantity")


MET = (
    "PSNR of TXM against SEM [dB]",
    "correlation of TXM and SEM",
    "low-density fraction",
    "correlation at 2 to 10 pixels",
    "correlation at 8 to 30 pixels",
    "correlation of the TXM's crop mean with depth",
    "histogram divergence, SEM",
    "largest difference of spectra, TXM [dB]",
)


@pytest.mark.parametrize("quantity", MET)
def test_a_target_once_met_stays_met(table, quantity):
    """On rocks that were not fitted; the tolerances are the project's targets.

    The targets that are open on these rocks are not listed here: the calibration page computes
    them for its own rock, and names them first.
    """
    row = table.loc[quantity]
    assert abs(row["difference"]) <= row["target"], row.to_dict()


def test_real_side_repeats_what_is_known_of_the_patches(real_patches):
    """Foreground percentiles of the whole patches, whose tiles hold all but the outermost rock.

    The tiles leave out the rock where less than 75% of one is inside, a twentieth of it: no
    percentile from the 5th to the 95th may move by more than the distance to its neighbours
    five points away, here 10 grey levels.
    """
    every = real_crops(real_patches)
    levels = every.sem[every.inside]
    known = {5: 37, 25: 81, 50: 97, 75: 111, 95: 172}
    for percentile, level in known.items():
        assert np.percentile(levels, percentile) == pytest.approx(level, abs=10)


def test_phantom_agrees_with_itself(crops):
    some = Crops(*(part[:40] for part in crops[0]))
    table = calibration_table(some, some, quick=True)
    assert (table["difference"].abs() < 1e-12).all()


def test_crops_are_as_deep_as_their_twins(crops):
    """Within the 12 pixels that the draw may trade for variety and the grid of 8 by 8 places."""
    phantom, real = crops
    reachable = (real.depth > phantom.depth.min()) & (real.depth < phantom.depth.max())
    assert reachable.sum() > 50  # else hardly any crop is tested
    assert np.abs(phantom.depth - real.depth)[reachable].max() < 12 + 8
    assert len(phantom.sem) == len(real.sem)
    assert whole(phantom).inside.all()


def test_fewer_crops_are_spread_over_the_patches(real_patches):
    """At most as many as wanted, from the first patch to the last."""
    few = real_crops(real_patches, size=128, most=5)
    every = real_crops(real_patches, size=128)
    assert len(few.sem) == 5
    np.testing.assert_array_equal(few.sem[[0, -1]], every.sem[[0, -1]])


def test_correlation_of_grains_is_blind_to_slow_shading():
    """An image correlates with itself however it is shaded; with another it does not."""
    rng = np.random.default_rng(0)
    sem, other = (
        np.clip(
            128 + 200 * ndimage.gaussian_filter(rng.normal(size=(3, 96, 96)), (0, 3, 3)), 1, 255
        )
        for _ in range(2)
    )
    inside = np.ones(sem.shape, bool)
    ramp = np.linspace(-60, 60, 96)[None, None, :]
    shaded = np.clip(sem + ramp, 1, 255).astype(np.uint8)
    sem, other = sem.astype(np.uint8), other.astype(np.uint8)
    alike = Crops(shaded, sem, inside, np.zeros(3), np.arange(3))
    unlike = Crops(other, sem, inside, np.zeros(3), np.arange(3))
    name = "correlation at 2 to 10 pixels"
    assert correlations(alike)[name] > 0.95
    assert abs(correlations(unlike)[name]) < 0.2


def test_noise_of_flat_images_is_what_was_put_in():
    """White noise blurred by s has the correlation exp(-d² / 4 s²) at the distance d.

    The flattest of 64 blocks holds less of what varies slowly than the noise as a whole, so both
    numbers fall short: the deviation by two standard errors, for 256 / (4 pi s²) = 28 independent
    values 27%, the correlation by as much as the share of the variance that the choice takes off,
    twice that at most. Smoother noise is seen to be smoother.
    """
    rng = np.random.default_rng(0)
    seen = []
    for width in (0.0, 0.85, 1.2):
        noise = ndimage.gaussian_filter(rng.normal(size=(20, 128, 128)), (0, width, width))
        sem = np.rint(100 + 8 * noise / noise.std()).astype(np.uint8)
        crops = Crops(sem, sem, np.ones(sem.shape, bool), np.zeros(20), np.arange(20))
        found = sem_noise(crops)
        assert 8.0 * 0.6 < found["SEM noise, standard deviation [grey level]"] < 8.0
        seen.append([found[f"SEM noise, correlation at lag {lag}"] for lag in (1, 2)])
    assert np.abs(seen[0]).max() < 0.15  # 20 medians of 256 pixels: 0.02, and what is taken off
    assert np.exp(-1 / (4 * 0.85**2)) - 0.27 < seen[1][0] < np.exp(-1 / (4 * 0.85**2))
    assert (np.diff(seen, axis=0) > 0).all()


def test_a_translation_that_is_there_is_found():
    """Where the TXM is the smoothed SEM the regressor finds it; where it is another, nothing."""
    rng = np.random.default_rng(0)
    fields = ndimage.gaussian_filter(rng.normal(size=(2, 10, 64, 64)), (0, 0, 2, 2))
    sem, other = np.clip(90 + 40 * fields / fields.std(), 1, 255).astype(np.uint8)
    inside, depth, slices = np.ones(sem.shape, bool), np.zeros(10), np.arange(10)
    alike = local_regressors(Crops(sem, sem, inside, depth, slices))
    unlike = local_regressors(Crops(other, sem, inside, depth, slices))
    assert alike["local regressor, R² of the SEM"] > 0.9
    assert alike["local classifier, AUC of dark"] > 0.95
    assert unlike["local regressor, R² of the SEM"] < 0.05
    assert abs(unlike["local classifier, AUC of dark"] - 0.5) < 0.1


def test_few_slices_cannot_be_held_out():
    crops = Crops(
        *(np.zeros((3, 32, 32), np.uint8),) * 2, np.ones((3, 32, 32), bool), None, np.arange(3)
    )
    with pytest.raises(ValueError, match="5 blocks of slices"):
        local_regressors(crops)


def test_crops_of_one_kind_are_not_told_apart(crops):
    """Every second real crop against the rest: chance; blurred ones are told apart.

    A blur by one pixel leaves exp(-(2 pi f)²) of the power at the frequency f, a tenth at a
    quarter, where the FIB-SEM's noise is in every crop.
    """
    real = crops[1]
    halves = [Crops(*(part[n::2] for part in real)) for n in (0, 1)]
    assert told_apart(*halves, field="sem") < 0.65
    blurred = ndimage.gaussian_filter(halves[1].sem, (0, 1, 1))
    assert told_apart(halves[0], halves[1]._replace(sem=blurred), field="sem") > 0.95


def test_open_targets_are_named_with_difference_and_target(table):
    lines = open_targets(table.reset_index())
    missed = table[table["met"].eq(False)]
    assert len(lines) == len(missed)
    assert all(line.startswith(name) for line, name in zip(lines, missed.index, strict=True))


def test_a_target_that_is_missed_is_named_with_both_values_and_what_it_means():
    """A regressor that reads less off the TXM; SEM crops at AUC 0.5 + 0.18, TXM crops at 0.88."""
    nan = float("nan")
    lines = [
        ("local regressor, R² of the SEM", 0.222, 0.095, -0.127, 0.04, False),
        ("SEM crops told apart, AUC above chance", nan, nan, 0.18, 0.35, True),
        ("TXM crops told apart, AUC above chance", nan, nan, 0.38, 0.40, True),
    ]
    table = pd.DataFrame(
        lines, columns=["quantity", "real", "phantom", "difference", "target", "met"]
    )
    [missed] = open_targets(table)
    assert (
        missed == "local regressor, R² of the SEM (0.095 instead of 0.222; allowed difference 0.04)"
    )
    apart, harder = readable(table)
    assert "its SEM crops from real ones with an {term}`AUC` of 0.68 and its TXM" in apart
    assert apart.endswith("of 0.88.")
    assert harder.startswith("Less of the FIB-SEM")
    assert "translation is harder here" in harder
    assert len(readable(table[1:])) == 1


def test_linear_renderer_predicts_the_exact_one():
    """Half a step of two fields at once, against the sum of their responses.

    What is left is the rounding of attenuation and grey levels, and the exposure's curvature.
    """
    config = dataclasses.replace(THIN, width=96, diameter=90)
    plug = thin_plug(config, seed=1)
    change = responses(plug, config)
    start = field_values(config, list(change))
    step = {name: (high - low) / 20.0 for name, (low, high) in BOUNDS.items()}
    wanted = start | {name: start[name] - step[name] for name in ("fabric.mu_clay", "txm.edge")}
    exact = thin_plug(with_fields(config, wanted), seed=1).txm.astype(float)
    linear = linear_txm(plug, change, start, wanted).astype(float)
    moved = np.abs(exact - plug.txm)[plug.outline].mean()
    assert moved > 1.0
    assert np.abs(exact - linear)[plug.outline].mean() < 0.35 * moved


def test_blind_sheet_has_an_answer_for_each_crop(crops):
    for field in ("sem", "txm"):
        figure, answers = blind_sheet(*crops, field=field, seed=0)
        assert len(answers) == len(figure.axes)
        assert sorted(set(answers)) == ["digital", "real"]
        assert answers != sorted(answers)


def test_an_axis_without_flow_is_named():
    """A duct along x: no flow along z and y, and so no ratio within the factor aimed at."""
    domain = np.zeros((12, 12, 12), bool)
    domain[3:9, 3:9] = True
    table = axes_table(domain, voxel_size=1e-8)
    assert table["permeability [nd]"].gt(0).tolist() == [False, False, True]
    assert len(open_axes(table)) == 1


def test_axes_alike_are_within_the_factor():
    """Ducts along all three axes cross: the cube's symmetry makes them equal."""
    domain = np.zeros((12, 12, 12), bool)
    domain[3:9, 3:9] = domain[3:9, :, 3:9] = domain[:, 3:9, 3:9] = True
    table = axes_table(domain, voxel_size=1e-8)
    assert np.ptp(table["permeability [nd]"]) < 1e-3 * table["permeability [nd]"].max()
    assert open_axes(table) == []


def test_flow_domains_are_measured_volume_by_volume():
    """Hand-made labels: a slit of LOW and SOFT through the plug, and an isolated block of LOW."""
    config = PhantomConfig(depth=40, width=128, diameter=124)
    labels = np.full(config.shape, 2, np.uint8)
    outline = plug_outline(width=128, diameter=124, seed=0)
    labels[:, ~outline] = 0
    labels[:, 62:64, 50:78] = 1
    labels[:, 64:66, 50:78] = 5
    labels[20:24, 52:56, 52:56] = 1
    labels[10:12, 70:74, 70:74] = 3
    phantom = Phantom(
        labels=labels,
        sem=labels,
        txm=labels,
        sem_slices=labels,
        txm_slices=labels,
        charging=labels,
        outline=outline,
        config=config,
        seed=0,
    )
    row = flow_domain_table(phantom, profile="smoke").set_index("place").loc["volume 1"]
    cube = 32.0**3
    assert row["low density"] == pytest.approx((32 * 2 * 28 + 64) / cube)
    assert row["darker than matrix"] == pytest.approx(32 * 2 * 28 / cube)
    assert row["high density"] == pytest.approx(2 * 4 * 4 / cube)
    assert row["φ connected"] == pytest.approx(32 * 4 * 28 / cube)
    assert row["flow domain"] == pytest.approx((32 * 4 * 28 + 64) / cube)
    assert row["channel [voxel]"] == pytest.approx(4.0, abs=0.1)


def test_figures_can_be_drawn(crops):
    phantom, real = crops
    drawn = calibration_figure(phantom, real)
    assert len(drawn.axes) == 6
    named = ["real patches", "digital shale"]
    assert [one.get_text() for one in drawn.axes[0].get_legend().get_texts()] == named
    beside = side_by_side(phantom, real)
    assert len(beside.axes) == 24
    rows = [axis.get_ylabel() for axis in beside.axes[::6]]
    assert rows == [f"{name}\n{field}" for name in named for field in ("FIB-SEM", "TXM")]


@pytest.mark.usefixtures("real_patches")
def test_the_fit_measures_whole_plugs_of_a_profile(monkeypatch, capsys):
    """A line a seed: how many of the quick targets and of the two of the flow domain are met."""
    folder = Path(__file__).parents[1] / "workflow"
    options = ["--whole", "smoke", "--first", "3", "--plugs", "1", "--quick"]
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "argv", ["fit_phantom.py", *options])
    runpy.run_path(str(folder / "fit_phantom.py"), run_name="__main__")
    line = r"^seed (\d+): (\d+) of (\d+) targets met, misfit \d+\.\d\d; not met: (.+)$"
    [(seed, met, aims, missed)] = re.findall(line, capsys.readouterr().out, flags=re.MULTILINE)
    assert int(seed) == 3
    assert int(aims) == 16  # 19 less the five that --quick leaves out, and two
    assert int(aims) - int(met) == (missed != "none") * len(missed.split("); "))
