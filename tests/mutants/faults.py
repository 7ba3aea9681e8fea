"""Small faults of a source file, found in its syntax tree: one token that is wrong.

What is shown, said or refused is left alone: messages, annotations, docstrings, guards that raise.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "**": "*", "%": "*"}
ARITHMETIC |= {"&": "|", "|": "&", "<<": ">>", ">>": "<<", "@": "*"}
COMPARED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "=="}
BOUNDED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
PAIRS = "min max|minimum maximum|floor ceil|sin cos|any all|mean sum|zeros ones|argmin argmax"
CALLED = {a: b for pair in PAIRS.split("|") for a, b in (pair.split(), pair.split()[::-1])}
KINDS = (
    *("constant", "operator", "comparison", "sign", "axis"),
    *("boundary", "function", "argument", "logic", "truth"),
)
TOKENS = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Pow: "**"},
    **{ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|", ast.LShift: "<<", ast.RShift: ">>"},
    **{ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
    **{ast.MatMult: "@"},
}
SHOWN = {
    *("digits", "title", "unit", "desc", "disable", "heading", "label", "mend", "stacklevel"),
    *("dtype", "encoding", "cache", "parallel", "nogil", "inline", "fastmath", "allow_pickle"),
    *("progress", "strict", "frozen", "kw_only", "eq", "repr", "compare", "n_jobs", "num_workers"),
    *("inplace", "photometric", "prefix", "sort_keys"),
    *("memory", "seconds", "report", "exist_ok", "parents", "leave", "copy", "order", "default"),
}
"""Keywords that say how something is shown, kept or run, not what it is."""
SAID = ("warn", "tqdm", "print", "check", "update", "set_postfix_str", "isinstance", "field")
"""Calls whose name begins so speak to the user or refuse; they compute nothing."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A piece of a file that is replaced by another.

    Attributes
    ----------
    path : str
        Of the file, from the root of the checkout.
    kind : str
        Such as ``sign``.
    line : int
        Where it begins.
    start, end : int
        Of the piece, in bytes of the file as UTF-8.
    right, wrong : str
    statement : str
        The statement around it, without line breaks.
    place : str
        Function and class around it, and which of the like faults in this statement it is.
    """

    path: str
    kind: str
    line: int
    start: int
    end: int
    right: str
    wrong: str
    statement: str
    place: str

    @property
    def name(self) -> str:
        """Of eight digits; it stays when other lines of the file change."""
        parts = (self.path, self.place, self.statement, self.kind, self.right, self.wrong)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]

    def spoil(self, source: str) -> str:
        """Return the source with the fault in it."""
        data = source.encode()
        assert data[self.start : self.end].decode() == self.right, self
        return (data[: self.start] + self.wrong.encode() + data[self.end :]).decode()


def faults_of(path: str, source: str) -> list[Fault]:
    """Return every fault that can be planted in a file, in the order of the file."""
    return sorted(_Finder(path, source).found, key=lambda fault: (fault.start, fault.kind))


class _Finder(ast.NodeVisitor):
    """Walks a syntax tree and collects faults."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.data = path, source.encode()
        self.starts = [0]
        for line in self.data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.found: list[Fault] = []
        self.names: list[str] = []
        self.statement = ""
        self.seen: dict[tuple[str, ...], int] = {}
        self.axis = False
        self.visit(ast.parse(source))

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            if _is_silent(node):
                return
            head = " ".join(self._text(node).split())
            self.statement = head if not hasattr(node, "body") else head[:80]
        super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.append(node.name)
        self.statement = node.name
        for value in (*node.args.defaults, *node.args.kw_defaults):
            if value is not None:
                self.visit(value)
        for statement in node.body:
            self.visit(statement)
        self.names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.names.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._add("truth", node, repr(not value))
        elif self.axis and isinstance(value, int):
            self._add("axis", node, "0" if value else "1")
        elif isinstance(value, int):
            self._add("constant", node, str(value + 1))
        elif isinstance(value, float):
            self._add("constant", node, repr(float(f"{1.1 * value:.12g}")) if value else "0.1")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = [part for part in (node.left, node.right) if _is_text(part)]
        if not texts:
            token = TOKENS.get(type(node.op), "")
            self._swap("operator", token, ARITHMETIC, node.left, node.right)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        token = TOKENS.get(type(node.op), "")
        self._swap("operator", token, ARITHMETIC, node.target, node.value)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, right, op in zip(sides, sides[1:], node.ops, strict=False):
            token = TOKENS.get(type(op), "")
            self._swap("comparison", token, COMPARED, left, right)
            self._swap("boundary", token, BOUNDED, left, right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        token = "and" if isinstance(node.op, ast.And) else "or"
        self._swap("logic", token, {"and": "or", "or": "and"}, *node.values[:2])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub | ast.Not | ast.Invert):
            self._add("sign", node, self._text(node.operand))
        if not isinstance(node.op, ast.USub) or not isinstance(node.operand, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        if name.lstrip("_").startswith(SAID):
            return
        if name in CALLED:
            end = self._end(node.func)
            self._put("function", node.func, end - len(name), end, CALLED[name])
        self.visit(node.func)
        for value in node.args:
            self.visit(value)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.visit(keyword.value)
            elif keyword.arg not in SHOWN:
                self._drop(node, keyword, name)
                self.axis = keyword.arg in ("axis", "dim")
                self.visit(keyword.value)
                self.axis = False

    def _drop(self, node: ast.Call, keyword: ast.keyword, name: str) -> None:
        """Leave a keyword out; its comma goes too."""
        if name[:1].isupper():  # a record without one of its fields cannot be made
            return
        start, end = self._start(keyword), self._end(keyword)
        more = re.match(rb"\s*,\s*", self.data[end : self._end(node)])
        if more:
            end += more.end()
        self._put("argument", keyword, start, end, "")

    def _swap(self, kind: str, token: str, table: dict[str, str], a: ast.AST, b: ast.AST) -> None:
        """Replace the operator between two operands."""
        if token not in table:
            return
        start, end = self._end(a), self._start(b)
        place = self.data[start:end].find(token.encode())
        if place >= 0:
            first = start + place
            self._put(kind, b, first, first + len(token), table[token])

    def _add(self, kind: str, node: ast.AST, wrong: str) -> None:
        self._put(kind, node, self._start(node), self._end(node), wrong)

    def _put(self, kind: str, node: ast.AST, start: int, end: int, wrong: str) -> None:
        right = self.data[start:end].decode()
        place = ".".join(self.names)
        like = (place, self.statement, kind, right, wrong)
        number = self.seen[like] = self.seen.get(like, 0) + 1
        line = self.data[:start].count(b"\n") + 1
        self.found.append(
            Fault(
                **{"path": self.path, "kind": kind, "line": line, "start": start, "end": end},
                **{"right": right, "wrong": wrong, "statement": self.statement},
                place=f"{place}#{number}",
            )
        )

    def _start(self, node: ast.AST) -> int:
        return self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def _end(self, node: ast.AST) -> int:
        return self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def _text(self, node: ast.AST) -> str:
        return self.data[self._start(node) : self._end(node)].decode()


def _name_of(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _is_text(node: ast.AST) -> bool:
    is_string = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_string or isinstance(node, ast.JoinedStr)


def _is_silent(node: ast.stmt) -> bool:
    """Tell whether a statement refuses, says or types something and computes nothing."""
    if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If):
        typing = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return typing or (isinstance(node.body[-1], ast.Raise) and not node.orelse)
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Name) and t.id in ("msg", "__all__") for t in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def draw(candidates: dict[str, list[Fault]], *, count: int, seed: int) -> Iterator[Fault]:
    """Draw faults from files in turn, of all kinds in turn, each line once.

    What is drawn of a file depends on its own faults alone, and their order is that of a hash of
    seed and name: a draw stays as it is when other files, or other lines, change.

    Parameters
    ----------
    candidates : dict of path to list of Fault
    count : int
        How many are drawn, as far as there are so many.
    seed : int
    """
    queues = [_in_turn(path, found, seed) for path, found in sorted(candidates.items())]
    in_turn = (fault for row in zip_longest(*queues) for fault in row if fault is not None)
    return islice(in_turn, count)


def _in_turn(path: str, found: list[Fault], seed: int) -> Iterator[Fault]:
    """Yield the faults of a file in order of their hashes, the kinds in turn from any of them."""
    queue = sorted(found, key=lambda one: _hash(f"{seed}:{one.name}"))
    turn = _hash(f"{seed}:{path}") % len(KINDS)
    while queue:
        order = KINDS[turn:] + KINDS[:turn]
        fault = min(queue, key=lambda one: order.index(one.kind))
        queue = [one for one in queue if one.line != fault.line]
        turn = (KINDS.index(fault.kind) + 1) % len(KINDS)
        yield fault


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
