"""A Python file as units: statements of its top level, each with the names it needs and gives.

A unit is the smallest piece that travels or stays. Most bind names and do nothing else; those that
do something when the file is loaded are actions.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from packetflow.mcp.export.imports import Import, imports_of
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.export.scopes import Names, names_of

_BINDING: Final = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
)
_MAKERS: Final = frozenset({"exec", "globals", "setattr", "vars"})
"""Whoever uses these may give names that no text shows."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One or more statements that share lines.

    Attributes:
        first: Its first line, from 1, with decorators and with comments directly above it.
        last: Its last line.
        nodes: Its statements.
        names: What they have to do with the module's names.
        is_action: Whether it does something when the file is loaded, besides giving names.
    """

    first: int
    last: int
    nodes: tuple[ast.stmt, ...]
    names: Names
    is_action: bool

    @property
    def line(self) -> int:
        """Where its code begins."""
        return _first_line(self.nodes[0])

    def line_of(self, name: str) -> int:
        """Where a name is used first in it."""
        found = [
            node.lineno
            for top in self.nodes
            for node in ast.walk(top)
            if isinstance(node, ast.Name) and node.id == name
        ]
        return min(found, default=self.line)


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A Python file of a workspace.

    Attributes:
        name: As it is imported, below the folder of capabilities: ``shapes.square``.
        path: In the workspace, with ``/``.
        text: Its content; lines end with a line feed.
        units: Its statements, in order.
        is_package: Whether it is the ``__init__.py`` of a folder.
    """

    name: str
    path: str
    text: str
    units: tuple[Unit, ...]
    is_package: bool = False
    homes: Mapping[str, tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        homes: dict[str, list[int]] = {}
        for index, unit in enumerate(self.units):
            for name in unit.names.binds:
                homes.setdefault(name, []).append(index)
        object.__setattr__(self, "homes", {name: tuple(found) for name, found in homes.items()})

    @cached_property
    def origins(self) -> dict[str, str]:
        """Where names come from that are imported from elsewhere: ``{"pd": "pandas"}``."""
        found: dict[str, str] = {}
        for unit in self.units:
            for node in (one for top in unit.nodes for one in ast.walk(top)):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        known = alias.name if alias.asname else alias.name.partition(".")[0]
                        found.setdefault(alias.asname or known, known)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    for alias in node.names:
                        known = f"{node.module}.{alias.name}"
                        found.setdefault(alias.asname or alias.name, known)
        return found

    @cached_property
    def texts(self) -> dict[str, str]:
        """Names of the module that stand for a text: ``{"KEY": "API_KEY"}``."""
        return {
            target.id: node.value.value
            for unit in self.units
            for node in unit.nodes
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and len(self.homes[target.id]) == 1
        }

    @cached_property
    def imports(self) -> tuple[tuple[Import, ...], ...]:
        """What each unit imports."""
        return tuple(tuple(imports_of(unit.nodes, self.package)) for unit in self.units)

    @cached_property
    def is_open(self) -> bool:
        """Whether it may have names that its text does not show."""
        if "__getattr__" in self.homes or any(_MAKERS & unit.names.uses for unit in self.units):
            return True
        return any("*" in one.names for taken in self.imports for one in taken)

    @property
    def package(self) -> str:
        """The package that one dot means in it."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def cut(self, kept: set[int]) -> str:
        """The text of some units only, each on its own line, so that tracebacks stay true."""
        if len(kept) == len(self.units):
            return self.text
        lines = self.text.split("\n")
        shown = {number for index in kept for number in _lines(self.units[index])}
        head = 0
        while head < len(lines) and (not lines[head].strip() or lines[head].startswith("#")):
            head += 1  # the comments that begin a file are about all of it
        return (
            "\n".join(
                line if number <= head or number in shown else ""
                for number, line in enumerate(lines, 1)
            ).rstrip("\n")
            + "\n"
        )


def _lines(unit: Unit) -> range:
    return range(unit.first, unit.last + 1)


def decoded(content: bytes, path: str) -> str | Reason:
    """A Python file's text, or why it has none."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return Reason(path, 1, f"cannot be read: {error}", "save it as UTF-8")
    if encoding not in {"utf-8", "utf-8-sig"}:
        return Reason(path, 1, f"is written in {encoding}", "save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_source(name: str, path: str, text: str) -> SourceFile | Reason:
    """Read the units of a file, or say why it has none.

    What follows ``if __name__ == "__main__":`` is in none of them, since nobody runs it.
    """
    try:
        tree = ast.parse(text)
        units = tuple(_units(tree.body, text.split("\n")))
    except SyntaxError as error:
        what = f"is no Python that can be loaded: {error.msg}"
        return Reason(
            path, error.lineno or 1, what, "mend it; its last good version is not exported"
        )
    except (ValueError, RecursionError) as error:
        return Reason(path, 1, f"cannot be read: {error}", "mend it")
    own = name.removesuffix(".__init__")
    return SourceFile(own, path, text, units, is_package=own != name)


def _units(body: Sequence[ast.stmt], lines: Sequence[str]) -> Iterator[Unit]:
    for nodes in _grouped(body):
        if len(nodes) == 1 and _is_main_guard(nodes[0]):
            continue
        first, last = _first_line(nodes[0]), max(node.end_lineno or 0 for node in nodes)
        names = names_of("\n".join(lines[first - 1 : last]) + "\n")
        above = first
        while above > 1 and lines[above - 2].startswith("#"):
            above -= 1
        yield Unit(above, last, tuple(nodes), names, not all(map(_only_binds, nodes)))


def _grouped(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for node in body:
        if group and _first_line(node) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _is_main_guard(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and ast.unparse(node.test) in {"__name__ == '__main__'", "'__main__' == __name__"}
    )


def _only_binds(node: ast.stmt) -> bool:
    """Whether a statement gives names and does nothing else that shows in its own text."""
    if isinstance(node, _BINDING) or type(node).__name__ == "TypeAlias":
        return True
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=targets):
            return all(map(_is_name, targets))
        case ast.AnnAssign(target=target):
            return _is_name(target)
        case ast.If(body=body, orelse=other):
            return all(map(_only_binds, [*body, *other]))
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            caught = [one for handler in handlers for one in handler.body]
            caught = [one for one in caught if not isinstance(one, ast.Raise)]
            return all(map(_only_binds, [*body, *caught, *other, *last]))
        case _:
            return False


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_name, target.elts))
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Starred) and _is_name(target.value)
    )
