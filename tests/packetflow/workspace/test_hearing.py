"""Events reach what waits in a plain process, whoever sends them, and wake what it put aside."""

import asyncio
import datetime as dt
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from packetflow import Context, Workspace, approval, capability, pipeline, wait_for
from packetflow.errors import RunElsewhere, RunError, Superseded
from packetflow.kernel.records import Status
from packetflow.workspace import hearing
from packetflow.workspace.presence import is_hearing, lock_path
from tests.packetflow.workspace.kit import PATIENCE, until, waits_now


@capability(provides="line")
def note(told: str, n: int) -> str:
    """Put both together."""
    return f"{told}|{n}"


FLOW = wait_for("told", gives={"told": str}) >> note


def elsewhere(folder: Path, code: str) -> None:
    """Run code in another process with the workspace open as `ws`."""
    text = f"from packetflow import Workspace\nwith Workspace({str(folder)!r}) as ws:\n    {code}\n"
    subprocess.run([sys.executable, "-c", text], check=True, timeout=60)


@pytest.fixture
def hasty(folder: Path) -> Any:
    """A workspace that puts aside at once what only waits."""
    with Workspace(folder, passivate_after_seconds=0) as opened:
        yield opened


def over(ws: Workspace, execution_id: str) -> Callable[[], bool]:
    return lambda: ws.execution(execution_id).status is Status.OK


def test_an_event_of_another_process_reaches_what_waits_in_memory(ws: Workspace, folder: Path):
    handle = ws.start(FLOW, n=1)
    waits_now(ws, handle)

    elsewhere(folder, 'ws.emit("told", {"told": "there"})')

    assert handle.result(PATIENCE)["line"] == "there|1"


def test_an_event_of_another_process_wakes_what_was_put_aside(hasty: Workspace, folder: Path):
    put_aside = hasty.run_sync(FLOW, n=2)

    elsewhere(folder, 'ws.emit("told", {"told": "there"})')
    until(over(hasty, put_aside.id))

    done = hasty.execution(put_aside.id)
    assert (put_aside.status, done["line"]) == (Status.WAITING, "there|2")
    assert hasty.archive.story(put_aside.id).runner == hasty.runner


def test_an_event_of_this_process_wakes_what_was_put_aside(hasty: Workspace):
    put_aside = hasty.run_sync(FLOW, n=3)

    hasty.emit("told", {"told": "here"})

    assert hasty.outcome(put_aside.id, PATIENCE)["line"] == "here|3"


def test_in_memory_too_what_was_put_aside_is_woken():
    with Workspace(":memory:", passivate_after_seconds=0) as ws:
        put_aside = ws.run_sync(FLOW, n=4)
        ws.emit("told", {"told": "here"})
        until(over(ws, put_aside.id))

        assert ws.execution(put_aside.id)["line"] == "here|4"


def test_a_question_ends_run_at_once_and_says_how_to_answer(ws: Workspace):
    flow = pipeline("asks", approval("Publish?", into="verdict", choices=["yes", "no"]))
    ws.add(flow)

    waiting = ws.run_sync("asks")
    (wait,) = waiting.waits
    said = repr(waiting)
    with pytest.raises(RunError, match=r"has no 'verdict' yet: .* asks 'Publish\?': ws.answer"):
        waiting["verdict"]
    ws.answer(waiting.id, wait.step, "no")

    assert waiting.status is Status.WAITING
    assert f"ws.answer({waiting.id[-8:]!r}, {wait.step!r}, 'yes' or 'no')" in said
    assert '<li class="pf-amber"><b>waits</b>' in waiting._repr_html_()
    assert "ws.answer" in waiting._repr_html_()
    assert ws.outcome(waiting.id, PATIENCE)["verdict"] == "no"
    assert ws.execution(waiting.id).waits == ()


def test_waiting_for_an_outcome_ends_with_the_patience(hasty: Workspace):
    put_aside = hasty.run_sync(FLOW, n=1)

    with pytest.raises(TimeoutError, match=r"is not over after 0\.1 s"):
        hasty.outcome(put_aside.id[-8:], timeout=0.1)
    assert hasty.execution(put_aside.id).waits == put_aside.waits


def test_an_event_within_the_patience_of_run_ends_it(ws: Workspace):
    async def both() -> Any:
        running = asyncio.ensure_future(ws.run(FLOW, n=5))
        while not ws.waiting() and not running.done():
            await asyncio.sleep(0.01)
        ws.emit("told", {"told": "soon"})
        return await running

    assert asyncio.run(both())["line"] == "soon|5"


