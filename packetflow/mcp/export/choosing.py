"""Which capabilities and pipelines may be called that are chosen only while a tool runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from packetflow.kernel.cards import CapabilityCard
from packetflow.mcp.export.units import SourceFile, Unit

_CALLS: Final = "calls "
_HOLE: Final = re.compile(r"\{(\w+)\}")


def chosen_by(card: CapabilityCard, values: Mapping[str, Any]) -> Iterator[str]:
    """The names and patterns that a capability declares to call.

    Args:
        card: The capability, with its effects.
        values: The inputs that a step fixes; what else its caller hands over is not known.

    >>> asks = CapabilityCard("ask", effects=["calls find_*", "calls {tools}"])
    >>> list(chosen_by(asks, {"tools": ["add", "get_*"]}))
    ['find_*', 'add', 'get_*']
    """
    for effect in card.effects:
        if not effect.startswith(_CALLS):
            continue
        target = effect.removeprefix(_CALLS)
        hole = _HOLE.fullmatch(target)
        if hole is None:
            yield target
            continue
        given = values.get(hole[1], ())
        yield from (str(one) for one in ([given] if isinstance(given, str) else given))


def called_in(unit: Unit, file: SourceFile) -> Iterator[tuple[int, str]]:
    """The names and patterns that a unit calls or finds through its context, with their lines.

    Those are literals in ``context.call("fetch", ...)`` and ``context.find("find_*")``.
    """
    contexts = {
        node.arg
        for top in unit.nodes
        for node in ast.walk(top)
        if isinstance(node, ast.arg)
        and node.annotation is not None
        and "Context" in ast.unparse(node.annotation)
    }
    for node in (one for top in unit.nodes for one in ast.walk(top)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="call" | "find" as how), args=args
            ) if name in contexts:
                for one in args[:1] if how == "call" else args:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield one.lineno, one.value
                    elif isinstance(one, ast.Name) and one.id in file.texts:
                        yield one.lineno, file.texts[one.id]
            case _:
                pass
