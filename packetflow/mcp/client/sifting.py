"""Tools that a server lists and the protocol does not allow: taken out, and the others count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_types.methods import parse_server_result
from pydantic import ValidationError


def sift(listing: dict[str, Any], version: str) -> dict[str, str]:
    """Take the tools out of a listing that make the whole of it invalid.

    Args:
        listing: The result of ``tools/list`` as it came; changed in place.
        version: The revision of the protocol that was agreed on.

    Returns:
        Why, by the tool's name: which place of it, and what is wrong there.
    """
    tools = listing.get("tools")
    if not isinstance(tools, list):
        return {}
    try:
        parse_server_result("tools/list", version, listing)
    except ValidationError as error:
        wrong: dict[int, str] = {}
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            field, number, *place = (*one["loc"], None)
            if field == "tools" and isinstance(number, int):
                wrong.setdefault(number, f"{_place(tools[number], place[:-1])}{one['msg']}")
        listing["tools"] = [one for number, one in enumerate(tools) if number not in wrong]
        return {_name(tools[number], number): why for number, why in wrong.items()}
    except (KeyError, ValueError):  # a revision that is not known: nobody checks it then
        pass
    return {}


def _name(tool: Any, number: int) -> str:
    name = tool.get("name") if isinstance(tool, Mapping) else None
    return name if isinstance(name, str) else f"number {number + 1}"


def _place(tool: Any, parts: list[Any]) -> str:
    """Where in a tool something is wrong, without what only says how it was read."""
    said: list[str] = []
    for part in parts:
        if not isinstance(tool, Mapping | list):
            break
        said.append(str(part))
        is_there = part in tool if isinstance(tool, Mapping) else part in range(len(tool))
        tool = tool[part] if is_there else None
    return f"{'.'.join(said)}: " if said else ""
