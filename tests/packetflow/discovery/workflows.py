"""Recorded workflows for tests and benchmarks, and how long machines need for one."""

import heapq
import json
import os
from pathlib import Path
from typing import Any

INSTANCES = 10
MACHINES = 16


def folder_of_instances() -> Path:
    """Where the recorded workflows lie, if they do."""
    root = Path(__file__).parents[3]
    shared = Path(os.environ.get("PACKETFLOW_SHARED_DATA") or root.parent / "shared" / "data")
    return shared / "wfinstances"


def instances() -> list[Path]:
    """The recorded workflows, by name."""
    return sorted(folder_of_instances().glob("*.json"))


def montage() -> Path | None:
    """The one with 2,122 tasks."""
    return next((path for path in instances() if "montage-chameleon-dss-15d" in path.name), None)


def written_edges(content: dict[str, Any]) -> set[tuple[str, str]]:
    """The edges as they were written down, maker first."""
    return {
        (task["id"], child)
        for task in content["workflow"]["specification"]["tasks"]
        for child in task.get("children", ())
    }


def run_times(content: dict[str, Any]) -> dict[str, float]:
    """How long each task took, in seconds."""
    tasks = content["workflow"]["execution"]["tasks"]
    return {task["id"]: float(task.get("runtimeInSeconds") or 0.0) for task in tasks}


def upward_ranks(seconds: dict[str, float], edges: set[tuple[str, str]]) -> dict[str, float]:
    """For each task, the longest way from its start to the end of the workflow, in seconds."""
    after: dict[str, list[str]] = {name: [] for name in seconds}
    open_ends = dict.fromkeys(seconds, 0)
    before: dict[str, list[str]] = {name: [] for name in seconds}
    for maker, reader in edges:
        after[maker].append(reader)
        before[reader].append(maker)
        open_ends[maker] += 1
    ready = [name for name, count in open_ends.items() if count == 0]
    ranks: dict[str, float] = {}
    while ready:
        name = ready.pop()
        ranks[name] = seconds[name] + max((ranks[one] for one in after[name]), default=0.0)
        for maker in before[name]:
            open_ends[maker] -= 1
            if open_ends[maker] == 0:
                ready.append(maker)
    return ranks


def simulated_makespan(
    seconds: dict[str, float], edges: set[tuple[str, str]], machines: int
) -> float:
    """Schedule by list: whenever a machine is free, the ready task of the highest rank begins."""
    ranks = upward_ranks(seconds, edges)
    waits_for = dict.fromkeys(seconds, 0)
    after: dict[str, list[str]] = {name: [] for name in seconds}
    for maker, reader in edges:
        waits_for[reader] += 1
        after[maker].append(reader)
    ready = [(-ranks[name], name) for name, count in waits_for.items() if count == 0]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < machines:
            _, name = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds[name], name))
        now, name = heapq.heappop(running)
        for reader in after[name]:
            waits_for[reader] -= 1
            if waits_for[reader] == 0:
                heapq.heappush(ready, (-ranks[reader], reader))
    return now


def read(path: Path) -> dict[str, Any]:
    """The whole recorded workflow."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
