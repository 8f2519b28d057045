"""A capability or a saved pipeline as a tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import mcp_types as t

from packetflow.capabilities.tool_names import described, title_of, tool_name
from packetflow.capabilities.tool_schemas import Check, input_schema, output_schema, secrets_in
from packetflow.kernel.cards import CapabilityCard, PipelineCard, PortCard
from packetflow.mcp.settings import TaskSettings

Card: TypeAlias = CapabilityCard | PipelineCard

NEAR: Final = frozenset({"files", "memory", "store", "clock"})
"""What a tool may touch and still act on this machine only."""


@dataclass(frozen=True)
class Tool:
    """One tool: what clients see of it, and what it stands for here.

    Attributes:
        name: What clients call it.
        item: The capability or pipeline it runs.
        shown: How it is listed.
        takes: The inputs.
        gives: The outputs.
        steps: How many steps a run has, where that can be told before it.
        as_task: How it runs as a task from its beginning; ``None`` if it does not.
    """

    name: str
    item: str
    shown: t.Tool
    takes: tuple[PortCard, ...] = ()
    gives: tuple[PortCard, ...] = ()
    steps: int = 0
    as_task: TaskSettings | None = None

    @cached_property
    def arguments(self) -> Check:
        """Tells whether arguments fit."""
        schema = self.shown.input_schema
        secret = secrets_in(self.takes)
        return Check(schema, secret=secret, only=schema.get("properties", ()))

    @cached_property
    def result(self) -> Check | None:
        """Tells whether a structured result fits; ``None`` if it has none."""
        schema = self.shown.output_schema
        return None if schema is None else Check(schema)


def tool_of(
    card: Card, effects: Iterable[str], *, safety: str, as_task: TaskSettings | None = None
) -> Tool:
    """Make a tool of a card.

    Args:
        card: The capability or pipeline.
        effects: What a run of it touches, its steps included.
        safety: How freely it may be repeated: ``pure``, ``idempotent`` or ``guarded``.
        as_task: How it runs as a task from its beginning.

    Raises:
        ValueError: Its schema is none.
    """
    name = tool_name(card.name)
    takes = input_schema(card.requires_schema, card.requires)
    gives = output_schema(card.provides_schema, card.provides)
    for schema in (takes, gives):
        if schema is not None:
            Check(schema)
    shown = t.Tool(
        name=name,
        title=title_of(card.name),
        description=described(help_of(card), card.intent, card.name),
        input_schema=takes,
        output_schema=gives,
        annotations=hints(effects, safety=safety, title=title_of(card.name)),
    )
    steps = card.steps if isinstance(card, PipelineCard) else 1
    ports = tuple(card.requires), tuple(card.provides)
    return Tool(name, card.name, shown, *ports, steps=steps, as_task=as_task)


def help_of(card: Card) -> str:
    """The whole of what its author says of it."""
    return card.help if isinstance(card, CapabilityCard) else ""


def hints(effects: Iterable[str], *, safety: str, title: str = "") -> t.ToolAnnotations:
    """What clients should know before they call: from the declared effects.

    >>> hints(["reads network"], safety="pure").read_only_hint
    True
    """
    kinds = [effect.partition(" ")[::2] for effect in effects]
    outside = any(
        kind == "model" or (kind in {"reads", "writes"} and target not in NEAR)
        for kind, target in kinds
    )
    writes = safety != "pure"
    return t.ToolAnnotations(
        title=title or None,
        read_only_hint=not writes,
        destructive_hint=safety == "guarded",
        idempotent_hint=safety != "guarded",
        open_world_hint=outside or any(kind == "notify" for kind, _ in kinds),
    )


def touched(
    card: Card,
    capabilities: Mapping[str, CapabilityCard],
    pipelines: Mapping[str, PipelineCard],
) -> tuple[list[str], str]:
    """What a run touches, and how freely it may be repeated: the least free of its steps says it.

    A step that is not known counts as one that may not be repeated.
    """
    effects: dict[str, None] = {}
    levels: set[str] = set()
    waiting, seen = [card], set()
    while waiting:
        here = waiting.pop()
        if isinstance(here, CapabilityCard):
            effects.update(dict.fromkeys(here.effects))
            levels.add(here.safety)
            if here is card and any(effect.startswith("calls ") for effect in here.effects):
                levels.add("guarded")  # which ones shows only when it runs
            continue
        if here.calls_any:
            levels.add("guarded")
        if here.name in seen:
            continue
        seen.add(here.name)
        for kind, names in ((capabilities, here.uses), (pipelines, here.calls)):
            for name in names:
                known = kind.get(name)
                if known is None:
                    levels.add("guarded")
                else:
                    waiting.append(known)
    for level in ("guarded", "idempotent"):
        if level in levels:
            return list(effects), level
    return list(effects), "pure"


def calls_anything(card: Card, pipelines: Mapping[str, PipelineCard]) -> bool:
    """Whether what it calls shows only when it runs: its caller may be the one who chooses."""
    if isinstance(card, CapabilityCard):
        return any(effect.startswith("calls {") for effect in card.effects)
    waiting, seen = [card], {card.name}
    while waiting:
        here = waiting.pop()
        if here.calls_any:
            return True
        inner = [pipelines[name] for name in here.calls if name in pipelines and name not in seen]
        seen.update(one.name for one in inner)
        waiting += inner
    return False
