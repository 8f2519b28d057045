"""What is known of an external tool: what its server lists, as plain data that files can keep."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


class Hints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a server says of what a tool does; what it does not say is the worst.

    Attributes:
        read_only: It changes nothing.
        destructive: It may change or take away what is there, besides adding to it.
        idempotent: Doing it again with the same arguments changes nothing more.
        open_world: It deals with others than its server.
    """

    read_only: bool = False
    destructive: bool = True
    idempotent: bool = False
    open_world: bool = True


class ToolFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool as its server lists it.

    Attributes:
        name: As the server writes it.
        title: For people; may be empty.
        description: For people and models; may be empty.
        input_schema: What its arguments are: a JSON Schema of an object.
        output_schema: What its structured result is, if it says so.
        hints: What it does besides.
    """

    name: str
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any] = {}
    output_schema: dict[str, Any] | None = None
    hints: Hints = Hints()

    @property
    def mark(self) -> str:
        """Eight characters that change when what it takes, gives or does changes."""
        said = (self.input_schema, self.output_schema, self.hints)
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:8]


class ServerFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server as it described itself when it was last asked.

    Attributes:
        name: What it calls itself.
        version: Its version.
        protocol: The revision of the protocol that was agreed on.
        tools: What it offers.
        left_out: Tools that it lists and the protocol does not allow, with the reason.
    """

    name: str = ""
    version: str = ""
    protocol: str = ""
    tools: tuple[ToolFacts, ...] = ()
    left_out: dict[str, str] = {}
