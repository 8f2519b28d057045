"""Tell the store which capabilities there are, once for each version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from packetflow.discovery.catalog import AnyCapability
from packetflow.kernel.records import CapabilitySeen, Record


def register(
    capabilities: Iterable[AnyCapability],
    append: Callable[[Record], None],
    known: Path,
    now_ns: int,
) -> int:
    """Append a record for each capability that is new or has changed; answers how many.

    Args:
        capabilities: All there are.
        append: Where records go.
        known: A file that remembers what was told already.
        now_ns: The time, in nanoseconds since 1970 UTC.
    """
    try:
        told: dict[str, str] = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    fresh = 0
    for one in capabilities:
        declared = one.declaration
        effects = ",".join(map(str, declared.effects))
        facts = (declared.version, declared.contract, declared.intent, declared.enabled, effects)
        mark = "|".join(map(str, (*facts, declared.fn.__module__)))
        if told.get(one.name) == mark:
            continue
        append(
            CapabilitySeen(
                one.name,
                declared.version,
                declared.intent,
                _json(declared.contract.json_schema("requires")),
                _json(declared.contract.json_schema("provides")),
                declared.fn.__module__,
                declared.enabled,
                now_ns,
                _json([str(effect) for effect in declared.effects]),
            )
        )
        told[one.name] = mark
        fresh += 1
    if fresh:
        scratch = known.with_suffix(".new")
        scratch.write_text(json.dumps(told), encoding="utf-8")
        scratch.replace(known)
    return fresh


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
