"""The least of a workspace's Python files that works exactly as all of them do.

It begins with some units (`keep`) and follows the names they use, through imports of one another's
files. Statements that do something when a file is loaded stay with their file; whatever may change
a value that is kept is kept too. Where it cannot be told what is used, the whole file travels.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from packetflow.mcp.export.imports import Import, below
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.export.touching import can_change, origin, touched
from packetflow.mcp.export.units import SourceFile, Unit

Place: TypeAlias = tuple[str, int]
"""A unit: the name of its file and its index there."""

_FROM_LOADER: Final = tuple(
    f"__{word}__"
    for word in ("name", "file", "doc", "package", "spec", "loader", "path", "builtins", "cached")
)
_ALWAYS: Final = frozenset({*_FROM_LOADER, "__debug__", "__annotations__", "WindowsError"})

_MIRRORS: Final = frozenset(
    {"globals", "eval", "exec", "sys.modules", "builtins.eval", "builtins.exec"}
)
"""Whoever uses these may reach any name of its module."""


class Slicing:
    """Collects what is kept of a workspace's files.

    Args:
        files: The files, by the names under which they are imported.
        broken: For names of files that cannot be read, why.

    Attributes:
        reasons: What was found that cannot travel.
        foreign: Imports of what is not the workspace's own, with the files they stand in.
    """

    def __init__(
        self, files: Mapping[str, SourceFile], broken: Mapping[str, Reason] | None = None
    ) -> None:
        self._files = files
        self._broken = broken or {}
        self._kept: dict[str, set[int]] = {}
        self._new: list[Place] = []
        self._reach: dict[Place, frozenset[Place]] = {}
        self.reasons: set[Reason] = set()
        self.foreign: list[tuple[SourceFile, Import]] = []

    def keep(self, name: str, index: int) -> None:
        """Keep one unit of a file, and all that it needs."""
        self._keep(name, index)
        self._settle()

    def keep_whole(self, name: str) -> None:
        """Keep a whole file, and all that it needs."""
        self._keep_whole(name)
        self._settle()

    def refuse_broken(self, name: str, path: str) -> None:
        """Say why a file that is needed cannot be used."""
        gone = Reason(path, 0, "is not there any more", "write it again, or take the step out")
        self.reasons.add(self._broken.get(name, gone))

    def kept(self) -> Iterator[tuple[SourceFile, list[Unit]]]:
        """The files that travel, with their units."""
        for name, indexes in sorted(self._kept.items()):
            yield self._files[name], [self._files[name].units[index] for index in sorted(indexes)]

    def texts(self) -> dict[str, str]:
        """The texts of the files that travel, by their paths."""
        return {
            self._files[name].path: self._files[name].cut(indexes)
            for name, indexes in self._kept.items()
        }

    def _touch(self, name: str) -> None:
        """The file will be loaded."""
        if name in self._kept:
            return
        self._kept[name] = set()
        package = name.rpartition(".")[0]
        if package in self._files:
            self._touch(package)
        for index, unit in enumerate(self._files[name].units):
            if unit.is_action or _is_frame(unit) or self._is_unused_import(name, unit):
                self._keep(name, index)

    def _is_unused_import(self, name: str, unit: Unit) -> bool:
        """Whether an import is there for what it does, or for nothing."""
        if not all(isinstance(node, ast.Import | ast.ImportFrom) for node in unit.nodes):
            return False
        file = self._files[name]
        used = {one for other in file.units if other is not unit for one in other.names.needs}
        return not (unit.names.binds & (used | self._taken_elsewhere(name)))

    def _taken_elsewhere(self, name: str) -> set[str]:
        """What other files import of a file by name."""
        found: set[str] = set()
        for other in self._files.values():
            for one in (each for taken in other.imports for each in taken):
                if one.target == name:
                    found |= set(one.names)
        return found

    def _keep_whole(self, name: str) -> None:
        self._touch(name)
        for index in range(len(self._files[name].units)):
            self._keep(name, index)

    def _keep(self, name: str, index: int) -> None:
        self._touch(name)
        if index not in self._kept[name]:
            self._kept[name].add(index)
            self._new.append((name, index))

    def _settle(self) -> None:
        while True:
            while self._new:
                self._follow(*self._new.pop())
            changing = {
                (name, index)
                for name, indexes in self._kept.items()
                for index in indexes
                if can_change(self._files[name].units[index], self._files[name])
            }
            for name, file in self._files.items():
                for index in set(range(len(file.units))) - self._kept.get(name, set()):
                    if not changing.isdisjoint(self._reached(name, index)):
                        self._keep(name, index)
            if not self._new:
                return

    def _reached(self, name: str, index: int) -> frozenset[Place]:
        """The units whose values a unit may change when its file is loaded."""
        known = self._reach.get((name, index))
        if known is None:
            file = self._files[name]
            waiting = [
                place
                for used in touched(file.units[index], file)
                for place in self._homes(name, used)
            ]
            found: set[Place] = set()
            while waiting:
                place = waiting.pop()
                if place not in found:
                    found.add(place)
                    inner = self._files[place[0]].units[place[1]].names.uses
                    waiting += [home for used in inner for home in self._homes(place[0], used)]
            known = self._reach[name, index] = frozenset(found - {(name, index)})
        return known

    def _homes(self, name: str, used: str) -> list[Place]:
        """Where a name of a file gets its meaning; through imports of other files of ours."""
        file = self._files[name]
        found: list[Place] = []
        for index in file.homes.get(used, ()):
            found.append((name, index))
            for one in file.imports[index]:
                if one.level and one.target is not None and used in one.bound:
                    found += self._elsewhere(one.target, one.bound[used])
        return found

    def _elsewhere(self, name: str, wanted: str) -> list[Place]:
        inner = below(name, wanted)
        if name in self._files and wanted in self._files[name].homes:
            return [(name, index) for index in self._files[name].homes[wanted]]
        if inner in self._files:
            return [(inner, index) for index in range(len(self._files[inner].units))]
        return []

    def _follow(self, name: str, index: int) -> None:
        file = self._files[name]
        unit = file.units[index]
        if any(origin(used, file) in _MIRRORS for used in _reflections(unit)):
            self._keep_whole(name)
        for used in unit.names.needs:
            homes = file.homes.get(used, ())
            for home in homes:
                self._keep(name, home)
            if homes or hasattr(builtins, used) or used in _ALWAYS:
                continue
            if file.is_open:
                self._keep_whole(name)
            elif used in unit.names.uses and not _may_be_missing(unit, used):
                what = f"uses {used!r}, which is nowhere defined"
                self._refuse(file, unit.line_of(used), what, "define or import it in this file")
        for one in file.imports[index]:
            if one.is_typing_only:
                continue
            if one.level:
                self._take(file, one)
            else:
                self.foreign.append((file, one))

    def _take(self, file: SourceFile, one: Import) -> None:
        """Keep what an import takes of another file of the workspace."""
        if one.target is None:
            what = "imports from above the folder of capabilities"
            self._refuse(file, one.line, what, "move what it imports into that folder")
            return
        for wanted in one.names:
            inner = below(one.target, wanted)
            if one.target in self._files and self._take_name(one.target, wanted):
                continue
            if inner in self._files:
                self._keep_whole(inner)
            elif inner in self._broken or one.target in self._broken:
                self.reasons.add(self._broken.get(inner) or self._broken[one.target])
            elif not one.is_guarded:
                home = one.target.replace(".", "/") or "the folder of capabilities"
                what = f"imports {wanted!r}, which is not in {home}"
                self._refuse(file, one.line, what, "mend the import")

    def _take_name(self, name: str, wanted: str) -> bool:
        file = self._files[name]
        self._touch(name)
        homes = file.homes.get(wanted, ())
        for index in homes:
            self._keep(name, index)
        if homes:
            return True
        if wanted == "*" or file.is_open:
            self._keep_whole(name)
            return True
        return False

    def _refuse(self, file: SourceFile, line: int, what: str, do: str) -> None:
        self.reasons.add(Reason(file.path, line, what, do))


def _is_frame(unit: Unit) -> bool:
    """Whether it belongs to the file as a whole: its docstring, ``from __future__``, its doors."""
    if unit.names.binds & {"__getattr__", "__dir__"}:
        return True
    return all(
        (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        for node in unit.nodes
    )


def _may_be_missing(unit: Unit, name: str) -> bool:
    """Whether a name is only tried: ``try: get_ipython() except NameError: ...``."""
    for node in (one for top in unit.nodes for one in ast.walk(top)):
        if isinstance(node, ast.Try) and any(map(_catches_it, node.handlers)):
            tried = (one for top in node.body for one in ast.walk(top))
            if any(isinstance(one, ast.Name) and one.id == name for one in tried):
                return True
    return False


def _catches_it(handler: ast.ExceptHandler) -> bool:
    caught = "" if handler.type is None else ast.unparse(handler.type)
    return not caught or any(one in caught for one in ("NameError", "Exception"))


def _reflections(unit: Unit) -> Iterator[str]:
    """The names and dotted names that a unit calls or reads."""
    for node in (one for top in unit.nodes for one in ast.walk(top)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
