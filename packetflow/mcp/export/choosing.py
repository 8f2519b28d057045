"""Which capabilities and pipelines may be called that are chosen only while a tool runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from packetflow.kernel.cards import CapabilityCard
from packetflow.mcp.export.units import SourceFile, Unit

_CALLS: Final = "calls "


def chosen_by(card: CapabilityCard) -> list[str]:
    """The names and patterns that a capability declares to call; ``{tools}`` for an input's.

    >>> chosen_by(CapabilityCard("ask", effects=["calls find_*", "reads files", "calls {tools}"]))
    ['find_*', '{tools}']
    """
    return [one.removeprefix(_CALLS) for one in card.effects if one.startswith(_CALLS)]


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
