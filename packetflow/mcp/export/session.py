"""The code of a notebook or script as one file, made from the objects that are there now.

A notebook has no file that could be loaded again: cells were run in any order, some twice. So the
file is put together from what the names mean now: modules become imports, functions and classes
their source, plain values what they look like. Whatever else is alive in the session is refused.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any, Final

from packetflow.composition.capability import Capability
from packetflow.mcp.export.imports import imports_of
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.export.scopes import names_of
from packetflow.mcp.export.touching import at_once, is_constant
from packetflow.mcp.export.units import SourceFile, Unit, read_source

_LONGEST: Final = 20_000
"""A plain value that takes more signs to write is no constant."""

_ENVIRONMENT: Final = frozenset({"environ", "environb", "getenv", "getenvb"})

_FIRST: Final = (-2, 0)
"""The place of imports."""

_LATER: Final = "from __future__ import annotations"
_FUTURE: Final = __import__("__future__").annotations.compiler_flag


@dataclass(frozen=True)
class Piece:
    """What one name of a session becomes.

    Attributes:
        name: The name.
        text: The statement that gives it its meaning.
        file: Where that was written: a script, or a cell.
        line: Its line there.
        order: Its place among all that was written; imports and values come first.
        is_later: Whether its annotations are not evaluated.
    """

    name: str
    text: str
    file: str = ""
    line: int = 0
    order: tuple[int, int] = (-1, 0)
    is_later: bool = False


@dataclass
class Session:
    """Collects the code that some functions of a session need.

    Args:
        names: All names of the session, with their values.
        file: What the collected code is called, as a path in a workspace.
        homes: For modules that travel as files, the names of those files.
    """

    names: Mapping[str, Any]
    file: str
    homes: Mapping[str, str] = field(default_factory=dict)
    reasons: set[Reason] = field(default_factory=set)
    _pieces: dict[str, Piece | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._texts = [*_texts_of(self.names)]

    def add(self, name: str, capability: Capability[..., Any]) -> None:
        """Take a capability under the name of its function, with all that it uses."""
        self._take(name, capability, "", 0)

    def source(self) -> SourceFile | Reason:
        """All that was taken, as a file."""
        text, _ = self._written()
        name = self.file.removeprefix("capabilities/").removesuffix(".py")
        return read_source(name, self.file, text)

    def place(self, reason: Reason) -> Reason:
        """A reason that is about the collected file, told of the script or cell it comes from."""
        if reason.file != self.file:
            return reason
        _, starts = self._written()
        for first, piece in reversed(starts):
            if reason.line >= first and piece.file:
                line = piece.line + reason.line - first
                return Reason(piece.file, line, reason.what, reason.do)
            if reason.line >= first and piece.order != _FIRST:
                return Reason("", 0, f"{piece.name!r} {reason.what}", reason.do)
        return Reason("", 0, reason.what, reason.do)

    def _written(self) -> tuple[str, list[tuple[int, Piece]]]:
        pieces = _ordered([one for one in self._pieces.values() if one is not None])
        lines = [_LATER] if any(one.is_later for one in pieces) else []
        starts = []
        for piece in pieces:
            starts.append((len(lines) + 1, piece))
            lines += piece.text.rstrip("\n").split("\n")
            lines += ["", ""] if piece.file else []
        return "\n".join(lines), starts

    def _take(self, name: str, value: Any, said_in: str, line: int) -> None:
        if name in self._pieces:
            return
        self._pieces[name] = None
        piece = self._piece(name, value)
        if isinstance(piece, str):
            what = f"uses {name!r}, which {piece}" if said_in else f"{name!r} {piece}"
            self.reasons.add(Reason(said_in, line, what, _WAY_OUT))
            if name.isidentifier():
                self._pieces[name] = Piece(name, f"{name} = None")  # so that it is told once
            return
        self._pieces[name] = piece
        if not piece.file:
            return
        for used in sorted(names_of(piece.text).needs):
            if used in self.names and not (used.startswith("__") and used.endswith("__")):
                self._take(used, self.names[used], piece.file, _line_of(piece, used))

    def _piece(self, name: str, value: Any) -> Piece | str:
        """The statement that gives a name its value; a text says why there is none."""
        if isinstance(value, types.ModuleType):
            text = f"import {value.__name__} as {name}"
            plain = f"import {name}" if value.__name__ == name else text
            return Piece(name, plain, order=_FIRST)
        fn = inspect.unwrap(value.fn) if isinstance(value, Capability) else value
        if isinstance(fn, types.FunctionType | type) or isinstance(value, Capability):
            fn = inspect.unwrap(fn) if callable(fn) else fn
            home = str(getattr(fn, "__module__", ""))
            if home != self.names.get("__name__"):
                return self._imported(name, value, home)
            is_lambda = getattr(fn, "__name__", "") == "<lambda>"
            return (self._assigned(name) if is_lambda else None) or self._defined(name, fn)
        if _is_plain(value):
            return self._read_there(name) or Piece(name, f"{name} = {value!r}")
        bound = self._assigned(name, of_any_form=type(value).__module__ in {"types", "typing"})
        if bound is not None:
            return bound
        made_in = getattr(value, "__module__", None) or type(value).__module__
        taken = self._imported(name, value, str(made_in))
        if isinstance(taken, Piece):
            return taken
        return f"is a living {type(value).__name__} that no file holds"

    def _imported(self, name: str, value: Any, home: str) -> Piece | str:
        """An import of something that another module gives."""
        for _, text in reversed(self._texts):
            for one in imports_of(_statements(text), ""):
                module = sys.modules.get(one.target or "")
                taken = one.bound.get(name)
                if taken and one.names and getattr(module, taken, self) is value:
                    return _import_of(name, taken, self._module(str(one.target)))
        module = sys.modules.get(home)
        known = getattr(value, "__name__", name)
        for called in (known, name):
            if module is not None and getattr(module, called, None) is value:
                return _import_of(name, called, self._module(home))
        return f"comes from {home or 'nowhere'!r}, and not under a name there"

    def _module(self, home: str) -> str:
        """What a module is called in the workspace that travels."""
        package, _, inner = home.partition(".")
        if package.startswith("packetflow_workspace"):
            return f".{inner}"
        return f".{self.homes[home]}" if home in self.homes else home

    def _defined(self, name: str, value: Any) -> Piece | str:
        """The source of a function or class of the session."""
        if not isinstance(value, types.FunctionType | type):
            return f"is made of a living {type(value).__name__}"
        if "<locals>" in value.__qualname__:
            inside = value.__qualname__.partition(".<locals>")[0]
            free = getattr(getattr(value, "__code__", None), "co_freevars", ())
            more = f" and uses {', '.join(map(repr, free))} of it" if free else ""
            return f"is made inside {inside}(){more}"
        if value.__name__ == "<lambda>":
            return "is a lambda, whose text cannot be told from the line around it"
        found = self._source_of(value)
        if found is None:
            return "has no source that can be read"
        text, file, line, order = found
        tree = ast.parse(text).body[0]
        if getattr(tree, "name", "") != value.__name__:
            return "was written anew since it was run"
        flags = getattr(getattr(value, "__code__", None), "co_flags", 0)
        piece = Piece(value.__name__, text, file, line, order, bool(flags & _FUTURE))
        if name == value.__name__:
            return piece
        self._pieces.setdefault(value.__name__, piece)  # under another name: one more assignment
        after = (order[0], order[1] + text.count("\n") + 1)
        return Piece(name, f"{name} = {value.__name__}", file, line, after)

    def _source_of(self, value: Any) -> tuple[str, str, int, tuple[int, int]] | None:
        """Text, file, line and order of a definition."""
        if isinstance(value, types.FunctionType):
            try:
                lines, first = inspect.getsourcelines(value)
            except (OSError, TypeError):
                return None
            text = dedent("".join(lines))
            label, order = self._label(value.__code__.co_filename)
            return text, label, max(first, 1), (order, first)
        for index, (label, text) in reversed(list(enumerate(self._texts))):
            for node in _statements(text):
                if isinstance(node, ast.ClassDef) and node.name == value.__name__:
                    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                    lines = text.split("\n")[first - 1 : node.end_lineno]
                    return dedent("\n".join(lines)), label, first, (index, first)
        return None

    def _assigned(self, name: str, *, of_any_form: bool = False) -> Piece | None:
        """The last assignment to a name, if its value is one that nothing changes."""
        piece, value = self._last_assignment(name)
        if piece is None or value is None or of_any_form:
            return piece
        text = self._texts[piece.order[0]][1]
        found = read_source("session", piece.file, text)
        return piece if isinstance(found, SourceFile) and is_constant(value, found) else None

    def _read_there(self, name: str) -> Piece | None:
        """The last assignment to a name, if it reads the environment: its value may be a secret."""
        piece, value = self._last_assignment(name)
        words = () if value is None else ast.walk(value)
        named = {getattr(one, "id", None) or getattr(one, "attr", None) for one in words}
        return piece if named & _ENVIRONMENT else None

    def _last_assignment(self, name: str) -> tuple[Piece | None, ast.expr | None]:
        """The last assignment to a name, and what is assigned."""
        for index, (label, text) in reversed(list(enumerate(self._texts))):
            for node in reversed(_statements(text)):
                if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                    continue
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if ast.unparse(target) == name:
                    lines = text.split("\n")[node.lineno - 1 : node.end_lineno]
                    place = index, node.lineno
                    return Piece(name, "\n".join(lines), label, place[1], place), node.value
        return None, None

    def _label(self, file: str) -> tuple[str, int]:
        """What people call a file of code, and its place among the session's texts."""
        text = "".join(linecache.getlines(file))
        for index, (label, other) in enumerate(self._texts):
            if label == file or other.strip() == text.strip():
                return label, index
        return file, len(self._texts)


