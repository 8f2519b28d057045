"""Recorded scientific workflows read as pipelines, wired by their files alone."""

import asyncio
import json
import math
import selectors
from pathlib import Path
from typing import Any

import pytest

from packetflow.composition.check import check_pipeline
from packetflow.discovery.wfformat import (
    edges_without_file,
    outside_files,
    read_wfformat,
    recorded_edges,
    recorded_tasks,
    wired_edges,
)
from packetflow.engine.engine import Engine
from packetflow.errors import CompositionError, SourceError
from tests.packetflow.discovery.workflows import (
    INSTANCES,
    MACHINES,
    instances,
    montage,
    read,
    run_times,
    simulated_makespan,
    written_edges,
)

MISSING = "the recorded workflows (wfinstances) are not on this machine"
needs_instances = pytest.mark.skipif(not instances(), reason=MISSING)


def workflow(*tasks: tuple[str, list[str], list[str]], seconds: Any = 0.0, version: str = "1.5"):
    """A document of tasks with the files they read and write."""
    listed = [{"name": n, "id": n, "inputFiles": i, "outputFiles": o} for n, i, o in tasks]
    runs = [{"id": n, "runtimeInSeconds": seconds} for n, _, _ in tasks]
    whole = {"specification": {"tasks": listed}, "execution": {"tasks": runs}}
    return json.dumps({"schemaVersion": version, "workflow": whole})


def older(*tasks: dict[str, Any], version: str = "1.4", key: str = "tasks") -> str:
    """A document of the time when tasks held their files themselves."""
    return json.dumps({"schemaVersion": version, "workflow": {key: tasks}})


def linked(**files: str) -> list[dict[str, str]]:
    """Files of a task, each with its direction."""
    return [{"name": name, "link": link} for name, link in files.items()]


@needs_instances
def test_all_recorded_workflows_are_there():
    assert len(instances()) == INSTANCES


@needs_instances
@pytest.mark.parametrize("path", instances(), ids=lambda path: path.stem)
def test_the_files_alone_give_every_recorded_edge_and_no_other(path: Path):
    pipeline = read_wfformat(path.read_text(encoding="utf-8"))

    assert wired_edges(pipeline) == written_edges(read(path))
    assert check_pipeline(pipeline) == []


class Hurried(asyncio.SelectorEventLoop):
    """A loop whose time jumps to the next timer instead of passing."""

    def __init__(self) -> None:
        super().__init__(selector := selectors.DefaultSelector())
        self.now = 0.0
        look = selector.select

        def select(timeout: float | None = None) -> Any:
            self.now += timeout or 0.0
            return look(0)

        selector.select = select

    def time(self) -> float:
        return self.now


@needs_instances
def test_the_largest_workflow_takes_its_simulated_time_to_the_last_task():
    path = montage()
    assert path is not None
    content = read(path)
    edges, seconds = written_edges(content), run_times(content)
    assert len(seconds) == 2122
    pipeline = read_wfformat(path.read_text("utf-8"), at_once=MACHINES)

    async def took() -> float:
        engine = Engine()
        engine.plan(pipeline)
        began = asyncio.get_running_loop().time()
        execution = await engine.run(pipeline, outside_files(pipeline))
        assert execution.failure is None
        assert len(execution.spans) == len(seconds)
        await engine.close()
        return asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=Hurried) as runner:
        ratio = runner.run(took()) / simulated_makespan(seconds, edges, MACHINES)

    assert ratio == pytest.approx(1.0)


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
        ("[" * 100_000, "is no JSON"),
        (workflow(("a", [], []), version="2.0"), "no WfFormat 1.0 to 1.5 .* says '2.0'"),
        ('{"schemaVersion": "1.5"}', "not made so: KeyError: 'workflow'"),
        ('{"schemaVersion": "1.5", "workflow": []}', "not made so"),
        (workflow(("a", [], []), seconds="soon"), "not made so: ValueError"),
        (workflow(("a", [], []), seconds=-1), "task 'a' took -1.0 s"),
        (workflow(), "holds no task"),
        (workflow(("a", [{"id": "x"}], [])), "inputFiles of task 'a' is no list of names"),
        (workflow(("a", [], "x.txt")), "outputFiles of task 'a' is no list of names"),
        (older({"name": "a", "files": [{"link": "both", "name": "x"}]}), "links a file as 'both'"),
        (older({"name": "a"}, {"name": "a"}), "not made so: KeyError: 'id'"),
    ],
)
def test_what_is_no_workflow_of_this_version_says_why(text: str, said: str):
    with pytest.raises(SourceError, match=said):
        read_wfformat(text)


