"""What capabilities print becomes log lines of the execution that prints."""

import asyncio
import io
from contextlib import AbstractContextManager, redirect_stdout
from typing import Annotated, Any, TextIO, cast

import pytest

from packetflow import capability, each, secret
from packetflow.engine import printed
from packetflow.engine.engine import Engine
from packetflow.engine.ports import MemorySink
from packetflow.engine.printed import Printed
from packetflow.errors import JournalFull
from packetflow.kernel.records import LogLine


@capability(provides="m")
def aloud(n: int) -> int:
    """Print in a thread."""
    print("number", n)
    print("and", end=" ")
    print("more")
    return n


@capability(provides="m")
async def slowly(n: int) -> int:
    """Print on the loop, letting others print between."""
    print("first", n)
    await asyncio.sleep(0)
    print("then", n)
    await asyncio.sleep(0)
    print("last", n, end="")
    return n


@capability(provides="m")
def whispers(n: int, key: Annotated[str, secret]) -> int:
    """Print a secret."""
    print(key)
    return n


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def engine(stream: io.StringIO) -> Engine:
    engine = Engine(MemorySink())
    engine.printed = Printed(cast("TextIO", stream))
    return engine


def printing(engine: Engine) -> AbstractContextManager[Any]:
    """What is printed inside goes where a runner's prints go."""
    return redirect_stdout(cast("TextIO", engine.printed))


def lines(engine: Engine, execution_id: str) -> list[str]:
    assert isinstance(engine.sink, MemorySink)
    found = [one for one in engine.sink.records if isinstance(one, LogLine)]
    return [one.text for one in found if one.execution_id == execution_id and one.kind == "print"]


async def test_lines_go_to_the_execution_that_prints_and_to_the_stream(
    engine: Engine, stream: io.StringIO
):
    with printing(engine):
        run = await engine.run(aloud, {"n": 1})
        print("not of any execution")

    assert lines(engine, run.id) == ["number 1", "and more"]
    assert stream.getvalue() == "number 1\nand more\nnot of any execution\n"


async def test_executions_at_once_keep_their_lines_apart(engine: Engine):
    with printing(engine):
        runs = await asyncio.gather(*(engine.start(slowly, {"n": n}) for n in range(3)))

    for n, run in enumerate(runs):
        assert lines(engine, run.id) == [f"first {n}", f"then {n}", f"last {n}"]


async def test_branches_of_one_execution_keep_all_their_lines(engine: Engine):
    flow = each(aloud, over={"n": "ns"}, into={"m": "ms"}, at_once=8)
    with printing(engine):
        run = await engine.run(flow, {"ns": list(range(8))})

    kept = lines(engine, run.id)
    assert sorted(kept) == sorted([*(f"number {n}" for n in range(8)), *["and more"] * 8])


async def test_an_execution_with_a_secret_keeps_nothing_it_prints(
    engine: Engine, stream: io.StringIO
):
    for flow in (whispers, whispers.setting(key="xyzzy")):
        given = {"n": 1, "key": "xyzzy"} if flow is whispers else {"n": 1}
        with printing(engine):
            run = await engine.run(flow, given)
        assert lines(engine, run.id) == []

    assert stream.getvalue() == "xyzzy\nxyzzy\n"


async def test_of_endless_printing_a_part_is_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(printed, "MOST_LINES", 3)
    flow = each(aloud, over={"n": "ns"}, into={"m": "ms"})

    with printing(engine):
        run = await engine.run(flow, {"ns": list(range(9))})

    assert len(lines(engine, run.id)) == 4
    assert "runner's log" in lines(engine, run.id)[-1]


async def test_printing_never_fails_a_step(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    append = engine.sink.append

    def full(record: object) -> None:
        if isinstance(record, LogLine):
            raise JournalFull("no room")
        append(record)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.sink, "append", full)
    with printing(engine):
        run = await engine.run(aloud, {"n": 1})

    assert run["m"] == 1
