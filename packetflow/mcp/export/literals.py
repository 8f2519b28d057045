"""What code says outright of the machine it runs on: variables, files, and code made of texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from packetflow.mcp.export.imports import is_dynamic_import
from packetflow.mcp.export.scopes import annotations_of
from packetflow.mcp.export.touching import origin
from packetflow.mcp.export.units import SourceFile, Unit

_EVERYWHERE: Final = frozenset(
    {"HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "USER"}
)
"""Variables that clients hand to every server."""

_OPENERS: Final = frozenset(
    [
        *("open", "Path", "PurePath", "PosixPath", "existing_file", "load_table", "read_document"),
        *("read_csv", "read_table", "read_parquet", "read_excel", "read_json", "read_feather"),
        *("listdir", "scandir", "glob", "iglob", "load_workbook", "loadtxt", "FileSystemLoader"),
    ]
)
"""Functions, by the last word of their name, whose first argument is a path to read."""

_SAME: Final = frozenset({"Path", "PurePath", "abspath", "realpath", "normpath", "str", "fspath"})
_LONGEST: Final = 260
_SECRET: Final = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_LIKE_A_SECRET: Final = re.compile(
    r"://[^/]*@|^(?=.*\d)(?=.*[A-Z])(?=.*[a-z])[\w+/=-]{20,}$|^[0-9a-f]{24,}$|^(sk|ghp|xox\w)[-_]"
)
"""An address with a password, a long word of digits and letters, or one that begins as keys do."""

_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True)
class Told:
    """A path that code says.

    Attributes:
        line: Where it says so.
        path: What it says; for one that begins at ``__file__`` its place in the workspace.
        is_opened: Whether it certainly is a path, and not just some text.
        is_beside: Whether it says so by ``__file__``.
    """

    line: int
    path: str
    is_opened: bool = False
    is_beside: bool = False


@dataclass(frozen=True, order=True)
class Variable:
    """An environment variable that code reads.

    Attributes:
        name: What it is called.
        is_required: Whether the code fails without it, as far as that shows.
        default: What the code takes instead, where it says a plain text that may be shown.
    """

    name: str
    is_required: bool = True
    default: str = ""


def variables_in(unit: Unit, file: SourceFile) -> Iterator[Variable]:
    """The environment variables that a unit reads by name, each time that it does."""
    asked_first = set(_asked_first(unit, file))
    for node in _walk(unit):
        key: ast.expr | None = None
        otherwise: list[ast.expr] = []
        is_required = False
        match node:
            case ast.Subscript(value=value, slice=inside, ctx=ast.Load()) if _is_environ(
                value, file
            ):
                key, is_required = inside, id(node) not in asked_first
            case ast.Call(
                func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault" as how),
                args=[first, *otherwise],
            ) if _is_environ(value, file):
                key, is_required = first, how == "pop" and not otherwise
            case ast.Call(func=func, args=[first, *otherwise], keywords=words):
                key = first if origin(ast.unparse(func), file) == "os.getenv" else None
                otherwise = otherwise or [word.value for word in words]
            case ast.Compare(left=left, ops=[ast.In()], comparators=[value]):
                key = left if _is_environ(value, file) else None
            case _:
                pass
        name = "" if key is None else _text(key, file)
        if name and name not in _EVERYWHERE:
            yield Variable(name, is_required, _shown(name, otherwise))


def _asked_first(unit: Unit, file: SourceFile) -> Iterator[int]:
    """The reads (by identity) that happen only if the variable is there, and else nothing fails."""
    for node in _walk(unit):
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                fails = any(isinstance(one, ast.Raise) for part in orelse for one in ast.walk(part))
                inside: list[ast.AST] = [] if fails else [*body]
            case ast.IfExp(test=test, body=value):
                inside = [value]
            case ast.BoolOp(op=ast.And(), values=[test, *more]):
                inside = [*more]
            case _:
                continue
        there = set(_held_there(test, file))
        for within in inside:
            for one in ast.walk(within):
                if isinstance(one, ast.Subscript) and _text(one.slice, file) in there:
                    yield id(one)


def _held_there(test: ast.expr, file: SourceFile) -> Iterator[str]:
    """The variables that are there where a test holds."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _held_there(part, file)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[value]) if _is_environ(
            value, file
        ):
            yield _text(left, file)
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key]) if _is_environ(
            value, file
        ):
            yield _text(key, file)
        case ast.Call(func=func, args=[key]) if origin(ast.unparse(func), file) == "os.getenv":
            yield _text(key, file)
        case _:
            return


def _shown(name: str, otherwise: list[ast.expr]) -> str:
    """A default that is written out where the variable is read, unless it may be a secret."""
    match otherwise:
        case [ast.Constant(value=str(text))] if not _SECRET.search(name):
            return "" if _LIKE_A_SECRET.search(text) else text
        case _:
            return ""


def joined(read: Iterable[Variable]) -> tuple[Variable, ...]:
    """Each variable once, by name: required if it is anywhere, with the default all agree on."""
    found: dict[str, Variable] = {}
    for one in sorted(read):
        known = found.get(one.name, one)
        default = one.default if known.default == one.default else ""
        is_required = known.is_required or one.is_required
        found[one.name] = Variable(one.name, is_required, "" if is_required else default)
    return tuple(found.values())


def told(variables: Iterable[Variable]) -> str:
    """Variables as a sentence lists them.

    >>> told([Variable("KEY"), Variable("MODE", is_required=False, default="fast")])
    "KEY, MODE (else 'fast')"
    """

    def said(one: Variable) -> str:
        if one.is_required:
            return one.name
        return f"{one.name} ({f'else {one.default!r}' if one.default else 'if it is set'})"

    return ", ".join(map(said, variables))


