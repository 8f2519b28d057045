"""Where a person's browser comes back to after a login: one page on this machine, for once."""

from __future__ import annotations

import asyncio
import contextlib
import html
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from packetflow.errors import WorkspaceError

HOST: Final = "127.0.0.1"
PATH: Final = "/callback"
MOST_BYTES: Final = 16_384
READ_SECONDS: Final = 10.0
MOST_SIGNS: Final = 300

PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<style>:root{{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}}
body{{max-width:34rem;margin:20vh auto 0;padding:0 1.5rem}}h1{{font-size:1.4rem}}</style>
<h1>{title}</h1><p>{text}</p></html>"""


@dataclass(frozen=True)
class Return:
    """What the authorization server let the browser bring back.

    Attributes:
        code: Stands for the login; empty if it was refused.
        state: What this login was begun with.
        issuer: Who says so, if that is said.
        error: Why it was refused, in its words.
    """

    code: str = ""
    state: str = ""
    issuer: str | None = None
    error: str = ""

    def __repr__(self) -> str:
        return "<a return from a login>"


class Callback:
    """Waits for the browser. What was not begun here is turned away, and waited on.

    Attributes:
        address: Where the browser is sent.
        state: What the return must carry; set before anybody is sent away.
    """

    def __init__(self, server: str) -> None:
        self.address = ""
        self.state = ""
        self._server = server
        self._returned: asyncio.Future[Return] = asyncio.get_running_loop().create_future()

    async def returned(self) -> Return:
        """Wait until the browser is back."""
        return await asyncio.shield(self._returned)

    def take(self, address: str) -> tuple[int, str, str]:
        """Read an address that a browser was sent to; answers a status, a title and a text."""
        parts = urlsplit(address)
        if parts.path != PATH:
            return 404, "Nothing here", "This page only ends a login."
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        state = said.get("state", "")
        if not self.state or not secrets.compare_digest(state.encode(), self.state.encode()):
            told = "Go on in the window in which you began; else begin again."
            return 400, "This is not the login that was begun", told
        if self._returned.done():
            return 200, "This was done already", "You can close this window."
        error = " ".join(filter(None, (said.get("error"), said.get("error_description"))))
        back = Return(said.get("code", ""), state, said.get("iss"), error[:MOST_SIGNS])
        if not back.code and not back.error:
            return 400, "Something is missing", "The answer has neither a code nor an error."
        self._returned.set_result(back)
        if back.error:
            return 200, "Not logged in", f"{self._server} refuses it: {back.error}"
        told = "PacketFlow takes it from here. You can close this window."
        return 200, f"Back from {self._server}", told

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of a browser."""
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            try:
                async with asyncio.timeout(READ_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                    method, _, rest = head.decode("latin-1").partition(" ")
                    address = rest.partition(" ")[0]
                    found = self.take(address) if method == "GET" else (405, "Not so", "")
                    writer.write(_page(*found))
                    await writer.drain()
            finally:
                writer.close()


def _page(status: int, title: str, text: str) -> bytes:
    body = PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def waiting(server: str, *, port: int = 0) -> AsyncIterator[Callback]:
    """Wait for a browser on this machine.

    Args:
        server: What the pages call the other side.
        port: Where; any that is free if 0.

    Raises:
        WorkspaceError: The port is taken.
    """
    callback = Callback(server)
    try:
        listening = await asyncio.start_server(callback.answer, HOST, port, limit=MOST_BYTES)
    except OSError as error:
        raise WorkspaceError(f"port {port} of the login is taken: {error.strerror}") from error
    callback.address = f"http://{HOST}:{listening.sockets[0].getsockname()[1]}{PATH}"
    try:
        yield callback
    finally:
        listening.close()
