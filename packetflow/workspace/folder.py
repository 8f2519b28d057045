"""The workspace folder: found, made, or laid over a read-only one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packetflow.errors import WorkspaceError
from packetflow.workspace.leftovers import take_away_leftovers
from packetflow.workspace.presence import STALE_SECONDS, is_alive, is_hearing, state_of

CONFIG = "packetflow.toml"
PARTS = ("capabilities", "pipelines")
NEVER_IN_PATH = ("?", "\\")
"""DuckDB reads the first as the begin of options and the second as a slash."""

_FIRST_CAPABILITY = '''"""Capabilities of this workspace: functions with @capability above them."""

from packetflow import capability


@capability(provides="greeting", examples=[{"name": "Ada"}])
def greet(name: str, mood: str = "warm") -> str:
    """Greet somebody.

    Args:
        name: Whom to greet.
        mood: ``warm`` or ``formal``.
    """
    return f"Good day, {name}." if mood == "formal" else f"Hello {name}, good to see you!"
'''

_FIRST_PIPELINE = """pipeline: hello
version: 1
intent: Greet somebody
requires: [name, mood?]
provides: [greeting]
steps:
  - use: greet
    id: greet
"""


@dataclass(frozen=True)
class WorkspaceFolder:
    """A workspace's folder and its settings.

    Attributes:
        path: The folder.
        settings: What ``packetflow.toml`` says.
        overlay_of: The read-only folder that this one was copied from, if any.
    """

    path: Path
    settings: dict[str, Any] = field(default_factory=dict)
    overlay_of: Path | None = None

    @property
    def name(self) -> str:
        """Its name in the settings, else the folder's."""
        return str(self.settings.get("name") or self.path.name)

    @property
    def state(self) -> Path:
        """The folder of journals, database and running processes."""
        return state_of(self.path)

    @property
    def stale_seconds(self) -> float:
        """After so long without a sign of life a runner counts as frozen: ``[runner]`` says it."""
        table = self.settings.get("runner")
        said = table.get("stale_seconds") if isinstance(table, dict) else None
        if isinstance(said, int | float) and not isinstance(said, bool) and said > 0:
            return float(said)
        return STALE_SECONDS  # who starts a runner is told what is wrong with it

    def is_alive(self, runner: str) -> bool:
        """Tell whether a runner of this workspace is there and well."""
        return is_alive(self.path, runner, stale_seconds=self.stale_seconds)

    def is_hearing(self, runner: str) -> bool:
        """Tell whether it also listens to events, and so wakes what it has put aside."""
        return is_hearing(self.path, runner, stale_seconds=self.stale_seconds)

    @property
    def capabilities(self) -> Path:
        """The folder of capability files."""
        return self.path / "capabilities"

    @property
    def pipelines(self) -> Path:
        """The folder of saved pipelines."""
        return self.path / "pipelines"


def open_folder(path: str | Path) -> WorkspaceFolder:
    """Open a workspace folder; one that may not be written is laid over in the user's state folder.

    Raises:
        WorkspaceError: It is not there, is no folder, its path cannot be used, or its settings are
            no TOML.
    """
    folder = Path(path).expanduser().resolve()
    _refuse_unusable(folder)
    if not folder.exists():
        raise WorkspaceError(
            f"there is no folder {folder}; make it a workspace with `packetflow init {path}`",
            path=str(folder),
        )
    if not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file, not a workspace folder", path=str(folder))
    settings = read_settings(folder)
    if _is_writable(folder):
        take_away_leftovers(folder / "pipelines")
        return WorkspaceFolder(folder, settings)
    return WorkspaceFolder(_overlay(folder), settings, overlay_of=folder)


def _refuse_unusable(folder: Path) -> None:
    """Refuse a path that the database, or a record, could not name."""
    path = str(folder)
    if any(sign in path for sign in NEVER_IN_PATH) or path != path.encode(errors="ignore").decode():
        signs = " or ".join(NEVER_IN_PATH)
        raise WorkspaceError(
            f"no workspace can be kept in {path!a}: there must be no {signs} in the path, and "
            "nothing that is no UTF-8; rename the folder",
            path=ascii(path),
        )


def read_settings(folder: Path) -> dict[str, Any]:
    """What ``packetflow.toml`` says now; nothing if there is none.

    Raises:
        WorkspaceError: It is no TOML.
    """
    path = folder / CONFIG
    if not path.exists():
        return {}
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is no TOML: {error}", path=str(path)) from error
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error}", path=str(path)) from error


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def state_home() -> Path:
    """Where overlays of read-only workspaces live; ``PACKETFLOW_HOME`` moves it."""
    given = os.environ.get("PACKETFLOW_HOME")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_state_dir("packetflow"))


def _overlay(folder: Path) -> Path:
    """A writable copy that is brought up to date where the user has changed nothing."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    target = state_home() / f"{folder.name}-{digest}"
    noted = target / ".packetflow" / "copied.json"
    try:
        copied: dict[str, str] = json.loads(noted.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        copied = {}
    before = dict(copied)
    try:
        for source in sorted(folder.rglob("*")):
            parts = source.relative_to(folder).parts
            if not source.is_dir() and parts[0] != ".packetflow" and "__pycache__" not in parts:
                _bring_over(source, target, "/".join(parts), copied)
        if copied != before:
            noted.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            noted.write_text(json.dumps(copied), encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(
            f"{folder} is read-only and cannot be copied to {target}: {error.strerror or error}; "
            "set PACKETFLOW_HOME to a folder that can be written",
            path=str(folder),
        ) from error
    return target


def _bring_over(source: Path, target: Path, name: str, copied: dict[str, str]) -> None:
    """Copy a file that is new, or newer than its copy, which the user has not changed."""
    sha = hashlib.sha256(source.read_bytes()).hexdigest()
    copy = target / name
    if copied.get(name) == sha:
        return  # as it was when it was copied; the user may have changed or removed the copy
    if copy.exists() and _sha(copy) not in (sha, copied.get(name)):
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
    copied[name] = sha


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def example_folder() -> Path:
    """The example workspace: beside the packages in a clone, inside them when installed.

    Raises:
        WorkspaceError: It was not installed.
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package / "data", package.parent / "data"):
        if (place / CONFIG).is_file():
            return place
    raise WorkspaceError(
        "the example workspace was not installed; make one with `packetflow init DIR`"
    )


def find_folder(given: str | Path | None = None) -> Path:
    """The workspace to use: the one named, else the nearest upwards, else the example.

    Raises:
        WorkspaceError: There is none.
    """
    if given is not None:
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG).is_file():
            return folder
    return example_folder()


def make_folder(path: str | Path, *, name: str | None = None) -> WorkspaceFolder:
    """Make a workspace: settings, a first capability and a first pipeline.

    Files that are there already are left alone.

    Raises:
        WorkspaceError: The folder cannot be made or written.
    """
    folder = Path(path).expanduser()
    _refuse_unusable(folder.absolute())
    files = {
        CONFIG: f"name = {json.dumps(name or folder.resolve().name, ensure_ascii=False)}\n",
        "capabilities/greetings.py": _FIRST_CAPABILITY,
        "pipelines/hello.yaml": _FIRST_PIPELINE,
        ".gitignore": ".packetflow/\n__pycache__/\n",
    }
    try:
        for part in PARTS:
            (folder / part).mkdir(parents=True, exist_ok=True)
        for relative, text in files.items():
            target = folder / relative
            if not target.exists():
                target.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot make a workspace in {folder}: {error.strerror or error}"
        raise WorkspaceError(message, path=str(folder)) from error
    return open_folder(folder)
