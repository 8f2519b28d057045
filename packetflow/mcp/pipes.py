"""Standard input and output as the protocol's streams, where every line gets its answer.

The protocol's package passes over a line that it cannot read. Whoever sent it would wait for ever,
so it is told what is wrong with it, under the number of its request where that can be read.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import anyio
import mcp_types as t
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

_NUMBER: Final = re.compile(r'"id"\s*:\s*(\d{1,18}|"[^"\\]{1,200}")')
_NO_MESSAGE: Final = (
    "this is no message of JSON-RPC 2.0: one object a line, with a method, and params that are an "
    "object"
)


@contextlib.asynccontextmanager
async def pipes() -> AsyncIterator[tuple[ReadStream[Any], WriteStream[SessionMessage]]]:
    """What comes in, and where answers go."""
    async with stdio_server() as (reading, writing):
        yield Answered(reading, writing), writing


class Answered:
    """What comes in, without what cannot be read: that is answered at once.

    Args:
        reading: What comes in.
        writing: Where the answers go.
    """

    def __init__(
        self,
        reading: ReadStream[SessionMessage | Exception],
        writing: WriteStream[SessionMessage],
    ) -> None:
        self._reading = reading
        self._writing = writing

    @property
    def last_context(self) -> contextvars.Context | None:
        """In which context the last message was read."""
        found: contextvars.Context | None = getattr(self._reading, "last_context", None)
        return found

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while True:
            item = await self._reading.receive()
            if not isinstance(item, ValidationError):
                return item
            answer = answer_to(item)
            if answer is not None:
                await self._writing.send(SessionMessage(answer))

    async def aclose(self) -> None:
        """Take no more."""
        await self._reading.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def answer_to(error: ValidationError) -> t.JSONRPCError | None:
    """The answer to a line that is no message; ``None`` to one with nothing in it."""
    first, *others = error.errors(include_url=False)
    if first["type"] == "json_invalid":
        line = str(first["input"])
        if not line.strip():
            return None
        why = first.get("ctx", {}).get("error", "")
        return _error(_number_in(line), t.PARSE_ERROR, f"this line is no JSON: {why}")
    whole = [one["input"] for one in (first, *others) if isinstance(one["input"], dict)]
    number = next((one["id"] for one in whole if "id" in one), None)
    return _error(number, t.INVALID_REQUEST, _NO_MESSAGE)


def _number_in(line: str) -> Any:
    """The number of a request that is no JSON, as far as it can be made out."""
    found = _NUMBER.search(line)
    return None if found is None else json.loads(found[1])


def _error(number: Any, code: int, message: str) -> t.JSONRPCError:
    known = number if isinstance(number, (int, str)) and not isinstance(number, bool) else None
    return t.JSONRPCError(jsonrpc="2.0", id=known, error=t.ErrorData(code=code, message=message))
