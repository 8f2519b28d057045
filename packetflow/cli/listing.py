"""``packetflow list`` and ``packetflow search``: what a workspace offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.discovery.catalog import AnyCapability
    from packetflow.workspace.workspace import Workspace


def list_all(
    *,
    pipelines: Annotated[bool, typer.Option("--pipelines", help="Pipelines only.")] = False,
    capabilities: Annotated[
        bool, typer.Option("--capabilities", help="Capabilities only.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the pipelines and capabilities of the workspace."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import warnings

    both = pipelines == capabilities
    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        told: dict[str, Any] = {"workspace": str(ws.folder.path)}
        if pipelines or both:
            told["pipelines"] = [pipeline_json(one) for one in ws.catalog.pipelines()]
        if capabilities or both:
            own = {one.name for one in ws.catalog.own()}
            told["capabilities"] = [
                capability_json(one) | {"own": one.name in own} for one in ws.catalog.capabilities()
            ]
        told["broken"] = [str(one) for one in ws.catalog.broken()]
        command.answer(told, lambda: _told(ws, told))
        warnings(told["broken"])


def _told(ws: Workspace, told: dict[str, Any]) -> None:
    from packetflow.cli.say import console, rows

    console().print(f"[bold]{ws.name}[/bold]  [dim]{ws.folder.path}[/dim]")
    if "pipelines" in told:
        heads = ("pipeline", "what it gives", "needs")
        rows(heads, (_line(one) for one in told["pipelines"]))
    if "capabilities" in told:
        typer.echo("")
        heads = ("capability", "what it gives", "needs")
        rows(heads, (_line(one) for one in told["capabilities"]))


def _line(one: dict[str, Any]) -> tuple[str, str, str]:
    needs = (port["name"] + ("?" if port["optional"] else "") for port in one["requires"])
    return one["name"], one["intent"], ", ".join(needs)


def search(
    words: Annotated[list[str], typer.Argument(help="Words of names, intents and contracts.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find pipelines and capabilities by words, the best first."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import rows
    from packetflow.composition.steps import Pipeline

    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        found = ws.catalog.search(" ".join(words), limit)
        told = [
            pipeline_json(one) if isinstance(one, Pipeline) else capability_json(one)
            for one in found
        ]
        lines = [(one["name"], one["kind"], one["intent"]) for one in told]
        command.answer(
            {"found": told},
            (lambda: rows(("name", "kind", "what it gives"), lines))
            if lines
            else "nothing found; `packetflow list` shows everything",
        )


def ports_json(ports: Iterable[Any]) -> list[dict[str, Any]]:
    """Inputs or outputs as JSON."""
    from packetflow.capabilities.contract import MISSING, type_name
    from packetflow.cli.plain import plain

    told = []
    for port in ports:
        one = {
            "name": port.name,
            "type": type_name(port.type),
            "optional": port.optional,
            "help": port.help,
        }
        if port.secret:
            one["secret"] = True
        elif port.default is not MISSING:
            one["default"] = plain(port.default)
        told.append(one)
    return told


def pipeline_json(pipeline: Any) -> dict[str, Any]:
    """A pipeline's name, intent and contract."""
    return {
        "kind": "pipeline",
        "name": pipeline.name,
        "version": pipeline.version,
        "intent": pipeline.intent,
        "requires": ports_json(pipeline.contract.requires),
        "provides": ports_json(pipeline.contract.provides),
        "triggers": [{"kind": one.kind, "what": one.what} for one in pipeline.triggers],
    }


def capability_json(capability: AnyCapability) -> dict[str, Any]:
    """A capability's name, intent, contract and effects."""
    said = capability.declaration
    return {
        "kind": "capability",
        "name": said.name,
        "version": said.version,
        "intent": said.intent,
        "requires": ports_json(said.contract.requires),
        "provides": ports_json(said.contract.provides),
        "effects": [str(effect) for effect in said.effects],
        "enabled": said.enabled,
        "tags": list(said.tags),
    }
