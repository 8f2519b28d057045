"""The short way to read a step of a kept definition that only calls a capability, as most do.

It takes what is certainly right, and leaves all else, mistakes included, to the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from packetflow.composition.codec_nodes import Node, Placed
from packetflow.composition.codec_values import read_value
from packetflow.composition.steps import Use

Kept: TypeAlias = dict[Node, Use]
"""Steps that were read before, by the parts of a text that say them."""

_KEYS = frozenset({"use", "id", "from", "to", "set"})


def read_short(written: Any, resolved: Callable[[str], Any]) -> Use | None:
    """Read a step from plain values; ``None`` when it takes the long way.

    Args:
        written: What stands where a step should.
        resolved: Gives what a name of a capability stands for.
    """
    if type(written) is not dict or "use" not in written or not written.keys() <= _KEYS:
        return None
    name, named = written["use"], written.get("id")
    reads, writes = written.get("from", {}), written.get("to", {})
    if type(name) is not str or type(named) is not str or not name or not named:
        return None
    if not (_has_names(reads) and _has_names(writes)):
        return None
    values: Any = written.get("set", {})
    if type(values) is not dict:
        return None
    try:
        values = {key: read_value(one) for key, one in values.items()} if values else values
    except (ValueError, RecursionError):
        return None
    return Use(resolved(name), reads, writes if "to" in written else None, values, named)


def read_kept(node: Node, kept: Kept, resolved: Callable[[str], Any]) -> Use | None:
    """`read_short` of a node; the very step of an earlier reading, if it is kept.

    Args:
        node: Where the step stands, with its plain value.
        kept: Steps that were read before; this one is added.
        resolved: Gives what a name of a capability stands for; a step that called another one
            then is read again.
    """
    if not isinstance(node, Placed):
        return read_short(node.value, resolved)
    known = kept.get(node.of)
    if known is not None and known.capability is resolved(node.value["use"]):
        return known
    made = read_short(node.value, resolved)
    if made is not None:
        kept[node.of] = made
    return made


def _has_names(written: Any) -> bool:
    if type(written) is not dict:
        return False
    return not written or all(type(one) is str for one in written.values())
