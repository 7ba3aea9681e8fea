"""Text is UTF-8 whatever the machine's language is: every read and write names its encoding."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("shalelib", "companion", "workflow", "bench", "notebooks")
FILES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
NO_TEXT = {"os", "Image", "zarr", "tifffile"}  # whose open() is another


def nameless(source):
    """Lines of calls that read or write text in the encoding of the machine."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        named = {word.arg: word.value for word in node.keywords}
        function = node.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        owner = getattr(getattr(function, "value", None), "id", "")
        if name in ("read_text", "write_text"):
            asks = True
        elif name == "open" and owner not in NO_TEXT:
            first = 0 if isinstance(function, ast.Attribute) else 1
            mode = named.get("mode") or (node.args[first] if len(node.args) > first else None)
            asks = mode is None or "b" not in ast.literal_eval(mode)
        else:
            asks = name in ("run", "Popen", "check_output") and "text" in named
        if asks and "encoding" not in named:
            yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_read_and_write_names_its_encoding(path):
    assert list(nameless(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("call", "faults"),
    [
        ("path.read_text()", 1),
        ("path.write_text('x')", 1),
        ("path.open()", 1),
        ("open(path, 'w')", 1),
        ("run(words, text=True)", 1),
        ("path.read_text(encoding='utf-8')", 0),
        ("path.open('rb')", 0),
        ("open(path, mode='ab')", 0),
        ("os.open(path, os.O_RDONLY)", 0),
        ("run(words, encoding='utf-8')", 0),
    ],
)
def test_the_rule_sees_each_kind(call, faults):
    assert len(list(nameless(call))) == faults
