"""What an inspector edits of each kind of step: fields with their schemas and words of help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packetflow.composition.codec_nodes import Node
from packetflow.composition.standing import kind_of
from packetflow.kernel.board import BoardField

TEXT: dict[str, Any] = {"type": "string"}
CONDITION: dict[str, Any] = {"type": "string", "format": "condition"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
NAMES: dict[str, Any] = {"type": "object", "format": "names", "additionalProperties": TEXT}
SECONDS: dict[str, Any] = {"type": ["number", "string"], "format": "duration"}
PORTS: dict[str, Any] = {"type": "object", "additionalProperties": True}


def _choice(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


FIELDS: Mapping[str, tuple[tuple[str, dict[str, Any], str], ...]] = {
    "use": (
        ("use", {**TEXT, "format": "capability"}, "Which capability it calls."),
        ("to", {"anyOf": [NAMES, TEXTS]}, "Outputs to keep, and their names for other steps."),
    ),
    "call": (
        ("call", {**TEXT, "format": "pipeline"}, "Which saved pipeline it runs."),
        ("to", {"anyOf": [NAMES, TEXTS]}, "Outputs to keep, and their names for other steps."),
    ),
    "sequence": (),
    "parallel": (("at_once", COUNT, "How many run at the same time; empty for all."),),
    "graph": (("at_once", COUNT, "How many run at the same time; empty for no bound."),),
    "when": (("when", CONDITION, "Taken if this holds, for example size(items) > 0."),),
    "choose": (),
    "each": (
        ("over", NAMES, "Write item: items for every item of the list items."),
        ("into", NAMES, "Write page: pages to collect every page in the list pages."),
        ("at_once", {**COUNT, "default": 8}, "How many items are under way at the same time."),
        (
            "on_error",
            {**_choice("fail", "collect"), "default": "fail"},
            "Fail at the first failing item, or go on and leave its place empty.",
        ),
    ),
    "race": (),
    "fallback": (),
    "repeat": (
        ("until", CONDITION, "Ends when this holds after a pass."),
        ("at_most", {**COUNT, "default": 100}, "How many passes at most."),
        (
            "on_limit",
            {**_choice("fail", "continue"), "default": "fail"},
            "What happens when the passes are used up.",
        ),
    ),
    "wait_for": (
        ("wait_for", TEXT, "The event's name."),
        ("key", TEXT, "A name whose value the event's key must equal; empty for any."),
        ("gives", PORTS, "What the event brings, with types."),
        ("question", TEXT, "What to ask a person."),
        ("choices", TEXTS, "The answers to offer."),
        ("within", SECONDS, "How long to wait, such as 2 d; empty for ever."),
    ),
    "approve": (
        ("approve", TEXT, "What to ask a person."),
        ("into", {**TEXT, "default": "approved"}, "The name of the answer."),
        ("choices", TEXTS, "The answers to offer; empty for yes and no."),
        ("within", SECONDS, "How long to wait, such as 2 d; empty for ever."),
    ),
}
"""By the key that tells a step's kind: the name, schema and help of each of its fields."""


STEPS = frozenset(
    {"sequence", "parallel", "graph", "choose", "each", "race", "fallback", "repeat"}
    | {"then", "otherwise"}
)
"""Fields that hold steps."""


def plainly(node: Node) -> Mapping[str, Any]:
    """What a written step says beside the steps in it, without places; not to be changed."""
    if node.value is not None:
        written: Mapping[str, Any] = node.value
        return written
    return {key.value: value.plain() for key, value in node.pairs if key.value not in STEPS}


def fields(node: Node) -> list[BoardField]:
    """The fields of a written step, with their values as they stand in the file."""
    kind, written = kind_of(node), plainly(node)
    found = [
        BoardField(name, written.get(name), schema, text) for name, schema, text in FIELDS[kind]
    ]
    if kind == "choose":
        for index, case in enumerate(_cases(node)):
            said = case.get("when")
            value = None if said is None else said.plain()
            found.append(BoardField("when", value, CONDITION, "Taken if this holds.", index))
    return found


def _cases(node: Node) -> list[Node]:
    there = node.get("choose")
    return [] if there is None else there.items
