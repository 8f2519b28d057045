"""Heavy steps in processes of their own, from a file of a workspace."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from packetflow import Workspace
from packetflow.engine.processes import Processes
from packetflow.testing import FakeClock

PATIENCE = 60
CODE = '''
import os, signal, sys, time
from pathlib import Path
from packetflow import capability
from ._share import FACTOR


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)


@capability(provides="product", run_in="process")
def times(number: int) -> int:
    """Multiply."""
    return number * FACTOR


@capability(provides="size", run_in="process")
def size(content: bytes) -> int:
    """Measure."""
    return len(content)


@capability(provides="pid", run_in="process")
def hang(path: str) -> int:
    """Never end."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(1000)
    return 0


@capability(provides="x", run_in="process")
def die(how: str) -> int:
    """End in a bad way."""
    if how == "odd":
        raise Odd(1, 2)
    if how == "sys.exit":
        sys.exit(3)
    if how == "os._exit":
        os._exit(3)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(1000)
    return 0


@capability(provides="x", run_in="process")
def local(a: int) -> object:
    """Give what cannot travel."""
    return lambda: a
'''


@pytest.fixture
async def ws(tmp_path: Path) -> AsyncIterator[Workspace]:
    (tmp_path / "capabilities").mkdir()
    (tmp_path / "capabilities" / "heavy.py").write_text(CODE)
    (tmp_path / "capabilities" / "_share.py").write_text("FACTOR = 2\n")
    async with Workspace(tmp_path) as opened:
        yield opened


async def begun(path: Path) -> int:
    """The process that wrote its id there."""
    end = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    return int(path.read_text())


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody fetched yet has too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def gone(pid: int) -> None:
    """Wait until a process is gone."""
    began = time.monotonic()
    while not is_gone(pid):
        assert time.monotonic() - began < PATIENCE
        await asyncio.sleep(0.002)


async def test_a_capability_of_a_workspace_file_works_and_so_do_its_relative_imports(ws: Workspace):
    first = await ws.run("times", number=4)
    second = await ws.run("times", number=5)

    assert (first["product"], second["product"]) == (8, 10)


async def test_changed_code_is_in_use_at_once(ws: Workspace):
    assert (await ws.run("times", number=4))["product"] == 8
    (ws.folder.capabilities / "_share.py").write_text("FACTOR = 31\n")
    ws.catalog.refresh()

    assert (await ws.run("times", number=4))["product"] == 124


async def test_a_large_input_arrives_and_does_not_hold_up_the_loop(ws: Workspace):
    content = bytes(20_000_000)
    run = asyncio.ensure_future(ws.run("size", content=content))
    turns = 0
    while not run.done():
        began = time.monotonic()
        future = ws.thread.submit(asyncio.sleep(0))
        await asyncio.wrap_future(future)
        assert time.monotonic() - began < PATIENCE / 2
        turns += 1
        await asyncio.sleep(0.01)

    assert (await run)["size"] == len(content)
    assert turns > 1


async def test_a_cancelled_step_is_killed_and_not_waited_for(ws: Workspace, tmp_path: Path):
    path = tmp_path / "pid"
    handle = ws.start("hang", path=str(path))
    pid = await begun(path)

    handle.cancel()

    await gone(pid)
    assert (await handle).status.value == "cancelled"


async def test_a_step_that_takes_too_long_is_killed(ws: Workspace, tmp_path: Path):
    path, clock = tmp_path / "pid", FakeClock()
    ws.engine.clock = clock
    handle = ws.start(ws.find("hang").timeout(3), path=str(path))
    pid = await begun(path)

    ws.thread.call(lambda: clock.advance(4))
    run = await handle

    assert run.failure is not None
    assert run.failure.error_type == "TimedOut"
    await gone(pid)


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("SIGKILL", "RunnerLost", "SIGKILL (perhaps memory ran out)"),
        ("SIGSEGV", "RunnerLost", "SIGSEGV"),
        ("os._exit", "RunnerLost", "code 3"),
        ("sys.exit", "RuntimeError", "SystemExit"),
        ("odd", "RuntimeError", "Odd: 1"),
    ],
)
async def test_a_worker_that_dies_is_a_clear_failure_and_the_next_one_works(
    ws: Workspace, how: str, kind: str, said: str
):
    run = await ws.run("die", how=how)

    assert run.failure is not None
    assert run.failure.error_type == kind
    assert said in run.failure.message
    assert (await ws.run("times", number=4))["product"] == 8


async def test_what_cannot_travel_is_a_clear_failure_on_either_side(ws: Workspace):
    out = await ws.run("local", a=1)
    processes = Processes(1)
    with pytest.raises(TypeError, match="input of 'f' cannot be sent to its process"):
        await processes.call(("m", "f", "m.py"), {"a": lambda: 1})
    processes.close()

    assert out.failure is not None
    assert "cannot leave the process" in out.failure.message


async def test_a_failure_in_another_process_says_where(ws: Workspace):
    out = await ws.run("die", how="odd")

    assert out.failure is not None
    assert "raise Odd(1, 2)" in out.failure.trail


async def test_an_idle_worker_that_was_killed_is_replaced(ws: Workspace):
    await ws.run("times", number=1)
    (worker,) = ws.engine.processes._idle
    assert worker.process.pid is not None
    os.kill(worker.process.pid, signal.SIGKILL)
    await gone(worker.process.pid)

    assert (await ws.run("times", number=4))["product"] == 8
