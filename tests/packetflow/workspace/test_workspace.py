"""The object people hold: it runs, follows, resumes, forks, saves and remembers."""

import asyncio
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest

from packetflow import Workspace, capability, parallel, pipeline, secret, wait_for
from packetflow.engine.events import Ended, StepEnded
from packetflow.engine.start import Start
from packetflow.errors import (
    CompositionError,
    MissingInput,
    RunError,
    StoreError,
    UnknownName,
    WorkspaceError,
)
from packetflow.kernel.records import Status
from tests.packetflow.workspace.kit import PATIENCE, waits_now

SECRET = "hunter2-e9f0"


def counted(calls: list[str], name: str, reads: str, makes: str) -> Any:
    """A capability that notes its calls: *makes* is what it *reads* and its name."""
    scope: dict[str, Any] = {"calls": calls}
    source = (
        f"def {name}({reads}: str) -> str:\n"
        f"    calls.append({name!r})\n"
        f"    return {reads} + {name[0]!r}\n"
    )
    exec(source, scope)
    return capability(provides=makes)(scope[name])


def files_with(folder: Path, content: bytes) -> list[str]:
    """The files of the state folder that hold these bytes."""
    state = folder / ".packetflow"
    return [
        path.relative_to(state).as_posix()
        for path in state.rglob("*")
        if path.is_file() and content in path.read_bytes()
    ]


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


async def test_the_events_of_a_run_can_be_followed_from_a_running_loop(memory: Workspace):
    gate = threading.Event()

    @capability(provides="b")
    def slow(a: int) -> int:
        gate.wait(PATIENCE)
        return a + 1

    handle = memory.start(slow, a=1)
    events = aiter(handle)
    gate.set()
    seen = [event async for event in events]

    assert [type(event) for event in seen] == [StepEnded, Ended]
    assert (await handle)["b"] == 2


def test_the_events_of_a_run_can_be_followed_in_plain_code(memory: Workspace):
    gate = threading.Event()

    @capability(provides="b")
    def slow(a: int) -> int:
        gate.wait(PATIENCE)
        return a + 1

    handle = memory.start(slow, a=1)
    events = iter(handle)
    gate.set()
    kinds = [type(event) for event in events]

    assert kinds == [StepEnded, Ended]
    assert [type(event) for event in handle] == [Ended]
    assert handle.result(PATIENCE)["b"] == 2


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


@pytest.mark.parametrize("way", ["result", "events"])
def test_waiting_for_a_handle_inside_an_async_capability_is_a_clear_error(
    memory: Workspace, way: str
):
    handle = memory.start(wait_for("never"))

    @capability(provides="c")
    async def outer(a: int) -> int:
        if way == "result":
            handle.result()
        else:
            list(handle)
        return a

    run = memory.start(outer, a=1).result(PATIENCE)

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


async def test_giving_up_on_a_handle_leaves_the_run_alone(memory: Workspace):
    gate = threading.Event()

    @capability(provides="b")
    def slow(a: int) -> int:
        gate.wait(PATIENCE)
        return a + 1

    handle = memory.start(slow, a=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(handle, 0.01)
    gate.set()

    assert (await handle)["b"] == 2


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


def test_failure_of_an_old_run_replays_the_users_own_exception(folder: Path):
    with Workspace(folder) as ws:
        ids = [ws.run_sync(name, number=1, by=0).id for name in ("divide", "divide_later")]
    with Workspace(folder) as again:
        for execution_id in ids:
            old = again.execution(execution_id)
            assert old.status is Status.FAILED
            assert old.failure is not None
            assert old.failure.inputs == {"number": 1, "by": 0}
            with pytest.raises(ZeroDivisionError):
                old.failure.replay()


def test_an_old_run_has_its_typed_values_back(folder: Path):
    with Workspace(folder) as ws:
        run = ws.run_sync(ws.find("place") >> ws.find("measure"), x=3, y=4)
    with Workspace(folder) as again:
        old = again.execution(run.id[-8:])
        kind = again.catalog.get("place").contract.provides[0].type

        assert isinstance(old["point"], kind)
        assert (old["point"].x, old["far"]) == (3, 5.0)
        assert old.inputs == {"x": 3, "y": 4}
        assert [span.step for span in old.spans] == ["place", "measure"]
        assert old.started_at == run.started_at or abs(old.seconds - run.seconds) < 1


def test_an_unknown_execution_says_so(ws: Workspace):
    with pytest.raises(UnknownName, match="no execution is called 'nosuch'"):
        ws.execution("nosuch")
    with pytest.raises(UnknownName, match="no execution"):
        ws.execution("00000000-0000-7000-8000-000000000000")


def test_user_agent_trigger_and_tags_reach_the_executions(ws: Workspace):
    start = Start(trigger="cli", user="ada", agent="helper", tags={"ticket": "7"})
    run = ws.run_with("place", {"x": 1}, start)

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


def test_a_save_that_fails_leaves_the_old_file(ws: Workspace, monkeypatch: pytest.MonkeyPatch):
    made = pipeline("far_away", ws.find("place"))
    path = ws.save(made)
    before = path.read_text()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
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


def test_secrets_are_nowhere_on_the_disk(folder: Path):
    with Workspace(folder) as ws:
        good = ws.run_sync("greet", name="Ada", token=SECRET)
        bad = ws.run_sync("greet", name="nobody", token=SECRET)
        ws.register()
        ws.store.flush()

        assert (good.status, bad.status) == (Status.OK, Status.FAILED)
        assert bad.failure is not None
        assert bad.failure.inputs["token"] == SECRET
    assert files_with(folder, b"no greeting for nobody")
    assert files_with(folder, SECRET.encode()) == []


def test_a_default_of_a_secret_is_nowhere_on_the_disk(folder: Path):
    @capability(provides="greeting")
    def hail(name: str, token: Annotated[str, secret] = SECRET) -> str:
        return f"Hail {name}"

    with Workspace(folder) as ws:
        ws.add(hail)
        ws.register()
        assert ws.run_sync(hail, name="Ada")["greeting"] == "Hail Ada"
        ws.store.flush()

    assert files_with(folder, SECRET.encode()) == []


def test_a_value_fixed_on_a_secret_input_is_nowhere_on_the_disk(folder: Path):
    with Workspace(folder) as ws:
        fixed = ws.find("greet").setting(token=SECRET)
        good = ws.run_sync(fixed, name="Ada")
        bad = ws.run_sync(pipeline("hidden", fixed), name="nobody")
        ws.store.flush()

        assert good["greeting"] == "Hello Ada"
        assert bad.status is Status.FAILED
    assert files_with(folder, SECRET.encode()) == []


def test_a_run_with_a_fixed_secret_is_not_resumed_without_it(folder: Path):
    with Workspace(folder) as ws:
        bad = ws.run_sync(ws.find("greet").setting(token=SECRET), name="nobody")

        with pytest.raises(RunError, match="secret"):
            ws.resume(bad.id)


def test_a_pipeline_with_a_fixed_secret_is_not_saved(ws: Workspace):
    with pytest.raises(CompositionError, match="'token'"):
        ws.save(pipeline("hidden", ws.find("greet").setting(token=SECRET)))

    assert not (ws.folder.pipelines / "hidden.yaml").exists()


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
