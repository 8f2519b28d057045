import asyncio
import sys
from pathlib import Path

import pytest

from packetflow import Workspace, capability
from packetflow.errors import ContractError, UnknownName, WorkspaceError
from packetflow.mcp.client.connecting import Tools, connect
from packetflow.mcp.client.failures import (
    LoginNeeded,
    ServerLost,
    ToolChanged,
    ToolError,
    ToolFailed,
    ToolRefused,
)
from tests.packetflow.mcp.client.conftest import (
    HEADERS,
    HttpServer,
    command,
    odd_command,
    until,
)
from tests.packetflow.mcp.client.notes_server import PNG, make_server


@capability(provides="total")
def rounded(sum: float) -> int:
    """Round a sum."""
    return round(sum)


@pytest.fixture(params=["auto", "legacy"])
def inner(request: pytest.FixtureRequest, tmp_path: Path):
    """A server in this process, which the test may change, in both eras of the protocol."""
    with connect(make_server(tmp_path), allow="*", trust=True, mode=request.param) as found:
        yield found


def test_tools_are_found_by_both_of_their_names(tools: Tools):
    assert tools["odd.name-1"] is tools.odd_name_1
    assert len(tools) == 10
    assert "odd_name_1" in dir(tools)


def test_a_name_that_is_not_there_offers_the_nearest(tools: Tools):
    with pytest.raises(UnknownName, match="did you mean 'add'"):
        tools["adds"]
    with pytest.raises(AttributeError, match="did you mean 'add'"):
        tools.adds  # noqa: B018 - it must fail


async def test_a_tool_is_called_as_a_function(tools: Tools):
    assert await tools.add(a=1, b=2) == {"sum": 3}
    assert await tools.odd_name_1(max_hits=3, colour="blue") == {"found_at": "blue", "hits": 3}


async def test_a_server_of_the_older_protocol_is_called_alike(old_tools: Tools):
    assert await old_tools.add(a=1, b=2) == {"sum": 3}
    assert old_tools.name == "notes"


def test_a_tool_is_a_step_like_any_other(tools: Tools):
    with Workspace(":memory:") as ws:
        run = ws.run_sync((tools.add >> rounded) & tools.echo, a=1.25, b=2, text="hi")

    assert run["total"] == 3
    assert run["echo_result"] == "hi"


async def test_media_come_back_as_values(tools: Tools):
    text, picture, sound, link, resource = (await tools.show(what="all"))["show_result"]

    assert (text, picture.content, sound.media_type) == ("all", PNG, "audio/wav")
    assert (link.uri, resource.content) == ("notes://1", "hello")


async def test_a_large_result_comes_whole(tools: Tools):
    assert len((await tools.large(size=3_000_000))["large_result"]) == 3_000_000


async def test_a_tool_that_fails_says_so_in_its_words(tools: Tools):
    with pytest.raises(ToolFailed, match="there is no ink") as caught:
        await tools.fail()

    assert (caught.value.server, caught.value.tool) == ("notes", "fail")


async def test_arguments_that_do_not_fit_are_refused_before_they_are_sent(
    tools: Tools, notes: Path
):
    before = (notes / "calls").read_text() if (notes / "calls").exists() else ""

    with pytest.raises(ToolFailed, match="a: 'x' is not of type 'number'"):
        await tools.add(a="x", b=1)

    assert ((notes / "calls").read_text() if (notes / "calls").exists() else "") == before


async def test_a_tool_that_nobody_allowed_is_listed_and_does_not_run(tmp_path: Path):
    with connect(make_server(tmp_path), allow="a*") as found:
        assert [one.declaration.enabled for one in found if one.name == "notes.echo"] == [False]
        assert "(echo)" in repr(found)
        with pytest.raises(ToolRefused, match=r"allow=\['echo'\]\) allows it"):
            await found.echo(text="x")
        assert await found.add(a=1, b=1) == {"sum": 2}

    assert (tmp_path / "calls").read_text() == "add\n"


def test_a_composition_with_a_tool_that_nobody_allowed_does_not_begin(tmp_path: Path):
    with (
        connect(make_server(tmp_path)) as found,
        Workspace(":memory:") as ws,
        pytest.raises(ContractError, match="not allowed"),
    ):
        ws.run_sync(found.add, a=1, b=2)


