"""The torch backend against the compiled kernels."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from shalelib.flow._torch import stepper
from shalelib.flow.problem import advance, build_problem
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER
from shalelib.flow.solver import SolverOptions, solve_steady
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


def test_torch_is_loaded_only_when_asked_for():
    code = "import sys, shalelib.flow.apparent; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "cupy"}, "backend must be"),
        ({"backend": "torch"}, "add method='step'"),
        ({"method": "step", "device": "cuda"}, "needs backend='torch'"),
    ],
)
def test_what_a_backend_cannot_do_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SolverOptions(**options)
