"""Steps of a draft that become a saved pipeline, with their looks: values, no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.edit import apply
from packetflow.composition.standing import standing
from packetflow.errors import EditRefused

Looks: TypeAlias = Mapping[str, dict[str, Any]]
Parents: TypeAlias = Mapping[str, "str | None"]


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="pack"):
    """Make a saved pipeline of steps of one list, and call it in their place.

    ``requires`` and ``provides`` say what it takes and gives; null leaves that to its steps.
    """

    steps: list[str]
    name: str
    requires: list[str] | None = None
    provides: list[str] | None = None


class Made(msgspec.Struct, frozen=True):
    """A pipeline that an edit makes: what its two files say."""

    text: str
    looks: dict[str, dict[str, Any]] = {}


def parents_of(text: str) -> dict[str, str | None]:
    """The step around each step of a text."""
    root = parse_yaml(text)
    return {one.id: one.parent for one in standing(root, read_places(root))}


def read_pack(operation: Mapping[str, Any]) -> Pack:
    """Read the operation.

    Raises:
        EditRefused: It is none.
    """
    try:
        return msgspec.convert(dict(operation), Pack)
    except (msgspec.ValidationError, TypeError) as error:
        raise EditRefused(f"this is no edit: {error}") from error


def packed(text: str, looks: Looks, one: Pack) -> tuple[str, dict[str, dict[str, Any]], Made]:
    """The text and the looks that call the new pipeline, and the pipeline.

    Raises:
        EditRefused: These steps cannot be one pipeline.
        SourceError: The text cannot be read.
    """
    steps = {"steps": one.steps, "name": one.name}
    new = apply(text, {"op": "pack", **steps}).text
    border = {"requires": one.requires, "provides": one.provides}
    made = apply(text, {"op": "excerpt", **steps, **border}).text
    before, after = parents_of(text), parents_of(new)
    inside = {name for name in before if _is_inside(name, set(one.steps), before)}
    kept = {name: look for name, look in looks.items() if name not in inside}
    spots = [look for name in one.steps if "x" in (look := looks.get(name, {}))]
    if spots:
        (call,) = after.keys() - (before.keys() - inside)
        kept[call] = {axis: min(look[axis] for look in spots) for axis in ("x", "y")}
    own = parents_of(made)
    taken = {name: look for name, look in looks.items() if name in inside and name in own}
    return new, kept, Made(made, taken)


def _is_inside(name: str | None, steps: set[str], parents: Parents) -> bool:
    while name is not None and name not in steps:
        name = parents[name]
    return name is not None
