"""Events, files and times start pipelines once; what waits is woken, whoever sends the event."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace
from packetflow.errors import StoreError, UnknownName
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import AnswerStep, CapabilityRequest, EmitEvent, ForkRun
from packetflow.runner.host import Host
from packetflow.workspace.presence import Presence

PATIENCE = 60.0
CODE = '''
from pathlib import Path
from packetflow import capability


@capability(provides="line")
def note(path: str = "", number: int = 0) -> str:
    """Write down that it was called."""
    line = f"{path}|{number}"
    with (Path(__file__).parent.parent / "notes.txt").open("a") as file:
        file.write(line + "\\n")
    return line


@capability(provides="doubled")
def double(number: int) -> int:
    """Double."""
    return number * 2
'''
STEPS = "steps: [{use: note}]\n"
WAITS = """pipeline: waits
requires: [number]
steps:
  - {use: double, id: double}
  - {wait_for: told, id: told, gives: {path: str}}
  - {use: note, id: note}
"""
BRIEF = """pipeline: brief
steps:
  - wait_for: never
    id: never
    gives: {path: str}
    within: 0.05
    otherwise: [{use: note, id: late}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    for part in ("capabilities", "pipelines", "inbox"):
        (place / part).mkdir(parents=True)
    (place / "packetflow.toml").write_text('name = "home"\n')
    (place / "capabilities" / "own.py").write_text(CODE)
    (place / "pipelines" / "waits.yaml").write_text(WAITS)
    (place / "pipelines" / "brief.yaml").write_text(BRIEF)
    return place


@pytest.fixture
async def opened(folder: Path) -> AsyncIterator[Callable[[str], Awaitable[Host]]]:
    """Opens hosts that show that they live, and closes them."""
    async with AsyncExitStack() as stack:

        async def make(name: str) -> Host:
            presence = Presence(folder, name)
            stack.callback(presence.close)
            host = Host(folder, runner=name)
            await host.open()
            stack.push_async_callback(host.close)
            return host

        yield make


def triggered(folder: Path, what: str, name: str = "started") -> None:
    text = f"pipeline: {name}\ntriggers: [{what}]\n{STEPS}"
    (folder / "pipelines" / f"{name}.yaml").write_text(text)


def notes(folder: Path) -> list[str]:
    path = folder / "notes.txt"
    return path.read_text().splitlines() if path.exists() else []


async def until(reached: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.02)


async def ended(host: Host, count: int) -> None:
    """Wait until so many executions are over, as the store says."""
    query = "select count(*) as n from executions where status not in ('running', 'waiting')"

    def enough() -> bool:
        return host.workspace.sql(query)["n"].to_pylist()[0] >= count

    await until(enough)
    await until(lambda: not host.under_way())


def elsewhere(folder: Path, code: str) -> None:
    """Run code in another process with the workspace open as `ws`."""
    text = f"from packetflow import Workspace\nwith Workspace({str(folder)!r}) as ws:\n    {code}\n"
    subprocess.run([sys.executable, "-c", text], check=True, timeout=60)


async def test_a_host_runs_follows_and_forks(opened: Any):
    host = await opened("one")
    told: list[Happening | Outcome] = []

    first = await host.start(CapabilityRequest("1", "double", {"number": 4}), told.append)
    await until(lambda: told and isinstance(told[-1], Outcome))
    again: list[Happening | Outcome] = []
    forked = await host.fork(ForkRun("2", first, inputs={"number": 5}), again.append)
    await until(lambda: again and isinstance(again[-1], Outcome))
    late: list[Happening | Outcome] = []
    await host.follow(first, late.append)

    assert told[-1].outputs == {"doubled": 8}
    assert again[-1].outputs == {"doubled": 10}
    assert forked != first
    assert [type(one) for one in late] == [Outcome]
    assert await host.cancel(first, "too late") is False


async def test_an_event_starts_a_pipeline_once_though_it_comes_twice(opened: Any, folder: Path):
    triggered(folder, "{event: signed_up, set: {number: 7}}")
    one, two = await opened("one"), await opened("two")

    for host in (one, two, one):
        request = EmitEvent("1", "signed_up", {"path": "x", "more": 1}, event_id="e-1")
        await host.emit(request)
    await ended(one, 1)
    await one.emit(EmitEvent("2", "signed_up", {"path": "y"}, event_id="e-2"))
    await ended(one, 2)

    assert notes(folder) == ["x|7", "y|7"]


async def test_an_event_of_another_process_starts_a_pipeline(opened: Any, folder: Path):
    triggered(folder, "{event: signed_up}")
    host = await opened("one")

    await asyncio.to_thread(elsewhere, folder, 'ws.emit("signed_up", {"path": "p"})')
    await ended(host, 1)

    assert notes(folder) == ["p|0"]


@pytest.mark.parametrize("path", ["p", "p" * 40_000], ids=["small", "large"])
async def test_an_event_sent_while_no_runner_was_there_starts_a_pipeline_later(
    folder: Path, opened: Any, path: str
):
    triggered(folder, "{event: signed_up}")
    first = await opened("one")
    await until((folder / ".packetflow" / "triggered" / "heard.json").exists)
    await first.close()
    with Workspace(folder) as ws:
        await asyncio.to_thread(ws.emit, "signed_up", {"path": path})

    later = await opened("two")
    await ended(later, 1)

    assert notes(folder) == [f"{path}|0"]


async def test_old_events_start_nothing_in_a_workspace_that_never_had_a_runner(
    folder: Path, opened: Any
):
    triggered(folder, "{event: signed_up}")
    with Workspace(folder) as ws:
        ws.emit("signed_up", {"path": "old"})
        ws.store.flush()

    host = await opened("one")
    await until((folder / ".packetflow" / "triggered" / "heard.json").exists)
    await host.emit(EmitEvent("1", "signed_up", {"path": "new"}))
    await ended(host, 1)

    assert notes(folder) == ["new|0"]


async def test_a_file_starts_a_pipeline_once_though_two_runners_watch(folder: Path, opened: Any):
    triggered(folder, "{file: inbox/*.csv}")
    (folder / "inbox" / "old.csv").write_text("lay there before")
    one = await opened("one")
    await opened("two")
    (folder / "deep" / "inbox").mkdir(parents=True)
    (folder / "deep" / "inbox" / "b.csv").write_text("not in the folder that is meant")
    (folder / "inbox" / "a.csv").write_text("1")

    await ended(one, 1)
    (folder / "inbox" / "c.csv").write_text("2")
    await ended(one, 2)

    assert notes(folder) == ["inbox/a.csv|0", "inbox/c.csv|0"]


async def test_a_file_that_is_still_written_starts_a_pipeline_once_it_is_whole(
    folder: Path, opened: Any
):
    triggered(folder, "{file: inbox/*.csv}")
    host = await opened("one")
    with (folder / "inbox" / "a.csv").open("w") as file:
        for part in range(8):
            file.write(f"{part}\n")
            file.flush()
            await asyncio.sleep(0.1)

    await ended(host, 1)
    (folder / "inbox" / "b.csv").write_text("2")
    await ended(host, 2)

    assert notes(folder) == ["inbox/a.csv|0", "inbox/b.csv|0"]


async def test_a_due_time_starts_a_pipeline_once_though_two_runners_look(folder: Path, opened: Any):
    triggered(folder, '{schedule: "* * * * * */1"}')
    one = await opened("one")
    await opened("two")

    await ended(one, 2)

    causes = one.workspace.sql("select tags::varchar as tags from executions")["tags"].to_pylist()
    assert len(causes) == len(set(causes))
    assert all("schedule:" in cause for cause in causes)


async def test_bad_triggers_are_said_and_the_good_ones_work(
    folder: Path, opened: Any, caplog: pytest.LogCaptureFixture
):
    triggered(folder, "{schedule: every full moon}", "moon")
    triggered(folder, "{file: /etc/*.conf}", "outside")
    triggered(folder, "{event: signed_up, set: {nosuch: 1}}", "unfit")
    triggered(folder, "{event: signed_up}", "good")
    with caplog.at_level(logging.WARNING):
        host = await opened("one")
        await host.emit(EmitEvent("1", "signed_up", {"path": "p"}))
        await ended(host, 1)
        await until(lambda: "full moon" in caplog.text)

    assert notes(folder) == ["p|0"]
    assert "outside: file '/etc/*.conf'" in caplog.text
    assert "unfit could not start" in caplog.text


async def parked(host: Host) -> str:
    """The id of an execution that was put aside and only waits."""
    execution_id = await host.start(CapabilityRequest("1", "waits", {"number": 4}), None)
    engine = host.workspace.engine
    await until(lambda: engine.running[execution_id].only_waits)
    engine.running[execution_id].put_aside()
    await until(lambda: execution_id not in engine.running)
    assert [row["execution_id"] for row in host.workspace.waiting()] == [execution_id]
    return execution_id


async def test_what_was_put_aside_is_woken_by_an_event_of_another_process(
    folder: Path, opened: Any
):
    host = await opened("one")
    execution_id = await parked(host)

    await asyncio.to_thread(elsewhere, folder, 'ws.emit("told", {"path": "p"})')
    await ended(host, 1)

    done = host.workspace.execution(execution_id)
    assert done["line"] == "p|4"
    assert [span.step for span in done.spans] == ["double", "told", "note"]


async def test_what_was_put_aside_is_woken_by_an_event_sent_while_no_runner_was_there(
    folder: Path, opened: Any
):
    first = await opened("one")
    execution_id = await parked(first)
    await first.close()
    with Workspace(folder) as ws:
        ws.emit("told", {"path": "p"})

    later = await opened("two")
    await ended(later, 1)

    assert later.workspace.execution(execution_id)["line"] == "p|4"


async def test_what_waits_in_one_runner_is_not_taken_by_another(folder: Path, opened: Any):
    one, two = await opened("one"), await opened("two")
    execution_id = await one.start(CapabilityRequest("1", "waits", {"number": 4}), None)
    engine = one.workspace.engine
    await until(lambda: engine.running[execution_id].only_waits)

    await two.emit(EmitEvent("1", "told", {"path": "p"}))
    await ended(one, 1)

    assert notes(folder) == ["p|4"]
    assert one.workspace.archive.story(execution_id).runner == "one"


async def test_a_runner_that_retires_leaves_what_waits_to_the_next(folder: Path, opened: Any):
    one, two = await opened("one"), await opened("two")
    execution_id = await one.start(CapabilityRequest("1", "waits", {"number": 4}), None)
    engine = one.workspace.engine
    await until(lambda: engine.running[execution_id].only_waits)
    await one.retire()
    await until(lambda: not engine.running)

    await two.emit(EmitEvent("1", "told", {"path": "p"}))
    await ended(two, 1)

    assert two.workspace.archive.story(execution_id).runner == "two"
    assert notes(folder) == ["p|4"]


async def test_a_time_that_ran_out_while_nobody_was_there_is_handled_at_the_next_start(
    folder: Path, opened: Any
):
    text = BRIEF.replace("0.05", "2")
    (folder / "pipelines" / "brief.yaml").write_text(text)
    with Workspace(folder) as ws:
        handle = ws.start("brief")
        await until(lambda: ws.waiting())
    assert notes(folder) == []
    await asyncio.sleep(2.0)  # the store keeps the time of the wall, which no clock can own

    host = await opened("one")
    await ended(host, 1)

    assert host.workspace.execution(handle.id).status.value == "ok"
    assert notes(folder) == ["|0"]


async def test_a_person_answers_what_was_put_aside(folder: Path, opened: Any):
    host = await opened("one")
    execution_id = await parked(host)

    with pytest.raises(UnknownName, match="no waiting step"):
        await host.answer(AnswerStep("1", execution_id, "nosuch", value="p"))
    await host.answer(AnswerStep("2", execution_id, "told", value="p"))
    await ended(host, 1)

    assert notes(folder) == ["p|4"]


async def test_what_was_put_aside_can_be_cancelled(folder: Path, opened: Any):
    host = await opened("one")
    execution_id = await parked(host)

    assert await host.cancel(execution_id, "never mind") is True
    await ended(host, 1)

    done = host.workspace.execution(execution_id)
    assert (done.status.value, notes(folder)) == ("cancelled", [])
    assert host.workspace.waiting() == []


async def test_what_counts_on_a_runner_is_asked_beside_its_loop_and_no_answer_keeps_it(
    folder: Path, opened: Callable[[str], Awaitable[Host]], monkeypatch: pytest.MonkeyPatch
):
    (folder / "packetflow.toml").write_text("[runner]\nstay = true\n")
    host, threads = await opened("stays"), set()

    def broken(*_: Any, **__: Any) -> Any:
        threads.add(threading.current_thread())
        raise StoreError("the database cannot be opened")

    idle = await host.needed()
    monkeypatch.setattr(host.workspace.store, "sql", broken)
    in_doubt = await host.needed()

    assert (idle, in_doubt) == (False, True)
    assert threading.current_thread() not in threads
