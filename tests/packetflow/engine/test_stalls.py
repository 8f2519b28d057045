"""Code that holds up the loop is named by step, file and line; nothing else is."""

import asyncio
import inspect
import logging
import threading

import pytest

from packetflow import Workspace, capability, each
from packetflow.engine import stalls
from packetflow.engine.events import Logged

DEADLINE = 60.0
"""Seconds; a lost word ends a test, a slow machine does not."""

GO_ON = threading.Event()
LISTENS = threading.Event()


@capability(provides="page")
async def fetch(url: str) -> str:
    """Waits without await."""
    return helped(url)


@capability(provides="later")
async def fetch_later(url: str) -> str:
    """Waits without await, after it has waited with it."""
    await asyncio.sleep(0)
    return helped(url)


@capability(provides="page", run_in="loop")
def look(url: str) -> str:
    """Is not quick at all."""
    return helped(url)


@capability(provides="url")
def listened(link: str) -> str:
    """Waits in a thread until the test listens."""
    LISTENS.wait(DEADLINE)
    return link


@capability(provides="turned")
async def turn(page: str) -> str:
    """Lets the loop turn a few times."""
    for _ in range(3):
        await asyncio.sleep(0)
    return page


@capability(provides="sum", run_in="loop")
def add_one(number: int) -> int:
    return number + 1


def helped(url: str) -> str:
    GO_ON.wait(DEADLINE)  # holds up
    return url


@pytest.fixture
def told(monkeypatch, caplog):
    """The words of the program's log; what holds up the loop ends once it was looked into."""
    tell = stalls.Stalls._tell

    def and_go_on(self, call):
        tell(self, call)
        GO_ON.set()

    monkeypatch.setattr(stalls.Stalls.__init__, "__kwdefaults__", {"seconds": 0.05})
    monkeypatch.setattr(stalls.Stalls, "_tell", and_go_on)
    GO_ON.clear()
    caplog.set_level(logging.WARNING, stalls.log.name)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def ws(told):
    with Workspace(":memory:") as opened:
        yield opened


def here() -> str:
    lines, first = inspect.getsourcelines(helped)
    line = next(n for n, text in enumerate(lines, first) if "holds up" in text)
    return f"GO_ON.wait(DEADLINE)  # holds up ({__file__}, line {line})"


@pytest.mark.parametrize("held", [fetch, fetch_later], ids=["at once", "after a wait"])
def test_an_async_capability_that_blocks_is_named_while_it_does(ws, told, held):
    ws.run_sync(held, url="a")

    (said,) = told()
    assert said.startswith(f"step {held.name!r} holds up everything in this process: {here()}")
    assert "plain `def`" in said


def test_a_function_that_is_not_quick_is_sent_to_a_thread(ws, told):
    ws.run_sync(look, url="a")

    assert "without run_in='loop' it runs in a thread" in told()[0]


def test_it_stands_in_the_log_of_its_execution_and_among_its_events(ws, told):
    handle = ws.start(listened >> fetch >> turn, link="a")
    events = iter(handle)
    LISTENS.set()
    heard = [event.text for event in events if isinstance(event, Logged)]

    rows = ws.sql("select level, kind, text from logs").to_pylist()
    assert [tuple(row.values()) for row in rows] == [("warning", "stall", told()[0])]
    assert heard == told()


def test_a_function_is_named_once_and_stands_in_the_log_of_each_execution(ws, told):
    for url in ("a", "b"):
        GO_ON.clear()
        ws.run_sync(fetch, url=url)

    assert len(told()) == 1
    assert ws.sql("select count(*) as n from logs").to_pylist() == [{"n": 2}]


def test_a_loop_that_waits_for_a_thread_is_not_spoken_of(ws, told, monkeypatch):
    looks = []
    held = stalls.Stalls._held
    enough = threading.Event()

    def counted(self, turned):
        looks.append(held(self, turned))
        if len(looks) > 2:
            enough.set()
        return looks[-1]

    @capability(provides="page")
    def in_a_thread(url: str) -> str:
        enough.wait(DEADLINE)
        return url

    monkeypatch.setattr(stalls.Stalls, "_held", counted)
    ws.run_sync(in_a_thread, url="a")

    assert (set(looks), told()) == ({None}, [])


def test_a_look_that_came_too_late_is_taken_again(ws, told, monkeypatch):
    held = stalls.Stalls._held
    looks = []

    def first_in_vain(self, turned):
        looks.append(None if not looks else held(self, turned))
        return looks[-1]

    monkeypatch.setattr(stalls.Stalls, "_held", first_in_vain)
    ws.run_sync(fetch, url="a")

    assert len(told()) == 1


def test_a_long_turn_of_quick_steps_is_nobodys_fault(told, monkeypatch):
    monkeypatch.setattr(stalls.Stalls.__init__, "__kwdefaults__", {"seconds": 0.3})
    numbers = list(range(200_000))

    with Workspace(":memory:") as ws:
        run = ws.run_sync(each(add_one, over="numbers"), numbers=numbers)

    assert len(run["sums"]) == len(numbers)
    assert told() == []