@pytest.mark.parametrize("holds", ["listens", "runs it", "was quicker"])
def test_what_came_while_another_held_a_run_wakes_it_soon_after_that_has_left(
    hasty: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch, holds: str
):
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 10 * PATIENCE)
    put_aside = hasty.run_sync(FLOW, n=4)
    asked: list[str] = []
    with Workspace(folder, role="runner") as ws:
        ws.add(note)
        ws.hearing.for_everybody = True
        serve_late, has_looked = ws.hearing._serve_late, threading.Event()

        async def looking() -> float:
            pause = await serve_late()
            has_looked.set()
            return pause

        monkeypatch.setattr(ws.hearing, "_serve_late", looking)
        ws.thread.run(ws.hearing.begin())
        assert has_looked.wait(PATIENCE)
        take, is_left = ws.ready_to_resume, ws.hearing.is_left_to_another

        def at_first(what: Callable[..., Any], otherwise: Callable[[], object]) -> Any:
            def given(*args: Any, **named: Any) -> Any:
                asked.append(holds)
                if len(asked) > 1:
                    return what(*args, **named)
                return otherwise()

            return given

        def refuse() -> None:
            if holds == "runs it":
                raise RunElsewhere(put_aside.id, hasty.runner)
            raise Superseded("another was quicker")

        if holds == "listens":
            monkeypatch.setattr(ws.hearing, "is_left_to_another", at_first(is_left, lambda: True))
        else:
            monkeypatch.setattr(ws, "ready_to_resume", at_first(take, refuse))
        hasty.hearing.retire()
        ws.thread.run(ws.hearing.hand_over(ws.send("told", {"told": "in between"})))
        ended = ws.outcome(put_aside.id, PATIENCE)

    assert ended["line"] == "in between|4"
    assert len(asked) > 1


def test_a_plain_process_leaves_alone_what_others_have_put_aside(hasty: Workspace, folder: Path):
    with Workspace(folder, passivate_after_seconds=0) as other:
        put_aside = other.run_sync(FLOW, n=6)
    mine = hasty.run_sync(FLOW, n=7)

    hasty.emit("told", {"told": "here"})
    until(over(hasty, mine.id))

    assert hasty.execution(put_aside.id).status is Status.WAITING


