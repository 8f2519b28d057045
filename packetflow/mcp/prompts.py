"""Prompts: a capability or pipeline whose outputs become messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import mcp_types as t

from packetflow.capabilities.tool_schemas import as_called
from packetflow.mcp.tools import Tool


def arguments_of(tool: Tool, given: Mapping[str, str]) -> dict[str, Any]:
    """Texts, which is all that prompts and addresses are given, as the values a run takes.

    A text stays one where the input takes texts; else it is read as JSON, if it is some.
    """
    properties = tool.shown.input_schema.get("properties", {})
    called = as_called(tool.takes, given)
    return {name: _value(properties.get(name, {}), text) for name, text in called.items()}


def _value(schema: Mapping[str, Any], text: str) -> Any:
    kinds = [schema, *schema.get("anyOf", ())]
    if not schema or any(one.get("type") == "string" for one in kinds):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def messages_of(content: Iterable[t.ContentBlock]) -> list[t.PromptMessage]:
    """Content as what the user says."""
    return [t.PromptMessage(role="user", content=one) for one in content]
