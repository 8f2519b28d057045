"""How soon clients over MCP have listed tools again after a change, and runs they cancel stop.

Wall-clock milliseconds with a real server process (`packetflow mcp serve`) and its runner: median,
99th percentile and worst; bar 100 ms for each. Changes alternate between showing and hiding a
pipeline, as the command line does it, and saving one, as the studio does; two clients, one of each
era, listen, and list again when they are told. Cancelled are runs of a step that waits, by the
client or by its going away.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from mcp import Client, StdioServerParameters

from packetflow import capability
from packetflow.composition.codec import load
from packetflow.mcp.exposing import expose, hide
from packetflow.runner import RunnerClient
from packetflow.workspace.folder import open_folder
from packetflow.workspace.saving import save_pipeline
from tests.bench.mcp_kit import CLI, PIPELINE, ROOT, served, workspace

CHANGES, CANCELS = 210, 100
BAR_MS = 100.0
WAIT_SECONDS = 60.0
ERAS = {"2026-07-28": "2026-07-28", "2025-11-25": "legacy"}


@capability(provides="total")
def add(a: int) -> int:
    """Add one."""
    return a + 1


def told(what: str, taken: list[float]) -> None:
    """Print a distribution of milliseconds."""
    ordered = sorted(taken)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    print(
        f"  {what:34} {len(taken):4} times: median {statistics.median(taken):6.1f}  "
        f"p99 {p99:6.1f}  worst {ordered[-1]:6.1f} ms   bar {BAR_MS:.0f}: "
        f"{'met' if p99 <= BAR_MS else 'missed'}",
        flush=True,
    )


class Listening:
    """A client that lists the tools again whenever it is told that they have changed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.news = asyncio.Event()
        self.known: frozenset[str] = frozenset()
        self.at = 0.0

    async def follow(self) -> None:
        """List again after each sign, for ever."""
        while True:
            await self.news.wait()
            self.news.clear()
            tools = (await self.client.list_tools()).tools
            self.known, self.at = frozenset(one.name for one in tools), time.perf_counter()

    async def until(self, name: str, *, there: bool) -> float:
        """The moment at which it had listed what is expected."""
        async with asyncio.timeout(WAIT_SECONDS):
            while (name in self.known) is not there:
                await asyncio.sleep(0.001)
        return self.at


@asynccontextmanager
async def listening(url: str, era: str) -> AsyncIterator[Listening]:
    """A client of one era that hears of changes."""
    one: list[Listening] = []

    async def hear(_: Any) -> None:
        if one:
            one[0].news.set()

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(url, mode=ERAS[era], message_handler=hear))
        one.append(Listening(client))
        tasks = [asyncio.create_task(one[0].follow())]
        if era == "2026-07-28":
            changes = await stack.enter_async_context(client.listen(tools_list_changed=True))

            async def follow() -> None:
                async for _ in changes:
                    one[0].news.set()

            tasks.append(asyncio.create_task(follow()))
        one[0].news.set()
        yield one[0]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def list_changes(url: str, folder: Path) -> None:
    """Change what is offered again and again, and see when each client has listed it."""
    known = RunnerClient(folder, role="bench")
    home = open_folder(folder)
    taken: dict[str, list[float]] = {
        f"{how}, {era}": [] for how in ("shown", "saved") for era in ERAS
    }
    async with AsyncExitStack() as stack:
        clients = {era: await stack.enter_async_context(listening(url, era)) for era in ERAS}
        for one in clients.values():
            await one.until("flow", there=True)
        listing = await asyncio.to_thread(known.listing)
        for number in range(CHANGES):
            there = number % 2 == 1
            if number % 4 < 2:
                how, name, change = "shown", "flow", (expose if there else hide)
                listing = await asyncio.to_thread(known.listing)
                began = time.perf_counter()
                change(listing, folder, name)
            else:
                how, name = "saved", "second"
                text = PIPELINE.format(name=name)
                if not there:
                    text = text.replace("exposed: true\n", "")
                flow = load(text, lambda *_: add)
                began = time.perf_counter()
                save_pipeline(home, flow, mark="bench")
            if number < 4:  # the first of each kind warm up
                began = 0.0
            for era, one in clients.items():
                at = await one.until(name, there=there)
                if began:
                    taken[f"{how}, {era}"].append((at - began) * 1e3)
            await asyncio.sleep(0.01 * (number % 7))
    known.close()
    for what, figures in taken.items():
        told(what, figures)


async def stopped(
    folder: Path, begin: Callable[[str], Awaitable[Callable[[], Any]]]
) -> list[float]:
    """Begin runs and give them up one by one; milliseconds until the step was stopped."""
    taken = []
    for number in range(CANCELS):
        mark = folder / "marks" / str(number)
        mark.parent.mkdir(exist_ok=True)
        give_up = await begin(str(mark))
        await appears(mark.with_suffix(".began"))
        began = time.monotonic_ns()
        given = give_up()
        if asyncio.iscoroutine(given):
            await given
        await appears(mark.with_suffix(".over"))
        taken.append((int(mark.with_suffix(".over").read_text()) - began) / 1e6)
        for path in mark.parent.iterdir():
            path.unlink()
    return taken


async def appears(path: Path) -> None:
    """Wait until a file is there."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not path.exists():
            await asyncio.sleep(0.001)


def cancelling(client: Client) -> Callable[[str], Awaitable[Callable[[], Any]]]:
    """Give a call up in its client."""

    async def begin(mark: str) -> Callable[[], Any]:
        call = asyncio.create_task(client.call_tool("linger", {"mark": mark}))
        return call.cancel

    return begin


def vanishing(url: str) -> Callable[[str], Awaitable[Callable[[], Any]]]:
    """Close the connection in mid-call."""
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "linger",
    }
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "vanishing", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }

    async def begin(mark: str) -> Callable[[], Any]:
        params = {"name": "linger", "arguments": {"mark": mark}, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        client = httpx.AsyncClient(timeout=None, trust_env=False)
        call = asyncio.create_task(client.post(url, json=body, headers=headers))

        async def give_up() -> None:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await client.aclose()

        return give_up

    return begin


async def cancels(url: str, folder: Path) -> None:
    """Both eras, over HTTP and standard input and output; and a client that goes away."""
    arguments = [*CLI, "mcp", "serve", "--stdio", "--workspace", str(folder)]
    stdio = StdioServerParameters(
        command=sys.executable, args=arguments, env={"PYTHONPATH": str(ROOT)}, cwd=ROOT
    )
    for way, target in (("HTTP", url), ("stdio", stdio)):
        for era, mode in ERAS.items():
            async with Client(target, mode=mode) as client:
                told(f"cancelled over {way}, {era}", await stopped(folder, cancelling(client)))
    told("connection closed, 2026-07-28", await stopped(folder, vanishing(url)))


def main() -> None:
    """Print the figures."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = workspace(Path(place) / "work")
        (folder / "pipelines" / "flow.yaml").write_text(PIPELINE.format(name="flow"))
        with served(*CLI, "mcp", "serve", "--http", "0", "--workspace", str(folder)) as (url, _):
            asyncio.run(list_changes(url, folder))
            asyncio.run(cancels(url, folder))


if __name__ == "__main__":
    main()
