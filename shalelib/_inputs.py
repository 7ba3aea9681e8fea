"""The inputs of a stage as digests, which are the same for the same content on any machine."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from dis import get_instructions
from enum import Enum
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from shalelib import _code
from shalelib.arrays import digest


def describe(value: Any) -> str:
    """Return the digest of an input of a stage.

    Parameters
    ----------
    value : object
        Numbers, text, bytes, None, enums, arrays, tensors, dataclasses (with all their fields), the
        usual collections of these, and callables, which count by their code, their constants,
        their defaults and the variables that they close over.

    Raises
    ------
    TypeError
        Its content cannot be read, such as that of an open file or of a path.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return digest(value)
    if isinstance(value, Enum):
        return digest("enum", type(value).__name__, value.name, describe(value.value))
    if type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and value.dtype != object:
        return digest(value)
    if isinstance(value, Mapping):
        pairs = sorted((describe(key), describe(part)) for key, part in value.items())
        return digest("mapping", *(part for pair in pairs for part in pair))
    if isinstance(value, Set):
        return digest("set", *sorted(map(describe, value)))
    if isinstance(value, list | tuple):
        return digest("sequence", *map(describe, value))
    if is_dataclass(value) and not isinstance(value, type):
        given = [digest(f.name, describe(getattr(value, f.name))) for f in fields(value)]
        return digest("record", *sorted(given), _behaviour(type(value)))
    if callable(value):
        return digest("callable", *_callable(value))
    if _code.is_house(type(value).__module__):
        return digest("object", *_state(value))
    msg = (
        f"an input of a stage must be numbers, text, arrays, dataclasses, collections of these or "
        f"functions, so that its content can name the result; got {type(value).__name__}"
    )
    raise TypeError(msg)


def _callable(function: Any) -> Iterator[str]:
    """Yield digests of the parts of a callable."""
    if isinstance(function, partial):
        yield describe(function.func)
        yield describe(function.args)
        yield describe(function.keywords)
    elif isinstance(function, MethodType):
        yield digest(function.__name__)
        yield from _state(function.__self__)
    elif _code.place_of(function):
        yield _behaviour(function)
    elif isinstance(function := inspect.unwrap(function), FunctionType):
        yield from _made_here(function)
    elif isinstance(function, type) or not hasattr(function, "__dict__"):
        yield digest(function.__module__ or "", function.__qualname__)  # of another package
    else:
        yield from _state(function)


def _state(thing: object) -> Iterator[str]:
    """Yield digests of an object's class and of what it holds."""
    if isinstance(thing, type):
        yield _behaviour(thing)
    elif is_dataclass(thing):
        yield describe(thing)
    else:
        yield _behaviour(type(thing))
        yield describe(vars(thing))


def _behaviour(definition: Any) -> str:
    """Digest the code of a class or function that has a name of its own in a module."""
    place = _code.place_of(definition)
    if place is None or not _code.is_house(place[0]):
        return digest(definition.__module__ or "", definition.__qualname__)
    return _code.reached(place)


def _made_here(function: FunctionType) -> Iterator[str]:
    """Yield digests of a lambda or a nested function: its byte code and all that it can see."""
    yield from _instructions(function.__code__, function.__doc__)
    yield describe(function.__defaults__)
    yield describe(function.__kwdefaults__)
    yield from (describe(cell.cell_contents) for cell in function.__closure__ or ())
    for name in sorted(_global_names(function.__code__) & function.__globals__.keys()):
        seen = function.__globals__[name]
        module = isinstance(seen, ModuleType)
        if module and _code.is_house(seen.__name__):
            yield _code.reached((seen.__name__, _code.WHOLE))
        else:
            yield digest(name, seen.__name__) if module else describe(seen)


def _instructions(code: CodeType, doc: str | None) -> Iterator[str]:
    yield digest(code.co_code, *code.co_names, *code.co_varnames)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant, None)
        elif constant != doc or doc is None:
            yield digest(constant)


def _global_names(code: CodeType) -> set[str]:
    own = {i.argval for i in get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(_global_names(c) for c in code.co_consts if isinstance(c, CodeType)))
