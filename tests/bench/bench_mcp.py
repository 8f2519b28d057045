"""What a call over MCP costs over the bare low-level server with jsonschema; bar 1.2x.

A tool that adds one. In memory: CPU microseconds of this process a call, medians of alternating
rounds, asked by the protocol package's own client; ours keeps each execution in a journal, as it
does in every workspace, and beside it stands what remains when its records are thrown away. Over
HTTP and standard input and output: wall-clock time, servers as processes of their own, ours with
the workspace's code in the server and in a runner, which is what `packetflow mcp serve` does. Over
HTTP the protocol's package lists all tools anew in each call unless the server tells it the schema
of one, as ours does; so a bare server that tells it stands beside, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult

from packetflow.kernel.ids import new_id
from packetflow.mcp.serving import opened
from packetflow.runner.host import Host
from packetflow.workspace.folder import open_folder
from tests.bench.mcp_kit import CLI, ROOT, Raw, bare, cpu, runner_of, served, workspace

ROUNDS, CALLS = 15, 96
BAR = 1.2
CLIENTS = 32
Call = Callable[[], Awaitable[object]]


async def spent(calls: list[Call], clock: Callable[[], float], number: int = CALLS) -> float:
    """Microseconds a call, when each of the callers calls again and again."""

    async def often(call: Call) -> None:
        for _ in range(number // len(calls)):
            await call()

    began = clock()
    await asyncio.gather(*map(often, calls))
    return (clock() - began) / (number // len(calls) * len(calls)) * 1e6


async def compared(
    callers: Mapping[str, list[Call]], clock: Callable[[], float], rounds: int = ROUNDS
) -> dict[str, float]:
    """The median of alternating rounds for each; the first round warms up."""
    taken: dict[str, list[float]] = {name: [] for name in callers}
    for number in range(rounds + 1):
        for name, calls in callers.items():
            figure = await spent(calls, clock)
            if number:
                taken[name].append(figure)
    return {name: statistics.median(figures) for name, figures in taken.items()}


def line(what: str, figures: Mapping[str, float]) -> None:
    """Print figures, each with its ratio to the first."""
    floor = next(iter(figures.values()))
    told = [f"{name} {us:6.0f} us {us / floor:5.2f}x" for name, us in figures.items()]
    print(f"  {what:22} " + "   ".join(told), flush=True)


def verdict(what: str, ratio: float) -> None:
    """Print whether the bar is met."""
    print(f"  bar {BAR}x, {what}: {'met' if ratio <= BAR else 'missed'} ({ratio:.2f}x)", flush=True)


async def in_memory(folder: Path) -> None:
    """Everything in this process."""
    host = Host(folder, runner=new_id())
    await host.open()
    try:
        async with (
            opened(open_folder(folder), host, transport="memory", follow=False) as ours,
            Client(bare()) as floor,
            Client(ours.server) as client,
        ):
            engine = host.workspace.engine
            keep = engine.append, engine.append_all

            def called(one: Client, *, kept: bool = True) -> Call:
                async def call() -> CallToolResult:
                    nothing = lambda _: None  # noqa: E731 - in the journal's place
                    engine.append, engine.append_all = keep if kept else (nothing, nothing)
                    return await one.call_tool("add", {"a": 1})

                return call

            for at_once in (1, CLIENTS):
                callers = {
                    "bare": [called(floor)] * at_once,
                    "ours": [called(client)] * at_once,
                    "not kept": [called(client, kept=False)] * at_once,
                }
                figures = await compared(callers, time.process_time)
                line(f"in memory, {at_once} at once", figures)
                if at_once == 1:
                    verdict("in memory", figures["ours"] / figures["bare"])
    finally:
        await host.close()


async def over_http(folder: Path) -> None:
    """Servers as processes of their own, asked by a client that does next to nothing."""
    flow = [*CLI, "mcp", "serve", "--http", "0", "--workspace", str(folder)]
    with contextlib.ExitStack() as servers:
        commands = {
            "bare": ["-m", "tests.bench.mcp_kit", "http"],
            "told": ["-m", "tests.bench.mcp_kit", "told"],
            "in process": ["-m", "tests.bench.mcp_kit", "here", str(folder)],
            "runner": flow,
        }
        found = {name: servers.enter_context(served(*one)) for name, one in commands.items()}
        for at_once in (1, CLIENTS):
            raws = {
                name: [await Raw(url).open() for _ in range(at_once)]
                for name, (url, _) in found.items()
            }
            callers: dict[str, list[Call]] = {
                name: [one.call for one in several] for name, several in raws.items()
            }
            figures = await compared(callers, time.perf_counter)
            line(f"over HTTP, {at_once} at once", figures)
            for several in raws.values():
                for one in several:
                    one.close()
            if at_once == 1:
                verdict("over HTTP, in process", figures["in process"] / figures["bare"])
                verdict("the same over one told", figures["in process"] / figures["told"])
                verdict("over HTTP, by a runner", figures["runner"] / figures["bare"])
            else:
                rates = [f"{name} {1e6 / us:,.0f}" for name, us in figures.items()]
                print(f"  calls a second, {at_once} at once: {', '.join(rates)}")
        await cpu_of(found["runner"], folder)


async def cpu_of(server: tuple[str, Any], folder: Path) -> None:
    """Print where a call through a runner spends its CPU."""
    url, process = server
    raw, number = await Raw(url).open(), 500
    parts = {"server": process, "runner": runner_of(folder)}
    before = {name: cpu(one) for name, one in parts.items()}
    for _ in range(number):
        await raw.call()
    used = [f"{name} {(cpu(one) - before[name]) / number * 1e6:.0f}" for name, one in parts.items()]
    print(f"  CPU us a call through a runner: {', '.join(used)}")
    raw.close()


async def over_stdio(folder: Path) -> None:
    """The same over standard input and output, with the protocol package's client."""
    bare_one = StdioServerParameters(
        command=sys.executable, args=["-m", "tests.bench.mcp_kit", "stdio"],
        env={"PYTHONPATH": str(ROOT)}, cwd=ROOT,
    )  # fmt: skip
    ours = StdioServerParameters(
        command=sys.executable,
        args=[*CLI, "mcp", "serve", "--stdio", "--workspace", str(folder)],
        env={"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    async with Client(bare_one) as floor, Client(ours) as client:
        for at_once in (1, CLIENTS):
            callers: dict[str, list[Call]] = {
                "bare": [lambda: floor.call_tool("add", {"a": 1})] * at_once,
                "runner": [lambda: client.call_tool("add", {"a": 1})] * at_once,
            }
            line(f"over stdio, {at_once} at once", await compared(callers, time.perf_counter, 9))


def main() -> None:
    """Print the figures."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        for number, part in enumerate((in_memory, over_http, over_stdio)):
            asyncio.run(part(workspace(Path(place) / f"work{number}")))


if __name__ == "__main__":
    main()
