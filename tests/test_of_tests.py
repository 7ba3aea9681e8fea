"""A test of the tests: a wrong constant or a wrong formula turns a test red."""

import subprocess
import sys

import pytest
from scratch_checkout import copy_checkout, environment

GAS, PAIRED = "shalelib/flow/gas.py", "shalelib/metrics/paired.py"
BY_LIBRARY = "tests/test_paired.py::test_psnr_and_ssim_equal_the_reference_library"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the checkout that may be spoilt."""
    return copy_checkout(tmp_path_factory.mktemp("spoilt") / "copy")


def judged(folder, tests):
    """Run a few tests in the copy; returns whether it passed and what it said."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: a test failed
    return done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("path", "right", "wrong", "tests"),
    [
        (GAS, "R = 8.314462618", "R = 8.05", GAS),
        (GAS, "viscosity=1.34e-5", "viscosity=1.43e-5", GAS),
        (PAIRED, "log10(255**2 / error)", "log10(256**2 / error)", BY_LIBRARY),
        (PAIRED, "data_range=255", "data_range=256", BY_LIBRARY),
    ],
    ids=["gas constant", "viscosity of methane", "peak of PSNR", "range of SSIM"],
)
def test_a_wrong_constant_or_formula_turns_a_test_red(checkout, path, right, wrong, tests):
    file = checkout / path
    sound = file.read_text()
    assert sound.count(right) == 1
    file.write_text(sound.replace(right, wrong))
    try:
        passed, said = judged(checkout, tests)
    finally:
        file.write_text(sound)
    assert not passed
    assert "FAILED" in said


@pytest.mark.parametrize("tests", [GAS, BY_LIBRARY])
def test_the_same_tests_are_green_when_nothing_is_wrong(checkout, tests):
    passed, said = judged(checkout, tests)
    assert passed, said
