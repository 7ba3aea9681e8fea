"""Streamlines, VTK files, units, progress and the bench's medium: what users get to see."""

from __future__ import annotations

import json
import os
import pickle
import re
import tracemalloc
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest
from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher

from companion.site.numbers import number
from shalelib import flow
from shalelib.flow.apparent import permeability
from shalelib.flow.checkpoint import load_checkpoint, save_checkpoint
from shalelib.flow.convergence import NotConvergedError, remaining_change
from shalelib.flow.domain import domain_from_mask
from shalelib.flow.gas import METHANE
from shalelib.flow.memory import memory_needed
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import build_problem
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER, slip_rates
from shalelib.flow.solver import memory_bytes
from shalelib.flow.tracing import streamlines
from shalelib.flow.units import DARCY, NANODARCY, lattice_units, nanodarcy_text
from shalelib.flow.validation import medium
from shalelib.flow.vtk import write_vtk


@pytest.fixture(scope="module")
def tube():
    """A straight channel along y, 3 by 5 voxels wide, between solid walls."""
    pore = np.zeros((5, 8, 7), bool)
    pore[1:4, :, 1:6] = True
    return permeability(pore, voxel_size=20e-9, axis=1, slip=NO_SLIP)


def test_streamlines_of_a_straight_channel_are_straight(tube):
    """They start at the inlet, keep their place across, and leave at the outlet."""
    lines = streamlines(tube, count=20, seed=1)
    assert len(lines) == 20
    for line in lines:
        inside = line[line[:, 3] > 0]
        assert inside[0, 1] == pytest.approx(0.5 * 20e-9)
        assert inside[-1, 1] > 7.5 * 20e-9 - 0.2 * 20e-9
        np.testing.assert_allclose(inside[:, [0, 2]], inside[:1, [0, 2]].repeat(len(inside), 0))
        np.testing.assert_allclose(inside[:, 3], inside[0, 3], rtol=1e-4)


def test_streamlines_are_seeded_by_flux(tube):
    """Voxels in the middle carry more gas: the share of seeds follows the share of flux.

    1000 draws: three standard deviations of a binomial are below 0.05.
    """
    lines = streamlines(tube, count=1000, seed=2, max_length=0.1)
    z = np.array([line[0, 0] for line in lines]) / 20e-9
    inflow = tube.velocity[1][:, 0]
    middle = inflow[2].sum() / inflow.sum()
    assert np.mean(np.floor(z) == 2) == pytest.approx(middle, abs=0.05)


