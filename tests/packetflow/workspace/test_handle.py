"""An execution under way, seen from plain code and from other loops."""

import asyncio
import threading
from typing import Annotated, Any

import pytest

from packetflow import Context, Workspace, capability, secret, wait_for
from packetflow.engine.events import Ended, StepEnded
from tests.packetflow.workspace.kit import PATIENCE

Gated = tuple[Any, threading.Event]


@pytest.fixture
def gated() -> Gated:
    """A capability that waits in its thread, and the gate that lets it go on."""
    gate = threading.Event()

    @capability(provides="b")
    def slow(a: int) -> int:
        gate.wait(PATIENCE)
        return a + 1

    return slow, gate


async def test_the_events_of_a_run_can_be_followed_from_a_running_loop(
    memory: Workspace, gated: Gated
):
    slow, gate = gated
    handle = memory.start(slow, a=1)
    events = aiter(handle)
    gate.set()
    seen = [event async for event in events]

    assert [type(event) for event in seen] == [StepEnded, Ended]
    assert (await handle)["b"] == 2


def test_the_events_of_a_run_can_be_followed_in_plain_code(memory: Workspace, gated: Gated):
    slow, gate = gated
    handle = memory.start(slow, a=1)
    events = iter(handle)
    gate.set()
    kinds = [type(event) for event in events]

    assert kinds == [StepEnded, Ended]
    assert [type(event) for event in handle] == [Ended]
    assert handle.result(PATIENCE)["b"] == 2


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


async def test_giving_up_on_a_handle_leaves_the_run_alone(memory: Workspace, gated: Gated):
    slow, gate = gated
    handle = memory.start(slow, a=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(handle, 0.01)
    gate.set()

    assert (await handle)["b"] == 2


def test_a_handle_says_whose_it_is_and_how_it_stands(memory: Workspace, gated: Gated):
    slow, gate = gated
    handle = memory.start(slow, a=1)
    before = repr(handle)
    gate.set()
    handle.result()

    assert before == f"<handle of execution {handle.id[-8:]}, under way>"
    assert repr(handle) == f"<handle of <execution {handle.id[-8:]} ok (b)>>"


def test_a_run_with_secrets_cannot_be_put_aside(ws: Workspace):
    @capability(provides="b")
    async def ask(a: Annotated[str, secret], context: Context) -> str:
        return await context.ask("now?")

    @capability(provides="b")
    async def ask_openly(a: str, context: Context) -> str:
        return await context.ask("now?")

    hidden, plain = ws.start(ask, a="x"), ws.start(ask_openly, a="x")

    assert not hidden.can_be_put_aside
    assert plain.can_be_put_aside
    hidden.cancel()
    plain.cancel()
    hidden.result()
    plain.result()
