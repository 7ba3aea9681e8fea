"""The torch backend against the compiled kernels."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from shalelib.flow._reduced import MOMENTS, moments, spread
from shalelib.flow._torch import stepper
from shalelib.flow._torch_correction import _equilibrium, _moments
from shalelib.flow.apparent import permeability
from shalelib.flow.lattice import Q
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import advance, build_problem
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.solver import solve_steady
from shalelib.flow.validation import medium

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here"),
    ),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
@pytest.mark.parametrize("ends", ["mirror", "periodic", "pressure"])
def test_steps_agree_with_the_kernels(slip, ends, device):
    """Four steps of some hundred operations on numbers of order 1, in float64."""
    pore = medium(12, porosity=0.4)
    kn = np.random.default_rng(0).uniform(0.05, 0.3, pore.shape)
    buffer = 2 if ends == "pressure" else 0
    problem = build_problem(pore, kn=kn, mean_free_path_lu=0.4, slip=slip, ends=ends, buffer=buffer)
    f = np.random.default_rng(1).standard_normal(problem.domain.slots)
    g = f.copy()
    advance(problem, f, 2)
    stepper(problem, "float64", device)(g, 2)
    np.testing.assert_allclose(g, f, atol=1e-13 * np.abs(f).max())


@pytest.mark.parametrize("device", DEVICES)
def test_both_backends_settle_at_the_same_permeability(device):
    """Each estimates what is left of its change; together twice the tolerance."""
    problem = build_problem(medium(12, porosity=0.4))
    options = SolverOptions(method="step", backend="torch", device=device, tolerance=1e-6)
    found = solve_steady(problem, options).fluxes.k_lu
    assert found == pytest.approx(
        solve_steady(problem, SolverOptions(tolerance=1e-6)).fluxes.k_lu, rel=2e-6
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precondition", [True, False])
@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
@pytest.mark.parametrize("ends", ["mirror", "periodic", "pressure"])
def test_corrections_on_tensors_end_where_the_kernels_do(ends, slip, precondition, device):
    """The same k to twice the tolerance, in far fewer steps than plain stepping takes.

    Steps count those inside GMRES; another smoother may take up to twice as many of them.
    """
    pore = medium(16, porosity=0.3, width=1.0)
    buffer = 2 if ends == "pressure" else 0
    problem = build_problem(
        pore,
        kn=np.full(pore.shape, 0.1),
        mean_free_path_lu=0.3,
        slip=slip,
        ends=ends,
        buffer=buffer,
    )
    common = {"tolerance": 1e-7, "precondition": precondition}
    ours = solve_steady(problem, SolverOptions(**common))
    torchs = solve_steady(problem, SolverOptions(backend="torch", device=device, **common))
    assert torchs.fluxes.k_lu == pytest.approx(ours.fluxes.k_lu, rel=2e-7)
    assert torchs.steps < 2 * ours.steps


def test_the_maps_of_the_corrections_are_those_of_the_kernels():
    """Moments, equilibrium and balance of a random residual, to float32's digits."""
    problem = build_problem(medium(12, porosity=0.4))
    slots, count = problem.domain.slots, problem.domain.count
    f = np.random.default_rng(0).standard_normal(slots).astype(np.float32)
    y = np.empty(slots // Q * MOMENTS, np.float32)
    moments(f, count, y)
    np.testing.assert_allclose(_moments(count, "cpu")(torch.as_tensor(f)), y, atol=1e-5)
    spread(y, f, False)
    np.testing.assert_allclose(_equilibrium("cpu")(torch.as_tensor(y)), f, atol=1e-5)


def test_torch_is_loaded_only_when_asked_for():
    code = "import sys, shalelib.flow.apparent; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "cupy"}, "backend must be"),
        ({"method": "step", "device": "cuda"}, "needs backend='torch'"),
    ],
)
def test_what_a_backend_cannot_do_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SolverOptions(**options)


@pytest.mark.parametrize("device", ["cuda:97", "graphics card"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_computed(device, monkeypatch):
    """One that torch finds nowhere, and one that it does not know."""
    pore = medium(8, porosity=0.5)
    problem = build_problem(pore)
    monkeypatch.setattr("shalelib.flow.apparent._set_up", None)
    monkeypatch.setattr("shalelib.flow.solver.threads_for", None)
    options = SolverOptions(backend="torch", device=device)
    said = f"device='{device}' for float64.*use device='cpu' or backend='numba'"
    with pytest.raises(ValueError, match=said):
        permeability(pore, voxel_size=1e-8, options=options)
    with pytest.raises(ValueError, match=said):
        solve_steady(problem, options)


def test_without_torch_the_extra_that_installs_it_is_named():
    code = (
        "import sys; sys.modules['torch'] = None; import numpy as np; from shalelib import flow; "
        "options = flow.SolverOptions(backend='torch'); "
        "flow.permeability(np.ones((4, 4, 4), bool), voxel_size=1e-8, options=options)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "backend='torch' needs torch, which is not installed" in done.stderr
    assert 'pip install ".[models]"' in done.stderr


def test_much_slip_is_refused_on_tensors():
    pore = np.ones((4, 4, 4), bool)
    problem = build_problem(
        pore, kn=np.full(pore.shape, 1.0), mean_free_path_lu=4.0, slip=SECOND_ORDER
    )
    with pytest.raises(ValueError, match="take backend='numba'"):
        solve_steady(problem, SolverOptions(backend="torch"))
