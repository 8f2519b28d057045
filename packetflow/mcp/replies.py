"""What requests of several kinds are answered with."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, TypeVar

import mcp_types as t
import msgspec
from mcp.shared.exceptions import MCPError

from packetflow.capabilities.tool_results import told
from packetflow.errors import did_you_mean
from packetflow.mcp.calls import CannotAsk, Pause
from packetflow.mcp.questions import request_of
from packetflow.mcp.tools import Tool

Paged = TypeVar("Paged")

PAGE: Final = 100
MOST_SIGNS: Final = 128
"""Of a name that nothing has."""


def named(offered: Mapping[str, Tool], name: str, kind: str) -> Tool:
    """What is offered under that name.

    Raises:
        MCPError: Nothing is.
    """
    found = offered.get(name)
    if found is None:
        near = did_you_mean(get_close_matches(name[:MOST_SIGNS], offered, 2))
        raise MCPError(t.INVALID_PARAMS, f"Unknown {kind}: {told(name, MOST_SIGNS)}{near}")
    return found


def paused(pause: Pause) -> t.InputRequiredResult:
    """The questions of a run, as the answer to a request; the state is sealed on its way out."""
    return t.InputRequiredResult(
        input_requests={question.key: request_of(question) for question in pause.questions},
        request_state=msgspec.json.encode(pause).decode(),
    )


def pause_of(state: str) -> Pause | None:
    """The run that a request state is of; ``None`` when it is none of ours."""
    try:
        return msgspec.json.decode(state, type=Pause)
    except msgspec.DecodeError:
        return None


def missing_capability(error: CannotAsk) -> MCPError:
    """The error that says what a client would have to be able to do."""
    wanted: t.ClientCapabilities = vars(error)["needed"]
    data = {"requiredCapabilities": wanted.model_dump(by_alias=True, exclude_none=True)}
    return MCPError(t.MISSING_REQUIRED_CLIENT_CAPABILITY, error.message, data)


def page(
    items: Sequence[Paged], params: t.PaginatedRequestParams | None
) -> tuple[list[Paged], str | None]:
    """A page of a list, and the cursor of the next one.

    Raises:
        MCPError: The cursor is none of ours.
    """
    cursor = None if params is None else params.cursor
    begin = 0
    if cursor:
        try:
            begin = json.loads(base64.urlsafe_b64decode(cursor))["from"]
            ok = isinstance(begin, int) and begin >= 0
        except (binascii.Error, ValueError, KeyError, TypeError):
            ok = False
        if not ok:
            raise MCPError(t.INVALID_PARAMS, "the cursor is not one that this server gave")
    end = begin + PAGE
    following = base64.urlsafe_b64encode(json.dumps({"from": end}).encode()).decode()
    return list(items[begin:end]), following if end < len(items) else None