def test_what_a_frozen_listener_has_put_aside_is_woken_by_who_serves_everybody(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 600\n")
    with Workspace(folder, passivate_after_seconds=0) as frozen:
        put_aside = frozen.run_sync(FLOW, n=1)
        with Workspace(folder) as server:
            server.hearing.for_everybody = True
            server.learnt(FLOW)
            wake = server.hearing.wake(put_aside.id)
            left_alone = asyncio.run_coroutine_threadsafe(wake, server.thread.loop).result(PATIENCE)
        (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 0.001\n")
        with Workspace(folder) as server:
            server.hearing.for_everybody = True
            server.learnt(FLOW)
            os.utime(lock_path(folder, frozen.runner), (-1000, -1000))
            wake = server.hearing.wake(put_aside.id)
            woken = asyncio.run_coroutine_threadsafe(wake, server.thread.loop).result(PATIENCE)

    assert (left_alone, woken) == (0, 1)


def test_a_process_says_that_it_listens_from_its_first_wait_to_its_end(folder: Path):
    with Workspace(folder) as ws:
        before = is_hearing(folder, ws.runner)
        waits_now(ws, ws.start(FLOW, n=1))
        until(lambda: ws.hearing.has_begun)
        during = is_hearing(folder, ws.runner)

    assert (before, during, is_hearing(folder, ws.runner)) == (False, True, False)


def test_a_deadline_of_what_was_put_aside_is_kept_to_the_second(hasty: Workspace):
    flow = wait_for("never", within=0.3)

    put_aside = hasty.run_sync(flow)
    until(lambda: hasty.execution(put_aside.id).status is Status.FAILED)

    late = dt.datetime.now(dt.UTC) - put_aside.started_at
    assert hasty.execution(put_aside.id).failure.error_type == "TimedOut"  # type: ignore[union-attr]
    assert late.total_seconds() < hearing.LOOK_SECONDS / 3


def test_events_are_heard_again_after_the_owner_of_the_store_was_killed(
    ws: Workspace, folder: Path, caplog: pytest.LogCaptureFixture
):
    import json
    import os
    import signal

    handle = ws.start(FLOW, n=8)
    waits_now(ws, handle)
    until(lambda: ws.hearing.has_begun)
    card = json.loads((folder / ".packetflow" / "owner.json").read_text())

    os.kill(card["pid"], signal.SIGKILL)
    with caplog.at_level(logging.ERROR):
        elsewhere(folder, 'ws.emit("told", {"told": "after"})')
        ws.hearing.look_soon()
        done = handle.result(PATIENCE)

    assert done["line"] == "after|8"
    assert caplog.records == []


def test_only_so_many_ids_of_events_are_remembered(
    memory: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hearing, "REMEMBERED", 3)
    handle = memory.start(FLOW, n=9)
    waits_now(memory, handle)
    until(lambda: memory.hearing.has_begun)

    for number in range(10):
        memory.emit("other", {"n": number})
    until(lambda: len(memory.hearing._seen) == 3)
    memory.emit("told", {"told": "last"})

    assert handle.result(PATIENCE)["line"] == "last|9"


def test_a_tail_that_opens_only_after_the_close_is_closed(ws: Workspace):
    opened: list[Any] = []
    go_on, dial = threading.Event(), ws.store.tail

    def late(kinds: tuple[str, ...]) -> Any:
        go_on.wait(PATIENCE)
        opened.append(dial(kinds))
        return opened[0]

    ws.store.tail = late  # type: ignore[method-assign]  # a slow owner
    handle = ws.start(FLOW, n=1)
    until(lambda: ws.hearing._begun is not None)
    ws.thread.run(ws.hearing.close())
    go_on.set()
    until(lambda: opened and opened[0]._closed.is_set())
    handle.cancel()

    assert not ws.hearing._tasks


def test_in_memory_an_answer_that_two_notice_wakes_a_run_once():
    begun: list[str] = []

    @capability(provides="said")
    async def asks(context: Context) -> str:
        begun.append(context.execution_id)
        return str(await context.ask("Really?", ["yes", "no"]))

    with Workspace(":memory:") as ws:
        run = ws.run_sync(asks)
        ws.send_answer(run.id, "asks", "yes")

        async def noticed() -> None:
            await asyncio.gather(*(ws.hearing.wake(run.id) for _ in range(3)))

        ws.thread.run(noticed())
        ended = ws.outcome(run.id, PATIENCE)

    assert ended["said"] == "yes"
    assert begun == [run.id, run.id]


def test_who_comes_while_a_run_is_being_woken_waits_until_it_has_begun(
    monkeypatch: pytest.MonkeyPatch,
):
    looking, may_look = threading.Event(), threading.Event()
    with Workspace(":memory:") as ws:
        run = ws.run_sync(approval("Really?", into="said"))
        story = ws.archive.story

        def slowly(execution_id: str) -> Any:
            looking.set()
            assert may_look.wait(PATIENCE)
            return story(execution_id)

        monkeypatch.setattr(ws.archive, "story", slowly)

        async def come() -> tuple[bool, bool]:
            waking = asyncio.create_task(ws.hearing.wake(run.id))
            assert await asyncio.to_thread(looking.wait, PATIENCE)
            coming = asyncio.create_task(ws.hearing.has_woken(run.id))
            await asyncio.wait({coming}, timeout=0.1)  # so long it may end, wrongly
            was_done = coming.done()
            may_look.set()
            await asyncio.wait_for(coming, PATIENCE)
            has_begun = run.id in ws.engine.running
            assert await waking == 1
            return was_done, has_begun

        came_early, has_begun = ws.thread.run(come())

    assert (came_early, has_begun) == (False, True)


def test_who_hands_an_event_over_second_may_rely_on_what_it_woke():
    looking, may_look = threading.Event(), threading.Event()
    with Workspace(":memory:", passivate_after_seconds=0) as ws:
        put_aside = ws.run_sync(FLOW, n=1)
        waiting = ws.recall.waiting

        def slowly(runner: str = "") -> list[dict[str, Any]]:
            looking.set()
            assert may_look.wait(PATIENCE)
            return waiting(runner)

        ws.recall.waiting = slowly  # type: ignore[method-assign]  # a slow store
        arrived = ws.send("told", {"told": "here"})

        async def both() -> tuple[list[int], bool]:
            first = asyncio.create_task(ws.hearing.hand_over(arrived))
            assert await asyncio.to_thread(looking.wait, PATIENCE)
            second = asyncio.create_task(ws.hearing.hand_over(arrived))
            await asyncio.wait({second}, timeout=0.1)  # so long it may end, wrongly
            was_done = second.done()
            may_look.set()
            return [await first, await second], was_done

        reached, was_done = ws.thread.run(both())
        third = ws.thread.run(ws.hearing.hand_over(arrived))
        ended = ws.outcome(put_aside.id, PATIENCE)

    assert not was_done
    assert (sum(reached) <= 1, third) == (True, 0)  # the tail may have handed it over first
    assert ended["line"] == "here|1"
