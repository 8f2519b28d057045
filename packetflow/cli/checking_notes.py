"""What a check cannot know, or what may be meant: told beside the problems, wrong or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from packetflow.cli.showing import step_of
from packetflow.composition.capability import Capability
from packetflow.composition.steps import Call, Pipeline, Use
from packetflow.composition.walk import label, walk

if TYPE_CHECKING:
    from packetflow.cli.target import Target


def renamed_inputs(target: Target, known: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Inputs that a composition has only because a step reads one of its own by another name.

    They may be meant. If they are not, the name of what some step makes is another.

    Args:
        target: The composition.
        known: Names that something was said about already.

    Returns:
        Steps, and what is to be said of each.
    """
    if isinstance(target, Capability):
        return
    whole = step_of(target)
    declared = set[str]()
    if isinstance(target, Pipeline):
        declared = {one.rstrip("?") for one in target.requires or ()} | set(target.inputs)
    steps = [one for one in walk(whole) if isinstance(one, Use | Call)]
    open_names = set(whole.flow.needs).difference(declared, *map(_plainly_read, steps))
    for step in steps:
        for own, source in step.reads.items():
            if source in open_names and source not in known:
                open_names.discard(source)
                said = (
                    f"{own!r} reads {source!r}, which no step before it makes, so {source!r} is an "
                    "input of the whole; name it under requires if that is meant"
                )
                yield label(step), said


def _plainly_read(step: Use | Call) -> set[str]:
    """What a step reads by its own name."""
    called = step.capability if isinstance(step, Use) else step.pipeline
    if not isinstance(called, Capability | Pipeline):
        return set()
    ports = {port.name for port in called.contract.requires}
    return ports.difference(step.reads, step.values)


def servers_of(targets: Iterable[Target]) -> list[str]:
    """The MCP servers whose tools are used, by name, called pipelines included."""
    found: dict[str, None] = {}
    for target in targets:
        for part in walk(step_of(target)):
            if isinstance(part, Call) and isinstance(part.pipeline, Pipeline):
                found |= dict.fromkeys(servers_of([part.pipeline]))
            elif isinstance(part, Use) and isinstance(part.capability, Capability):
                kind, *more = (*part.capability.declaration.tags, "")
                if kind == "mcp" and len(more) > 1:
                    found[more[0]] = None
    return sorted(found)


def listed_last(folder: Path, server: str) -> str:
    """By which listing the tools of a server are judged; empty if there is none."""
    from packetflow.mcp.client.listings import listing_path

    try:
        at = listing_path(folder, server).stat().st_mtime
    except OSError:
        return ""
    day = dt.datetime.fromtimestamp(at, dt.UTC)
    return (
        f"tools of the server {server!r} are judged by what it listed on {day:%Y-%m-%d %H:%M} UTC; "
        f"it is not asked here (packetflow mcp tools {server} --ask does)"
    )
