"""The key of a result covers the code that is reached, and nothing else.

Sources are changed in memory, in place of the files on disk.
"""

import functools
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from companion.flow_volumes import FIRST, FlowVolume, _grey_case
from shalelib import _code
from shalelib._inputs import describe
from shalelib.flow.slip import SECOND_ORDER, SlipModel
from shalelib.store import code_digest, stage_key

ROOT = Path(__file__).parents[1]
STAGES = {
    "training": ("shalelib.models.training", "train"),
    "translation": ("shalelib.models.inference", "load_generator"),
    "rock": ("shalelib.phantom.volume", "make_phantom"),
    "flow": ("shalelib.flow.apparent", "permeability"),
    "threshold": ("shalelib.flow.thresholds", "connected_threshold"),
    "psnr": ("shalelib.metrics.paired", "psnr"),
    "divergence": ("shalelib.metrics.divergence", "kl_of_samples"),
}


def forget():
    """Read everything again."""
    for function in (_code._reached, _code.uses, _code.source, _code._text, _code._own):
        function.cache_clear()


@pytest.fixture
def edited(monkeypatch):
    """Return the digests of all stages, as if a source file read otherwise."""
    read = _code._text.__wrapped__
    edits = {}

    def text(path):
        found = read(path)
        for file, old, new in edits.get("now", []):
            if path == ROOT / file:
                assert old in found, f"{file} does not hold {old!r}"
                found = found.replace(old, new)
        return found

    def digests(*changes):
        edits["now"] = changes
        forget()
        return {name: _code.reached(place) for name, place in STAGES.items()}

    text.cache_clear = lambda: None
    monkeypatch.setattr(_code, "_text", text)
    yield digests
    monkeypatch.undo()
    forget()


CHANGES = [
    ("shalelib/models/state.py", "LEARNING_RATE = 2e-4", "LEARNING_RATE = 2e-2", ("training",)),
    ("shalelib/models/networks.py", "BLOCKS = 9", "BLOCKS = 8", ("training", "translation")),
    ("shalelib/flow/gas.py", "viscosity=1.34e-5", "viscosity=1.35e-5", ("flow",)),
    ("shalelib/flow/slip.py", "1 / (1 + 2 * kn)", "1 / (1 + 3 * kn)", ("flow",)),
    ("shalelib/flow/thresholds.py", "PAPER_FRACTION = 0.9", "PAPER_FRACTION = 0.3", ("threshold",)),
    ("shalelib/flow/lattice.py", "MAGIC = 3 / 16", "MAGIC = 3 / 15", ("flow",)),
    ("shalelib/metrics/paired.py", "255**2", "256**2", ("psnr",)),
    ("shalelib/phantom/fabric_config.py", "= 103.5", "= 133.5", ("rock",)),
    ("shalelib/phantom/fabric.py", "f.mu_matrix + f", "f.mu_matrix - f", ("rock",)),
    ("shalelib/phantom/noise.py", "hashlib.sha256(f", "hashlib.sha512(f", ("rock",)),
]


@pytest.mark.parametrize(("file", "old", "new", "moved"), CHANGES, ids=lambda x: str(x)[-24:])
def test_a_changed_constant_or_formula_moves_what_depends_on_it_alone(
    edited, file, old, new, moved
):
    before, after = edited(), edited((file, old, new))
    assert {name for name in STAGES if before[name] != after[name]} == set(moved)


def test_docstrings_comments_and_layout_move_nothing(edited):
    before = edited()
    changes = [
        ("shalelib/models/networks.py", '"""Return', '"""Told otherwise: return'),
        ("shalelib/flow/gas.py", "viscosity=1.34e-5", "viscosity=(  # Pa s\n  1.34e-5)"),
        ("shalelib/phantom/fabric.py", "return level,", "# grey\n    return level,"),
    ]
    assert edited(*changes) == before


def test_an_unused_neighbour_moves_nothing(edited):
    """Function by function: another function of the same module is another matter."""
    before = edited()
    after = edited(("shalelib/metrics/paired.py", "win_size=7", "win_size=9"))
    assert after == before


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that writes a package and the digest of ``<package>.main.start``."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def write(**modules):
        name = f"scratch{tmp_path.name.replace('-', '')}{len(made)}"
        made.append(name)
        folder = tmp_path / name
        folder.mkdir()
        for module, text in {"__init__": "", **modules}.items():
            (folder / f"{module}.py").write_text(text.replace("PACKAGE", name), encoding="utf-8")
        importlib.invalidate_caches()
        start = importlib.import_module(f"{name}.main").start
        return code_digest(start)

    yield write
    for name in made:
        for module in [m for m in sys.modules if m.split(".")[0] == name]:
            del sys.modules[module]


