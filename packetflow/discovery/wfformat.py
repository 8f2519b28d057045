"""Read recorded scientific workflows (WfFormat 1.5, wfcommons.org) as pipelines.

Each task becomes a step that requires its input files and provides its output files; the recorded
edges are not used: the files alone say what must wait for what. A step stands for the recorded
work by waiting as long as it took, scaled.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.capability import Capability, from_contract
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.steps import Graph, Pipeline, Use
from packetflow.composition.walk import label
from packetflow.errors import SourceError

VERSION = "1.5"


def read_wfformat(
    text: str, *, scale: float = 1.0, at_once: int | None = None, name: str = "workflow"
) -> Pipeline:
    """Read one workflow.

    Args:
        text: The JSON text of a WfFormat 1.5 file.
        scale: Seconds of waiting for each recorded second of a task.
        at_once: How many tasks run at the same time: the machines.
        name: The pipeline's name.

    Returns:
        A pipeline of one graph. Files that no task makes are its inputs; their values are the
        files' names.

    Raises:
        SourceError: It is no JSON, or no WfFormat of this version.
    """
    specification, seconds = _parts(text)
    steps = []
    for task in specification:
        took = seconds.get(task["id"], 0.0)
        capability = _stand_in(task, took, scale)
        steps.append(Use(capability, id=task["id"]))
    graph = Graph(tuple(steps), at_once=at_once, id="tasks")
    return Pipeline(name, graph, intent=f"A recorded workflow of {len(steps)} tasks", provides=())


def _parts(text: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SourceError(f"is no JSON: {error}") from error
    version = content.get("schemaVersion") if isinstance(content, dict) else None
    if str(version) != VERSION:
        raise SourceError(f"is no WfFormat {VERSION} (its schemaVersion says {version!r})")
    try:
        workflow = content["workflow"]
        tasks = [dict(task) for task in workflow["specification"]["tasks"]]
        seconds = {run["id"]: _seconds(run) for run in workflow["execution"]["tasks"]}
        ids = [task["id"] for task in tasks]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SourceError(f"says WfFormat {VERSION} but is not made so: {reason}") from error
    if not ids:
        raise SourceError("holds no task")
    return tasks, seconds


def _seconds(run: Mapping[str, Any]) -> float:
    took = float(run.get("runtimeInSeconds") or 0.0)
    if not math.isfinite(took) or took < 0:
        raise ValueError(f"task {run['id']!r} took {took} s")
    return took


def _stand_in(task: Mapping[str, Any], took: float, scale: float) -> Capability[..., Any]:
    """A capability that waits as long as the task took and provides its files."""
    inputs = tuple(Port(name, str) for name in dict.fromkeys(task.get("inputFiles", ())))
    outputs = tuple(Port(name, str) for name in dict.fromkeys(task.get("outputFiles", ())))
    own = {port.name for port in outputs}
    contract = Contract(tuple(port for port in inputs if port.name not in own), outputs)
    work = _waiting(took * scale, [port.name for port in outputs])
    return from_contract(work, _name(task), contract, expected_seconds=took)


def _waiting(pause: float, files: list[str]) -> Callable[..., Any]:
    made = {name: name for name in files}

    async def work(**_: str) -> dict[str, str]:
        if pause > 0:
            await asyncio.sleep(pause)
        return made

    return work


def _name(task: Mapping[str, Any]) -> str:
    text = str(task.get("name") or task["id"])
    return "".join(c if c.isalnum() or c in "_.-" else "_" for c in f"task_{text}")


def wired_edges(pipeline: Pipeline) -> set[tuple[str, str]]:
    """Which task waits for which, as found from the files alone: pairs of ids, maker first."""
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
