"""Values as the arguments of a tool."""

from typing import Any

import pytest

from packetflow.mcp.client.arguments import arguments_of
from packetflow.mcp.client.facts import ToolFacts
from packetflow.mcp.client.failures import ToolFailed


def tool(said: Any, *required: str) -> ToolFacts:
    schema = {"type": "object", "properties": {"loud": said}, "required": list(required)}
    return ToolFacts("say", input_schema=schema)


def test_none_leaves_an_optional_argument_out():
    assert arguments_of(tool({"type": "boolean"}), {}, {"loud": None}) == {}


@pytest.mark.parametrize("said", [{"type": ["boolean", "null"]}, {"type": "null"}, {}, True])
def test_none_is_sent_where_null_may_be(said: Any):
    assert arguments_of(tool(said), {}, {"loud": None}) == {"loud": None}


def test_none_for_a_required_argument_is_refused():
    with pytest.raises(ToolFailed, match="loud: None is not of type"):
        arguments_of(tool({"type": "boolean"}, "loud"), {}, {"loud": None})
