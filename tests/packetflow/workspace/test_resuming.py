"""Taking up interrupted executions, and running old ones again with changes."""

import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from packetflow import Workspace, capability, each, parallel, pipeline, repeat, wait_for, when
from packetflow.composition.steps import Pipeline
from packetflow.engine.past import Story
from packetflow.errors import RunElsewhere, RunError, Superseded, UnknownName
from packetflow.kernel.records import Status
from packetflow.store.journal import JournalWriter
from packetflow.workspace.handle import Handle
from tests.packetflow.workspace.kit import PATIENCE, until, waits_now

Calls = list[str]


def makes(calls: Calls, name: str, reads: str, gives: str, body: str = "") -> Any:
    """A capability that notes its calls and gives what *body* says."""
    scope: dict[str, Any] = {"calls": calls}
    signature = ", ".join(f"{one}: int" for one in reads.split())
    total = body or f"{reads.replace(' ', ' + ')} + 1"
    exec(
        f"def {name}({signature}) -> int:\n    calls.append({name!r})\n    return {total}\n", scope
    )
    return capability(provides=gives)(scope[name])


@pytest.fixture
def calls() -> Calls:
    return []


@pytest.fixture
def flow(calls: Calls) -> Any:
    left, right = makes(calls, "left", "x", "p"), makes(calls, "right", "y", "q")
    return parallel(left, right) >> makes(calls, "total", "p q", "r")


def once(calls: Calls) -> Calls:
    """What was called since, in order of names."""
    said = sorted(calls)
    calls.clear()
    return said


def test_a_fork_from_a_step_does_again_what_follows_from_it(
    memory: Workspace, flow: Any, calls: Calls
):
    first = memory.run_sync(flow, x=1, y=2)
    assert once(calls) == ["left", "right", "total"]

    second = memory.fork(first.id, "left").result(PATIENCE)

    assert once(calls) == ["left", "total"]
    assert second["r"] == first["r"] == 6
    assert second.id != first.id


def test_a_fork_with_a_changed_input_does_again_what_reads_it(
    memory: Workspace, flow: Any, calls: Calls
):
    first = memory.run_sync(flow, x=1, y=2)
    once(calls)

    second = memory.fork(first.id, y=10).result(PATIENCE)

    assert once(calls) == ["right", "total"]
    assert second["r"] == 14
    row = memory.sql(
        "select retry_of::varchar as r, trigger from executions where execution_id = $id::uuid",
        {"id": second.id},
    ).to_pylist()[0]
    assert row == {"r": first.id, "trigger": "fork"}


def test_a_fork_from_a_step_of_a_called_pipeline_keeps_what_came_before_it(
    memory: Workspace, calls: Calls
):
    inner = pipeline("inner", makes(calls, "one", "n", "m") >> makes(calls, "two", "m", "k"))
    flow = makes(calls, "first", "x", "n") >> inner >> makes(calls, "last", "k", "r")
    first = memory.run_sync(flow, x=1)
    assert once(calls) == ["first", "last", "one", "two"]

    second = memory.fork(first.id, "inner/two").result(PATIENCE)

    assert once(calls) == ["last", "two"]
    assert second["r"] == first["r"]
    memory.fork(first.id, "inner").result(PATIENCE)
    assert once(calls) == ["last", "one", "two"]


def test_a_step_that_a_called_pipeline_does_not_have_is_refused_with_the_nearest(
    memory: Workspace, calls: Calls
):
    inner = pipeline("inner", makes(calls, "one", "n", "m"))
    first = memory.run_sync(makes(calls, "first", "x", "n") >> inner, x=1)

    with pytest.raises(UnknownName, match="'inner/onne'; did you mean 'inner/one'"):
        memory.fork(first.id, "inner/onne")


def test_a_fork_without_a_change_does_nothing_again(memory: Workspace, flow: Any, calls: Calls):
    first = memory.run_sync(flow, x=1, y=2)
    once(calls)
    again = memory.fork(first.id).result(PATIENCE)
    assert (again["r"], once(calls)) == (6, [])
    assert memory.execution(again.id).name == memory.execution(first.id).name


def test_a_fork_with_other_items_does_each_of_them(memory: Workspace, calls: Calls):
    flow = each(makes(calls, "grow", "n", "m"), over={"n": "ns"}, into={"m": "ms"})
    first = memory.run_sync(flow, ns=[1, 2])
    once(calls)

    assert memory.fork(first.id, ns=[5, 2, 7]).result(PATIENCE)["ms"] == [6, 3, 8]
    assert once(calls) == ["grow"] * 3


def test_a_fork_with_another_start_repeats_all_passes(memory: Workspace, calls: Calls):
    flow = repeat(makes(calls, "grow", "n", "n"), at_most=3)
    first = memory.run_sync(flow, n=1)
    once(calls)

    assert first["n"] == 4
    assert memory.fork(first.id, n=10).result(PATIENCE)["n"] == 13
    assert once(calls) == ["grow"] * 3