def test_two_tasks_of_one_id_are_a_problem():
    pipeline = read_wfformat(workflow(("a", [], ["x"]), ("a", [], ["y"])))

    assert any("'a'" in problem.message for problem in check_pipeline(pipeline))


@pytest.mark.parametrize(("version", "key"), [("1.0", "jobs"), ("1.2", "jobs"), ("1.4", "tasks")])
def test_older_versions_hold_the_files_inside_their_tasks(version: str, key: str):
    text = older(
        {"name": "b_ID2", "parents": ["a_ID1"], "files": linked(x="input", y="output")},
        {"name": "a_ID1", "runtime": 2, "parents": [], "files": linked(x="OUTPUT")},
        version=version,
        key=key,
    )
    tasks = recorded_tasks(text)

    pipeline = read_wfformat(text)

    assert wired_edges(pipeline) == recorded_edges(tasks) == {("a_ID1", "b_ID2")}
    assert [task.seconds for task in tasks] == [None, 2.0]
    assert pipeline.intent == "A recorded workflow of 2 tasks; 1 of them without a time"


def test_older_tasks_that_share_a_name_go_by_their_ids():
    text = older(
        {"name": "cut", "id": 1, "files": [{"name": "x", "path": "/p1/", "link": "output"}]},
        {"name": "cut", "id": 2, "files": [{"name": "x", "path": "/p2/", "link": "output"}]},
        {"name": "glue", "id": 3, "files": [{"name": "x", "path": "/p2/", "link": "input"}]},
    )

    assert wired_edges(read_wfformat(text)) == {("2", "3")}
    assert check_pipeline(read_wfformat(text)) == []


def test_parents_named_by_id_are_found_among_tasks_known_by_name():
    text = older({"name": "a", "id": "1"}, {"name": "b", "id": "2", "parents": ["1"]})

    assert recorded_edges(recorded_tasks(text)) == {("a", "b")}


def test_edges_that_no_file_explains_are_told_and_kept_when_asked_for():
    text = older({"name": "a", "children": ["b"]}, {"name": "b", "parents": ["a"]})

    plain, ordered = read_wfformat(text), read_wfformat(text, order="recorded")

    assert edges_without_file(recorded_tasks(text)) == {("a", "b")}
    assert wired_edges(plain) == set()
    assert wired_edges(ordered) == {("a", "b")}
    assert "1 recorded edges share no file and are left out" in plain.intent
    assert "1 recorded edges share no file and are kept" in ordered.intent
    assert check_pipeline(ordered) == []


def test_an_order_after_a_task_that_is_not_there_is_a_problem():
    pipeline = read_wfformat(older({"name": "a", "parents": ["lost"]}), order="recorded")

    assert ["'lost'" in problem.message for problem in check_pipeline(pipeline)] == [True]


def test_a_workflow_that_was_never_run_takes_no_time():
    tasks = [{"id": "a", "name": "a"}]
    text = json.dumps({"schemaVersion": "1.5", "workflow": {"specification": {"tasks": tasks}}})

    assert "1 of them without a time" in read_wfformat("\ufeff" + text).intent


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"scale": -1.0}, "scale is -1"), ({"scale": math.nan}, "scale is nan"),
     ({"at_once": 0}, "at_once is 0; at least 1")],
)  # fmt: skip
def test_a_scale_or_number_of_machines_that_means_nothing_is_refused(asked, said: str):
    with pytest.raises(CompositionError, match=said):
        read_wfformat(workflow(("a", [], [])), **asked)