def test_vtk_holds_the_fields(tmp_path, tube):
    """Read back by hand: header offsets, then x, y, z components with x fastest."""
    path = tmp_path / "flow.vti"
    write_vtk(path, tube)
    raw = path.read_bytes()
    head, data = raw.split(b'<AppendedData encoding="raw">\n_', 1)
    assert b'WholeExtent="0 7 0 8 0 5"' in head
    offsets = {
        m.group(1).decode(): int(m.group(2))
        for m in re.finditer(rb'Name="(\w+)".*?offset="(\d+)"', head)
    }
    start = offsets["velocity"]
    size = int(np.frombuffer(data, "<u8", 1, start)[0])
    vectors = np.frombuffer(data, "<f4", size // 4, start + 8).reshape(5, 8, 7, 3)
    np.testing.assert_allclose(vectors[..., 1], tube.velocity[1].astype("f4"))
    np.testing.assert_allclose(vectors[..., 0], tube.velocity[2].astype("f4"))
    start = offsets["pressure"]
    pressure = np.frombuffer(data, "<f8", 5 * 8 * 7, start + 8).reshape(5, 8, 7)
    np.testing.assert_array_equal(pressure, tube.pressure)
    with pytest.raises(ValueError, match=r"end in \.vti"):
        write_vtk(tmp_path / "flow.vtk", tube)


def test_vtk_has_all_digits_of_the_voxels_edge(tmp_path):
    found = permeability(np.ones((2, 2, 2), bool), voxel_size=33.6123e-9, knudsen=False)
    found.save(tmp_path / "flow.vti")
    head = (tmp_path / "flow.vti").read_bytes().split(b"<AppendedData")[0].decode()
    spacing = re.search(r'Spacing="([^"]*)"', head)[1]
    assert [float(edge) for edge in spacing.split()] == [33.6123e-9] * 3


def test_a_full_disk_names_the_fields_that_were_not_written(tmp_path, tube, monkeypatch):
    monkeypatch.setattr(os, "fdopen", lambda handle, mode: open("/dev/full", mode))  # noqa: SIM115
    with pytest.raises(OSError, match=r"flow\.vti"):
        write_vtk(tmp_path / "flow.vti", tube)
    assert not list(tmp_path.iterdir())


def test_a_result_prints_as_ten_lines_and_saves_itself(tmp_path, tube):
    lines = repr(tube).splitlines()
    assert len(lines) == 10
    assert f" {nanodarcy_text(tube.permeability)} nd, {tube.permeability:.3g} m²" in lines[1]
    assert f" {tube.porosity:.3f}, connected {tube.porosity_connected:.3f}" in lines[5]
    slipping = replace(tube, kn_mean=0.0938, kn_flux=0.1, kn_thickness=0.000314)
    assert "0.094 mean, 0.100 by flux, 0.00031 of the mean width" in repr(slipping)
    tube.save(str(tmp_path / "flow.json"))  # paths as text
    stored = json.loads((tmp_path / "flow.json").read_text())
    assert stored["permeability"] == tube.permeability
    assert stored["kn_mean"] is None  # not asked for: no slip
    tube.save(tmp_path / "flow.vti")
    write_vtk(str(tmp_path / "same.vti"), tube)
    assert (tmp_path / "flow.vti").read_bytes() == (tmp_path / "same.vti").read_bytes()
    assert b'Name="kn"' not in (tmp_path / "flow.vti").read_bytes()
    with pytest.raises(ValueError, match=r"\.json .* or \.vti"):
        tube.save(tmp_path / "flow.csv")


def test_a_record_has_the_edges_in_the_order_of_the_axes():
    found = permeability(np.ones((2, 3, 4), bool), voxel_size=30e-9)
    assert found.record()["shape"] == [2, 3, 4]


def test_the_knudsen_number_is_found_with_slip_or_when_asked_for(monkeypatch):
    """Without slip nothing looks at the local thickness."""
    pore = np.ones((4, 5, 5), bool)
    asked = permeability(pore, voxel_size=20e-9, slip=NO_SLIP, knudsen=True)
    slipping = permeability(pore, voxel_size=20e-9)
    np.testing.assert_array_equal(asked.kn, slipping.kn)
    assert (asked.kn_mean, asked.kn_thickness) == (slipping.kn_mean, slipping.kn_thickness)
    monkeypatch.delattr("shalelib.flow.apparent.local_thickness")
    alone = permeability(pore, voxel_size=20e-9, slip=NO_SLIP)
    assert alone.kn is None
    assert np.isnan(alone.kn_mean)
    assert alone.permeability == asked.permeability


@pytest.mark.parametrize(
    ("method", "slip", "voxel_size"),
    [
        ("krylov", SECOND_ORDER, 60e-9),
        ("krylov", SECOND_ORDER, 1e-9),  # a mean free path of 9 voxels: all populations
        ("krylov", NO_SLIP, 60e-9),
        ("step", SECOND_ORDER, 60e-9),
        ("step", NO_SLIP, 60e-9),
    ],
)
@pytest.mark.filterwarnings("ignore:the mean Knudsen number")
def test_memory_is_predicted_before_the_work(method, slip, voxel_size):
    """Peak of what NumPy allocates: the prediction is at most a third off, either way."""
    domain = domain_from_mask(medium(40, porosity=0.3))
    options = SolverOptions(method=method, tolerance=0.5, check_every=100)
    said = memory_needed(
        domain,
        options=options,
        knudsen=slip is SECOND_ORDER,
        slip=slip,
        mean_free_path_lu=METHANE.mean_free_path / voxel_size,
    )
    permeability(domain, voxel_size=voxel_size, slip=slip, options=options)  # compiles
    tracemalloc.start()
    result = permeability(domain, voxel_size=voxel_size, slip=slip, options=options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.memory == said.total
    assert 0.75 < said.total / peak < 1.33


def test_memory_is_predicted_with_the_copy_that_tells_whether_a_flow_has_settled(monkeypatch):
    """The run goes on from its state if it has not; the copy is made beside all the rest."""
    domain = domain_from_mask(medium(40, porosity=0.3))
    looked = []

    def look(problem, f):
        looked.append(tracemalloc.get_traced_memory()[0])
        return remaining_change(problem, f)

    monkeypatch.setattr("shalelib.flow.solver.remaining_change", look)
    monkeypatch.setattr("shalelib.flow.solver.FALLS", 0.0)  # no other way to settle
    options = SolverOptions(tolerance=0.05)
    permeability(domain, voxel_size=60e-9, slip=NO_SLIP, options=options)  # compiles
    tracemalloc.start()
    permeability(domain, voxel_size=60e-9, slip=NO_SLIP, options=options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert looked
    assert 0.9 < memory_needed(domain, options=options, knudsen=False).total / peak < 1.2


def test_a_flow_that_does_not_fit_the_machine_is_refused(monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: 4096 if "SIZE" in name else 100)
    with pytest.raises(MemoryError, match="cut the volume into pieces"):
        permeability(np.ones((8, 8, 8), bool), voxel_size=1e-8)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half", "short", "pickle", "other"])
def test_a_damaged_checkpoint_is_named_with_the_mend(tmp_path, damage):
    path = tmp_path / "run.npz"
    if damage == "other":
        np.savez(path, something=np.zeros(3))
    elif damage == "pickle":
        path.write_bytes(pickle.dumps({"f": 1}))
    elif damage == "short":
        np.savez(path, key=np.array("k"), f=np.arange(1000.0))
        path.write_bytes(path.read_bytes()[:3000])
    else:
        path.write_bytes(damage)
    options = SolverOptions(checkpoint=str(path))
    with pytest.raises(ValueError, match=r"run\.npz is damaged.*move it away to start anew"):
        permeability(np.ones((4, 4, 4), bool), voxel_size=1e-8, options=options)
    assert path.is_file()


def test_whatever_byte_of_a_checkpoint_is_damaged_its_file_is_named(tmp_path):
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    save_checkpoint(good, "k", {"f": np.arange(3.0)})
    raw = good.read_bytes()
    refused = []
    for place in range(len(raw)):
        for flip in (0x01, 0x20):  # of flags: as if it were encrypted, or a patch
            spoilt = bytearray(raw)
            spoilt[place] ^= flip
            bad.write_bytes(spoilt)
            try:
                load_checkpoint(bad, "k")
            except ValueError as error:
                refused.append(str(error))
    assert len(refused) > len(raw)
    assert all("bad.npz is " in why for why in refused)


def test_permeability_in_nanodarcy(tube):
    assert tube.permeability_nd == pytest.approx(tube.permeability / 9.869233e-22)
    assert pytest.approx(1e9) == DARCY / NANODARCY
    assert pytest.approx(1e-7 / 101325, rel=1e-12) == DARCY  # 1 cm² cP / s through 1 cm at 1 atm


@pytest.mark.parametrize(
    "nd", [8.136e-8, 0.0123, 0.99951, 1.0, 75.04, 98.75, 400.0, 2880.4, 9996.0, 128_812.0, 3.2e9]
)
def test_a_permeability_is_written_as_in_the_books_tables(nd):
    """Three significant digits, in groups from five on; what the tables raise is an e here."""
    text = nanodarcy_text(nd * NANODARCY)
    assert text == number(nd, "#.3g") or float(text) == pytest.approx(nd, rel=5e-3)
    assert ("e" in text) == (not 1e-4 <= nd < 1e9)
    assert "e" in text or text == number(nd, "#.3g")


@pytest.mark.parametrize(
    ("nd", "text"),
    [(9.99e5, "999,000"), (1.234e7, "12,300,000"), (9.99e8, "999,000,000"), (1e9, "1.00e+09")],
)
def test_permeabilities_below_a_darcy_are_written_out(nd, text):
    assert nanodarcy_text(nd * NANODARCY * (1 + 1e-12)) == text


def test_units_say_what_the_scheme_does():
    """At kn = 0.1 the ranges are those of `slip_rates`, and r solves (1 - r)/(1 + r) T+ = C1 L."""
    pore = np.ones((4, 4, 4), bool)
    kn = np.full(pore.shape, 0.1)
    problem = build_problem(pore, kn=kn, mean_free_path_lu=0.3, slip=SECOND_ORDER, T_plus=0.5)
    units = lattice_units(problem, gas=METHANE, voxel_size=30e-9)
    psi = 1 / 1.2
    assert units.T_plus == pytest.approx((0.5 * psi, 0.5 * psi))
    r = units.r[0]
    assert (1 - r) / (1 + r) * 0.5 * psi == pytest.approx(0.8183 * 0.3 * psi)
    assert units.viscosity * 0.5 / 3 == pytest.approx(METHANE.kinematic_viscosity)
    assert "mean free path" in str(units)


def test_strong_slip_makes_r_negative():
    """At T+ below C1 lambda the rebound is more than diffuse; it must not be clamped."""
    rates = slip_rates(np.array([0.5]), mean_free_path_lu=1.0, model=SECOND_ORDER, T_plus=0.2)
    assert 1 - rates[0, 2] < 0


def test_progress_reports_and_memory_is_known(capsys):
    pore = np.ones((6, 4, 4), bool)
    seen = []
    result = permeability(pore, voxel_size=1e-8, progress=seen.append)
    assert seen[-1].steps <= result.steps
    assert seen[-1].k_lu > 0
    permeability(pore, voxel_size=1e-8, progress=True)
    assert "96 pores" in capsys.readouterr().err
    problem = build_problem(np.ones((32, 32, 32), bool))
    stepping = memory_bytes(problem, SolverOptions(method="step"))
    assert stepping <= (232 + 1) * problem.domain.count
    assert memory_bytes(problem, SolverOptions()) <= 700 * problem.domain.count


def test_a_run_that_does_not_settle_returns_nothing():
    rng = np.random.default_rng(0)
    pore = rng.random((12, 12, 12)) < 0.6
    with pytest.raises(NotConvergedError, match="raise max_steps, or use method='krylov'"):
        permeability(
            pore,
            voxel_size=1e-8,
            options=SolverOptions(method="step", max_steps=20, check_every=10),
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "gmres"}, "method"),
        ({"T_plus": 0.0}, "T_plus"),
        ({"dtype": "float16"}, "dtype"),
        ({"dtype": "float32"}, "float32"),
        ({"check_every": 0}, "check_every"),
    ],
)
def test_solver_options_check_themselves(options, message):
    with pytest.raises(ValueError, match=message):
        SolverOptions(**options)


def test_compiled_kernels_are_cached():
    """A second process must not pay for compilation: every kernel writes to Numba's cache."""
    pytest.importorskip("torch")  # one of the modules is its room
    modules = [import_module(f"shalelib.flow.{info.name}") for info in iter_modules(flow.__path__)]
    kernels = {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Dispatcher)
    }
    assert len(kernels) > 10
    assert [name for name, k in kernels.items() if isinstance(k._cache, NullCache)] == []