HELP = "def helper(x):\n    return x * FACTOR\n\nFACTOR = 2\n"
FROM = "from PACKAGE.other import helper\n\ndef start(x):\n    return helper(x)\n"


def test_a_moved_file_moves_nothing(package):
    """The same definitions in other packages, in other modules, or in one file."""
    apart = package(main=FROM, other=HELP)
    assert apart == package(main=FROM, other=f'"""Docstring."""\n{HELP}')
    assert apart == package(main=FROM.replace("other", "elsewhere"), elsewhere=HELP)
    together = HELP + FROM.replace("from PACKAGE.other import helper\n", "")
    assert apart == package(main=together)


@pytest.mark.parametrize(
    ("main", "other"),
    [
        (FROM, HELP),
        ("import PACKAGE.other\n\ndef start(x):\n    return PACKAGE.other.helper(x)\n", HELP),
        ("from PACKAGE import other\n\ndef start(x):\n    return other.helper(x)\n", HELP),
        ("from . import other as o\n\ndef start(x):\n    return o.helper(x)\n", HELP),
        ("from .other import helper as h\n\ndef start(x):\n    return h(x)\n", HELP),
        ("def start(x):\n    from PACKAGE.other import helper\n    return helper(x)\n", HELP),
        (FROM.replace("return helper(x)", "return [helper(y) for y in x]"), HELP),
        ("from PACKAGE import other\n\ndef start(x):\n    return getattr(other, x)\n", HELP),
        (FROM.replace("return helper(x)", "return (lambda y: helper(y))(x)"), HELP),
        ("from PACKAGE.other import C\n\ndef start(x: C):\n    return x.go()\n",
         "class C:\n    def go(self):\n        return FACTOR\n\nFACTOR = 2\n"),
        ("from PACKAGE.other import C\n\ndef start(x=C()):\n    return x.y\n",
         "from dataclasses import dataclass\n@dataclass\nclass C:\n    y: int = 2\n"),
        (FROM, "T = {}\nT['f'] = 2\n\ndef helper(x):\n    return T['f']\n"),
        (FROM, "T = {}\nT.update(f=2)\n\ndef helper(x):\n    return T['f']\n"),
        (FROM, "def n(f):\n    return lambda x: 2 * f(x)\n\n@n\ndef helper(x):\n    return x\n"),
        ("from PACKAGE.other import B\n\nclass A(B):\n    pass\n\ndef start():\n    return A()\n",
         "class B:\n    def go(self):\n        return 2\n"),
    ],
)  # fmt: skip
def test_every_way_to_a_definition_is_followed(package, main, other):
    before = package(main=main, other=other)
    if "getattr" not in main and "PACKAGE.other.helper" not in main:  # named, or taken whole
        assert before == package(main=main, other=f"{other}\nUNUSED = 5\n")
    assert before != package(main=main, other=other.replace("2", "3"))


def test_a_face_that_imports_lazily_is_followed(package):
    face = (
        "import importlib\n\ndef __getattr__(name):\n    if name == 'helper':\n"
        "        return importlib.import_module('PACKAGE.other').helper\n"
        "    raise AttributeError(name)\n"
    )
    main = "import PACKAGE\n\ndef start(x):\n    return PACKAGE.helper(x)\n"
    before = package(__init__=face, main=main, other=HELP)
    assert before != package(__init__=face, main=main, other=HELP.replace("2", "3"))


def test_names_that_change_places_are_seen(package):
    """The same definitions, but each called where the other was."""
    two = "def a():\n    return 1\n\ndef b():\n    return 2\n"
    main = "from PACKAGE.other import a as f, b as g\n\ndef start():\n    return f() - g()\n"
    swapped = main.replace("a as f, b as g", "b as f, a as g")
    assert package(main=main, other=two) != package(main=swapped, other=two)


def test_code_of_other_packages_counts_by_its_name(package):
    main = "from math import sin as f\n\ndef start(x):\n    return f(x)\n"
    assert package(main=main) != package(main=main.replace("sin", "cos"))


