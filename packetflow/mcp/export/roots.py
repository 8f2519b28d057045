"""Where a workspace's Python files declare a capability, or build a pipeline."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from packetflow.kernel.cards import CapabilityCard
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.export.units import SourceFile, Unit, decoded, read_source

_FOLDER = "capabilities"


def read_sources(folder: Path) -> tuple[dict[str, SourceFile], dict[str, Reason]]:
    """Read all Python files below the folder of capabilities.

    Returns:
        The files by the names under which they are imported, and for those that cannot be read
        the reason.
    """
    files: dict[str, SourceFile] = {}
    broken: dict[str, Reason] = {}
    home = folder / _FOLDER
    for path in sorted(home.rglob("*.py")):
        parts = path.relative_to(home).with_suffix("").parts
        if parts == ("__init__",) or any(not part.isidentifier() for part in parts[:-1]):
            continue
        relative = path.relative_to(folder).as_posix()
        name = ".".join(parts)
        own = name.removesuffix(".__init__")
        try:
            text = decoded(path.read_bytes(), relative)
        except OSError as error:
            text = Reason(relative, 0, f"cannot be read: {error}", "make it readable")
        found = text if isinstance(text, Reason) else read_source(name, relative, text)
        if isinstance(found, Reason):
            broken[own] = found
        else:
            files[own] = found
    return files, broken


def declared_in(card: CapabilityCard) -> str:
    """The name of the workspace's file that declares a capability; empty if none does.

    >>> declared_in(CapabilityCard("fetch", module="packetflow_workspace_12ab34cd.pages"))
    'pages'
    """
    package, _, name = card.module.partition(".")
    return name if package.startswith("packetflow_workspace") else ""


def units_of(card: CapabilityCard, file: SourceFile) -> list[int] | None:
    """The units of a file that declare a capability; ``None`` where that cannot be told.

    The card may be older than the file, so a unit counts only if the capability's name is in it.
    """
    at_line = [index for index, unit in enumerate(file.units) if _spans(unit, card.line)]
    named = [index for index, unit in enumerate(file.units) if _declares(unit, card.name)]
    if len(named) == 1 and (not at_line or at_line == named or not _is_def(file.units[at_line[0]])):
        at_line = named
    for index in at_line:
        unit = file.units[index]
        if _declares(unit, card.name):
            return [index]
        users = [
            other
            for other, one in enumerate(file.units)
            if other != index and one.names.uses & unit.names.binds and not _is_def(one)
        ]
        if users and any(_says(file.units[one], card.name) for one in [*users, index]):
            return [index, *users]
    return None


def pipeline_units(name: str, file: SourceFile) -> list[int]:
    """The units of a file that may build the pipeline of that name."""
    return [
        index
        for index, unit in enumerate(file.units)
        if any(
            isinstance(node, ast.Call)
            and ast.unparse(node.func).rpartition(".")[2] in {"saved_as", "Pipeline"}
            and any(_is_text(one, name) for one in _arguments(node))
            for node in _walk(unit)
        )
    ]


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (word.value for word in call.keywords)


def _spans(unit: Unit, line: int) -> bool:
    return unit.line <= line <= unit.last


def _is_def(unit: Unit) -> bool:
    return all(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in unit.nodes)


def _declares(unit: Unit, name: str) -> bool:
    """Whether a unit is a decorated function of that name, or one that is told the name."""
    for node in unit.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            told = [
                word.value.value
                for one in node.decorator_list
                if isinstance(one, ast.Call)
                for word in one.keywords
                if word.arg == "name" and isinstance(word.value, ast.Constant)
            ]
            if name in told or (not told and node.name == name):
                return True
    return False


def _says(unit: Unit, name: str) -> bool:
    return name in unit.names.binds or any(
        isinstance(node, ast.expr) and _is_text(node, name) for node in _walk(unit)
    )


def _is_text(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _walk(unit: Unit) -> Iterator[ast.AST]:
    for node in unit.nodes:
        yield from ast.walk(node)
