"""What a statement may change when its file is loaded, beyond the names that it gives.

``@register`` above a function, a subclass of a class that counts its subclasses, a call that is
handed a dictionary: each may change something that a tool uses although the tool never names it.
What only reads is told apart where that is certain; everything else counts as changing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from packetflow.mcp.export.units import SourceFile, Unit


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUIET_ROOTS: Final = _words(
    """
    packetflow collections contextvars dataclasses datetime decimal enum fractions functools
    itertools json logging math operator os pathlib pydantic random re string textwrap time typing
    typing_extensions types uuid zoneinfo
    """
)
"""Packages whose functions do not change what they are handed."""

_QUIET_BUILTINS: Final = _words(
    """
    abs all any bool bytes complex dict enumerate float frozenset int isinstance issubclass len list
    max min object property range repr reversed round set slice sorted staticmethod classmethod str
    sum super tuple type zip
    """
)

_QUIET_METHODS: Final = _words(
    """
    copy count decode encode endswith format get index items join keys lower replace split
    splitlines startswith strip title upper values
    """
)

_NEVER_CHANGES: Final = _words(
    """
    re.compile typing.TypeVar typing.ParamSpec typing.NewType pathlib.Path datetime.timedelta
    logging.getLogger zoneinfo.ZoneInfo uuid.UUID
    datetime.date datetime.datetime decimal.Decimal frozenset tuple str int float bool bytes range
    """
)


def touched(unit: Unit, file: SourceFile) -> frozenset[str]:
    """The names of the module whose values a unit may change, or hand to somebody who may."""
    if unit.is_action:
        return unit.names.needs
    found: set[str] = set()
    for node in (one for top in unit.nodes for one in _done_at_once(top)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if not _is_quiet(decorator, file):
                    found |= unit.names.uses  # it may call what it is put above
        if isinstance(node, ast.ClassDef):
            for base in (*node.bases, *(word.value for word in node.keywords)):
                found |= _names(base)
        elif isinstance(node, ast.Call) and not _is_quiet(node.func, file):
            found |= _names(node)
    return frozenset(found & unit.names.uses)


def at_once(unit: Unit) -> frozenset[str]:
    """The names that must have their meaning before a unit is executed."""
    found = set(unit.names.mentions)
    for node in (one for top in unit.nodes for one in _done_at_once(top)):
        if isinstance(node, ast.Name):
            found.add(node.id)
    return frozenset(found)


def can_change(unit: Unit, file: SourceFile) -> bool:
    """Whether others can change what a unit gives; not so a plain function or a constant."""
    return any(_can_change(node, file) for node in unit.nodes)


def _can_change(node: ast.stmt, file: SourceFile) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr() | ast.Pass() | ast.Raise():
            return False
        case (
            ast.FunctionDef(decorator_list=decorators)
            | ast.AsyncFunctionDef(decorator_list=decorators)
        ):
            return not all(origin(_root(one), file).startswith("packetflow.") for one in decorators)
        case ast.Assign(value=value):
            return not is_constant(value, file)
        case ast.AnnAssign(value=value):
            return value is not None and not is_constant(value, file)
        case ast.If() | ast.Try():
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
            return any(_can_change(one, file) for one in inner)
        case _:
            return type(node).__name__ != "TypeAlias"


def is_constant(value: ast.expr, file: SourceFile) -> bool:
    """Whether an expression gives what nobody can change, and the same wherever it is evaluated."""
    match value:
        case ast.Constant() | ast.JoinedStr() | ast.Lambda() | ast.Compare():
            return True
        case ast.Tuple(elts=elements):
            return all(is_constant(one, file) for one in elements)
        case ast.UnaryOp(operand=operand):
            return is_constant(operand, file)
        case ast.BinOp(left=left, right=right):
            return is_constant(left, file) and is_constant(right, file)
        case ast.Call(func=func):
            return origin(ast.unparse(func), file) in _NEVER_CHANGES
        case _:
            return False


def origin(dotted: str, file: SourceFile) -> str:
    """Where something comes from: ``np.zeros`` is ``numpy.zeros``; a builtin is itself.

    What the file itself defines comes from nowhere: the answer is empty.
    """
    root, dot, rest = dotted.partition(".")
    if root in file.origins:
        return f"{file.origins[root]}{dot}{rest}"
    return "" if root in file.homes else dotted


def _is_quiet(func: ast.expr, file: SourceFile) -> bool:
    """Whether a call, or a decorator, only reads what it is handed."""
    if isinstance(func, ast.Call):  # @decorator(...): the inner call is looked at by itself
        return _is_quiet(func.func, file)
    where = origin(_root(func), file)
    if where:
        top = where.partition(".")[0]
        return top in _QUIET_ROOTS or (isinstance(func, ast.Name) and where in _QUIET_BUILTINS)
    return isinstance(func, ast.Attribute) and func.attr in _QUIET_METHODS


def _root(node: ast.expr) -> str:
    """What a dotted expression begins with, and what is taken of it: ``pf.capability``."""
    while isinstance(node, ast.Call):
        node = node.func
    try:
        return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else "?"
    except RecursionError:
        return "?"


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _done_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when a statement is executed: not the inside of functions."""
    yield node
    children: Mapping[str, object] = dict(ast.iter_fields(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        children = {"decorators": node.decorator_list, "defaults": node.args}
    elif isinstance(node, ast.Lambda):
        children = {"defaults": node.args}
    elif isinstance(node, ast.arguments):
        children = {"defaults": node.defaults, "kw_defaults": node.kw_defaults}
    for child in children.values():
        for one in child if isinstance(child, list) else [child]:
            if isinstance(one, ast.AST):
                yield from _done_at_once(one)
