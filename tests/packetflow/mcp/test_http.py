"""One endpoint over HTTP: what is refused at the door, and a server process with a real client."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from packetflow.errors import WorkspaceError
from packetflow.mcp.http import Listening, listen, security
from packetflow.mcp.settings import McpSettings, TokenSettings
from tests.packetflow.mcp.desk import CHAIN, app_of, until

ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
INITIALIZE = {
    **ASK,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "c", "version": "1"},
    },
}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
HERE = "http://127.0.0.1:8000"
TOKEN = "t" * 20
TOKENS = """
[mcp.tokens.adder]
env = "ADDER_TOKEN"
tools = ["a*"]
"""


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """What asks it by hand."""
    async with app_of(folder) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            yield client


async def test_what_does_not_belong_here_is_refused(folder: Path):
    async with served(folder) as client:

        async def status(path: str = "/mcp", body: Any = ASK, **headers: str) -> int:
            answer = await client.post(path, json=body, headers={**HEADERS, **headers})
            return answer.status_code

        assert await status(body=INITIALIZE) == 200
        assert await status(body=INITIALIZE, origin="http://localhost:99") == 200
        assert await status(origin="https://evil.example") == 403
        assert await status(host="evil.example") == 421
        assert await status("/mcp/") == 404
        assert await status("/") == 404
        assert await status(body={"x": "x" * (5 << 20)}) == 413


async def test_a_token_is_needed_and_says_which_tools_there_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ADDER_TOKEN", TOKEN)
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write(TOKENS)
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }

    async with served(folder) as client:

        async def ask(method: str, token: str = "", **params: Any) -> httpx.Response:
            headers = HEADERS | {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
            if "name" in params:
                headers["mcp-name"] = params["name"]
            if token:
                headers["authorization"] = f"Bearer {token}"
            body = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": method,
                "params": {**params, "_meta": meta},
            }
            return await client.post("/mcp", json=body, headers=headers)

        assert (await ask("tools/list")).status_code == 401
        refused = await ask("tools/list", "wrong" * 5)
        assert refused.status_code == 401
        assert "invalid_token" in refused.headers["www-authenticate"]
        listed = (await ask("tools/list", TOKEN)).json()["result"]["tools"]
        assert {tool["name"] for tool in listed} == {"add", "ask_twice", "attach"}
        made = (await ask("tools/call", TOKEN, name="add", arguments={"a": 1})).json()["result"]
        assert made["structuredContent"] == {"total": 2}
        hidden = await ask("tools/call", TOKEN, name="greet", arguments={})
        assert "Unknown tool" in hidden.json()["error"]["message"]


@pytest.mark.parametrize("secret", ["", "short"])
async def test_a_token_that_is_not_there_or_unsafe_keeps_the_server_from_starting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str
):
    monkeypatch.setenv("ADDER_TOKEN", secret)
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write(TOKENS)

    with pytest.raises(WorkspaceError, match="ADDER_TOKEN"):
        async with served(folder):
            pass


def test_others_are_let_in_only_with_tokens_and_a_name():
    tokens = {"me": TokenSettings("ME")}
    outside = Listening("0.0.0.0")

    for settings in (McpSettings(), McpSettings(tokens=tokens), McpSettings(hosts=("a.example",))):
        with pytest.raises(WorkspaceError, match="tokens"):
            security(settings, outside)
    made = security(McpSettings(tokens=tokens, hosts=("a.example",)), outside)

    assert "a.example:*" in made.allowed_hosts
    assert "https://a.example" in made.allowed_origins


def test_a_port_that_is_taken_is_told():
    with listen(Listening()) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(WorkspaceError, match=f"port {port}"):
            listen(Listening(port=port))


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A server process of its own, with a runner of its own."""
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write("\n[store]\nlinger_seconds = 0.5\n")
    command = [sys.executable, "-m", "packetflow", "mcp", "serve", "--http", "0", "-w", str(folder)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert " at http://127.0.0.1:" in line, line
        yield line.split(" at ")[1].split()[0]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


async def test_a_server_process_answers_clients_of_both_eras(folder: Path, address: str):
    async with asyncio.timeout(120):
        for era in ("2026-07-28", "legacy"):
            marks: list[float] = []

            async def heard(done: float, _total: Any, _text: Any, marks: Any = marks) -> None:
                marks.append(done)

            async with Client(address, mode=era) as client:
                result = await client.call_tool("chain", {"a": 1}, progress_callback=heard)
                assert result.structured_content == {"total": 2, "sum": 3}
                assert marks == [0, 1, 2]
                identity = result.meta["packetflow/execution"]  # type: ignore[index]
                read = await client.read_resource(f"execution://{identity}")
                assert json.loads(read.contents[0].text)["status"] == "ok"
                with pytest.raises(MCPError, match="Unknown tool"):
                    await client.call_tool("hidden", {})

        async with Client(address, mode="2026-07-28") as client:
            call = asyncio.create_task(client.call_tool("sleep", {"seconds": 600}))
            await until((folder / "began").exists)
            call.cancel()
            await until((folder / "stopped").exists)

        async with (
            Client(address, mode="2026-07-28") as client,
            client.listen(tools_list_changed=True) as changes,
        ):
            path = folder / "pipelines" / "fresh.yaml"
            path.write_text(CHAIN.replace("chain", "fresh"))
            async for _ in changes:
                break
            assert "fresh" in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_bearer_is_sent_by_the_real_client(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADDER_TOKEN", TOKEN)
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write(TOKENS)
    headers = {"authorization": f"Bearer {TOKEN}"}

    async with app_of(folder) as app:
        inside = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=inside, headers=headers) as http:
            transport = streamable_http_client(f"{HERE}/mcp", http_client=http)
            async with Client(transport, mode="2026-07-28") as client:
                assert len((await client.list_tools()).tools) == 3


async def test_an_answer_in_two_pieces_is_sent_at_once():
    found = asyncio.get_running_loop().create_future()

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen(Listening()) as listener:
        server = await asyncio.start_server(served, sock=listener)
        port = listener.getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)

        assert await asyncio.wait_for(found, 60) != 0

        writer.close()
        server.close()
