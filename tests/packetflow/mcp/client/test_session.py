"""Servers that do what none should: each costs its own call, with the reason, and nothing else."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator

import pytest

from packetflow.mcp.client.connecting import Tools, connect
from packetflow.mcp.client.failures import ServerLost, ToolFailed, ToolRefused
from packetflow.mcp.client.session import LIST_AGAIN_SECONDS
from tests.packetflow.mcp.client.conftest import odd_command


@pytest.fixture(scope="module")
def listening() -> Iterator[socket.socket]:
    """Where nobody should ask for a schema."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.setblocking(False)
        yield found


@pytest.fixture(scope="module")
def odd(listening: socket.socket) -> Iterator[Tools]:
    """The tools of a server that begins with lines that are no messages."""
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with connect(odd_command("chatty", address), allow="*") as found:
        yield found


@pytest.mark.parametrize("how", ["no result", "null", "half", "half sign", "deep"])
async def test_an_answer_that_cannot_be_read_fails_its_call(odd: Tools, how: str):
    async with asyncio.timeout(60):
        with pytest.raises(ToolFailed, match="its answer cannot be read: it is no"):
            await odd.act(how=how)

        assert await odd.act(how="") == {"act_result": "done"}


async def test_one_that_the_protocol_does_not_allow_says_which_field(odd: Tools):
    with pytest.raises(ToolFailed, match="content: Input should be a valid list"):
        await odd.act(how="other content")


@pytest.mark.parametrize("how", ["chatty", "twice"])
async def test_lines_that_nobody_waits_for_are_passed_over(odd: Tools, how: str):
    for _ in range(2):
        assert await odd.act(how=how) == {"act_result": "done"}


async def test_a_schema_that_stands_elsewhere_is_not_fetched(odd: Tools, listening: socket.socket):
    assert await odd.far(x="anything") == {"far_result": "done"}
    with pytest.raises(ToolFailed, match="not what it promises"):
        await odd["far_result"]()

    with pytest.raises(BlockingIOError):
        listening.accept()


async def test_a_pattern_that_takes_for_ever_is_left_to_the_server(odd: Tools):
    assert await odd.slow(x="a" * 60 + "!") == {"slow_result": "done"}


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("dies", "it wrote: no licence"),
        ("deep list", "its answer cannot be read: it is no JSON: recursion limit"),
        ("no list", "tools: Input should be a valid list"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_at_once(how: str, why: str):
    with pytest.raises(ServerLost, match=why):
        connect(odd_command(how))


def test_a_tool_whose_schema_is_none_costs_no_other(caplog: pytest.LogCaptureFixture):
    why = r"the tool 'wrong'.* is left out: inputSchema.required: Input should be a valid list"
    with connect(odd_command("one wrong")) as found:
        assert [tool.name for tool in found] == ["odd.act", "odd.listed"]
        with pytest.raises(ToolRefused, match=why):
            found["wrong"]

    assert re.search(why, caplog.text)


def test_a_list_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("packetflow.mcp.client.session.MOST_PAGES", 7)

    with connect(odd_command("endless")) as found:
        assert len(found) == 7


async def test_a_server_that_says_without_end_that_it_has_changed_is_asked_now_and_then():
    began = time.monotonic()
    with connect(odd_command("restless"), allow="*") as found:
        for _ in range(20):
            assert await found.act() == {"act_result": "done"}
        listed = (await found.listed())["listed_result"]

    assert int(listed) <= 3 + (time.monotonic() - began) / LIST_AGAIN_SECONDS
