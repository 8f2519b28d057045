"""Which modules of packetflow travel with an export, and which distributions they need.

Found in the text of the modules, from what a server that stands alone imports, with what is
imported only when a function is called. Nothing is imported for it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import packetflow
from packetflow.errors import WorkspaceError
from packetflow.mcp.export.distributions import Installed

ROOTS: Final = ("packetflow.mcp.standalone",)
"""What runs: the server."""

STAYS: Final = (
    "packetflow.cli",
    "packetflow.composition.difference",
    "packetflow.discovery.easel",
    "packetflow.discovery.showing",
    "packetflow.mcp.client",
    "packetflow.mcp.export",
    "packetflow.notebook",
    "packetflow.runner.client",
    "packetflow.runner.loop_client",
    "packetflow.runner.remote",
    "packetflow.runner.triggers",
    "packetflow.workspace.canvas_widget",
    "packetflow.workspace.dashboard",
)
"""What people hold, at a screen, a notebook or the command line, what asks another process, and
what an export may name."""

DATABASE: Final = (
    "packetflow.store.client",
    "packetflow.store.inproc",
    "packetflow.store.tables",
    "packetflow.store.transaction",
)
"""What leads to DuckDB. An export keeps journals alone (`packetflow.store.light`), so this travels
only with code that opens a workspace or a store of its own."""

OPENS_STORES: Final = ("packetflow.store", "packetflow.workspace")
"""Who imports these may open a store."""

OF_TABLES: Final = frozenset({"duckdb", "pandas", "polars", "pyarrow"})
"""Who imports one of these may give or take tables, for which pyarrow is needed."""

NOT_NEEDED: Final = frozenset({"anywidget", "networkx", "psutil", "traitlets"})
"""Distributions behind functions that a server that stands alone never calls."""

READS: Final = {
    "packetflow.library.reports": "report_page.html",
    "packetflow.mcp.apps": "run_app.html",
    "packetflow.store.schema": "migrations/*.sql",
}
"""Files that modules read, as a pattern beside them."""

HOME: Final = Path(packetflow.__file__).resolve().parent


@dataclass(frozen=True)
class Core:
    """What travels of packetflow.

    Attributes:
        files: The files by their path, such as ``packetflow/errors.py``.
        requirements: The distributions they import, ``name==version`` as installed, sorted.
    """

    files: Mapping[str, bytes]
    requirements: tuple[str, ...]


def core(also: Iterable[str] = (), *, tables: bool = False) -> Core:
    """What an export needs of packetflow.

    Args:
        also: Modules that its own code needs besides.
        tables: Whether that may give or take tables.

    Raises:
        WorkspaceError: A distribution that is needed is not installed.
    """
    extra = tuple(also)
    opens = any(_is_in(name, one) for name in extra for one in OPENS_STORES)
    roots = [*ROOTS, *extra, *(["packetflow.store.__main__"] if opens else [])]
    every = STAYS if opens else STAYS + DATABASE
    stays = tuple(one for one in every if not any(_is_in(name, one) for name in extra))
    files, outside = {}, set[str]()
    travels = modules(roots, stays)
    lean = set[str]() if tables or opens else modules(ROOTS)
    for name in sorted(travels):
        path = _path_of(name)
        files[path.relative_to(HOME.parent).as_posix()] = path.read_bytes()
        found = {one.partition(".")[0] for one in _imported(name)}
        outside |= found - OF_TABLES if name in lean else found  # imported where a table comes
        files |= _read_by(name)
    return Core(dict(sorted(files.items())), pinned(outside - NOT_NEEDED))


def modules(roots: Iterable[str], stays: Collection[str] = STAYS + DATABASE) -> set[str]:
    """All modules of packetflow that some of them import, with their packages.

    Args:
        roots: Where to begin.
        stays: Modules and packages that are left out, whoever names them.
    """
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or any(_is_in(name, one) for one in stays):
            continue
        found.add(name)
        package = name.rpartition(".")[0]
        waiting += [package] if package else []
        waiting += [one for one in _imported(name) if one.partition(".")[0] == "packetflow"]
    return found


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _path_of(name: str) -> Path:
    path = HOME.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return _path_of(name).is_file()


def _read_by(name: str) -> dict[str, bytes]:
    """Files that a module reads and that are no Python."""
    pattern = READS.get(name)
    found = _path_of(name).parent.glob(pattern) if pattern else ()
    return {one.relative_to(HOME.parent).as_posix(): one.read_bytes() for one in found}


@cache
def _imported(name: str) -> frozenset[str]:
    """What a module imports when it runs: modules, and names that are modules."""
    tree = ast.parse(_path_of(name).read_bytes())
    found: set[str] = set()
    for one in _imports_in(tree):
        if isinstance(one, ast.Import):
            found.update(alias.name for alias in one.names)
        elif one.module and not one.level:
            found.add(one.module)
            names = (f"{one.module}.{alias.name}" for alias in one.names)
            found.update(named for named in names if _is_ours(named))
    return frozenset(found)


def _is_ours(name: str) -> bool:
    return name.startswith("packetflow.") and _is_module(name)


def _imports_in(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for one in ast.iter_child_nodes(tree):
        if isinstance(one, ast.Import | ast.ImportFrom):
            yield one
        elif isinstance(one, ast.If) and _is_for_types(one.test):
            for other in one.orelse:
                yield from _imports_in(other)
        else:
            yield from _imports_in(one)


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def named_in(source: str) -> set[str]:
    """The modules of packetflow that a text of Python imports.

    >>> sorted(named_in("from packetflow.library import keywords"))
    ['packetflow.library', 'packetflow.library.rake']
    """
    from packetflow import library

    tree = ast.parse(source)
    found = {"packetflow.workspace.workspace"} if _names(tree, "Workspace") else set[str]()
    for one in _imports_in(tree):
        if isinstance(one, ast.Import):
            found.update(alias.name for alias in one.names if _is_in(alias.name, "packetflow"))
        elif one.module and _is_in(one.module, "packetflow"):
            found.add(one.module)
            for alias in one.names:
                named = f"{one.module}.{alias.name}"
                if _is_module(named):
                    found.add(named)
                elif one.module == "packetflow.library" and alias.name in library.__all__:
                    found |= library_modules([alias.name])
    return {one for one in found if _is_module(one)}


def has_tables(source: str) -> bool:
    """Whether a text of Python may give or take tables.

    >>> has_tables("from packetflow import Table, capability")
    True
    """
    tree = ast.parse(source)
    tops = {
        alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names
    }
    tops |= {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    return _names(tree, "Table") or not OF_TABLES.isdisjoint(one.partition(".")[0] for one in tops)


def _names(tree: ast.AST, name: str) -> bool:
    """Whether something is imported by a name, or taken from a module by it."""
    return any(
        (isinstance(one, ast.Attribute) and one.attr == name)
        or (isinstance(one, ast.alias) and one.name == name)
        for one in ast.walk(tree)
    )


def library_modules(names: Iterable[str]) -> set[str]:
    """The modules of ready capabilities.

    >>> library_modules(["keywords"])
    {'packetflow.library.rake'}
    """
    from packetflow import library

    return {getattr(library, name).fn.__module__ for name in names}


def pinned(names: Iterable[str]) -> tuple[str, ...]:
    """The distributions that modules come from, ``name==version`` as installed, sorted.

    Raises:
        WorkspaceError: One is not installed, or not from where others could have it.

    >>> [one.partition("==")[0] for one in pinned(["ruamel", "sys"])]
    ['ruamel.yaml']
    """
    installed = Installed()
    found: set[str] = set()
    for name in sorted(names):
        told = installed.requirement(name)
        if isinstance(told, str):
            raise WorkspaceError(
                f"an export needs {name!r}, which {told}: pip install 'packetflow[mcp,library]'"
            )
        found.update(told)
    return tuple(sorted(found))