_WAY_OUT: Final = "write it into a file in capabilities/, or make it inside the function"


def _texts_of(names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was run in a session, in order, and what people call each part."""
    cells = names.get("In")
    if isinstance(cells, list):
        for number, text in enumerate(cells):
            if isinstance(text, str) and text.strip():
                yield f"cell {number}", text
        return
    file = names.get("__file__")
    if isinstance(file, str):
        yield file, "".join(linecache.getlines(file))


def _import_of(name: str, taken: str, module: str) -> Piece:
    end = "" if taken == name else f" as {name}"
    return Piece(name, f"from {module} import {taken}{end}", order=_FIRST)


def _statements(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:
        return []


def _is_plain(value: Any) -> bool:
    """Whether a value is what its text says, and nothing more."""
    try:
        text = repr(value)
        return len(text) <= _LONGEST and bool(_same(ast.literal_eval(text), value))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False


def _same(read: Any, value: Any) -> bool:
    """Whether two values are equal and of the same types, all the way down."""
    if type(read) is not type(value):
        return False
    if isinstance(value, dict):
        pairs = zip(read.items(), value.items(), strict=True)
        return all(_same(one, other) for one, other in pairs)
    if isinstance(value, list | tuple):
        return len(read) == len(value) and all(map(_same, read, value))
    return bool(read == value)


def _line_of(piece: Piece, name: str) -> int:
    for node in ast.walk(ast.parse(piece.text)):
        if isinstance(node, ast.Name) and node.id == name:
            return piece.line + node.lineno - 1
    return piece.line


def _ordered(pieces: list[Piece]) -> list[Piece]:
    """Pieces so that each comes after what it needs at once, else as they were written."""
    waiting = sorted(pieces, key=lambda one: (one.order, one.name))
    needs = {one.name: at_once(_unit(one)) - {one.name} for one in waiting}
    ordered: list[Piece] = []
    while waiting:
        there = {one.name for one in waiting}
        ready = next((one for one in waiting if not needs[one.name] & there), waiting[0])
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _unit(piece: Piece) -> Unit:
    nodes = tuple(ast.parse(piece.text).body)
    return Unit(1, 1, nodes, names_of(piece.text), is_action=False)