def test_a_fork_reaches_into_pipelines_that_are_called(memory: Workspace, calls: Calls):
    inner = pipeline("inner", makes(calls, "grow", "n", "m") >> makes(calls, "more", "m", "k"))
    memory.add(inner)
    flow = inner.as_step() >> makes(calls, "last", "k", "z")
    first = memory.run_sync(flow, n=1)
    once(calls)

    assert memory.fork(first.id, n=10).result(PATIENCE)["z"] == 13
    assert once(calls) == ["grow", "last", "more"]


def test_a_fork_that_changes_a_condition_takes_the_other_way(memory: Workspace, calls: Calls):
    flow = when(
        "flag > 0", makes(calls, "up", "n", "m"), otherwise=makes(calls, "down", "n", "m", "n - 1")
    ) >> makes(calls, "last", "m", "z")
    first = memory.run_sync(flow, n=1, flag=1)
    once(calls)

    assert memory.fork(first.id, flag=0).result(PATIENCE)["z"] == 1
    assert once(calls) == ["down", "last"]


def test_a_fork_of_an_unknown_step_or_execution_says_so(memory: Workspace, flow: Any):
    first = memory.run_sync(flow, x=1, y=2)

    with pytest.raises(UnknownName, match="no step is called 'nosuch'"):
        memory.fork(first.id, "nosuch")
    with pytest.raises(UnknownName, match="no execution"):
        memory.fork("00000000-0000-7000-8000-000000000000")


def test_a_fork_with_an_input_that_nothing_reads_says_so(memory: Workspace, flow: Any):
    first = memory.run_sync(flow, x=1, y=2)

    with pytest.raises(UnknownName, match="no input is called 'z'"):
        memory.fork(first.id, z=1)


def test_a_failed_execution_goes_on_where_it_failed(folder: Path, calls: Calls):
    first = makes(calls, "first", "x", "p")
    frail = makes(calls, "frail", "p", "q", "p // (0 if calls.count('frail') == 1 else 1)")
    with Workspace(folder) as ws:
        failed = ws.run_sync(first >> frail, x=1)
        assert failed.status is Status.FAILED

        run = ws.resume(failed.id[-8:]).result(PATIENCE)

        assert (run.id, run["q"]) == (failed.id, 2)
        assert once(calls) == ["first", "frail", "frail"]


def test_what_was_kept_after_the_first_look_at_the_records_counts(
    folder: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
):
    first, frail = makes(calls, "first", "x", "p"), makes(calls, "frail", "p", "q", "p // 0")
    with Workspace(folder) as ws:
        failed = ws.run_sync(first >> frail, x=1)
        done = replace(failed.spans[0], span_id=9, step="frail", outputs={"q": 7})
        look_up = ws.archive.definition

        def meanwhile(story: Story) -> Pipeline | None:
            with JournalWriter(folder, role="test") as journal:
                journal.append(done)
            return look_up(story)

        monkeypatch.setattr(ws.archive, "definition", meanwhile)
        once(calls)

        run = ws.resume(failed.id).result(PATIENCE)

        assert (run["q"], once(calls)) == (7, [])


def test_what_is_done_is_not_resumed_and_keeps_no_lease(ws: Workspace):
    run = ws.run_sync("place", x=1)

    with pytest.raises(RunError, match="already done"):
        ws.resume(run.id)

    assert list((ws.folder.state / "leases").iterdir()) == []


def test_what_runs_here_is_followed_when_it_is_resumed(ws: Workspace):
    handle = ws.start(wait_for("told"))
    waits_now(ws, handle)

    again = ws.resume(handle.id)
    ws.emit("told", {"told": 1})

    assert again.result(PATIENCE) is handle.result(PATIENCE)
    assert ws.archive.story(handle.id).epoch == 1


class Gate:
    """A capability that has begun, and goes on when it may."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()

        @capability(provides="worked")
        def work(n: int) -> int:
            self.begun.set()
            self.may_go_on.wait(PATIENCE)
            return n

        self.flow = parallel(wait_for("told"), work)


def test_what_waits_in_one_branch_and_works_in_another_is_not_put_aside(folder: Path):
    gate = Gate()
    with (
        Workspace(folder, passivate_after_seconds=0) as one,
        Workspace(folder, passivate_after_seconds=0) as two,
    ):
        two.learnt(gate.flow)
        handle = one.start(gate.flow, n=1)
        assert gate.begun.wait(PATIENCE)
        until(lambda: two.waiting())

        with pytest.raises(RunElsewhere):
            two.resume(handle.id)
        assert (handle.done(), one.archive.story(handle.id).parked) == (False, False)
        gate.may_go_on.set()
        put_aside = handle.result(PATIENCE)
        assert (put_aside.status, one.archive.story(handle.id).parked) == (Status.WAITING, True)
        two.emit("told", {"told": 2})
        until(lambda: two.execution(handle.id).status is Status.OK)

    assert (put_aside.waits[0].event, put_aside.outputs["worked"]) == ("told", 1)


BUSY = """
import sys, threading
from packetflow import Workspace, capability

