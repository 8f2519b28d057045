from typing import Any

import pytest

from packetflow.mcp.client.sifting import sift

FINE = {"name": "fine", "inputSchema": {"type": "object"}}


def tool(**more: Any) -> dict[str, Any]:
    return FINE | {"name": "odd"} | more


@pytest.mark.parametrize(
    ("wrong", "name", "why"),
    [
        (tool(inputSchema={"type": "array"}), "odd", "inputSchema.type: Input should be 'object'"),
        (
            tool(inputSchema={"type": "object", "properties": {"n": 3}}),
            "odd",
            "inputSchema.properties.n: Input should be a valid dictionary",
        ),
        (
            tool(outputSchema={"type": "object", "required": ["a", 1]}),
            "odd",
            "outputSchema.required.1: Input should be a valid string",
        ),
        ({"name": "bare"}, "bare", "inputSchema: Field required"),
        (tool(name=7), "number 2", "name: Input should be a valid string"),
    ],
)
def test_only_what_is_wrong_is_taken_out_with_its_place(wrong: Any, name: str, why: str):
    listing = {"tools": [FINE, wrong]}

    assert sift(listing, "2025-11-25") == {name: why}
    assert listing == {"tools": [FINE]}


@pytest.mark.parametrize("tools", ["many", None, [FINE]])
def test_what_is_no_list_or_wholly_right_is_left_as_it_is(tools: Any):
    listing = {"tools": tools}

    assert sift(listing, "2025-11-25") == {}
    assert listing == {"tools": tools}
