"""An execution on a runner, as its client sees it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import CapabilityResponse, RunEvent
from packetflow.runner import remote
from packetflow.runner.remote import RemoteRun


class Nobody:
    """Is asked for nothing here."""

    folder = Path()

    def cancel(self, execution_id, reason="cancelled"):
        raise NotImplementedError

    def answer(self, execution_id, step, value, *, path=()):
        raise NotImplementedError


def test_a_step_that_gives_partial_outputs_without_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(remote, "MOST_EVENTS", 3)
    run = RemoteRun("e", Nobody())
    kinds = ["step_started", *["partial"] * 9, "step_ended", "step_started", *["partial"] * 4]

    for at, kind in enumerate(kinds):
        run.take(RunEvent("1", Happening("e", kind, "step", at=at)))
    run.take(CapabilityResponse("1", Outcome("e", "ok"), dropped=2))

    told = [(one.kind, one.at) for one in run]
    assert told == [
        ("step_started", 0), ("partial", 1), ("partial", 9),
        ("step_ended", 10), ("step_started", 11), ("partial", 15),
    ]  # fmt: skip
    assert run.dropped == 7 + 3 + 2


def test_a_run_that_is_answered_by_its_end_alone_was_accepted():
    run = RemoteRun("e", Nobody())

    run.take(CapabilityResponse("1", Outcome("whole-e", "ok")))

    assert run.accepted().result().status == "ok"
    assert run.execution_id == "whole-e"


async def test_many_runs_are_awaited_while_every_thread_is_taken():
    loop, may_end = asyncio.get_running_loop(), asyncio.Event()
    with ThreadPoolExecutor(1) as threads:
        loop.set_default_executor(threads)
        taken = asyncio.run_coroutine_threadsafe(may_end.wait(), loop)
        busy = loop.run_in_executor(None, taken.result)
        runs = [RemoteRun(str(number), Nobody()) for number in range(20)]

        async def heard(run: RemoteRun) -> list[int]:
            return [event.at async for event in run]

        hearing = [asyncio.create_task(heard(run)) for run in runs]
        async with asyncio.timeout(60):
            for at in range(3):
                await asyncio.sleep(0)
                for run in runs:
                    run.take(
                        RunEvent("1", Happening(run.execution_id, "progressed", "step", at=at))
                    )
            for run in runs:
                run.take(CapabilityResponse("1", Outcome(run.execution_id, "ok")))
            told = await asyncio.gather(*hearing)
        may_end.set()
        await busy

    assert told == [[0, 1, 2]] * 20
    assert not any(run._wakers for run in runs)
