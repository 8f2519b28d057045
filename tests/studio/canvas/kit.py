"""A studio of its own in a process, and pages that speak to its canvas."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.changes import changed

WAIT = 60.0
START = """
import sys
from studio.app import serve
def said(url): print(url, flush=True)
serve(sys.argv[1], port=0, open_browser=False, announce=said)
"""


@contextlib.contextmanager
def studio_of(folder: Path) -> Iterator[str]:
    """The address of a studio, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "the studio did not start"
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


class Page:
    """One canvas: what it says, and what it is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.document: dict[str, Any] = {}
        self.changes: dict[str, Any] = {}

    async def say(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind: str, *, fits: Callable[[Any], bool] = bool) -> dict[str, Any]:
        """The next message of a kind for which something holds.

        What changed of a document comes as the document that it leads to.
        """
        async with asyncio.timeout(WAIT):
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] == "changes":
                    self.changes = message
                    message = changed(self.document, message)
                if message["type"] == "document":
                    self.document = message
                self.heard.append(message)
                if message["type"] == kind and fits(message):
                    return message

    async def open(self, pipeline: str, client: str = "page") -> dict[str, Any]:
        await self.say("open", client=client, pipeline=pipeline, seen=None, protocol=1)
        return await self.until("document", fits=lambda m: not m["late"])

    async def edit(self, seq: int, *ops: dict[str, Any], client: str = "page") -> dict[str, Any]:
        """Do an edit and wait for the document that has it."""
        await self.say("edit", client=client, seq=seq, ops=list(ops))
        return await self.until("document", fits=lambda m: m["acks"].get(client, 0) >= seq)


@contextlib.asynccontextmanager
async def page_of(address: str, **headers: str) -> AsyncIterator[Page]:
    """A page with the cookie that the studio gives its visitors."""
    async with httpx.AsyncClient() as visitor:
        answer = await visitor.get(address)
        cookie = answer.headers["set-cookie"].split(";")[0]
    given = {"cookie": cookie, "origin": address, **headers}
    url = address.replace("http", "ws") + "/api/canvas"
    async with connect(
        url, additional_headers=given, max_size=None, compression=None, proxy=None
    ) as socket:
        yield Page(socket)
