"""Read recorded scientific workflows (WfFormat 1.0 to 1.5, wfcommons.org) as pipelines.

Each task becomes a step that requires its input files and provides its output files; the recorded
edges are not used, unless asked for: the files alone say what must wait for what. A step stands
for the recorded work by waiting as long as it took, scaled.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.capability import Capability, from_contract
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.steps import Graph, Pipeline, Use
from packetflow.composition.walk import label
from packetflow.errors import CompositionError, SourceError

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
"""The versions of WfFormat that can be read; up to 1.4 files stand inside their tasks."""

Edge = tuple[str, str]
"""The ids of two tasks, the one that comes first and the one that waits for it."""


@dataclass(frozen=True, slots=True)
class RecordedTask:
    """One task as it was written down.

    Attributes:
        id: Unlike those of the other tasks.
        name: What it is called; several tasks may share one.
        reads: The files it needs.
        makes: The files it leaves.
        seconds: How long it took; None when that was not recorded.
        parents: Ids of the tasks that it was recorded to wait for.
        children: Ids of the tasks that were recorded to wait for it.
    """

    id: str
    name: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    seconds: float | None
    parents: tuple[str, ...]
    children: tuple[str, ...]


def recorded_tasks(text: str) -> list[RecordedTask]:
    """Read the tasks of one workflow, in their order.

    Args:
        text: The JSON text of a WfFormat file.

    Raises:
        SourceError: It is no JSON, or no WfFormat of a known version, or has no tasks.
    """
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"is no JSON: {error}") from error
    version = content.get("schemaVersion") if isinstance(content, dict) else None
    if str(version) not in VERSIONS:
        known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
        raise SourceError(f"is no WfFormat {known} (its schemaVersion says {version!r})")
    try:
        workflow = content["workflow"]
        tasks = _split(workflow) if "specification" in workflow else _whole(workflow)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SourceError(f"says WfFormat {version} but is not made so: {reason}") from error
    if not tasks:
        raise SourceError("holds no task")
    return tasks


def _split(workflow: Mapping[str, Any]) -> list[RecordedTask]:
    """Since 1.5 what a task is and how it went stand apart."""
    runs = (workflow.get("execution") or {}).get("tasks") or ()
    seconds = {str(run["id"]): _seconds(run, str(run["id"])) for run in runs}
    tasks = []
    for task in workflow["specification"]["tasks"]:
        own = str(task["id"])
        reads, makes = (_texts(task, key, own) for key in ("inputFiles", "outputFiles"))
        parents, children = (_texts(task, key, own) for key in ("parents", "children"))
        name = str(task.get("name") or own)
        tasks.append(RecordedTask(own, name, reads, makes, seconds.get(own), parents, children))
    return tasks


def _whole(workflow: Mapping[str, Any]) -> list[RecordedTask]:
    """Up to 1.4 a task holds its files and its time; it is known by its name, else by its id."""
    entries = [dict(entry) for entry in workflow["tasks" if "tasks" in workflow else "jobs"]]
    names = [str(entry["name"]) for entry in entries]
    by_name = len(set(names)) == len(names)
    ids = names if by_name else [str(entry["id"]) for entry in entries]
    keys = {str(entry["id"]): own for entry, own in zip(entries, ids, strict=True) if "id" in entry}
    keys.update((own, own) for own in ids)
    tasks = []
    for entry, own, name in zip(entries, ids, names, strict=True):
        reads, makes = _linked(entry.get("files") or (), own)
        parents, children = (
            tuple(keys.get(one, one) for one in _texts(entry, key, own))
            for key in ("parents", "children")
        )
        took = _seconds(entry, own)
        tasks.append(RecordedTask(own, name, reads, makes, took, parents, children))
    return tasks


def _linked(files: Iterable[Mapping[str, Any]], own: str) -> tuple[tuple[str, ...], ...]:
    found: dict[str, list[str]] = {"input": [], "output": []}
    for file in files:
        link = str(file["link"]).lower()
        if link not in found:
            raise ValueError(f"task {own!r} links a file as {link!r}, not as input or output")
        found[link].append(f"{file.get('path') or ''}{file['name']}")
    return tuple(found["input"]), tuple(found["output"])


def _texts(task: Mapping[str, Any], key: str, own: str) -> tuple[str, ...]:
    listed = task.get(key) or ()
    if not isinstance(listed, (list, tuple)) or any(isinstance(x, (dict, list)) for x in listed):
        raise ValueError(f"{key} of task {own!r} is no list of names")
    return tuple(map(str, listed))


def _seconds(run: Mapping[str, Any], own: str) -> float | None:
    written = run.get("runtimeInSeconds", run.get("runtime"))
    if written is None:
        return None
    took = float(written)
    if not math.isfinite(took) or took < 0:
        raise ValueError(f"task {own!r} took {took} s")
    return took


def recorded_edges(tasks: Iterable[RecordedTask]) -> set[Edge]:
    """Which task was recorded to wait for which: pairs of ids, the earlier first."""
    edges: set[Edge] = set()
    for task in tasks:
        edges.update((parent, task.id) for parent in task.parents)
        edges.update((task.id, child) for child in task.children)
    return edges


def edges_without_file(tasks: Iterable[RecordedTask]) -> set[Edge]:
    """The recorded edges that no file explains, so that wiring by files cannot find them.

    Some recordings leave files out; then *order* of `read_wfformat` keeps these edges.
    """
    listed = list(tasks)
    made = {task.id: set(task.makes) for task in listed}
    read = {task.id: set(task.reads) for task in listed}
    return {
        (maker, reader)
        for maker, reader in recorded_edges(listed)
        if made.get(maker, set()).isdisjoint(read.get(reader, set()))
    }


def read_wfformat(
    text: str,
    *,
    scale: float = 1.0,
    at_once: int | None = None,
    name: str = "workflow",
    order: Literal["files", "recorded"] = "files",
) -> Pipeline:
    """Read one workflow.

    Args:
        text: The JSON text of a WfFormat file.
        scale: Seconds of waiting for each recorded second of a task.
        at_once: How many tasks run at the same time: the machines.
        name: The pipeline's name.
        order: "files" wires by files alone; "recorded" also keeps the recorded edges that no file
            explains. The pipeline's intent says how many there are.

    Returns:
        A pipeline of one graph. Files that no task makes are its inputs; their values are the
        files' names. Tasks without a recorded time take none.

    Raises:
        CompositionError: *scale* is negative or endless, or *at_once* is less than 1.
        SourceError: It is no JSON, or no WfFormat of a known version, or has no tasks.
    """
    if not (math.isfinite(scale) and scale >= 0):
        raise CompositionError(f"scale is {scale}; it is seconds of waiting for a recorded second")
    if at_once is not None and at_once < 1:
        raise CompositionError(f"at_once is {at_once}; at least 1 task must run at a time")
    tasks = recorded_tasks(text)
    steps = tuple(Use(_stand_in(task, scale), id=task.id) for task in tasks)
    hidden = edges_without_file(tasks)
    after: dict[str, tuple[str, ...]] = {}
    if order == "recorded":
        for maker, reader in sorted(hidden):
            after[reader] = (*after.get(reader, ()), maker)
    graph = Graph(steps, after, at_once=at_once, id="tasks")
    intent = _intent(tasks, len(hidden), kept=order == "recorded")
    return Pipeline(name, graph, intent=intent, provides=())


def _intent(tasks: Sequence[RecordedTask], hidden: int, *, kept: bool) -> str:
    said = [f"A recorded workflow of {len(tasks)} tasks"]
    untimed = sum(task.seconds is None for task in tasks)
    if untimed:
        said.append(f"{untimed} of them without a time")
    if hidden:
        said.append(
            f"{hidden} recorded edges share no file and are {'kept' if kept else 'left out'}"
        )
    return "; ".join(said)


def _stand_in(task: RecordedTask, scale: float) -> Capability[..., Any]:
    """A capability that waits as long as the task took and provides its files."""
    outputs = tuple(Port(name, str) for name in dict.fromkeys(task.makes))
    inputs = dict.fromkeys(name for name in task.reads if name not in set(task.makes))
    contract = Contract(tuple(Port(name, str) for name in inputs), outputs)
    took = task.seconds or 0.0
    work = _waiting(took * scale, [port.name for port in outputs])
    return from_contract(work, _name(task), contract, expected_seconds=took)


def _waiting(pause: float, files: list[str]) -> Callable[..., Any]:
    made = {name: name for name in files}

    async def work(**_: str) -> dict[str, str]:
        if pause > 0:
            await asyncio.sleep(pause)
        return made

    return work


def _name(task: RecordedTask) -> str:
    return "".join(c if c.isalnum() or c in "_.-" else "_" for c in f"task_{task.name}")


def wired_edges(pipeline: Pipeline) -> set[Edge]:
    """Which task waits for which, as the pipeline is wired: pairs of ids, the earlier first."""
    graph = pipeline.step
    if not isinstance(graph, Graph):
        raise TypeError("a workflow that was read is one graph")
    wiring = graph_dataflow(graph)
    ids = [label(step) for step in graph.steps]
    return {
        (ids[maker], ids[reader]) for reader, waits in enumerate(wiring.before) for maker in waits
    }


def outside_files(pipeline: Pipeline) -> dict[str, str]:
    """The inputs to run it with: the files that no task makes, each by its name."""
    return {port.name: port.name for port in pipeline.contract.requires}
