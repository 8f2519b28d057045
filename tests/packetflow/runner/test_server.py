"""The server over a real loopback socket, spoken to byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from packetflow.kernel import messages as m
from packetflow.kernel.wire import decode, encode
from packetflow.runner.card import (
    RunnerCard,
    card_path,
    current_path,
    read_card,
    write_card,
)
from packetflow.runner.server import RunnerServer, make_card
from packetflow.runner.settings import RunnerSettings
from packetflow.workspace.presence import Presence

QUICK = RunnerSettings(linger_seconds=0.05, stop_seconds=0.2)


class Served:
    """A server under test, its host and its card."""

    def __init__(self, folder: Path, **more: Any) -> None:
        from tiny_host import TinyHost

        self.folder = folder
        self.presence = Presence(folder, "here")
        self.host = TinyHost(folder, runner="here")
        self.server = RunnerServer(self.host, folder, "here", settings=QUICK, **more)
        self.card: RunnerCard
        self.life: asyncio.Task[None]

    async def begin(self) -> None:
        self.card = await self.server.listen()
        write_card(current_path(self.folder), self.card)
        self.life = asyncio.create_task(self.server.until_unneeded())

    async def end(self) -> None:
        self.server.stop()
        await self.life
        self.presence.close()


@contextlib.asynccontextmanager
async def serving(folder: Path, **more: Any) -> AsyncIterator[Served]:
    served = Served(folder, **more)
    await served.begin()
    try:
        yield served
    finally:
        await served.end()


@contextlib.asynccontextmanager
async def talking(card: RunnerCard, **more: Any) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{card.port}", compression=None, proxy=None, **more) as ws:
        await ws.send(encode(m.Hello(card.token, "test")))
        assert isinstance(await receive(ws), m.Welcome)
        yield ws


async def receive(ws: ClientConnection) -> Any:
    async with asyncio.timeout(60):
        return decode(await ws.recv(decode=False))


async def ask(ws: ClientConnection, request: m.Request) -> Any:
    await ws.send(encode(request))
    return await receive(ws)


async def test_the_card_is_for_its_user_only_and_tells_where_to_knock(folder: Path):
    async with serving(folder) as served:
        path = card_path(folder, "here")

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert read_card(path) == served.card
        assert len(served.card.token) >= 32


async def test_a_web_page_is_refused(folder: Path):
    async with serving(folder) as served:
        with pytest.raises(InvalidStatus, match="403"):
            async with talking(served.card, origin="https://example.org"):
                pass


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (encode(m.Hello("wrong")), "token"),
        (encode(m.Hello("schlüssel")), "token"),
        (encode(m.Ping("1")), "say hello"),
        (b"PF\x02" + encode(m.Ping("1"))[3:], "protocol 2"),
        (b"nonsense", "no PacketFlow message"),
        ("text", "text frame"),
    ],
)
async def test_who_does_not_say_hello_properly_is_told_why_and_sent_away(
    folder: Path, first: bytes | str, reason: str
):
    async with (
        serving(folder) as served,
        connect(f"ws://127.0.0.1:{served.card.port}", proxy=None) as ws,
    ):
        await ws.send(first)
        refused = await receive(ws)

        assert reason in refused.message
        with pytest.raises(ConnectionClosed):
            await receive(ws)


async def test_a_hello_of_another_protocol_is_refused_with_both_numbers(folder: Path):
    async with (
        serving(folder) as served,
        connect(f"ws://127.0.0.1:{served.card.port}", proxy=None) as ws,
    ):
        await ws.send(encode(m.Hello(served.card.token, protocol=9)))

        assert "protocol 9, this runner 1" in (await receive(ws)).message


async def test_a_message_that_cannot_be_read_does_not_end_the_connection(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        await ws.send(b"PF\x01garbage")
        refused = await receive(ws)
        pong = await ask(ws, m.Ping("2", 7))

        assert (refused.id, refused.code) == ("", "wire")
        assert pong == m.Pong("2", 7)


async def test_a_message_that_only_runners_send_is_refused(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        refused = await ask(ws, m.Done("3"))

        assert (refused.id, refused.code) == ("3", "wire")


async def test_a_run_is_accepted_then_told_then_answered(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        await ws.send(encode(m.CapabilityRequest("1", "add", {"a": 2}, execution_id="e1")))
        said = [await receive(ws) for _ in range(4)]

        assert said[0] == m.RunAccepted("1", "e1")
        assert [one.event.kind for one in said[1:3]] == ["step_started", "step_ended"]
        assert said[3].outcome.outputs == {"sum": 3}


async def test_a_request_that_cancels_itself_is_answered_and_its_connection_stays(folder: Path):
    async def stopped(*_: object) -> None:
        raise asyncio.CancelledError

    async with serving(folder) as served, talking(served.card) as ws:
        served.host.describe = stopped
        answered = await ask(ws, m.Describe("1", "add"))

        assert (answered.id, answered.code) == ("1", "run")
        assert isinstance(await ask(ws, m.Ping("2")), m.Pong)


async def test_a_run_that_nobody_follows_is_only_accepted(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        await ws.send(encode(m.CapabilityRequest("1", "add", {"a": 2}, follow=False)))
        first, second = await receive(ws), await ask(ws, m.Ping("2"))

        assert isinstance(first, m.RunAccepted)
        assert isinstance(second, m.Pong)


async def test_many_requests_are_answered_in_between(folder: Path):
    flag = folder / "flag"
    async with serving(folder) as served, talking(served.card) as ws:
        await ws.send(encode(m.CapabilityRequest("slow", "waits_for_file", {"path": str(flag)})))
        await receive(ws)
        for number in range(100):
            await ws.send(encode(m.CapabilityRequest(f"{number}", "add", {"a": number})))
        found = {}
        while len(found) < 100:
            said = await receive(ws)
            if isinstance(said, m.CapabilityResponse):
                found[int(said.id)] = said.outcome.outputs["sum"]
        flag.touch()
        while not isinstance(said := await receive(ws), m.CapabilityResponse):
            pass

        assert found == {number: number + 1 for number in range(100)}
        assert said.id == "slow"


async def test_what_the_host_refuses_reaches_the_client_with_code_and_facts(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        refused = await ask(ws, m.Describe("1", "ad"))

        assert refused.code == "unknown_name"
        assert refused.facts["nearest"] == ["add"]


async def test_an_outcome_that_cannot_travel_becomes_a_refusal(folder: Path, monkeypatch):
    monkeypatch.setattr("packetflow.kernel.wire.LIMIT", 400)
    async with serving(folder) as served, talking(served.card) as ws:
        refused = await ask(ws, m.CapabilityDiscovery("1"))

        assert (refused.id, refused.code) == ("1", "wire")
        assert "over the limit" in refused.message


async def test_a_client_that_goes_leaves_no_listener_behind(folder: Path):
    flag = folder / "flag"
    async with serving(folder) as served:
        async with talking(served.card) as ws:
            request = m.CapabilityRequest("1", "waits_for_file", {"path": str(flag)})
            accepted = await ask(ws, request)
        running = served.host.engine.running[accepted.execution_id]
        async with asyncio.timeout(60):
            while served.host.tells:
                await asyncio.sleep(0)
        flag.touch()
        execution = await running

        assert execution.status == "ok"


async def test_a_moved_runner_sends_new_work_on_and_finishes_the_old(folder: Path):
    flag = folder / "flag"

    async def replace() -> RunnerCard:
        return make_card("next", 1, "token", 2)

    async with serving(folder, replace=replace) as served, talking(served.card) as ws:
        request = m.CapabilityRequest("1", "waits_for_file", {"path": str(flag)}, execution_id="e")
        await ask(ws, request)
        await receive(ws)

        done = await ask(ws, m.Reload("2"))
        new = await ask(ws, m.CapabilityRequest("3", "add", {"a": 1}))
        pong = await ask(ws, m.Ping("4"))
        flag.touch()
        ended, response = await receive(ws), await receive(ws)
        await served.life

        assert done.value == {"runner": "next", "generation": 2}
        assert (new.code, pong.under_way) == ("moved", 1)
        assert ended.event.kind == "step_ended"
        assert response.outcome.status == "ok"
        assert served.host.retired
        assert served.host.closed


async def test_a_replacement_that_does_not_start_changes_nothing_and_is_told(folder: Path):
    from packetflow.errors import NoRunner

    async def replace() -> RunnerCard:
        raise NoRunner("it ended with exit code 1")

    async with serving(folder, replace=replace) as served, talking(served.card) as ws:
        refused = await ask(ws, m.Reload("1"))
        await served.server.reload_or_complain()
        listed = await ask(ws, m.CapabilityDiscovery("2", "add"))

        assert (refused.code, refused.message) == ("no_runner", "it ended with exit code 1")
        assert "exit code 1" in listed.listing.broken[-1].error
        assert listed.listing.broken[-1].using_last_good
        assert not served.server.is_moved


async def test_a_runner_that_finds_another_in_its_place_gives_way(folder: Path):
    other = Presence(folder, "other")
    served = Served(folder)
    await served.begin()

    write_card(current_path(folder), make_card("other", 1, "token", 2))
    async with asyncio.timeout(60):
        await served.life

    card = read_card(current_path(folder))
    served.presence.close()
    other.close()
    assert served.host.retired
    assert card is not None
    assert card.runner == "other"


async def test_an_unused_runner_leaves_and_takes_its_card_away(folder: Path, monkeypatch):
    monkeypatch.setattr("packetflow.runner.server.FIRST_CLIENT_SECONDS", 0.0)
    served = Served(folder)
    await served.begin()

    async with asyncio.timeout(60):
        await served.life

    served.presence.close()
    assert served.host.closed
    assert not current_path(folder).exists()


async def test_a_runner_that_something_counts_on_stays(folder: Path, monkeypatch):
    monkeypatch.setattr("packetflow.runner.server.FIRST_CLIENT_SECONDS", 0.0)
    async with serving(folder) as served:
        served.host.is_needed = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                await asyncio.shield(served.life)

        assert not served.host.closed


async def test_a_host_that_ponders_what_counts_on_it_does_not_keep_a_runner_from_stopping(
    folder: Path, monkeypatch
):
    monkeypatch.setattr("packetflow.runner.server.FIRST_CLIENT_SECONDS", 0.0)
    served = Served(folder)
    pondering = asyncio.Event()

    async def ponder() -> bool:
        pondering.set()
        return await asyncio.Event().wait()

    served.host.needed = ponder
    await served.begin()
    async with asyncio.timeout(60):
        await pondering.wait()
        served.server.stop()
        await served.life

    served.presence.close()
    assert served.host.closed


async def test_a_runner_whose_workspace_is_deleted_leaves(folder: Path):
    served = Served(folder)
    await served.begin()

    (folder / ".packetflow" / "runners" / "here.lock").unlink()
    async with asyncio.timeout(60):
        await served.life

    served.presence.close()
    assert served.host.closed


async def test_stopping_cancels_what_does_not_end_by_itself_and_says_so(folder: Path):
    async with serving(folder) as served, talking(served.card) as ws:
        flag = str(folder / "never")
        await ask(ws, m.CapabilityRequest("1", "waits_for_file", {"path": flag}))
        served.server.stop()
        said = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                said.append(await receive(ws))

        assert said[-1].outcome.status == "cancelled"


async def test_a_follower_that_does_not_read_holds_nothing_up_and_misses_no_step(folder: Path):
    async with (
        serving(folder) as served,
        talking(served.card, max_queue=4) as slow,
        talking(served.card) as other,
    ):
        await slow.send(encode(m.CapabilityRequest("1", "counts", {"marks": 30_000})))
        while not (folder / "started.txt").exists():
            await asyncio.sleep(0)
        while (await ask(other, m.Ping("p"))).under_way:
            pass
        said = [await receive(slow)]
        while not isinstance(said[-1], m.CapabilityResponse):
            said.append(await receive(slow))

        kinds = [one.event.kind for one in said[1:-1]]
        assert (kinds[0], kinds[-1]) == ("step_started", "step_ended")
        assert said[-1].outcome.outputs == {"count": 30_000}
        assert said[-1].dropped > 1_000
        assert kinds.count("progressed") == 30_000 - said[-1].dropped