def test_a_data_file_that_is_read_by_name_counts(package, tmp_path):
    main = (
        "from pathlib import Path\n\ndef start():\n    return Path(__file__).with_name('t.csv')\n"
    )
    before = package(main=main)
    named = f"scratch{tmp_path.name.replace('-', '')}1"
    (tmp_path / named).mkdir()
    (tmp_path / named / "t.csv").write_text("1,2\n")
    for module, text in {"__init__": "", "main": main}.items():
        (tmp_path / named / f"{module}.py").write_text(text)
    assert code_digest(importlib.import_module(f"{named}.main").start) != before


def test_a_stage_without_a_name_counts_by_its_byte_code():
    one, again, two = (lambda x: x + 1), (lambda x: x + 1), (lambda x: x + 2)
    assert code_digest(one) == code_digest([again]) != code_digest(two)


def slip(function):
    return SlipModel(name="mine", c1=1.0, c2=0.5, effective=function)


def test_callables_among_the_inputs_count_by_their_code():
    once, twice, again = slip(lambda kn: 1 / kn), slip(lambda kn: 2 / kn), slip(lambda kn: 1 / kn)
    assert describe(once) == describe(again) != describe(twice)
    assert describe(once) != describe(SECOND_ORDER)

    def power(kn, n=1):
        return kn**n

    def closed(n):
        return lambda kn: kn**n

    powers = [functools.partial(power, n=2), functools.partial(power, n=3), closed(2), closed(3)]
    assert len({describe(slip(function)) for function in powers}) == len(powers)
    assert describe(closed(3)) == describe(closed(3))


class Raised:
    """Callable objects, in a module with a call that binds nothing."""

    def __init__(self, n):
        self.n = n

    def __call__(self, kn):
        return kn**self.n


print("", end="")


def test_a_callable_object_counts_with_what_it_holds():
    assert describe(Raised(2)) == describe(Raised(2)) != describe(Raised(3))
    assert code_digest(Raised(2)) != code_digest(Raised(3))


SCALE = 1.0


def test_a_global_that_a_lambda_reads_counts(monkeypatch):
    def law(kn):
        return SCALE * np.log(kn)

    before = describe(law)
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert describe(law) != before


def test_all_fields_of_a_configuration_count():
    import dataclasses

    from companion.profiles import get_profile

    smoke = get_profile("smoke")
    flow = dataclasses.replace(smoke.flow, cube_edge=16)
    assert describe(smoke) != describe(dataclasses.replace(smoke, flow=flow))
    assert describe(dataclasses.replace(flow)) == describe(flow)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (b"a", "a"),
        (None, "None"),
        ([1, [2]], [1, 2]),
        ({"a": 1}, {"a": 2}),
        (np.arange(4), np.arange(4.0)),
        (np.arange(4), np.arange(4).reshape(2, 2)),
    ],
)
def test_different_inputs_differ(one, other):
    assert describe(one) != describe(other)


def test_the_order_of_a_mapping_does_not_count():
    assert describe({"a": 1, "b": 2}) == describe({"b": 2, "a": 1})


def test_what_has_no_content_is_refused(tmp_path):
    with pytest.raises(TypeError, match="Path"):
        describe({"path": tmp_path})


def test_the_key_covers_name_code_and_inputs():
    from shalelib.metrics.paired import dice, psnr

    keys = {
        stage_key("a", code=psnr, inputs=1),
        stage_key("b", code=psnr, inputs=1),
        stage_key("a", code=dice, inputs=1),
        stage_key("a", code=psnr, inputs=2),
        stage_key("a", code=[psnr, dice], inputs=1),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("face", "name", "module"),
    [("flow", "METHANE", "gas"), ("segmentation", "classify", "classifier")],
)
def test_a_name_of_a_lazy_face_leads_to_its_definition(face, name, module):
    assert _code._member(f"shalelib.{face}", name) == (f"shalelib.{face}.{module}", name)


def test_a_flow_is_named_by_the_code_of_its_threshold(edited):
    """With 90% set to 30% no flow of the old pores may stand in; first percolation stays."""
    grey = np.full((4, 4, 4), 200, np.uint8)
    grey[:, 1, 1] = 50
    volume = FlowVolume(name="srgan_4x_vanilla", label="", grey=grey, key="of a generator")

    def identities(*changes):
        edited(*changes)
        names = (volume.name, volume.name + FIRST)
        return [_grey_case(name, volume, 100, 1e-8).identity for name in names]

    own, first = identities()
    changed = ("shalelib/flow/thresholds.py", "PAPER_FRACTION = 0.9", "PAPER_FRACTION = 0.3")
    assert identities() == [own, first]
    assert identities(changed)[0] != own
    assert identities(changed)[1] == first
