"""The parts of the solver's corrections, each against the plain thing that it stands for."""

import numpy as np
import pytest
from scipy import sparse
from scipy.ndimage import gaussian_filter

from shalelib.flow._krylov import gmres, norm
from shalelib.flow._multigrid import build_hierarchy, cycle
from shalelib.flow._reduced import MOMENTS, moments, spread, stream
from shalelib.flow.convergence import NotConvergedError
from shalelib.flow.domain import first_percolation
from shalelib.flow.lattice import Q
from shalelib.flow.options import SolverOptions
from shalelib.flow.problem import advance_plain, build_problem
from shalelib.flow.slip import NO_SLIP, SECOND_ORDER, slip_rates
from shalelib.flow.solver import krylov_bytes, memory_bytes, needs_complete, solve_steady
from shalelib.flow.validation import medium


def problem_of(pore, *, slip=NO_SLIP, **options):
    kn = np.full(pore.shape, 0.2)
    return build_problem(pore, kn=kn, mean_free_path_lu=0.6, slip=slip, **options)


@pytest.mark.parametrize("slip", [NO_SLIP, SECOND_ORDER])
@pytest.mark.parametrize("ends", ["mirror", "periodic", "pressure"])
def test_the_reduced_map_is_a_step_from_equilibrium(slip, ends):
    """M B L y by gathering float32 equals the moments of a float64 step; B is affine.

    The rounding is that of 19 terms of order 1 in float32, some 1e-6.
    """
    buffer = 2 if ends == "pressure" else 0
    problem = problem_of(medium(12, porosity=0.4), slip=slip, ends=ends, buffer=buffer)
    count, slots = problem.domain.count, problem.domain.slots
    y = np.zeros(slots // Q * MOMENTS, np.float32)
    seeds = np.random.default_rng(0).standard_normal(slots).astype(np.float32)
    moments(seeds, count, y)
    found = np.empty_like(y)
    stream(problem, y, np.empty(slots, np.float32), found)
    f, rest = np.empty(slots), np.zeros(slots)
    spread(y, f, False)
    driven, drive = np.empty(slots), np.empty(slots)
    advance_plain(problem, f, driven)
    advance_plain(problem, rest, drive)
    expected = np.empty(y.size)
    moments(driven - drive, count, expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_spreading_keeps_density_and_momentum():
    """M L = 1: the equilibrium has the moments that it is made of."""
    problem = problem_of(medium(12, porosity=0.4))
    y, back = np.empty((2, problem.domain.slots // Q * MOMENTS))
    moments(np.random.default_rng(0).standard_normal(problem.domain.slots), problem.domain.count, y)
    f = np.empty(problem.domain.slots)
    spread(y, f, False)
    moments(f, problem.domain.count, back)
    np.testing.assert_allclose(back, y, atol=1e-12)


def test_gmres_is_exact_after_as_many_steps_as_unknowns():
    """In exact arithmetic; here to float32's digits times the condition number of about 3."""
    rng = np.random.default_rng(0)
    matrix = (np.eye(16) + 0.1 * rng.standard_normal((16, 16))).astype(np.float32)
    right = rng.standard_normal(16).astype(np.float32)

    def apply(v, out):
        out[:] = matrix @ v

    x, applied = gmres(apply, right.copy(), vectors=16, tolerance=1e-6)
    assert applied <= 16
    np.testing.assert_allclose(matrix @ x, right, atol=1e-5)


def test_few_vectors_do_at_first_percolation():
    """Two vectors forget nearly all at each start; the pressure correction, from the left, keeps
    what they lose, so that they take less than twice the steps of forty, to the same k."""
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((24, 24, 24)), 1.0)
    grey = np.uint8(255 * (noise - noise.min()) / np.ptp(noise))
    problem = problem_of(grey <= first_percolation(grey))
    few, many = (solve_steady(problem, SolverOptions(vectors=v)) for v in (2, 40))
    assert few.steps < 2 * many.steps
    assert few.fluxes.k_lu == pytest.approx(many.fluxes.k_lu, rel=2 * SolverOptions().tolerance)
    assert few.memory == memory_bytes(problem, SolverOptions(vectors=2))


def test_a_cycle_contracts_the_error():
    """On Poisson's equation a V-cycle of two sweeps leaves less than half of the residual."""
    line = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(80, 80))
    one = sparse.identity(80)
    matrix = sparse.csr_matrix(sparse.kron(line, one) + sparse.kron(one, line))
    hierarchy = build_hierarchy(matrix)
    assert len(hierarchy.matrices) >= 2
    b = np.random.default_rng(0).standard_normal(6400).astype(np.float32)
    x = cycle(hierarchy, b)
    once = norm(b - matrix @ x)
    assert once < 0.5 * norm(b)
    assert norm(b - matrix @ (x + cycle(hierarchy, (b - matrix @ x).astype(np.float32)))) < once / 2


def test_nothing_is_left_of_single_precision():
    """The vectors are float32, the answer is not: a step changes less than 1e-10 of it."""
    problem = build_problem(medium(12, porosity=0.4))
    f = solve_steady(problem, SolverOptions(tolerance=1e-11)).populations
    after = np.empty_like(f)
    advance_plain(problem, f, after)
    inside = problem.domain.count // 16 * 16 * Q  # whole blocks
    assert np.abs(after - f)[:inside].max() < 1e-10 * np.abs(f[:inside]).max()


@pytest.mark.parametrize("ends", ["mirror", "periodic", "pressure"])
def test_corrections_of_all_populations_end_where_plain_steps_do(ends):
    """A mean free path of four voxels: odd populations live for tens of steps.

    Both stop within 1e-7 of the steady state, which they approach from different sides.
    """
    pore = medium(12, porosity=0.4)
    buffer = 2 if ends == "pressure" else 0
    problem = build_problem(
        pore,
        kn=np.full(pore.shape, 1.0),
        mean_free_path_lu=4.0,
        slip=SECOND_ORDER,
        ends=ends,
        buffer=buffer,
    )
    assert needs_complete(problem.table)
    corrected = solve_steady(problem, SolverOptions(tolerance=1e-7))
    stepped = solve_steady(problem, SolverOptions(tolerance=1e-7, method="step"))
    assert corrected.fluxes.k_lu == pytest.approx(stepped.fluxes.k_lu, rel=3e-7)
    assert corrected.steps < stepped.steps


def test_a_restart_of_all_populations_has_the_same_bits(tmp_path):
    """The state holds all that the next correction depends on."""
    pore = medium(12, porosity=0.4)
    problem = build_problem(
        pore, kn=np.full(pore.shape, 1.0), mean_free_path_lu=4.0, slip=SECOND_ORDER
    )
    whole = solve_steady(problem, SolverOptions(tolerance=1e-7))
    path = tmp_path / "run.npz"
    with pytest.raises(NotConvergedError):
        solve_steady(problem, SolverOptions(tolerance=1e-7, max_steps=60, checkpoint=path))
    again = solve_steady(problem, SolverOptions(tolerance=1e-7, checkpoint=path))
    assert again.steps == whole.steps
    np.testing.assert_array_equal(again.populations, whole.populations)


def test_vectors_of_the_corrections_come_on_top_of_what_stepping_needs():
    problem = build_problem(np.ones((4, 4, 4), bool))
    step, krylov = (memory_bytes(problem, SolverOptions(method=m)) for m in ("step", "krylov"))
    options = SolverOptions()
    vectors = krylov_bytes(
        problem.domain.slots // Q, options.vectors, complete=needs_complete(problem.table)
    )
    assert krylov - step == vectors > 0
    assert step > problem.domain.slots * 8  # populations in double precision, and the mask


def test_more_widths_than_there_are_classes_for_are_told_apart_to_a_thousandth(monkeypatch):
    """Rates are those of the own Knudsen number to 1e-3 of it, in open slices those of the bulk."""
    monkeypatch.setattr("shalelib.flow.problem.MAX_CLASSES", 20)
    pore = np.ones((4, 5, 6), bool)
    kn = 0.1 * (1 + 1e-5 * np.arange(pore.size)).reshape(pore.shape)
    kn[2:] *= 2
    given = {"mean_free_path_lu": 0.4, "slip": SECOND_ORDER, "ends": "pressure", "buffer": 1}
    problem = build_problem(pore, kn=kn, **given)
    exact = slip_rates(kn.ravel(), mean_free_path_lu=0.4, model=SECOND_ORDER, T_plus=0.5)
    classes = problem.domain.node[: problem.domain.count] >> 18
    assert len(problem.table) <= 20
    np.testing.assert_allclose(problem.table[classes[30:-30]], exact, rtol=2e-3)
    assert (problem.table[classes[:30]] == problem.table[classes[-30:]]).all()
    assert problem.table[classes[0], 2] == 0
