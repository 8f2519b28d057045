"""The imports of a piece of Python, wherever in it they stand."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_FORGIVEN: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_OPENS: Final = frozenset({"resources.files", "importlib.resources.files"})


@dataclass(frozen=True)
class Import:
    """One import statement, or a call that imports by a literal name.

    Attributes:
        line: Where it is, from 1.
        target: What it imports from: a module's dotted name; of a relative import the name below
            the folder of capabilities, ``""`` for that folder itself, ``None`` for what is above.
        names: What it takes from there; empty for ``import a.b``.
        level: How many dots it begins with.
        bound: For each name it gives, what that is: the name taken, or the module.
        is_guarded: Whether its failure is caught.
        is_typing_only: Whether it is only for type checkers, and never executed.
    """

    line: int
    target: str | None
    names: tuple[str, ...] = ()
    level: int = 0
    bound: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_guarded: bool = False
    is_typing_only: bool = False


def imports_of(nodes: Iterable[ast.AST], package: str) -> Iterator[Import]:
    """All imports in some statements, inside functions too.

    Args:
        nodes: The statements.
        package: What one dot means there.
    """
    for node in nodes:
        yield from _inside(node, package, guarded=False, typing=False)


def _inside(node: ast.AST, package: str, *, guarded: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            bound = {alias.asname or alias.name.partition(".")[0]: alias.name}
            yield Import(node.lineno, alias.name, (), 0, bound, guarded, typing)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        bound = {alias.asname or alias.name: alias.name for alias in node.names}
        target = _target(node, package)
        yield Import(node.lineno, target, names, node.level, bound, guarded, typing)
    elif isinstance(node, ast.Call) and (literal := _literal_import(node)):
        yield Import(node.lineno, literal, (), 0, {}, guarded, typing)
    rest: list[ast.AST]
    if isinstance(node, ast.If) and _is_typing(node.test):
        for inner in node.body:
            yield from _inside(inner, package, guarded=guarded, typing=True)
        rest = [*node.orelse]
    elif isinstance(node, ast.Try) and any(map(_forgives, node.handlers)):
        for inner in node.body:
            yield from _inside(inner, package, guarded=True, typing=typing)
        rest = [*node.handlers, *node.orelse, *node.finalbody]
    elif isinstance(node, ast.With) and any(map(_suppresses, node.items)):
        guarded, rest = True, [*node.body]
    else:
        rest = [*ast.iter_child_nodes(node)]
    for child in rest:
        yield from _inside(child, package, guarded=guarded, typing=typing)


def _target(node: ast.ImportFrom, package: str) -> str | None:
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    above = node.level - 1
    if above > len(parts):
        return None
    base = parts[: len(parts) - above]
    return ".".join([*base, *([node.module] if node.module else [])])


def _is_typing(test: ast.expr) -> bool:
    return ast.unparse(test).rpartition(".")[2] == "TYPE_CHECKING"


def _forgives(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    is_caught = any(kind is None or ast.unparse(kind) in _FORGIVEN for kind in kinds)
    return is_caught and not any(isinstance(one, ast.Raise) for one in handler.body)


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] == "suppress"
        and any(ast.unparse(kind) in _FORGIVEN for kind in call.args)
    )


def _literal_import(call: ast.Call) -> str:
    """What is imported by ``import_module("name")``, or opened by ``resources.files("name")``."""
    if is_dynamic_import(call) or ast.unparse(call.func) in _OPENS:
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return "" if first.value.startswith(".") else first.value
    return ""


def is_dynamic_import(call: ast.Call) -> bool:
    """Whether a call imports by a name that is a value."""
    return ast.unparse(call.func) in {"__import__", "import_module", "importlib.import_module"}


def below(package: str, name: str) -> str:
    """The name of a module in a package; ``""`` is the folder of capabilities.

    >>> below("", "shapes"), below("shapes", "square")
    ('shapes', 'shapes.square')
    """
    return f"{package}.{name}" if package else name
