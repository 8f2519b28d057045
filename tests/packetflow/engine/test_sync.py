"""The door from plain code to the loop."""

import asyncio
import os
import signal
import sys
import threading
import types

import pytest

from packetflow.engine.sync import LoopThread, awake, run_apart
from packetflow.errors import RunError


@pytest.fixture
def thread():
    made = LoopThread()
    yield made
    made.close()


async def number() -> int:
    await asyncio.sleep(0)
    return 7


def test_plain_code_waits_for_a_coroutine(thread: LoopThread):
    assert thread.run(number()) == 7
    assert thread.call(lambda: 8) == 8


async def test_it_works_while_another_loop_runs(thread: LoopThread):
    assert thread.run(number()) == 7
    assert run_apart(number()) == 7


def test_without_a_loop_a_coroutine_runs_apart_too():
    assert run_apart(number()) == 7


def test_waiting_on_that_very_thread_is_refused_and_calling_is_not(thread: LoopThread):
    async def inside() -> int:
        with pytest.raises(RunError, match="make the capability async"):
            thread.run(number())
        return thread.call(lambda: 9)

    assert thread.run(inside()) == 9


def test_who_waits_too_long_cancels_the_work(thread: LoopThread):
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        thread.run(endless(), timeout=0.01)

    thread.run(asyncio.wait_for(ended.wait(), 20))


def test_an_error_comes_out_as_it_is(thread: LoopThread):
    async def bad() -> None:
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        thread.run(bad())
    with pytest.raises(ValueError, match="bad"):
        run_apart(bad())


def test_closing_cancels_what_is_left_and_may_be_done_twice(thread: LoopThread):
    left = thread.submit(asyncio.sleep(1000))
    thread.close()
    thread.close()

    assert left.cancelled()


async def test_the_stop_button_of_a_notebook_is_heard_at_once(monkeypatch: pytest.MonkeyPatch):
    # like ipykernel, whose handler leaves a callback without waking the loop
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    before = signal.signal(signal.SIGUSR1, lambda *_: loop.call_soon(task.cancel))
    stop = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    stop.start()
    began = loop.time()
    try:
        with awake():
            await asyncio.wait_for(loop.create_future(), 60)
    except asyncio.CancelledError:
        task.uncancel()
    finally:
        stop.join()
        signal.signal(signal.SIGUSR1, before)

    assert loop.time() - began < 30


async def test_outside_of_notebooks_the_loop_sleeps_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda *_: pytest.fail("it was woken"))

    with awake():
        pass
