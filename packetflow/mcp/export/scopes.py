"""Which names of its module a piece of Python uses and binds, by Python's own rules of scope."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LATER: Final = "from __future__ import annotations as __later\n"
"""Put before a text, so that annotations are read here: they may be texts, or never evaluated."""


@dataclass(frozen=True)
class Names:
    """What a piece of a module has to do with the names of the module.

    Attributes:
        binds: Names it gives a meaning, by assignment, import, definition or ``global``.
        uses: Names it looks up in the module or among the builtins.
        mentions: Names it may look up: those in annotations, and those that a class
            body binds too.
    """

    binds: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        """All names whose meaning must be kept with it."""
        return self.uses | self.mentions


def names_of(text: str) -> Names:
    r"""Read whole statements that begin at the left edge.

    Raises:
        SyntaxError: They are no Python.

    >>> found = names_of("def area(r: Length):\n    return PI * r * scale(r)\n")
    >>> sorted(found.binds), sorted(found.uses), sorted(found.mentions)
    (['area'], ['PI', 'scale'], ['Length'])
    """
    table = symtable.symtable(_LATER + text, "<piece>", "exec")
    binds, uses, mentions = set(), set(), set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            binds.add(symbol.get_name())
        if symbol.is_referenced():
            uses.add(symbol.get_name())
    for inner in _inside(table):
        is_class = inner.get_type() == "class"
        for symbol in inner.get_symbols():
            if _is_of_module(symbol):
                if symbol.is_assigned():
                    binds.add(symbol.get_name())
                uses.add(symbol.get_name())
            elif is_class and symbol.is_referenced():
                mentions.add(symbol.get_name())
    binds.discard("__later")
    mentions |= set(_mentioned(ast.parse(text)))
    return Names(frozenset(binds), frozenset(uses), frozenset(mentions - uses))


def _is_of_module(symbol: symtable.Symbol) -> bool:
    """Whether a name inside a function or class is one of the module.

    Python's own ``is_global`` takes any function called ``top`` for the module.
    """
    return symbol.is_global() and (symbol.is_declared_global() or not symbol.is_local())


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for inner in table.get_children():
        yield inner
        yield from _inside(inner)


def annotations_of(node: ast.AST) -> Iterator[ast.expr]:
    """The annotations directly at a node."""
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield node.returns


def _mentioned(tree: ast.AST) -> Iterator[str]:
    """The names in annotations, and in texts that stand for types."""
    for node in ast.walk(tree):
        for annotation in annotations_of(node):
            yield from _names_in_type(annotation)
        if isinstance(node, ast.Subscript):  # dict[str, "Node"] in an alias, a base or a cast
            yield from (name for one in _texts(node.slice) for name in _names_in_text(one))
        elif isinstance(node, ast.Call):  # cast("Node", x), TypeVar("T", bound="Node")
            told = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "bound")]
            yield from (
                name for one in told for text in _texts(one) for name in _names_in_text(text)
            )


def _names_in_type(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _names_in_text(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _names_in_text(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
