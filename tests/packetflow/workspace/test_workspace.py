"""The object people hold: it runs, follows, resumes, forks, saves and remembers."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace, capability, parallel, pipeline, wait_for
from packetflow.engine.start import Start
from packetflow.errors import (
    CompositionError,
    MissingInput,
    StoreError,
    UnknownName,
    WorkspaceError,
)
from packetflow.kernel.records import Status
from tests.packetflow.workspace.kit import PATIENCE, counted, waits_now


def test_a_saved_pipeline_and_a_capability_run_by_name(ws: Workspace):
    run = ws.run_sync("measure", point={"x": 3, "y": 4})

    assert run.status is Status.OK
    assert run["far"] == 5.0


def test_an_unknown_name_offers_the_nearest(ws: Workspace):
    with pytest.raises(UnknownName, match="did you mean 'ask'"):
        ws.run_sync("aks")


def test_a_missing_input_is_named_before_anything_runs(ws: Workspace):
    with pytest.raises(MissingInput, match="'x'"):
        ws.run_sync("place")

    assert ws.sql("select count(*) as n from executions")["n"].to_pylist() == [0]


async def test_run_can_be_awaited_on_another_running_loop(ws: Workspace):
    first, second = await asyncio.gather(ws.run("place", x=1), ws.run("divide", number=6, by=3))

    assert (first["point"].x, second["part"]) == (1, 2.0)


async def test_run_sync_works_while_another_loop_runs(ws: Workspace):
    assert ws.run_sync("divide", number=1, by=2)["part"] == 0.5


def test_run_sync_inside_an_async_capability_is_a_clear_error(memory: Workspace):
    @capability(provides="b")
    async def outer(a: int) -> int:
        return memory.run_sync("inner", a=a)["b"]

    @capability(name="inner", provides="b")
    def inner(a: int) -> int:
        return a

    memory.add(inner)
    run = memory.run_sync(outer, a=1)

    assert run.failure is not None
    assert run.failure.error_type == "RunError"
    assert "await" in run.failure.message


def test_a_capability_may_await_another_run(memory: Workspace):
    @capability(provides="b")
    def inner(a: int) -> int:
        return a + 1

    @capability(provides="c")
    async def outer(a: int) -> int:
        return (await memory.run(inner, a=a))["b"] * 10

    assert memory.run_sync(outer, a=1)["c"] == 20


def test_a_capability_in_a_thread_may_run_another(memory: Workspace):
    @capability(provides="b")
    def inner(a: int) -> int:
        return a + 1

    @capability(provides="c")
    def outer(a: int) -> int:
        return memory.run_sync(inner, a=a)["b"] * 10

    assert memory.run_sync(outer, a=1)["c"] == 20


async def test_a_caller_who_is_cancelled_takes_the_run_with_him(memory: Workspace):
    begun, ended = threading.Event(), threading.Event()

    @capability(provides="b")
    async def endless(a: int) -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return a

    caller = asyncio.ensure_future(memory.run(endless, a=1))
    await asyncio.to_thread(begun.wait, PATIENCE)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert await asyncio.to_thread(ended.wait, PATIENCE)


@pytest.mark.parametrize("place", ["loop", "thread"])
def test_a_capability_that_exits_fails_and_the_workspace_goes_on(memory: Workspace, place: str):
    @capability(provides="b", run_in=place)
    def leave(a: int) -> int:
        raise SystemExit(3)

    run = memory.start(leave, a=1).result(PATIENCE)

    assert run.failure is not None
    assert "SystemExit" in str(run.failure)
    assert memory.run_sync(counted([], "go", "a", "b"), a="x")["b"] == "xg"


def test_a_workspace_in_memory_answers_sql_and_leaves_no_folder(
    memory: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    run = memory.run_sync(counted([], "go", "a", "b"), a="x")

    table = memory.sql("select execution_id::varchar as id, status from executions")
    assert table.to_pylist() == [{"id": run.id, "status": "ok"}]
    assert memory.execution(run.id)["b"] == "xg"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(WorkspaceError, match="in memory"):
        memory.save(pipeline("p", counted([], "go", "a", "b")))


def test_what_ran_when_the_workspace_closed_can_be_resumed(folder: Path):
    begun = threading.Event()
    calls: list[str] = []
    first = counted(calls, "first", "a", "b")

    @capability(provides="c")
    async def second(b: str) -> str:
        calls.append("second")
        if begun.is_set():
            return b + "2"
        begun.set()
        await asyncio.Event().wait()
        return ""

    with Workspace(folder) as ws:
        handle = ws.start(first >> second, a="a")
        assert begun.wait(PATIENCE)
    with Workspace(folder) as again:
        again.add(first, second)
        run = again.resume(handle.id).result(PATIENCE)

    assert run["c"] == "af2"
    assert calls == ["first", "second", "second"]


def test_what_waited_when_the_workspace_closed_still_waits(folder: Path):
    with Workspace(folder) as ws:
        handle = ws.start("ask", x=1)
        waits_now(ws, handle)
    with Workspace(folder) as again:
        assert again.execution(handle.id).status is Status.WAITING
        assert [row["execution_id"] for row in again.waiting()] == [handle.id]
        again.answer(handle.id, "approve", value=True)
        run = again.resume(handle.id).result(PATIENCE)

    assert run.status is Status.OK
    assert run["allowed"] is True


def test_a_closed_workspace_says_so(folder: Path):
    ws = Workspace(folder)
    ws.close()
    ws.close()

    with pytest.raises(StoreError, match="closed"):
        ws.run_sync("place", x=1)


def test_closing_from_inside_a_capability_is_a_clear_error_and_harmless(folder: Path):
    with Workspace(folder) as ws:

        @capability(provides="b")
        async def close(a: int) -> int:
            ws.close()
            return a

        run = ws.run_sync(close, a=1)

        assert run.failure is not None
        assert run.failure.error_type == "RunError"
        assert ws.run_sync("place", x=1).status is Status.OK


def test_a_workspace_can_be_entered_on_a_running_loop(folder: Path):
    async def use() -> Any:
        async with Workspace(folder) as ws:
            return (await ws.run("divide", number=4, by=2))["part"]

    assert asyncio.run(use()) == 2.0


def test_user_agent_trigger_and_tags_reach_the_executions(ws: Workspace):
    start = Start(trigger="cli", user="ada", agent="helper", tags={"ticket": "7"})
    run = ws.start_with("place", {"x": 1}, start).result()

    row = ws.sql(
        "select user_id, agent_id, trigger, tags::varchar as tags from executions "
        "where execution_id = $id::uuid",
        {"id": run.id},
    ).to_pylist()[0]
    assert (row["user_id"], row["agent_id"], row["trigger"]) == ("ada", "helper", "cli")
    assert "ticket" in row["tags"]
    assert "7" in row["tags"]


def test_a_saved_pipeline_reads_back_as_it_was(ws: Workspace):
    made = pipeline("far_away", ws.find("place") >> ws.find("measure"))
    path = ws.save(made)

    assert path == ws.folder.pipelines / "far_away.yaml"
    assert ws.run_sync("far_away", x=3, y=4)["far"] == 5.0
    assert ws.save(ws.catalog.pipeline("far_away")).read_text() == path.read_text()
    assert [one.name for one in ws.folder.pipelines.iterdir() if one.suffix != ".yaml"] == []


@pytest.mark.parametrize("name", ["", "../evil", "a/b", ".hidden", "a\0b", "a\nb"])
def test_a_pipeline_whose_name_is_none_for_a_file_is_not_saved(ws: Workspace, name: str):
    before = sorted(ws.folder.path.parent.rglob("*.yaml"))

    with pytest.raises(WorkspaceError, match="cannot be saved; begin with a letter"):
        ws.save(pipeline(name, ws.find("place")))

    assert sorted(ws.folder.path.parent.rglob("*.yaml")) == before


def test_only_a_pipeline_is_saved(ws: Workspace):
    with pytest.raises(WorkspaceError, match="is no pipeline"):
        ws.save(ws.find("place"))  # type: ignore[arg-type]  # as a beginner writes it


def test_a_save_that_fails_leaves_the_old_file(ws: Workspace, monkeypatch: pytest.MonkeyPatch):
    made = pipeline("far_away", ws.find("place"))
    path = ws.save(made)
    before = path.read_text()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        ws.save(pipeline("far_away", ws.find("measure")))

    assert path.read_text() == before


def test_a_score_is_kept_with_its_execution(ws: Workspace):
    run = ws.run_sync("place", x=1)
    ws.score(run.id[-8:], 0.5, step="place", comment="so so", author="ada")

    rows = ws.sql("select * from score").to_pylist()
    assert [(str(r["execution_id"]), r["step"], r["value"], r["comment"]) for r in rows] == [
        (run.id, "place", 0.5, "so so")
    ]


def test_capabilities_are_registered_once(ws: Workspace):
    first = ws.register()
    again = ws.register()

    count = ws.sql("select count(*) as n from capability_registry")["n"].to_pylist()[0]
    assert first == count
    assert first > 5
    assert again == 0


def test_a_folder_that_is_not_there_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(WorkspaceError, match="packetflow init"):
        Workspace(tmp_path / "nowhere")


def test_parallel_steps_and_a_wait_give_what_they_make(memory: Workspace):
    flow = parallel(counted([], "left", "a", "l"), wait_for("told"))
    handle = memory.start(flow, a="a")
    waits_now(memory, handle)
    memory.emit("told", {"told": 7})

    run = handle.result(PATIENCE)
    assert (run["l"], run["told"]) == ("al", 7)


def test_a_plain_function_is_refused_with_the_way_out(memory: Workspace):
    def plain(x: int) -> int:
        return x

    with pytest.raises(CompositionError, match="plain is no capability; put @capability above it"):
        memory.run_sync(plain, x=1)


def test_workspaces_and_catalogs_say_what_they_are(memory: Workspace):
    assert repr(memory) == "<workspace in memory>"
    assert repr(memory.catalog).startswith("<catalog of 0 own capabilities and 0 pipelines;")
