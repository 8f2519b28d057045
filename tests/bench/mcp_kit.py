"""What the benchmarks of MCP share: a bare server, a workspace with the same tool, raw clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import mcp_types as t
import psutil
import uvicorn
from jsonschema import Draft202012Validator
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

ROOT: Final = Path(__file__).parents[2]
CLI: Final = ["-c", "from packetflow.cli import main; main()"]
NUMBERS = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
SUM = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}
CODE = """
import asyncio
from pathlib import Path

from packetflow import Context, capability


@capability(provides="total", run_in="loop")
def add(a: int) -> int:
    "Add one."
    return a + 1


@capability(provides="total")
async def linger(mark: str) -> int:
    "Wait for ever; says in a file when it began, and when it was stopped."
    import time

    place = Path(mark)
    try:
        place.with_suffix(".began").touch()
        await asyncio.sleep(3600)
    finally:
        place.with_suffix(".tmp").write_text(str(time.monotonic_ns()))
        place.with_suffix(".tmp").rename(place.with_suffix(".over"))
    return 0
"""
PIPELINE = """pipeline: {name}
version: 1
exposed: true
steps:
  - {{use: add, id: add}}
"""


def workspace(folder: Path) -> Path:
    """A workspace with a tool that adds one, and one that waits."""
    (folder / "capabilities").mkdir(parents=True)
    (folder / "pipelines").mkdir()
    (folder / "capabilities" / "tools.py").write_text(CODE)
    (folder / "packetflow.toml").write_text('[mcp]\nexpose = ["add", "linger"]\n')
    return folder


def bare(*, told: bool = False) -> Server[Any]:
    """The low-level server with a tool that does the same, arguments and result checked.

    Args:
        told: Whether it is told the tool's schema, as ours is; else it lists its tools anew in each
            call over HTTP.
    """
    takes, gives = Draft202012Validator(NUMBERS), Draft202012Validator(SUM)

    async def list_tools(_context: Any, _params: Any) -> t.ListToolsResult:
        tool = t.Tool(name="add", input_schema=NUMBERS, output_schema=SUM)
        return t.ListToolsResult(tools=[tool])

    async def call_tool(_context: Any, params: t.CallToolRequestParams) -> t.CallToolResult:
        arguments = params.arguments or {}
        assert takes.is_valid(arguments)
        made = {"total": arguments["a"] + 1}
        assert gives.is_valid(made)
        text = t.TextContent(text=json.dumps(made))
        return t.CallToolResult(content=[text], structured_content=made)

    schemas = {"add": NUMBERS}.get if told else None
    return Server(
        "bare",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=schemas,
    )


class Raw:
    """One connection of a client that does nothing but to send a call and read its answer."""

    def __init__(self, url: str) -> None:
        host, _, path = url.removeprefix("http://").partition("/")
        self._host, _, port = host.partition(":")
        self._port = int(port)
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "add",
                "arguments": {"a": 1},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
        content = json.dumps(body).encode()
        lines = [
            f"POST /{path} HTTP/1.1",
            f"Host: {host}",
            "Content-Type: application/json",
            "Accept: application/json, text/event-stream",
            "MCP-Protocol-Version: 2026-07-28",
            "Mcp-Method: tools/call",
            "Mcp-Name: add",
            f"Content-Length: {len(content)}",
        ]
        self._request = "\r\n".join([*lines, "", ""]).encode() + content

    async def open(self) -> Raw:
        """Connect."""
        self._reading, self._writing = await asyncio.open_connection(self._host, self._port)
        return self

    async def call(self) -> bytes:
        """Call the tool; answers the body."""
        self._writing.write(self._request)
        head = (await self._reading.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        if b"content-length:" in head:
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await self._reading.readexactly(size)
        else:
            body = await self._reading.readuntil(b"0\r\n\r\n")
        assert b'"total":2' in body.replace(b" ", b""), body
        return body

    def close(self) -> None:
        """Let go."""
        self._writing.close()


@contextlib.contextmanager
def served(*command: str) -> Iterator[tuple[str, psutil.Process]]:
    """A server as a process of its own, and its address."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = next((one for one in process.stdout if "http://" in one), "")
        assert line, f"{command} did not begin"
        yield "http://" + line.partition("http://")[2].split()[0], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU that a process has spent."""
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def runner_of(folder: Path) -> psutil.Process:
    """The process that holds a workspace's code."""
    from packetflow.runner.card import current_path, read_card

    until = time.monotonic() + 60
    while (card := read_card(current_path(folder))) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    return psutil.Process(card.pid)


async def _http(server: Server[Any]) -> None:
    app = server.streamable_http_app(streamable_http_path="/mcp")
    await _listen(app, lifespan="on")


async def _listen(app: Any, lifespan: str) -> None:
    from packetflow.mcp.http import Listening, listen

    with listen(Listening()) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
        config = uvicorn.Config(app, log_level="warning", lifespan=lifespan)
        await uvicorn.Server(config).serve(sockets=[listener])


async def _stdio(server: Server[Any]) -> None:
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def _here(folder: Path) -> None:
    """The workspace over HTTP with its code in this process."""
    from packetflow.kernel.ids import new_id
    from packetflow.mcp.http import endpoint
    from packetflow.runner.host import Host
    from packetflow.workspace.folder import open_folder

    async with (
        _host(Host(folder, runner=new_id())) as host,
        endpoint(open_folder(folder), host, follow=False) as app,
    ):
        await _listen(app, lifespan="off")


@contextlib.asynccontextmanager
async def _host(host: Any) -> AsyncIterator[Any]:
    await host.open()
    try:
        yield host
    finally:
        await host.close()


def main(arguments: list[str]) -> None:
    """Serve: ``http``, ``told``, ``stdio``, or ``here FOLDER``."""
    match arguments:
        case ["http"]:
            asyncio.run(_http(bare()))
        case ["told"]:
            asyncio.run(_http(bare(told=True)))
        case ["stdio"]:
            asyncio.run(_stdio(bare()))
        case ["here", folder]:
            asyncio.run(_here(Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
