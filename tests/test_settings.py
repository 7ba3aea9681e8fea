"""Settings that are no numbers, or absurd ones, are refused by name; zero means none of it."""

from dataclasses import fields, replace

import numpy as np
import pytest

from companion.profiles import EvaluationConfig, FlowConfig, ForestConfig
from shalelib.flow import SolverOptions
from shalelib.models.config import TrainConfig
from shalelib.phantom.acquisition import AcquisitionConfig
from shalelib.phantom.config import PhantomConfig, SemConfig, TxmConfig
from shalelib.phantom.fabric import make_rock, plug_outline
from shalelib.phantom.fabric_config import FabricConfig
from shalelib.phantom.volume import make_phantom
from shalelib.segmentation import rasterise

ROCK = (SemConfig, TxmConfig, PhantomConfig, FabricConfig, AcquisitionConfig)
CONFIGS = (*ROCK, FlowConfig, EvaluationConfig, ForestConfig, TrainConfig)
ABSURD = (float("nan"), float("inf"), True, "1", None, 1e-300, 1e300, 10**400, np.zeros(3), [])
TINY = PhantomConfig(depth=8, width=40, diameter=36)


@pytest.mark.parametrize("given", ABSURD, ids=lambda given: repr(given)[:8])
def test_what_is_no_number_of_a_sensible_size_is_refused_by_the_name_of_its_field(given):
    for kind in CONFIGS:
        for item in fields(kind):
            with pytest.raises((TypeError, ValueError)) as refused:
                kind(**{item.name: given})
            assert item.name in str(refused.value), (kind, item.name)
            assert len(str(refused.value)) < 300


@pytest.mark.parametrize("kind", CONFIGS)
def test_numbers_of_numpy_and_whole_ones_are_those_of_python(kind):
    plain = kind()
    for item in fields(kind):
        value = getattr(plain, item.name)
        if isinstance(value, int | float):
            scalar = np.int64(value) if isinstance(value, int) else np.float64(value)
            again = getattr(replace(plain, **{item.name: scalar}), item.name)
            assert type(again) is type(value)
            assert again == value
        elif isinstance(value, tuple):
            assert getattr(replace(plain, **{item.name: list(value)}), item.name) == value


@pytest.mark.parametrize(
    "name", [item.name for item in fields(TxmConfig) if item.name not in ("voxel_size", "mean")]
)
def test_the_least_that_a_setting_of_the_txm_may_be_renders(name):
    """Zero is none of it where it is taken; where not, the least is an image as well."""
    try:
        txm = TxmConfig(**{name: 0})
    except ValueError:
        txm = TxmConfig(**{name: {"blur_z": 0.1, "angles": 1}.get(name, 1e-12)})
    volume = make_phantom(replace(TINY, txm=txm), seed=1)
    assert volume.txm[:, volume.outline].min() >= 1


def test_no_smear_is_what_a_vanishing_smear_comes_to():
    none, hardly = (
        make_phantom(replace(TINY, txm=TxmConfig(smear=smear)), seed=1).txm for smear in (0.0, 0.05)
    )
    np.testing.assert_array_equal(none, hardly)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TxmConfig(voxel_size=31.2), "write 31.2e-9"),
        (lambda: PhantomConfig(voxel_size=33.6), "write 33.6e-9"),
        (lambda: TxmConfig(blur=1e6), "TxmConfig.blur must be at least 0 and at most 1000"),
        (lambda: TxmConfig(angles=181.0), "TxmConfig.angles must be a whole number"),
        (lambda: SemConfig(curtain_size=(3.0,)), "a length and a width"),
        (lambda: SemConfig(curtain_wide=(90.0, 0.0)), "both positive"),
        (lambda: FabricConfig(light_share=0.0), "light_share must be positive"),
        (lambda: FabricConfig(haze_patch=1e3), "haze_patch must be at least -100"),
        (lambda: PhantomConfig(txm=SemConfig()), r"must be a TxmConfig, .*; write TxmConfig\(\)"),
        (lambda: AcquisitionConfig(spacing=(30.0, 50.0)), "write 30e-9"),
        (lambda: SemConfig(noise="35"), "SemConfig.noise must be finite, a number, got '35'"),
        (lambda: AcquisitionConfig(cube=12.5), "cube must be a whole number"),
        (lambda: FlowConfig(refinements=()), "refinements is empty"),
        (lambda: FlowConfig(refinements=3), r"refinements must be a row, got 3; such as \(1, 2"),
        (lambda: FlowConfig(spheres=(0.3, 1.0)), "spheres must be below 1"),
        (lambda: TrainConfig(batch=1.5), "TrainConfig.batch must be a whole number"),
        (lambda: SolverOptions(device=0), "SolverOptions.device must be a str"),
        (lambda: SolverOptions(precondition=1), "SolverOptions.precondition must be a bool"),
        (lambda: SolverOptions(checkpoint_every=float("nan")), "checkpoint_every must be"),
        (lambda: FlowConfig(slip_width=15), "multiple of 10"),
        (lambda: plug_outline(width=8, diameter=9, seed=0), "at most 8"),
        (lambda: make_rock(FabricConfig(), np.ones((8, 8), bool), z0=-1, depth=1, seed=0), "z0"),
        (lambda: make_rock({}, np.ones((8, 8), bool), z0=0, depth=1, seed=0), "FabricConfig"),
    ],
)
def test_each_refusal_names_what_is_wanted(make, said):
    with pytest.raises((TypeError, ValueError), match=said):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_phantom(PhantomConfig(depth=10**9), seed=0),
        lambda: plug_outline(width=10**9, diameter=10, seed=0),
        lambda: make_rock(FabricConfig(), np.ones((8, 8), bool), z0=0, depth=10**15, seed=0),
        lambda: rasterise([], (10**20, 10**20)),
    ],
)
def test_what_no_machine_holds_is_refused_before_it_is_tried(make):
    with pytest.raises(MemoryError, match=r"and the machine has .* GB; (take|mend) "):
        make()
