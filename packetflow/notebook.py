"""What ``%load_ext packetflow`` adds to IPython and Jupyter: ``%%capability`` and ``%pf run``.

``%%capability [NAME]`` writes its cell to ``capabilities/NAME.py`` of the notebook's open workspace
and declares what is in it, here and for every other process of the workspace. ``%pf run NAME
name=value ...`` runs a capability or pipeline by name and answers its execution.

IPython itself is only needed by who loads the extension.
"""

from __future__ import annotations

import ast
import hashlib
import json
import shlex
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from packetflow.cli.inputs import Given, read
from packetflow.composition.capability import Capability
from packetflow.engine.execution import Execution
from packetflow.errors import PacketFlowError, WorkspaceError
from packetflow.workspace.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

RUN = "%pf run NAME name=value ..."
CELL = "%%capability [NAME] [--replace]"
REPLACE = "--replace"
WRITTEN = "cells.json"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to a shell; called by ``%load_ext packetflow``."""
    from IPython.core.error import UsageError
    from IPython.core.magic import no_var_expand

    def told(act: Callable[[Workspace], Any]) -> Any:
        """Do it; what is wrong with it is said in a sentence, without our own traceback."""
        try:
            return act(open_workspace(shell.user_ns))
        except typer.BadParameter as error:
            raise UsageError(error.format_message()) from None
        except PacketFlowError as error:
            raise UsageError(error.message) from None

    @no_var_expand  # the braces of a JSON value are its own
    def pf(line: str) -> Any:
        return told(lambda workspace: run_line(workspace, line))

    def capability(line: str, cell: str) -> None:
        made = told(lambda workspace: write_cell(workspace, line, cell))
        for one in made:
            shell.user_ns[one.fn.__name__] = one
            print(f"{one.name}{one.contract}")  # noqa: T201 - the answer of the cell
        print(f"is in capabilities/{Path(made[0].declaration.source[0]).name}")  # noqa: T201

    pf.__doc__ = f"Run a capability or pipeline by name: ``{RUN}``."
    capability.__doc__ = f"Write the cell to the workspace's capabilities: ``{CELL}``."
    shell.magics_manager.register_function(pf, "line", "pf")
    complete: Any = shell.set_hook  # has no types
    complete("complete_command", _completed, re_key=r".*%pf\s")
    shell.magics_manager.register_function(capability, "cell", "capability")


def open_workspace(names: dict[str, Any]) -> Workspace:
    """The workspace that a notebook has opened: the one called ``ws``, else the only one.

    Raises:
        WorkspaceError: There is none, or there are several.
    """
    if isinstance(names.get("ws"), Workspace):
        return names["ws"]  # type: ignore[no-any-return]  # asked in the line above
    found = {
        id(value): (name, value)
        for name, value in names.items()
        if isinstance(value, Workspace) and not name.startswith("_")  # IPython's own: _, _3
    }
    if not found:
        raise WorkspaceError(
            "no workspace is open here; !packetflow init my-work makes one, and "
            "ws = Workspace('my-work') opens it"
        )
    if len(found) > 1:
        called = " and ".join(name for name, _ in found.values())
        raise WorkspaceError(f"several workspaces are open here, {called}; call one of them ws")
    return next(iter(found.values()))[1]


def _completed(shell: InteractiveShell, event: Any) -> list[str]:
    """What may come next on a line with ``%pf``; asked by IPython for the Tab key."""
    from IPython.core.error import TryNext

    try:
        workspace = open_workspace(shell.user_ns)
        return completions(workspace, event.text_until_cursor.rpartition("%pf")[2])
    except PacketFlowError:
        raise TryNext from None


def completions(workspace: Workspace, typed: str) -> list[str]:
    """What the last word of a line may become: ``run``, a name, or an input that is not given yet.

    Args:
        workspace: The names are its.
        typed: What stands between ``%pf`` and the cursor.

    >>> completions(Workspace(":memory:"), "run split_text tex")
    ['text=']
    """
    *before, last = typed.split(" ") if typed.strip() else ["", ""]
    words = [word for word in before if word]
    if not words:
        found = ["run"]
    elif len(words) == 1:
        catalog = workspace.catalog
        found = [*catalog.pipeline_names(), *(one.name for one in catalog.capabilities())]
    else:
        given = {word.partition("=")[0] for word in words[2:]}
        ports = workspace.find(words[1]).contract.requires
        found = [f"{port.name}=" for port in ports if port.name not in given]
    return sorted({one for one in found if one.startswith(last)})


def run_line(workspace: Workspace, line: str) -> Execution:
    """Do what ``%pf`` was asked.

    Capability files that were changed meanwhile, in an editor or the studio, are read first.

    Raises:
        WorkspaceError: The line is no ``run NAME name=value ...``.
        UnknownName: There is nothing of that name, or an input that it does not read.
        PacketFlowError: An input is missing or does not fit.
    """
    try:
        command, *words = shlex.split(line) or [""]
    except ValueError as error:
        raise WorkspaceError(f"{RUN}: {str(error).lower()}; is a quote left open?") from None
    if command != "run" or not words or "=" in words[0]:
        raise WorkspaceError(f"{RUN} is how it goes, for example: %pf run hello name=Ada")
    name, *values = words
    workspace.catalog.refresh()
    found = workspace.find(name)
    given = Given(words=values)
    return workspace.run_sync(found, **read(found.contract, given, workspace.folder.path))


def write_cell(workspace: Workspace, line: str, cell: str) -> list[Capability[..., Any]]:
    """Write a cell to a capability file; answers what it declares. On any error nothing changes.

    A file is written over when it is as the last cell left it. One that was changed by other means
    is only replaced when asked.

    Args:
        workspace: Where to.
        line: The file's name without ``.py``, and ``--replace`` where that is meant. Without a
            name, the file is called as the first function.
        cell: The file's text. It must stand by itself, imports included.

    Raises:
        WorkspaceError: It does not run, declares nothing, hides another file's names, or would
            write over something else.
    """
    if workspace.in_memory:
        raise WorkspaceError("a workspace in memory has no files; open a folder instead")
    words = line.split()
    names = [word for word in words if word != REPLACE]
    tree = _parsed(cell)
    name = names[0].removesuffix(".py") if names else _first_function(tree)
    if len(names) > 1 or not name.isidentifier() or name.startswith("_"):
        raise WorkspaceError(f"{CELL}: the name of a Python file is wanted, not {line.strip()!r}")
    path = workspace.folder.capabilities / f"{name}.py"
    notes = _Notes(workspace.folder.state / WRITTEN)
    before = path.read_bytes() if path.is_file() else None
    if REPLACE not in words and before not in (None, cell.encode()) and not notes.wrote(path):
        raise WorkspaceError(
            f"capabilities/{path.name} was written by somebody else, or changed since; choose "
            f"another name, or replace it: %%capability {name} {REPLACE}"
        )
    try:
        path.parent.mkdir(exist_ok=True)
        _put(path, cell.encode())
        made = _declared(workspace, path)
        notes.note(path)
    except WorkspaceError:
        _put(path, before)
        workspace.catalog.refresh()
        raise
    except OSError as error:
        raise WorkspaceError(f"cannot write {path}: {error.strerror or error}") from error
    return made


def _parsed(cell: str) -> ast.Module:
    try:
        return ast.parse(cell)
    except SyntaxError as error:
        said = "".join(traceback.format_exception_only(error)).partition("\n")[2]
        raise WorkspaceError(f"line {error.lineno} of the cell is no Python:\n{said}") from None


def _first_function(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return node.name
    raise WorkspaceError("the cell declares no capability; write @capability above a function")


def _put(path: Path, content: bytes | None) -> None:
    """Write a file whole or not at all; ``None`` takes it away."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    scratch = path.with_suffix(".cell")
    scratch.write_bytes(content)
    scratch.replace(path)


def _declared(workspace: Workspace, path: Path) -> list[Capability[..., Any]]:
    """The capabilities of a file that was just written."""
    workspace.catalog.refresh()
    for one in workspace.catalog.broken_files():
        if one.file == str(path):
            where = f"line {one.line} of the cell: " if one.line else "the cell: "
            raise WorkspaceError(f"{where}{one.error}{_hint(one.error)}")
    made = [one for one in workspace.catalog.own() if one.declaration.source[0] == str(path)]
    if not made:
        raise WorkspaceError("the cell declares no capability; write @capability above a function")
    return made


def _hint(error: str) -> str:
    """What to do about a name that only the notebook knows."""
    if not error.startswith("NameError"):
        return ""
    return "; the file stands by itself, so the cell must import or define all that it uses"


class _Notes:
    """Which files were written by cells, and the sha256 of what was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def wrote(self, file: Path) -> bool:
        """Tell whether a cell wrote a file as it is now."""
        return self._known.get(file.name) == _sha(file)

    def note(self, file: Path) -> None:
        """Remember a file as it is now."""
        self._known[file.name] = _sha(file)
        _put(self._path, json.dumps(self._known).encode())


def _sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
