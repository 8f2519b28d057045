"""Recorded scientific workflows read as pipelines, wired by their files alone."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from packetflow.composition.check import check_pipeline
from packetflow.discovery.wfformat import outside_files, read_wfformat, wired_edges
from packetflow.engine.engine import Engine
from packetflow.errors import SourceError
from tests.packetflow.discovery.workflows import (
    INSTANCES,
    MACHINES,
    instances,
    montage,
    read,
    recorded_edges,
    run_times,
    simulated_makespan,
)

MISSING = "the recorded workflows (wfinstances) are not on this machine"
needs_instances = pytest.mark.skipif(not instances(), reason=MISSING)


def workflow(*tasks: tuple[str, list[str], list[str]], seconds: Any = 0.0, version: str = "1.5"):
    """A document of tasks with the files they read and write."""
    listed = [{"name": n, "id": n, "inputFiles": i, "outputFiles": o} for n, i, o in tasks]
    runs = [{"id": n, "runtimeInSeconds": seconds} for n, _, _ in tasks]
    whole = {"specification": {"tasks": listed}, "execution": {"tasks": runs}}
    return json.dumps({"schemaVersion": version, "workflow": whole})


@needs_instances
def test_all_recorded_workflows_are_there():
    assert len(instances()) == INSTANCES


@needs_instances
@pytest.mark.parametrize("path", instances(), ids=lambda path: path.stem)
def test_the_files_alone_give_every_recorded_edge_and_no_other(path: Path):
    pipeline = read_wfformat(path.read_text(encoding="utf-8"))

    assert wired_edges(pipeline) == recorded_edges(read(path))
    assert check_pipeline(pipeline) == []


@needs_instances
async def test_the_largest_workflow_takes_no_more_than_its_simulated_time():
    path = montage()
    assert path is not None
    content = read(path)
    edges, seconds = recorded_edges(content), run_times(content)
    assert len(seconds) == 2122
    scale = 6.0 / simulated_makespan(seconds, edges, MACHINES)
    wanted = simulated_makespan({n: s * scale for n, s in seconds.items()}, edges, MACHINES)
    pipeline = read_wfformat(path.read_text("utf-8"), scale=scale, at_once=MACHINES)
    engine = Engine()
    engine.plan(pipeline)

    best = float("inf")
    for _ in range(3):  # the machine may be busy with other things
        began = time.perf_counter()
        execution = await engine.run(pipeline, outside_files(pipeline))
        best = min(best, (time.perf_counter() - began) / wanted)
        assert execution.failure is None
        assert len(execution.spans) >= len(seconds)
        if best <= 1.03:
            break
    await engine.close()

    assert 0.97 <= best <= 1.03


async def test_a_small_workflow_runs_in_the_order_of_its_files():
    text = workflow(
        ("c", ["b.txt"], ["c.txt"]), ("a", ["raw"], ["a.txt"]), ("b", ["a.txt"], ["b.txt"])
    )
    pipeline = read_wfformat(text)
    engine = Engine()

    execution = await engine.run(pipeline, outside_files(pipeline))
    await engine.close()

    assert outside_files(pipeline) == {"raw": "raw"}
    assert wired_edges(pipeline) == {("a", "b"), ("b", "c")}
    assert [span.step for span in execution.spans if span.kind == "capability"] == ["a", "b", "c"]
    assert execution.failure is None


async def test_tasks_without_run_times_take_none():
    text = workflow(("a", [], ["x"]), ("b", ["x"], []), seconds=None)
    pipeline = read_wfformat(text, scale=1e9)
    engine = Engine()

    execution = await engine.run(pipeline, {})
    await engine.close()

    assert execution.failure is None


def test_a_task_that_reads_and_writes_one_file_makes_it():
    pipeline = read_wfformat(workflow(("a", ["log", "raw"], ["log"]), ("b", ["log"], ["out"])))

    assert wired_edges(pipeline) == {("a", "b")}
    assert outside_files(pipeline) == {"raw": "raw"}


def test_a_file_made_twice_is_a_problem_of_clashing_outputs():
    pipeline = read_wfformat(workflow(("a", [], ["x"]), ("b", [], ["x"])))

    problems = check_pipeline(pipeline)

    assert [problem.name for problem in problems] == ["x"]
    assert "'a'" in problems[0].message or problems[0].step in {"a", "b"}


def test_a_ring_of_files_is_a_problem():
    pipeline = read_wfformat(workflow(("a", ["y"], ["x"]), ("b", ["x"], ["y"])))

    assert check_pipeline(pipeline)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "schemaVersion says None"),
        (workflow(("a", [], []), version="1.3"), "schemaVersion says '1.3'"),
        ('{"schemaVersion": "1.5"}', "not made so: KeyError: 'workflow'"),
        ('{"schemaVersion": "1.5", "workflow": []}', "not made so"),
        (workflow(("a", [], []), seconds="soon"), "not made so: ValueError"),
        (workflow(("a", [], []), seconds=-1), "task 'a' took -1.0 s"),
        (workflow(), "holds no task"),
    ],
)
def test_what_is_no_workflow_of_this_version_says_why(text: str, said: str):
    with pytest.raises(SourceError, match=said):
        read_wfformat(text)


def test_two_tasks_of_one_id_are_a_problem():
    pipeline = read_wfformat(workflow(("a", [], ["x"]), ("a", [], ["y"])))

    assert any("'a'" in problem.message for problem in check_pipeline(pipeline))
