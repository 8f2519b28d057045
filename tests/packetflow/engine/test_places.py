"""Threads, worker processes and generators."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextvars import ContextVar
from pathlib import Path

import pytest

from packetflow import Context, capability
from packetflow.engine import processes
from packetflow.engine.engine import Engine
from packetflow.engine.events import PartialOutput
from packetflow.engine.ports import MemorySink
from packetflow.errors import RunnerLost
from tests.packetflow.engine import heavy
from tests.packetflow.engine.kit import others, run, turns


@pytest.fixture(scope="module")
def workers():
    """Real time and real processes, shared by the tests of this file."""
    engine = Engine(MemorySink())
    yield engine
    engine.processes.close()


async def test_a_thread_sees_the_context_variables_of_its_step():
    mark = ContextVar("mark", default="none")
    mark.set("here")

    @capability(provides="m")
    def reads(n: int) -> str:
        return f"{mark.get()} {threading.current_thread() is threading.main_thread()}"

    assert (await run(reads, n=1))["m"] == "here False"


async def test_a_call_that_is_cancelled_in_line_never_begins():
    gate, calls = threading.Event(), []
    engine = Engine()
    engine.threads._most = 1

    @capability(provides="m")
    def work(n: int) -> int:
        calls.append(n)
        gate.wait(10)
        return n

    first, second = engine.start(work, {"n": 1}), engine.start(work, {"n": 2})
    while not calls:
        await asyncio.sleep(0)
    second.cancel()
    await second
    gate.set()
    await first
    await engine.run(work, {"n": 3})

    assert calls == [1, 3]


async def test_a_cancelled_thread_is_told_by_its_context():
    began, stopped = threading.Event(), threading.Event()

    @capability(provides="m")
    def polite(n: int, context: Context) -> int:
        began.set()
        while not context.cancelled:
            time.sleep(0.001)
        stopped.set()
        return n

    running = Engine().start(polite, {"n": 1})
    while not began.is_set():
        await asyncio.sleep(0)
    running.cancel()

    assert (await running).status == "cancelled"
    assert await asyncio.to_thread(stopped.wait, 5)


async def test_a_process_computes(workers):
    execution = await workers.run(heavy.squared, {"n": 12})

    assert execution["m"] == 144


async def test_a_cancelled_process_is_killed_and_not_waited_for(workers, tmp_path):
    file = tmp_path / "who"
    running = workers.start(heavy.endless, {"n": 1, "file": str(file)})
    while not (file.exists() and file.read_text()):
        await asyncio.sleep(0.01)
    pid = int(file.read_text())

    running.cancel()
    execution = await running

    assert execution.status == "cancelled"
    for _ in range(2_000):
        if not alive(pid):
            break
        await asyncio.sleep(0.01)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


async def test_a_process_that_is_cancelled_while_it_starts_is_kept(monkeypatch):
    starts, may_start = threading.Event(), threading.Event()

    class Slow(processes._Worker):
        def __init__(self):
            starts.set()
            assert may_start.wait(30)
            super().__init__()

    monkeypatch.setattr(processes, "_Worker", Slow)
    engine = Engine()
    running = engine.start(heavy.squared, {"n": 2})
    assert await asyncio.to_thread(starts.wait, 30)
    running.cancel()
    assert (await running).status == "cancelled"
    may_start.set()
    while others():
        await asyncio.sleep(0.01)
    await turns()

    assert len(engine.processes._idle) == 1
    assert (await engine.run(heavy.squared, {"n": 3}))["m"] == 9
    await engine.close()


async def test_a_process_that_dies_fails_its_step_and_the_next_call_gets_another(workers):
    execution = await workers.run(heavy.dies, {"n": 1})

    assert isinstance(execution.failure.cause, RunnerLost)
    assert "exited by itself with code 3" in execution.failure.message
    assert (await workers.run(heavy.squared, {"n": 2}))["m"] == 4


async def test_an_idle_process_that_died_is_replaced(workers):
    await workers.run(heavy.squared, {"n": 2})
    for worker in workers.processes._idle:
        worker.process.kill()
        worker.process.join()

    assert (await workers.run(heavy.squared, {"n": 3}))["m"] == 9


async def test_what_a_process_raises_or_cannot_send_is_a_failure_of_the_step(workers):
    stopped = await workers.run(heavy.raises, {"n": 1})
    assert "raised KeyboardInterrupt: from inside" in stopped.failure.message

    unsent = await workers.run(heavy.unsendable, {"n": 1})
    assert "cannot leave the process" in unsent.failure.message


def pieces_of(flow, **inputs):
    """A run's streamed pieces and its end."""
    heard = []

    async def listen():
        engine = Engine()
        return await engine.run(flow, inputs, listener=heard.append)

    return listen(), heard


async def test_a_generator_streams_its_pieces_and_gives_them_together():
    @capability(provides="text")
    def spell(word: str) -> Iterator[str]:
        yield from word

    running, heard = pieces_of(spell, word="abc")

    assert (await running)["text"] == "abc"
    assert [e.value for e in heard if isinstance(e, PartialOutput)] == ["a", "b", "c"]


async def test_an_async_generator_streams_too_and_other_pieces_make_a_list():
    @capability(provides="numbers")
    async def count(n: int) -> AsyncIterator[int]:
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    running, heard = pieces_of(count, n=3)

    assert (await running)["numbers"] == [0, 1, 2]
    assert [e.value for e in heard if isinstance(e, PartialOutput)] == [0, 1, 2]
    assert (await run(count, n=0))["numbers"] == []


async def test_a_generator_s_return_value_is_the_output_when_it_says_so():
    @capability(provides="total")
    def adding(n: int) -> Generator[int, None, int]:
        total = 0
        for i in range(n):
            total += i
            yield i
        return total

    assert (await run(adding, n=4))["total"] == 6


async def test_text_pieces_of_a_list_stay_a_list():
    @capability(provides="mixed")
    def mix(n: int) -> Iterator[str | int]:
        yield "a"
        yield "b"

    assert (await run(mix, n=1))["mixed"] == ["a", "b"]


async def test_an_endless_generator_ends_when_its_step_is_cancelled():
    began, closed = threading.Event(), threading.Event()

    @capability(provides="numbers")
    def endless(n: int) -> Iterator[int]:
        began.set()
        try:
            while True:
                time.sleep(0.001)
                yield n
        finally:
            closed.set()

    running = Engine().start(endless, {"n": 1})
    while not began.is_set():
        await asyncio.sleep(0)
    running.cancel()

    assert (await running).status == "cancelled"
    assert await asyncio.to_thread(closed.wait, 5)
