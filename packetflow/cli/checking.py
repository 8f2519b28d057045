"""Everything that is wrong in a file, a pipeline or a whole workspace, each with its place."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from packetflow.cli.checking_notes import listed_last, renamed_inputs, servers_of
from packetflow.cli.command import Command
from packetflow.cli.say import console, near
from packetflow.cli.showing import problems_of
from packetflow.cli.target import find
from packetflow.composition.codec import step_lines
from packetflow.composition.steps import Pipeline
from packetflow.errors import CompositionError, SourceError

if TYPE_CHECKING:
    from packetflow.cli.target import Target
    from packetflow.composition.problems import Problem
    from packetflow.workspace.workspace import Workspace


_Source: TypeAlias = tuple[str, Path | None, dict[str, int]]
"""What is checked, its file, and the lines of its steps."""


@dataclass(frozen=True)
class Found:
    """Something wrong, or worth knowing.

    Attributes:
        where: A file with its line, or a pipeline and its step; empty where it is about none.
        message: What is wrong and what to do.
        severity: ``error`` keeps it from running, ``warning`` does not; a ``note`` is no problem.
        code: Which kind of problem.
        mend: What would mend it, where that is known.
    """

    where: str
    message: str
    severity: str = "error"
    code: str = "source"
    mend: str = ""


def found_in(ws: Workspace, name: str) -> list[Found]:
    """What is wrong with one pipeline, capability or file.

    Raises:
        UnknownName: There is none of that name.
        WorkspaceError: There is no such file.
    """
    try:
        target, _ = find(ws, name)
    except SourceError as error:
        return [Found(_place(one), _said(one)) for one in (error, *error.others)]
    return [*_all_of(ws, name, target), *_listings(ws, [target])]


def _listings(ws: Workspace, targets: Sequence[Target]) -> list[Found]:
    said = (listed_last(ws.folder.path, server) for server in servers_of(targets))
    return [Found("", one, "note", "listed_last") for one in said if one]


def _place(error: SourceError) -> str:
    facts = error.__dict__
    return _at(facts.get("file") or "", facts.get("line") or 0, facts.get("column") or 0)


def _at(file: str, line: int = 0, column: int = 0) -> str:
    return ":".join(str(part) for part in (near(file), line, column) if part)


def _said(error: SourceError) -> str:
    return _bare(error.message, error.__dict__.get("file") or "", error.__dict__.get("line") or 0)


def _bare(message: str, file: str, line: int) -> str:
    """A message without the place that is said before it."""
    return message.removeprefix(f"{file}:{line}: ").removeprefix(f"{file}: ")


def _all_of(ws: Workspace, name: str, target: Target) -> list[Found]:
    problems = problems_of(target)
    renamed = list(renamed_inputs(target, {one.name for one in problems}))
    file = _file_of(ws, name, target)
    lines: dict[str, int] = {}
    if (problems or renamed) and file is not None:
        with contextlib.suppress(OSError, CompositionError):  # it changed just now
            lines = step_lines(file.read_text(encoding="utf-8"))
    notes = [
        Found(_where((name, file, lines), step), said, "note", "renamed_input")
        for step, said in renamed
    ]
    return [_of(ws, (name, file, lines), problem) for problem in problems] + notes


def _file_of(ws: Workspace, name: str, target: Target) -> Path | None:
    if not isinstance(target, Pipeline):
        return None
    path = Path(name) if name.endswith((".yaml", ".yml")) else ws.folder.pipelines / f"{name}.yaml"
    return path if path.is_file() else None


def _of(ws: Workspace, source: _Source, problem: Problem) -> Found:
    mend = problem.fix.text if problem.fix else _nearest(ws, problem)
    where = _where(source, problem.step)
    return Found(where, problem.message, problem.severity, problem.code, mend)


def _where(source: _Source, path: str) -> str:
    name, file, lines = source
    step = path.partition("/")[0]
    place = name if file is None else _at(str(file), lines.get(step, 0))
    is_step = step in lines or (file is None and step not in {"", name})
    return f"{place}, step {path}" if is_step else place


def _nearest(ws: Workspace, problem: Problem) -> str:
    """For a name that the catalog does not know, the nearest that it does."""
    match problem.code:
        case "unknown_capability":
            known = [one.name for one in ws.catalog.capabilities()]
        case "unknown_pipeline":
            known = ws.catalog.pipeline_names()
        case _:
            return ""
    near = get_close_matches(problem.name, known, 1)
    return f"use {near[0]!r}" if near else ""


def every_problem(ws: Workspace) -> list[Found]:
    """What is wrong in a whole workspace: files that do not load, pipelines that do not fit."""
    found = [
        Found(_at(one.file, one.line), _bare(one.error, one.file, one.line), code="broken")
        for one in ws.catalog.broken()
    ]
    pipelines = list(ws.catalog.pipelines())
    for pipeline in pipelines:
        found += _all_of(ws, pipeline.name, pipeline)
    return found + _listings(ws, pipelines)


def tell(command: Command, found: list[Found]) -> None:
    """Print what was found."""
    problems = [one for one in found if one.severity != "note"]
    told = {
        "errors": sum(one.severity == "error" for one in problems),
        "warnings": sum(one.severity != "error" for one in problems),
        "problems": [asdict(one) for one in problems],
        "notes": [asdict(one) for one in found if one.severity == "note"],
    }
    command.answer(told, lambda: _told(found))


def _told(found: list[Found]) -> None:
    screen = console()
    for one in found:
        said = ": ".join(part for part in (one.severity, one.where, one.message) if part)
        screen.print(said, markup=False)
        if one.mend:
            screen.print(f"  mend: {one.mend}", markup=False)
    if all(one.severity == "note" for one in found):
        screen.print("everything fits", style="green")
