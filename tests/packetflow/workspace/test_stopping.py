"""What is stopped is stopped, also in the moment in which it is put aside or woken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from packetflow import Workspace, capability, wait_for
from packetflow.kernel.records import Status
from packetflow.workspace import stopping
from packetflow.workspace.stopping import stop
from tests.packetflow.workspace.kit import PATIENCE, waits_now


@capability(provides="line")
def note(told: str) -> str:
    """Give it on."""
    return told


FLOW = wait_for("told", gives={"told": str}) >> note


def test_a_run_that_is_just_put_aside_is_stopped(ws: Workspace, monkeypatch: pytest.MonkeyPatch):
    async def here(work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)

    monkeypatch.setattr(stopping, "asyncio", SimpleNamespace(to_thread=here))  # at once
    handle = ws.start(FLOW)
    waits_now(ws, handle)

    async def at_once() -> bool:
        assert ws.engine.running[handle.id].put_aside()
        return await stop(ws, handle.id, "enough")

    was_stopped = ws.thread.run(at_once())
    ended = ws.outcome(handle.id, PATIENCE)

    assert (was_stopped, ended.status) == (True, Status.CANCELLED)


def test_a_run_that_an_event_just_wakes_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch):
    taken, may_begin = threading.Event(), threading.Event()
    with Workspace(folder, passivate_after_seconds=0) as ws:
        mine = ws.run_sync(FLOW).id
        take = ws.ready_to_resume

        def slowly(*args: Any, **named: Any) -> Any:
            ready = take(*args, **named)
            taken.set()
            assert may_begin.wait(PATIENCE)
            return ready

        async def both() -> bool:
            waking = asyncio.create_task(ws.hearing.wake(mine))
            assert await asyncio.to_thread(taken.wait, PATIENCE)
            monkeypatch.setattr(ws, "ready_to_resume", take)
            stopping = asyncio.create_task(stop(ws, mine, "enough"))
            await asyncio.wait({stopping}, timeout=0.2)  # so long it may fail, wrongly
            may_begin.set()
            await waking
            return await stopping

        monkeypatch.setattr(ws, "ready_to_resume", slowly)
        was_stopped = ws.thread.run(both())
        ended = ws.outcome(mine, PATIENCE)

    assert (was_stopped, ended.status) == (True, Status.CANCELLED)
