"""What many calls over MCP leave behind in the server and its runner; nothing is expected.

A real server process: calls in a row, many at once, and clients that vanish in mid-call. After each
round: memory of server and runner in MiB, their open files and threads. The first round warms up.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench.bench_mcp_live import appears, vanishing
from tests.bench.mcp_kit import CLI, Raw, runner_of, served, workspace

CALLS, AT_ONCE, VANISHING = 1000, 200, 200
ROUNDS = 4
SETTLED_SECONDS = 60.0


async def in_a_row(url: str) -> None:
    """One client calls again and again."""
    raw = await Raw(url).open()
    for _ in range(CALLS):
        await raw.call()
    raw.close()


async def at_once(url: str) -> None:
    """Many clients call at the same time."""
    raws = [await Raw(url).open() for _ in range(AT_ONCE)]
    await asyncio.gather(*(raw.call() for raw in raws))
    for raw in raws:
        raw.close()


async def vanish(url: str, folder: Path) -> None:
    """Clients go away in mid-call, 20 at a time."""
    begin = vanishing(url)
    marks = folder / "marks"
    marks.mkdir(exist_ok=True)
    for first in range(0, VANISHING, 20):
        places = [marks / str(number) for number in range(first, first + 20)]
        leaving = [await begin(str(place)) for place in places]
        for place in places:
            await appears(place.with_suffix(".began"))
        await asyncio.gather(*(give_up() for give_up in leaving))
        for place in places:
            await appears(place.with_suffix(".over"))
    for path in marks.iterdir():
        path.unlink()


def held(process: psutil.Process) -> str:
    """What a process holds."""
    memory = process.memory_info().rss / (1 << 20)
    return f"{memory:6.1f} MiB {process.num_fds():3} files {process.num_threads():3} threads"


async def settled(parts: dict[str, psutil.Process]) -> None:
    """Wait until the connections of clients that have gone are closed."""
    until, before = time.monotonic() + SETTLED_SECONDS, None
    while time.monotonic() < until:
        now = [(one.num_fds(), one.num_threads()) for one in parts.values()]
        if now == before:
            return
        before = now
        await asyncio.sleep(1)


async def measure(url: str, server: psutil.Process, folder: Path) -> None:
    """Print what is held after each round."""
    await in_a_row(url)
    parts = {"server": server, "runner": runner_of(folder)}
    for number in range(ROUNDS):
        for what, work in (
            (f"{CALLS} calls", in_a_row(url)),
            (f"{AT_ONCE} at once", at_once(url)),
            (f"{VANISHING} vanish", vanish(url, folder)),
        ):
            await work
            await settled(parts)
            told = "   ".join(f"{name} {held(one)}" for name, one in parts.items())
            print(f"  round {number}, {what:12} {told}", flush=True)


def main() -> None:
    """Print the figures."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = workspace(Path(place) / "work")
        command = [*CLI, "mcp", "serve", "--http", "0", "--workspace", str(folder)]
        with served(*command) as (url, server):
            asyncio.run(measure(url, server, folder))


if __name__ == "__main__":
    main()