def secrets_in(text: str, environment: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Variables whose values stand in a text, with their lines, as far as names tell of secrets."""
    for name, value in environment.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET.search(name) and value in text:
            yield text.count("\n", 0, text.index(value)) + 1, name


def _is_environ(node: ast.expr, file: SourceFile) -> bool:
    return (
        isinstance(node, ast.Name | ast.Attribute)
        and origin(ast.unparse(node), file) == "os.environ"
    )


def _text(node: ast.expr, file: SourceFile) -> str:
    """A text, or a name of the module that stands for one; else nothing."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return file.texts.get(node.id, "") if isinstance(node, ast.Name) else ""


def hidden_code(unit: Unit, file: SourceFile) -> Iterator[tuple[int, str]]:
    """Calls that run code whose text is not here: their line, and what they do."""
    for node in _walk(unit):
        if not isinstance(node, ast.Call):
            continue
        called = origin(ast.unparse(node.func), file).removeprefix("builtins.")
        first = node.args[0] if node.args else None
        if is_dynamic_import(node) and not (first is not None and _text(first, file)):
            yield node.lineno, "imports a module whose name is only known when it runs"
        elif called in {"eval", "exec"} and len(node.args) + len(node.keywords) < 2:
            yield node.lineno, f"hands code to {called}(), which may use anything"


def paths_in(unit: Unit, file: SourceFile) -> Iterator[Told]:
    """The texts in a unit that are paths, or may be."""
    places = _places(file)
    seen: set[int] = set()
    for top in unit.nodes:  # HERE = Path(__file__).parent only gives a name to a place
        if isinstance(top, ast.Assign) and _beside(top.value, file, places) is not None:
            seen |= {id(one) for one in ast.walk(top)}
    for node in _walk(unit):
        if id(node) in seen:
            continue
        if not isinstance(node, ast.expr):
            continue
        beside = _beside(node, file, places)
        if beside is not None:
            seen |= {id(one) for one in ast.walk(node)}
            yield Told(node.lineno, str(beside), is_opened=True, is_beside=True)
        elif isinstance(node, ast.Call) and node.args:
            word = ast.unparse(node.func).rpartition(".")[2]
            path = _text(node.args[0], file)
            if path and word in _OPENERS:
                seen.add(id(node.args[0]))
                if not _writes(node):
                    yield Told(node.lineno, path, is_opened=True)
        elif isinstance(node, ast.Constant) and _may_be_path(node.value):
            yield Told(node.lineno, str(node.value))


def _places(file: SourceFile) -> dict[str, PurePosixPath]:
    """The names of a module that stand for places in the workspace."""
    found: dict[str, PurePosixPath] = {}
    for unit in file.units:
        for node in unit.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                place = _beside(node.value, file, found)
                name = node.targets[0].id
                if place is not None and len(file.homes[name]) == 1:
                    found[name] = place
    return found


def _may_be_path(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) < _LONGEST and "\n" not in value


def _writes(call: ast.Call) -> bool:
    """Whether ``open`` is told to write."""
    told = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [one.value for one in told if isinstance(one, ast.Constant)]
    return any(isinstance(mode, str) and set(mode) & set("wax") for mode in modes)


def _beside(
    node: ast.expr, file: SourceFile, places: Mapping[str, PurePosixPath]
) -> PurePosixPath | None:
    """A place in the workspace that an expression names by ``__file__``, as far as it is known."""
    match node:
        case ast.Name(id="__file__"):
            return PurePosixPath(file.path)
        case ast.Name(id=name):
            return places.get(name)
        case ast.Attribute(value=inner, attr="parent"):
            base = _beside(inner, file, places)
            return None if base is None else base.parent
        case ast.Subscript(
            value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(count))
        ):
            base = _beside(inner, file, places)
            above = [] if base is None else list(base.parents)
            return above[count] if count < len(above) else None
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            base, more = _beside(left, file, places), _text(right, file)
            return base / more if base is not None and more else None
        case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute")):
            return _beside(inner, file, places)
        case ast.Call(func=ast.Attribute(value=inner, attr="joinpath" | "with_name" as how)):
            base, texts = _beside(inner, file, places), [_text(one, file) for one in node.args]
            if base is None or not all(texts):
                return None
            return base.with_name(texts[0]) if how == "with_name" else base.joinpath(*texts)
        case ast.Call(func=func, args=[inner, *more]):
            base, texts = _beside(inner, file, places), [_text(one, file) for one in more]
            return None if base is None else _of_os_path(base, ast.unparse(func), texts)
        case _:
            return None


def _of_os_path(base: PurePosixPath, func: str, more: list[str]) -> PurePosixPath | None:
    word = func.rpartition(".")[2]
    if word == "dirname":
        return base.parent
    if word == "join":
        return base.joinpath(*more) if all(more) else None
    return base if word in _SAME and not more else None


def _walk(unit: Unit) -> Iterator[ast.AST]:
    """All nodes but annotations and docstrings, parents before what is inside."""
    waiting: list[ast.AST] = list(unit.nodes)
    while waiting:
        node = waiting.pop(0)
        yield node
        left_out = {id(one) for one in annotations_of(node)}
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            left_out.add(id(body[0])) if isinstance(body[0].value, ast.Constant) else None
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            waiting += [one for one in ast.iter_child_nodes(node) if id(one) not in left_out]
