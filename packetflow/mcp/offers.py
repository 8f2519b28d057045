"""What a workspace offers to clients at one moment: made of a listing and the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import unquote

import mcp_types as t

from packetflow.capabilities.tool_names import clashes, tool_name
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.settings import McpSettings
from packetflow.mcp.tools import Card, Tool, calls_anything, tool_of, touched

OPEN: Final = (
    "it calls what is chosen only when it runs, so clients would reach what is not offered; set "
    "its `tools` in a pipeline, and offer that"
)

_HOLE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Address:
    """An address, or a pattern of addresses, that a capability or pipeline answers.

    Attributes:
        uri: The address; names in braces stand for inputs.
        tool: What answers it.
    """

    uri: str
    tool: Tool

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for many addresses."""
        return _HOLE.search(self.uri) is not None

    def match(self, uri: str) -> dict[str, str] | None:
        """The inputs that an address says, if it is one of these.

        >>> from packetflow.mcp.tools import Tool
        >>> import mcp_types as t
        >>> shown = t.Tool(name="n", input_schema={"type": "object"})
        >>> Address("notes://{topic}/text", Tool("n", "n", shown)).match("notes://sea%20life/text")
        {'topic': 'sea life'}
        """
        pattern, last = "", 0
        for hole in _HOLE.finditer(self.uri):
            pattern += re.escape(self.uri[last : hole.start()]) + f"(?P<{hole[1]}>[^/]+)"
            last = hole.end()
        found = re.fullmatch(pattern + re.escape(self.uri[last:]), uri)
        return None if found is None else {k: unquote(v) for k, v in found.groupdict().items()}


@dataclass(frozen=True)
class Offers:
    """What is offered now.

    Attributes:
        tools: By the name that clients use, in order.
        prompts: The same for prompts.
        addresses: What answers which addresses.
        pipelines: All saved pipelines by name, for those who read them as resources.
        refused: What should be offered and is not, with the reason.
    """

    tools: Mapping[str, Tool] = field(default_factory=dict)
    prompts: Mapping[str, Tool] = field(default_factory=dict)
    addresses: tuple[Address, ...] = ()
    pipelines: Mapping[str, PipelineCard] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def exposed(self) -> list[PipelineCard]:
        """The pipelines that clients may read: those that are tools or prompts."""
        offered = {tool.item for tool in (*self.tools.values(), *self.prompts.values())}
        return [card for name, card in self.pipelines.items() if name in offered]

    def tool_list(self) -> list[t.Tool]:
        """The tools as they are listed."""
        return [tool.shown for tool in self.tools.values()]

    def prompt_list(self) -> list[t.Prompt]:
        """The prompts as they are listed."""
        return [prompt_of(tool) for tool in self.prompts.values()]


def prompt_of(tool: Tool) -> t.Prompt:
    """A tool as a prompt."""
    arguments = [
        t.PromptArgument(name=port.name, description=port.help or None, required=not port.optional)
        for port in tool.takes
    ]
    return t.Prompt(
        name=tool.name,
        title=tool.shown.title,
        description=tool.shown.description,
        arguments=arguments,
    )


def offers_of(listing: Listing, settings: McpSettings) -> Offers:
    """What a workspace offers.

    What cannot be offered (its name clashes, it has problems, it is gone) is left out, with the
    reason; the rest is offered all the same.
    """
    maker = _Maker(listing, settings)
    exposed = [one.name for one in listing.pipelines if one.exposed]
    tools = maker.named([*exposed, *settings.expose])
    prompts = maker.named(settings.prompts)
    addresses = []
    for uri, name in sorted(settings.resources.items()):
        tool = maker.made(name)
        if tool is not None:
            addresses.append(Address(uri, tool))
    pipelines = {one.name: one for one in listing.pipelines}
    return Offers(tools, prompts, tuple(addresses), pipelines, maker.refused)


class _Maker:
    """Makes tools of cards, and remembers what could not be made."""

    def __init__(self, listing: Listing, settings: McpSettings) -> None:
        self._capabilities = {one.name: one for one in listing.capabilities}
        self._pipelines = {one.name: one for one in listing.pipelines}
        self._tasks = settings.tasks
        self._known: dict[str, Tool | None] = {}
        self.refused: dict[str, str] = {}

    def named(self, names: Iterable[str]) -> dict[str, Tool]:
        """Tools by the name clients use, in order; none where several would share one."""
        wanted = sorted(set(names))
        both = clashes(wanted)
        for made, several in both.items():
            listed = " and ".join(repr(name) for name in several)
            for name in several:
                self.refused[name] = f"{listed} would both be called {made!r}; rename one of them"
        found = (self.made(name) for name in wanted if tool_name(name) not in both)
        return {tool.name: tool for tool in found if tool is not None}

    def made(self, name: str) -> Tool | None:
        """The tool of that item; ``None`` when there can be none."""
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name: str) -> Tool | None:
        card = self._pipelines.get(name) or self._capabilities.get(name)
        why = (
            "there is no capability or pipeline of that name"
            if card is None
            else refusal(card, self._pipelines)
        )
        if card is None or why:
            self.refused[name] = why
            return None
        effects, safety = touched(card, self._capabilities, self._pipelines)
        try:
            return tool_of(card, effects, safety=safety, as_task=self._tasks.get(name))
        except ValueError as error:
            self.refused[name] = f"its schema {error}"
            return None


def refusal(card: Card, pipelines: Mapping[str, PipelineCard]) -> str:
    """Why it cannot be offered; empty when it can."""
    if calls_anything(card, pipelines):
        return OPEN
    if isinstance(card, CapabilityCard):
        return "" if card.enabled else "it is disabled"
    wrong = [one.message for one in card.problems if one.severity == "error"]
    return f"it has problems: {wrong[0]}" if wrong else ""


def allowed(offers: Offers, patterns: tuple[str, ...]) -> Offers:
    """Of what is offered only what some patterns allow."""
    if patterns == ("*",):
        return offers

    def is_allowed(name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    return Offers(
        {name: tool for name, tool in offers.tools.items() if is_allowed(name)},
        {name: tool for name, tool in offers.prompts.items() if is_allowed(name)},
        tuple(one for one in offers.addresses if is_allowed(one.tool.name)),
        {name: card for name, card in offers.pipelines.items() if is_allowed(tool_name(name))},
        offers.refused,
    )
