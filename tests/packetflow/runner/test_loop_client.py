"""The client on an event loop against real runner processes: they crash, move, and it goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from packetflow.errors import MissingInput, RunnerLost, UnknownName
from packetflow.kernel import messages as m
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.runner import RunnerClient
from packetflow.runner.link import Take
from packetflow.runner.loop_client import LoopClient
from packetflow.runner.refusals import MOVED

TINY = "tiny_host:TinyHost"
WAIT = 60.0


class Heard:
    """What is told of one run."""

    def __init__(self) -> None:
        self.events: list[Happening] = []
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.news = asyncio.Event()

    def __call__(self, what: Happening | Outcome) -> None:
        if isinstance(what, Outcome):
            self.outcome.set_result(what)
        else:
            self.events.append(what)
        self.news.set()

    async def until(self, kind: str) -> Happening:
        async with asyncio.timeout(WAIT):
            while True:
                found = next((one for one in self.events if one.kind == kind), None)
                if found is not None:
                    return found
                self.news.clear()
                await self.news.wait()

    async def end(self) -> Outcome:
        return await asyncio.wait_for(asyncio.shield(self.outcome), WAIT)


@pytest.fixture
async def runs(folder: Path) -> AsyncIterator[LoopClient]:
    client = LoopClient(folder, role="test", host=TINY)
    yield client
    await client.close()


async def begun(runs: LoopClient, name: str, **inputs: Any) -> tuple[str, Heard]:
    heard = Heard()
    request = CapabilityRequest("", name, inputs, execution_id=new_id())
    return await asyncio.wait_for(runs.start(request, heard), WAIT), heard


async def test_runs_side_by_side_are_told_and_leave_nothing_behind(runs: LoopClient):
    found = await asyncio.gather(*(begun(runs, "add", a=number) for number in range(40)))
    ended = [await heard.end() for _, heard in found]

    assert [one.outputs["sum"] for one in ended] == [number + 1 for number in range(40)]
    assert [one.kind for one in found[7][1].events] == ["step_started", "step_ended"]
    assert not runs._where
    assert not runs._followed
    link = runs._connections.ready()
    assert link is not None
    assert not link.is_awaited


async def test_what_cannot_run_raises_the_error_of_the_runner(runs: LoopClient):
    with pytest.raises(UnknownName, match="nope"):
        await begun(runs, "nope")
    with pytest.raises(MissingInput) as missing:
        await begun(runs, "add")

    assert missing.value.names == ("a",)


async def test_a_question_is_told_and_answered(runs: LoopClient):
    execution, heard = await begun(runs, "asks", question="Go on?")
    wait = await heard.until("waits")

    await runs.answer(AnswerStep("", execution, wait.step, list(wait.path), "yes"))

    assert (await heard.end()).outputs["said"] == "yes"


async def test_a_run_can_be_cancelled_and_no_more_be_followed(runs: LoopClient, tmp_path: Path):
    path = str(tmp_path / "never")
    execution, heard = await begun(runs, "waits_for_file", path=path)
    _, unheard = await begun(runs, "waits_for_file", path=path)
    runs.unfollow(unheard)

    assert await runs.cancel(execution, "enough") is True

    assert (await heard.end()).status == "cancelled"
    assert not unheard.outcome.done()


async def test_a_runner_that_dies_ends_its_runs_and_the_next_goes_to_a_new_one(runs: LoopClient):
    execution, heard = await begun(runs, "exits", code=3)
    ended = await heard.end()
    _, after = await begun(runs, "add", a=1)

    assert ended.status == "lost"
    assert ended.failure is not None
    assert f"resume({execution!r})" in ended.failure.message
    assert (await after.end()).outputs["sum"] == 2


async def test_a_replaced_runner_ends_what_it_runs_and_the_new_one_takes_the_rest(
    runs: LoopClient, folder: Path, tmp_path: Path
):
    path = tmp_path / "file"
    execution, heard = await begun(runs, "waits_for_file", path=str(path))
    await heard.until("step_started")
    with contextlib.closing(RunnerClient(folder, host=TINY)) as other:
        await asyncio.to_thread(other.reload)
    _, later = await begun(runs, "waits_for_file", path=str(path))
    again = Heard()
    await runs.follow(execution, again)
    path.touch()

    pids = {(await one.end()).outputs["pid"] for one in (heard, again)}

    assert len(pids) == 1
    assert (await later.end()).outputs["pid"] not in pids


async def test_a_request_that_was_moved_may_still_lose_one_runner(
    runs: LoopClient, monkeypatch: pytest.MonkeyPatch
):
    gone, moved = RunnerLost("gone"), m.Refused("", MOVED, "ask another")
    said: list[RunnerLost | m.Answer] = [moved, gone, m.Done("", value=True)]

    class Meets:
        def send(self, make: object, take: Take) -> str:
            take(said.pop(0))
            return "1"

        def forget(self, request_id: str) -> None:
            pass

    monkeypatch.setattr(runs._connections, "ready", Meets)
    monkeypatch.setattr(runs._connections, "let_go", lambda link: None)
    was_stopped = await runs.cancel("a run", "enough")
    said += [gone, moved, RunnerLost("gone, too")]

    assert was_stopped
    with pytest.raises(RunnerLost, match="gone, too"):
        await runs.cancel("a run", "enough")
