"""Put copied steps into a text, with ids of their own where theirs are taken."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from packetflow.composition.codec import step_lines
from packetflow.composition.codec_read import KEYS
from packetflow.composition.edit import apply
from packetflow.composition.written import free_name, walk_written
from packetflow.errors import EditRefused


def pasted(
    text: str, steps: Sequence[Mapping[str, Any]], place: Mapping[str, Any]
) -> tuple[str, dict[str, str]]:
    """Put steps in, one after the other.

    Args:
        text: The file.
        steps: As they stand in a file.
        place: Where the first one goes, in the words of the edit operations.

    Returns:
        The new text, and for each id of the steps given the one it has now.

    Raises:
        EditRefused: There are none, or they cannot stand there.
        SourceError: The text cannot be read.
    """
    if not steps:
        raise EditRefused("there is nothing to paste")
    taken = set(step_lines(text))
    called: dict[str, str] = {}
    fresh = [copy.deepcopy(dict(one)) for one in steps]
    for one in fresh:
        if "id" not in one:
            one["id"] = _natural(one)
        for inner in walk_written(one):
            if isinstance(name := inner.get("id"), str):
                inner["id"] = called[name] = free_name(name, taken)
    for one in fresh:
        for inner in walk_written(one):
            if isinstance(order := inner.get("after"), list):
                kept = [called[name] for name in order if name in called]
                inner["after"] = kept
                if not kept:
                    del inner["after"]
    where = dict(place)
    for one in fresh:
        ordered = _ordered(one)
        text = apply(text, {"op": "insert", "step": ordered, "place": where}).text
        where = {"after": one["id"]}
    return text, called


def _ordered(step: dict[str, Any]) -> dict[str, Any]:
    """The same with the id where a file has it: behind what tells the kind, before a list."""
    kind = next((key for key in step if key in KEYS), None)
    if kind is None or isinstance(step[kind], list):
        return {"id": step["id"], **step}
    return {kind: step[kind], "id": step["id"], **step}


def _natural(step: Mapping[str, Any]) -> str:
    kind = next((key for key in step if key in KEYS), "step")
    said = step.get(kind)
    return said if kind in ("use", "call") and isinstance(said, str) and said else kind
