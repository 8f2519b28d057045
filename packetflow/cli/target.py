"""What a name on the command line stands for: a pipeline, a capability, or one in a file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from packetflow.errors import CompositionError, SourceError, UnknownName, WorkspaceError

if TYPE_CHECKING:
    from packetflow.composition.composable import Composable
    from packetflow.composition.steps import Pipeline
    from packetflow.workspace.workspace import Workspace

    Target: TypeAlias = Composable | Pipeline

SOURCE_TAG = "source"
"""The tag that names the file an execution came from, so that it can be resumed."""


def find(ws: Workspace, name: str) -> tuple[Target, dict[str, str]]:
    """Find what to run, show or check.

    Args:
        ws: Where names are looked for.
        name: A pipeline, a capability, a ``.yaml`` file, or ``FILE.py:NAME``.

    Returns:
        It, and the tags that its executions carry.

    Raises:
        UnknownName: There is none of that name.
        WorkspaceError: The file is missing, or holds several things and none is named.
        CompositionError: The file does not parse.
    """
    if name.endswith((".yaml", ".yml")):
        return _from_yaml(ws, Path(name)), {}
    file, _, inside = name.rpartition(":")
    if name.endswith(".py") or file.endswith(".py"):
        path = Path(file if file.endswith(".py") else name)
        found = from_python(path, inside if file.endswith(".py") else "")
        ws.learnt(found)
        return found, {SOURCE_TAG: f"{path.resolve()}:{inside}" if inside else str(path.resolve())}
    try:
        return ws.find(name), {}
    except UnknownName as missing:
        every = [*ws.catalog.pipeline_names(), *(one.name for one in ws.catalog.capabilities())]
        near = get_close_matches(name, every, 2)
        raise UnknownName("pipeline or capability", name, near) from missing


def _from_yaml(ws: Workspace, path: Path) -> Pipeline:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkspaceError(f"there is no file {path}", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"is no UTF-8 text: {error}", file=str(path)) from error
    return ws.catalog.read(text, file=str(path))


def from_python(path: Path, name: str = "") -> Target:
    """Run a Python file and take what it calls *name*; without a name, its only pipeline.

    Raises:
        WorkspaceError: There is no such file.
        UnknownName: It has nothing of that name that can run.
        CompositionError: It cannot be run, or has several and none is named.
    """
    from packetflow.composition.composable import Composable
    from packetflow.composition.steps import Pipeline, Step
    from packetflow.engine.importing import import_file

    if not path.is_file():
        raise WorkspaceError(f"there is no file {path}", path=str(path))
    try:
        module = import_file(f"packetflow_file.{path.stem}", path.resolve())
    except (Exception, SystemExit) as error:  # a border: the file is the user's
        raise CompositionError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    found: dict[str, Target] = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, (Composable, Pipeline)) and not key.startswith("_")
    }
    if name:
        if name not in found:
            near = get_close_matches(name, found, 2) or list(found)[:3]
            raise UnknownName(f"composition in {path}", name, near)
        return found[name]
    flows = [key for key, value in found.items() if isinstance(value, (Pipeline, Step))]
    wanted = flows or list(found)
    if len(wanted) != 1:
        listed = ", ".join(f"{path}:{key}" for key in wanted) or "nothing that can run"
        raise CompositionError(f"say which one of {path} is meant: {listed}")
    return found[wanted[0]]
