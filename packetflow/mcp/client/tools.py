"""Tools of a server as capabilities."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from packetflow.capabilities.declaration import Declaration
from packetflow.composition.capability import Capability
from packetflow.mcp.client.calls import CONTEXT, ToolCall
from packetflow.mcp.client.connection import Connection
from packetflow.mcp.client.contracts import effects_of, shape_of
from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.names import collisions, identifier, identifiers

ALLOWED: Final = ""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s")


def capability_of(
    connection: Connection, tool: ToolFacts, name: str, *, trusted: bool, closed: str = ALLOWED
) -> Capability[..., Any]:
    """A tool as a capability.

    Args:
        connection: Its server.
        tool: The tool.
        name: What the capability is called.
        trusted: Whether what the server says of its effects is believed.
        closed: Why it must not run, and what to do about it; empty if it may.
    """
    shape = shape_of(tool)
    call = ToolCall(connection, tool, shape, closed=closed)
    group = identifier(connection.name)
    declared = Declaration(
        name=name,
        fn=call,
        contract=shape.contract,
        intent=intent_of(tool),
        shape="mapping",
        mode="async",
        place="loop",
        context=CONTEXT,
        effects=effects_of(tool.hints, group, trusted=trusted),
        version=tool.mark,
        enabled=not closed,
        closed=closed,
        help=tool.description or tool.title,
        tags=("mcp", connection.name, tool.name),
    )
    return Capability(declared, call)


def capabilities_of(
    connection: Connection,
    facts: ServerFacts,
    *,
    prefix: str,
    trusted: bool,
    closed: Callable[[str], str],
) -> dict[str, Capability[..., Any]]:
    """All tools of a server as capabilities, by the identifier of the tool's name.

    Args:
        connection: The server.
        facts: What it offers.
        prefix: Stands before each name in a catalog.
        trusted: Whether what the server says of effects is believed.
        closed: For a tool's name, why it must not run; empty if it may.
    """
    tools = {one.name: one for one in facts.tools}
    return {
        made: capability_of(
            connection, tools[said], prefix + made, trusted=trusted, closed=closed(said)
        )
        for made, said in identifiers(tools).items()
    }


def notes(facts: ServerFacts) -> list[str]:
    """What one would not think: tools that are left out, and those that are called otherwise."""
    left_out = [f"the tool {name!r} is left out: {why}" for name, why in facts.left_out.items()]
    found = collisions(identifiers(one.name for one in facts.tools))
    return left_out + [
        f"the tool {said!r} is called {made!r} here, since {identifier(said)!r} is another one"
        for made, said in found.items()
    ]


def intent_of(tool: ToolFacts) -> str:
    """What it gives, in its first sentence, or its title, or its name in words.

    >>> intent_of(ToolFacts("find", description="Find notes. Needs a query."))
    'Find notes.'
    >>> intent_of(ToolFacts("find-all.notes"))
    'Find all notes'
    """
    first = tool.description.strip().split("\n\n")[0]
    sentence = _SENTENCE.split(" ".join(first.split()), maxsplit=1)[0]
    if sentence or tool.title:
        return sentence or tool.title
    words = re.sub(r"[\s_.-]+", " ", tool.name).strip() or tool.name
    return words[:1].upper() + words[1:]
