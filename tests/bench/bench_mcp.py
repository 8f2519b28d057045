"""What a call over MCP costs over the bare low-level server with jsonschema; bar 1.2x.

CPU microseconds of this process a call, medians of alternating rounds, a no-op that adds two
numbers. Both servers are asked in memory by the protocol package's own client; ours runs the
workspace in this process, so that nothing is spent elsewhere, and keeps the execution in a journal.
The second figure is that of a call through a runner of its own, in wall-clock time.
"""

import asyncio
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mcp_types as t
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.server.lowlevel import Server

from packetflow.kernel.ids import new_id
from packetflow.mcp.doors import RunnerDoor
from packetflow.mcp.serving import opened
from packetflow.runner.host import Host
from packetflow.workspace.folder import open_folder

ROUNDS, CALLS = 7, 300
BAR = 1.2
NUMBERS = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
SUM = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}
CODE = """
from packetflow import capability


@capability(provides="total", run_in="loop")
def add(a: int) -> int:
    "Add one."
    return a + 1
"""


def bare() -> Server[Any]:
    """The low-level server with a tool that does the same, arguments and result checked."""
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

    return Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)


async def spent(call: Callable[[], Awaitable[Any]], clock: Callable[[], float]) -> float:
    """Microseconds a call."""
    began = clock()
    for _ in range(CALLS):
        await call()
    return (clock() - began) / CALLS * 1e6


async def measure() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "capabilities").mkdir()
        (folder / "capabilities" / "add.py").write_text(CODE)
        (folder / "packetflow.toml").write_text('[mcp]\nexpose = ["add"]\n')
        workspace, host = open_folder(folder), Host(folder, runner=new_id())
        await host.open()
        async with (
            opened(workspace, host, transport="memory", follow=False) as ours,
            Client(bare()) as floor,
            Client(ours.server) as client,
        ):
            taken: dict[str, list[float]] = {"bare": [], "ours": []}
            for number in range(ROUNDS + 1):
                for name, one in (("bare", floor), ("ours", client)):
                    call = lambda one=one: one.call_tool("add", {"a": 1})  # noqa: E731
                    figure = await spent(call, time.process_time)
                    if number:  # the first round warms up
                        taken[name].append(figure)
        await host.close()
        low, high = (statistics.median(taken[name]) for name in ("bare", "ours"))
        print(f"  in memory     bare {low:7.0f} us   ours {high:7.0f} us   {high / low:5.2f}x")
        print(f"  bar {BAR}x: {'met' if high / low <= BAR else 'missed'}")
        door = RunnerDoor(folder)
        async with (
            opened(workspace, door, transport="memory", follow=False) as ours,
            Client(ours.server) as client,
        ):
            figures = [
                await spent(lambda: client.call_tool("add", {"a": 1}), time.perf_counter)
                for _ in range(3)
            ]
        await door.close()
        print(f"  through a runner, wall clock: {min(figures):.0f} us")


def main() -> None:
    """Print the figures."""
    logging.disable(logging.WARNING)
    asyncio.run(measure())
