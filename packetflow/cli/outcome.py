"""How a run came out: for machines, and for people with what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.contract import Port
from packetflow.cli.answers import offered
from packetflow.cli.plain import shown
from packetflow.cli.progress import place
from packetflow.cli.say import console, frame_lines, mark, seconds, values
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.trail import Place, places
from packetflow.errors import WrongType
from packetflow.frames import is_installed
from packetflow.kernel.ids import short
from packetflow.kernel.records import Status, WaitStarted

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace

Ports = Mapping[str, Port]


def as_json(ws: Workspace, execution: Execution, ports: Ports) -> dict[str, Any]:
    """An execution as one JSON object, secrets left out."""
    told: dict[str, Any] = {
        "execution_id": execution.id,
        "name": execution.name,
        "status": execution.status.value,
        "outputs": shown(execution.outputs, ports),
        "started_at": execution.started_at,
        "ended_at": execution.ended_at,
        "seconds": round(execution.seconds, 6),
        "steps": len(execution.spans),
        "workspace": str(ws.folder.path),
    }
    if execution.failure is not None:
        told["failure"] = failure_json(execution, execution.failure)
    if execution.status is Status.WAITING:
        told["waiting"] = [
            wait_json(ws, wait) for wait in ws.archive.story(execution.id).open_waits
        ]
    return told


def failure_json(execution: Execution, failure: Failure) -> dict[str, Any]:
    """A failure as JSON: where, what, how many tries, and its places in the user's code."""
    ports = {} if failure.capability is None else failure.capability.contract.inputs
    return {
        "step": failure.step,
        "path": list(failure.path),
        "error_type": failure.error_type,
        "message": failure.message,
        "tries": tries(execution, failure),
        "frames": [asdict(one) for one in places_of(failure)],
        "inputs": shown(failure.inputs, ports),
    }


def tries(execution: Execution, failure: Failure) -> int:
    """How often the failed step was tried in a row."""
    here = (failure.step, failure.path)
    return max(
        (span.attempt for span in execution.spans if (span.step, span.path) == here), default=1
    )


def places_of(failure: Failure) -> list[Place]:
    """Where in the user's code it failed; else where the capability is that answered wrongly."""
    found = own(failure.trail)
    if found or failure.capability is None or failure.error_type != WrongType.__name__:
        return found
    file, line = failure.capability.declaration.source
    return [] if is_installed(file) else [Place(file, line, failure.capability.name)]


def own(trail: str) -> list[Place]:
    """The places of a trail in people's own code; all of it where none is nearer."""
    every = places(trail)
    return [one for one in every if not is_installed(one.file)] or every


def wait_json(ws: Workspace, wait: WaitStarted) -> dict[str, Any]:
    """A wait as JSON, with the command that ends it."""
    return {
        "step": wait.step,
        "path": list(wait.path),
        "event": wait.event,
        "key": wait.key,
        "question": wait.question,
        "choices": list(wait.choices),
        "command": command(ws, wait),
    }


def command(ws: Workspace, wait: WaitStarted) -> str:
    """The command that ends a wait."""
    if wait.question:
        where = "" if not wait.path else f" --at {'.'.join(map(str, wait.path))}"
        return (
            f"packetflow answer {short(wait.execution_id)} {wait.step} {offered(ws, wait)}{where}"
        )
    key = f" --key {wait.key}" if wait.key else ""
    return f"packetflow emit {wait.event}{key}"


def waits_for(ws: Workspace, wait: WaitStarted) -> tuple[str, str]:
    """Where and for what a run waits, and the command that ends the wait."""
    what = wait.question or f"event {wait.event}"
    return f"waits at {place(wait.step, wait.path)} for: {what}", f"  {command(ws, wait)}"


def tell(ws: Workspace, execution: Execution, ports: Ports) -> None:
    """Print how a run came out and what to do next."""
    screen = console()
    name = execution.name or "composition"
    took = seconds(execution.seconds)
    screen.print(f"{mark(execution.status.value)} {name} in {took}  [dim]{execution.id}[/dim]")
    values("outputs", shown(execution.outputs, ports))
    match execution.status:
        case Status.WAITING:
            for wait in ws.archive.story(execution.id).open_waits:
                for text in waits_for(ws, wait):
                    screen.print(text, markup=False)
        case Status.OK:
            pass
        case _:
            told_failure(execution)


def told_failure(execution: Execution) -> None:
    """Say on standard error why a run failed, and how to go on."""
    screen = console(err=True)
    if execution.failure is not None:
        where = place(execution.failure.step, execution.failure.path)
        head = f"{where}: " if where else ""
        said = f"{execution.failure.error_type}: {execution.failure.message}"
        count = tries(execution, execution.failure)
        often = f" ({count} tries)" if count > 1 else ""
        screen.print(f"error: {head}{said}{often}", markup=False)
        for text in frame_lines(places_of(execution.failure)):
            screen.print(f"  {text}", markup=False)
    end = short(execution.id)
    screen.print(f"  packetflow runs {end}     what happened, step by step", markup=False)
    screen.print(f"  packetflow resume {end}   go on from where it stopped", markup=False)