begun = threading.Event()

@capability(provides="b")
def hang(a: int) -> int:
    begun.set()
    threading.Event().wait()
    return a

with Workspace(sys.argv[1]) as ws:
    ws.add(hang)
    handle = ws.start(hang, a=1)
    begun.wait()
    print(handle.id, flush=True)
    sys.stdin.read()
"""


def test_what_runs_in_another_process_is_not_resumed_until_that_dies(folder: Path, calls: Calls):
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process, Workspace(folder) as ws:
        assert process.stdout is not None
        execution_id = process.stdout.readline().strip()
        ws.add(makes(calls, "hang", "a", "b"))
        with pytest.raises(RunElsewhere, match="another process"):
            ws.resume(execution_id)
        process.kill()
        process.wait(PATIENCE)

        with pytest.raises(RunError, match="the code of capability 'hang' has changed"):
            ws.resume(execution_id)
        assert ws.resume(execution_id, accept_changes=True).result(PATIENCE)["b"] == 2


def test_of_two_who_resume_one_wins(folder: Path):
    with Workspace(folder) as ws:
        handle = ws.start("ask", x=1)
        waits_now(ws, handle)
    with Workspace(folder) as one, Workspace(folder) as two:
        story = one.archive.story(handle.id)
        one.ready_to_resume(handle.id)

        with pytest.raises(Superseded, match="taken over"):
            two.engine.leases.claim(handle.id, story.epoch + 1)  # type: ignore[union-attr]


def test_a_changed_capability_is_resumed_only_when_that_is_wanted(folder: Path):
    execution_id = parked(folder)
    rewrite(folder, "y: int = 2)", "y: int = 2, z: int = 3)")
    with Workspace(folder) as ws:
        ws.answer(execution_id, "approve", value=True)
        with pytest.raises(RunError, match="accept_changes=True"):
            ws.resume(execution_id)

        assert ws.resume(execution_id, accept_changes=True).result(PATIENCE)["allowed"] is True


BODY = "    return Point(x, y)\n"


def parked(folder: Path) -> str:
    """The id of an execution that waits for a person, after one step."""
    with Workspace(folder) as ws:
        handle = ws.start("ask", x=1)
        waits_now(ws, handle)
    return handle.id


def rewrite(folder: Path, old: str, new: str) -> None:
    steps = folder / "capabilities" / "steps.py"
    assert old in steps.read_text()
    steps.write_text(steps.read_text().replace(old, new))


def test_code_that_has_changed_under_the_same_version_is_refused_and_accepted_once(folder: Path):
    execution_id = parked(folder)
    rewrite(folder, BODY, "    return Point(y, x)\n")

    with Workspace(folder) as ws:
        with pytest.raises(RunError, match="the code of capability 'place' has changed since"):
            ws.resume(execution_id)
        handle = ws.resume(execution_id, accept_changes=True)
        waits_now(ws, handle)
    with Workspace(folder) as ws:
        ws.answer(execution_id, "approve", value=True)

        assert ws.resume(execution_id).result(PATIENCE)["allowed"] is True


def test_a_capability_that_migrates_is_resumed_without_a_word(folder: Path):
    execution_id = parked(folder)
    mirrored = 'lambda outputs, version: {"point": {"x": outputs["point"]["y"], "y": 0}}'
    rewrite(folder, '(provides="point")', f'(provides="point", version="2", migrate={mirrored})')

    with Workspace(folder) as ws:
        ws.answer(execution_id, "approve", value=True)
        assert ws.resume(execution_id).result(PATIENCE)["point"].x == 2


def test_nobody_being_there_the_execution_itself_asks(folder: Path):
    execution_id = parked(folder)
    rewrite(folder, BODY, "    return Point(y, x)\n")

    with Workspace(folder) as ws:
        ready = ws.ready_to_resume(execution_id, if_changed="ask")
        running = ws.thread.call(lambda: ready.resume(ws.engine, "woken"))
        waits_now(ws, Handle(running, ws.thread))
        asked = [row for row in ws.waiting() if row["step"] == ""]
        assert asked[0]["question"] == (
            "The code of capability 'place' has changed since this run began. Go on?"
        )
        assert asked[0]["choices"] == ["go on with the new code", "stop"]
        ws.answer(execution_id, "", "go on with the new code")
        ws.answer(execution_id, "approve", value=True)

        assert Handle(running, ws.thread).result(PATIENCE)["point"].x == 1


def test_what_uses_a_capability_that_is_gone_says_which(folder: Path, calls: Calls):
    frail = makes(calls, "frail", "p", "q", "p // 0")
    with Workspace(folder) as ws:
        failed = ws.run_sync(frail, p=1)
    with Workspace(folder) as ws, pytest.raises(RunError, match="'frail'"):
        ws.resume(failed.id)
