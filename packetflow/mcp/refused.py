"""Calls that were refused before a run began, kept for people to look at.

A call that runs is an execution and kept as such. One that names no tool, whose arguments do not
fit, or that comes with a wrong token leaves nothing there; it leaves a line in a file beside the
journals instead, with who called and why it was refused, in the words that the caller got. They may
quote a value that does not fit, never that of a secret. Servers of several processes write into one
file, and only its last part is kept.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packetflow.capabilities.tool_results import told
from packetflow.mcp.calls import ERROR_META, EXECUTION_META
from packetflow.mcp.identity import caller_of
from packetflow.workspace.presence import state_of

MOST_BYTES: Final = 256 << 10
"""A longer file is put aside, and the one before it goes."""

LONGEST: Final = 400
"""So many characters of a reason are kept."""

_AT_THE_DOOR: Final = {
    401: "no good token",
    403: "asked from another site",
    413: "the request is too large",
    421: "asked under another host's name",
}


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call that did not become a run.

    Attributes:
        at: When, in seconds since 1970.
        why: The reason, as its caller was told.
        tool: Which tool was asked for; empty where nobody read that far.
        client: What the client calls itself.
        transport: ``stdio``, ``http`` or ``studio``.
        user: The name of the token it came with.
    """

    at: float
    why: str
    tool: str = ""
    client: str = ""
    transport: str = ""
    user: str = ""


def refusals_path(folder: Path) -> Path:
    """The file that keeps them."""
    return state_of(folder) / "mcp-refused.jsonl"


def read_refusals(folder: Path, most: int = 50) -> list[Refusal]:
    """The last refusals, newest first; lines that cannot be read are left out."""
    path = refusals_path(folder)
    found: list[Refusal] = []
    for one in (path, path.with_suffix(".old")):
        try:
            lines = one.read_bytes().splitlines()
        except OSError:
            continue
        for line in reversed(lines):
            if len(found) == most:
                return found
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(line, type=Refusal))
    return found


@dataclass(frozen=True)
class Refusals:
    """Keeps what one server refuses; it is a middleware of the server.

    Args:
        folder: The workspace.
        transport: How clients come in.
    """

    folder: Path
    transport: str

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Note a call of a tool that ends without a run."""
        if ctx.method != "tools/call":
            return await call_next(ctx)
        try:
            result = await call_next(ctx)
        except MCPError as error:
            self._refused(ctx, str(error))
            raise
        why = _reason(result)
        if why:
            self._refused(ctx, why)
        return result

    def at_door(self, app: ASGIApp) -> ASGIApp:
        """Note the requests that *app* turns away by their status."""

        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    why = _AT_THE_DOOR.get(message["status"])
                    if why:
                        self.note(Refusal(time.time(), why, transport=self.transport))
                await send(message)

            await app(scope, receive, sending if scope["type"] == "http" else send)

        return seen

    def note(self, refusal: Refusal) -> None:
        """Keep one; a full disk keeps nothing."""
        path = refusals_path(self.folder)
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with path.open("ab") as file:
                file.write(msgspec.json.encode(refusal) + b"\n")
                is_long = file.tell() > MOST_BYTES
            if is_long:
                path.replace(path.with_suffix(".old"))

    def _refused(self, ctx: ServerRequestContext[Any, Any], why: str) -> None:
        caller = caller_of(ctx, self.transport)
        tool = str((ctx.params or {}).get("name", ""))
        cut = why if len(why) <= LONGEST else f"{why[: LONGEST - 1]}\u2026"
        said = (told(tool, LONGEST), caller.name[:LONGEST], caller.transport, caller.user or "")
        self.note(Refusal(time.time(), cut, *said))


def _reason(result: HandlerResult) -> str:
    """Why a result tells of no run; empty if it does, or is no error."""
    said = result if isinstance(result, Mapping) else {}
    meta = said.get("_meta") or {}
    if not said.get("isError") or EXECUTION_META in meta:
        return ""
    words = (one.get("text", "") for one in said.get("content", ()) if one.get("type") == "text")
    return " ".join(words) or str(meta.get(ERROR_META, "refused"))
