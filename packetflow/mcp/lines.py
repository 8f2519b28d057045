"""A line that is no message: what is wrong with it, and of which request it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import mcp_types as t
from pydantic import ValidationError

_NUMBER: Final = re.compile(r'"id"\s*:\s*(\d{1,18}|"[^"\\]{1,200}")')
_METHOD: Final = re.compile(r'"method"\s*:')
_NO_MESSAGE: Final = "is no message of JSON-RPC 2.0"
_SHOWN: Final = 3


@dataclass(frozen=True)
class Unreadable:
    """A line that is no message.

    Attributes:
        why: What is wrong with it.
        code: The protocol's number for that.
        request: The number of its request, where that can be made out.
        is_call: Whether it calls something, and is no answer.
    """

    why: str
    code: int
    request: int | str | None
    is_call: bool

    def error(self, said: str) -> t.JSONRPCError:
        """The answer that says so."""
        error = t.ErrorData(code=self.code, message=said)
        return t.JSONRPCError(jsonrpc="2.0", id=self.request, error=error)


def unreadable(error: ValidationError) -> Unreadable | None:
    """What is wrong with the line that made this error; ``None`` if there is nothing in it."""
    first, *others = error.errors(include_url=False)
    if first["type"] == "json_invalid":
        line = str(first["input"])
        if not line.strip():
            return None
        why = first.get("ctx", {}).get("error", "")
        found = _NUMBER.search(line)
        number = None if found is None else json.loads(found[1])
        is_call = _METHOD.search(line) is not None
        return Unreadable(f"is no JSON: {why}", t.PARSE_ERROR, number, is_call)
    whole = [one["input"] for one in (first, *others) if isinstance(one["input"], dict)]
    number = next((one["id"] for one in whole if "id" in one), None)
    is_call = any("method" in one for one in whole)
    return Unreadable(_NO_MESSAGE, t.INVALID_REQUEST, _known(number), is_call)


def _known(number: Any) -> int | str | None:
    return number if isinstance(number, (int, str)) and not isinstance(number, bool) else None


def what_is_wrong(error: ValidationError) -> str:
    """The first fields that are wrong, and why, on one line."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    said = [f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in found]
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return "; ".join([*said[:_SHOWN], *more])
