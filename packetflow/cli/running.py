"""Running things for `run`, `resume`, `fork` and `answer`: begin, go along, say how it came out."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from packetflow.cli import outcome
from packetflow.cli.command import Command
from packetflow.cli.follow import Manner, announced, followed
from packetflow.cli.inputs import Given, read
from packetflow.cli.say import warnings
from packetflow.cli.showing import problems_of
from packetflow.cli.target import SOURCE_TAG, find
from packetflow.composition.steps import Pipeline
from packetflow.engine.start import Start
from packetflow.errors import MissingInput
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import Status

if TYPE_CHECKING:
    from packetflow.engine.execution import Execution
    from packetflow.workspace.handle import Handle
    from packetflow.workspace.workspace import Workspace

GOOD = frozenset({Status.OK, Status.WAITING})


@dataclass(frozen=True)
class Request:
    """What ``packetflow run`` was asked for.

    Attributes:
        name: What to run.
        file: Where inputs are, ``-`` for standard input.
        words: ``name=value`` each.
        user: Who asks.
        tags: Facts to keep with it.
        execution_id: The id it gets.
        background: Run it in a process of its own and answer at once.
        piped: What standard input held, when *file* names it.
    """

    name: str
    file: str | None = None
    words: tuple[str, ...] = ()
    user: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    execution_id: str | None = None
    background: bool = False
    piped: str | None = None


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Read ``key=value`` each; wrong usage without the sign.

    >>> pairs(["team=blue"])
    {'team': 'blue'}
    """
    found = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise typer.BadParameter(f"{word!r} is no KEY=VALUE")
        found[key] = value
    return found


def perform(command: Command, ws: Workspace, request: Request, manner: Manner) -> None:
    """Run what was asked for and print how it came out."""
    warnings(str(one) for one in ws.catalog.broken_files())
    target, tags = find(ws, request.name)
    contract = target.contract
    given = Given(request.file, request.piped, request.words)
    try:
        inputs = read(contract, given, ws.folder.path)
    except MissingInput as missing:
        names = missing.__dict__["names"]
        warnings(str(one) for one in problems_of(target) if one.name in names)
        raise
    start = Start(
        execution_id=request.execution_id or new_id(),
        trigger="cli",
        user=request.user,
        tags={**tags, **request.tags},
    )
    plan_problems(ws, target)
    if request.background:
        from packetflow.cli.background import begin

        begin(command, ws, request, start.execution_id)
        return
    announced(start.execution_id, manner)
    came_out(command, ws, ws.start_with(target, inputs, start), manner)


def plan_problems(ws: Workspace, target: object) -> None:
    """Refuse what cannot run before anything begins."""
    from packetflow.composition.composable import Composable

    if isinstance(target, (Pipeline, Composable)):
        ws.engine.plan(target)


def learn_source(ws: Workspace, execution_id: str) -> None:
    """Load the Python file that an execution came from, so that its capabilities are known."""
    started = ws.archive.story(execution_id).started
    source = "" if started is None else started.tags.get(SOURCE_TAG, "")
    if source:
        find(ws, source)


def came_out(command: Command, ws: Workspace, handle: Handle, manner: Manner) -> None:
    """Go along with a run, print how it came out, and leave with exit code 1 if it failed."""
    told(command, ws, followed(ws, handle, manner))


def told(command: Command, ws: Workspace, execution: Execution) -> None:
    """Print how a run came out, and leave with exit code 1 if it failed."""
    ports = {} if execution.step is None else execution.step.contract.outputs
    facts = outcome.as_json(ws, execution, ports)
    command.answer(facts, lambda: outcome.tell(ws, execution, ports))
    if execution.status not in GOOD:
        if command.as_json:
            outcome.told_failure(execution)
        if command.debug and execution.failure is not None and execution.failure.cause is not None:
            traceback.print_exception(execution.failure.cause)
        raise typer.Exit(1)
