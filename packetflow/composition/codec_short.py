"""The short way to read a step of a kept definition that only calls a capability, as most do.

It takes what is certainly right, and leaves all else, mistakes included, to the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from packetflow.composition.codec_values import read_value
from packetflow.composition.steps import Use

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


def _has_names(written: Any) -> bool:
    if type(written) is not dict:
        return False
    return not written or all(type(one) is str for one in written.values())