def test_changes_are_followed(inner: Tools):
    assert asyncio.run(inner.change(what="add"))["change_result"] == {"changed": "add"}

    until(lambda: "grown" in dir(inner))
    assert asyncio.run(inner.grown()) == {"grown_result": {"grown": True}}


def test_a_tool_that_has_changed_is_not_called_wrongly(inner: Tools):
    old = inner.add
    asyncio.run(inner.change(what="schema"))
    until(lambda: "carry" in inner.add.contract.inputs)

    with pytest.raises(ToolChanged, match="has changed what the tool takes"):
        asyncio.run(old(a=1, b=2))
    assert asyncio.run(inner.add(a=1, b=2, carry=0)) == {"sum": 3}


def test_a_server_that_dies_is_a_failure_that_a_retry_outlives(tmp_path: Path):
    with connect(odd_command("plain", tmp_path), allow="*", trust=True) as found:
        with pytest.raises(ServerLost, match="it wrote: dying now"):
            asyncio.run(found.die_once())
        (tmp_path / "died").unlink()
        with Workspace(":memory:") as ws:
            run = ws.run_sync(found.die_once.retry(2, on=ConnectionError, wait=0))

    assert run["die_once_result"] == "alive"


def test_without_its_token_a_server_is_not_reached(http_server: HttpServer):
    with pytest.raises(LoginNeeded, match=r"log in: .*, unless it wants a token instead"):
        connect(http_server.url)
    with pytest.raises(LoginNeeded, match="refuses the token in the header Authorization"):
        connect(http_server.url, headers={"Authorization": "Bearer x$NOTES_TOKEN_HERE"})
    with pytest.raises(WorkspaceError, match="UNSET_HERE is not set"):
        connect(http_server.url, headers={"Authorization": "Bearer $UNSET_HERE"})


def test_a_server_over_http_that_is_started_anew_is_reached_again_in_both_eras(
    http_server: HttpServer,
):
    with (
        connect(http_server.url, allow="*", headers=HEADERS, name="far") as new,
        connect(http_server.url, allow="*", headers=HEADERS, name="far", mode="legacy") as old,
    ):
        for found in (new, old):
            assert asyncio.run(found.add(a=1, b=2)) == {"sum": 3}
        http_server.stop()
        for found in (new, old):
            with pytest.raises(ServerLost, match="server 'far'"):
                asyncio.run(found.add(a=1, b=2))
        http_server.start()

        for found in (new, old):
            assert asyncio.run(found.add(a=2, b=2)) == {"sum": 4}


def test_a_server_over_http_that_dies_in_mid_call_is_a_failure(http_server: HttpServer):
    with (
        connect(http_server.url, allow="*", headers=HEADERS) as found,
        pytest.raises(ServerLost),
    ):
        asyncio.run(found.die())


def test_a_command_that_is_not_there_says_so():
    with pytest.raises(ServerLost, match="there is no 'no-such-program'"):
        connect("no-such-program --x")


def test_a_program_that_is_no_server_shows_what_it_wrote(tmp_path: Path):
    script = tmp_path / "bad.py"
    script.write_text("raise SystemExit('I am no server')")
    words = command(tmp_path)[:1]

    with pytest.raises(ServerLost, match="it wrote: I am no server"):
        connect([*words, str(script)])


def test_an_address_that_nobody_answers_says_so():
    with pytest.raises(ServerLost, match="cannot be reached"):
        connect("http://127.0.0.1:9/mcp")


def test_what_names_no_server_is_refused():
    with pytest.raises(WorkspaceError, match="neither an address"):
        connect(object())
    with pytest.raises(WorkspaceError, match="name a server"):
        connect("")


def test_a_closed_connection_says_so(tmp_path: Path):
    with connect(make_server(tmp_path), allow="*") as found:
        add = found.add

    with pytest.raises(Exception, match="closed"):
        asyncio.run(add(a=1, b=2))


def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delitem(sys.modules, "packetflow.mcp.client.session")
    monkeypatch.setitem(sys.modules, "mcp", None)

    with pytest.raises(ToolError, match=r"pip install 'packetflow\[mcp\]'"):
        connect(command(tmp_path))
