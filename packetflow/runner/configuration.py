"""The settings of a workspace, where they stand in ``packetflow.toml``, and how to change them.

A change touches the lines it is about and no other: comments and order stay. It is written only if
the file then says exactly what was wanted, and everybody who reads it takes it. The file as it was
before is kept beside the journals, so that the last change can be taken back.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from packetflow.errors import WorkspaceError
from packetflow.runner import settings as runner_settings
from packetflow.runner.settings import RunnerSettings
from packetflow.store import settings as store_settings
from packetflow.store.settings import Settings
from packetflow.workspace.folder import CONFIG
from packetflow.workspace.presence import state_of

Value: TypeAlias = str | int | float | bool | None
"""``None`` stands for the default: the line is taken away."""


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that there is; of the top of the file where *table* is empty.

    Attributes:
        table: Where it stands.
        name: What the file calls it.
        kind: The type of its value.
        default: What counts where the file says nothing.
        label: What people call it.
        help: What it is, where the label does not say all.
        least: A number that is smaller is refused: no runner could work with it.
    """

    table: str
    name: str
    kind: type
    default: Value
    label: str
    help: str = ""
    least: int = 0


_STORE, _RUNNER = Settings(), RunnerSettings()
KNOWN: Final = (
    Known("", "name", str, None, "Name", "Else it is called as its folder"),
    Known("", "intent", str, None, "What it is for", "In one sentence, for Home"),
    Known("store", "retention_days", int, _STORE.retention_days, "Days that stay in the database",
          "What is older goes to Parquet files; 0 keeps all"),
    Known("store", "journal_megabytes", float, _STORE.journal_megabytes,
          "Megabytes of journals that stay",
          "A run can be resumed, forked and replayed as long as its journal is there"),
    Known("store", "linger_seconds", float, _STORE.linger_seconds,
          "Seconds the owner stays unasked", "The owner answers for the database"),
    Known("runner", "linger_seconds", float, _RUNNER.linger_seconds,
          "Seconds a runner stays unneeded", "After its last client"),
    Known("runner", "start_seconds", float, _RUNNER.start_seconds,
          "Seconds a runner may take to start", least=1),
    Known("runner", "stale_seconds", float, _RUNNER.stale_seconds,
          "Seconds until a still runner is replaced", "It counts as frozen then", 1),
    Known("runner", "stop_seconds", float, _RUNNER.stop_seconds,
          "Seconds runs have to stop", "Then they are cancelled, to be resumed later"),
    Known("runner", "memory_limit_mb", int, _RUNNER.memory_limit_mb,
          "Most memory of a runner, in MiB", "Of its address space", 512),
    Known("runner", "stay", bool, _RUNNER.stay, "Stay for triggers and waits",
          "Whether a runner stays without a client while something counts on it"),
    Known("runner", "watch", bool, _RUNNER.watch, "Follow changed files",
          "Whether a changed capability file puts a new runner in place"),
)  # fmt: skip
"""All settings there are."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a setting stands: its value, and the line that says so (0 for the default)."""

    known: Known
    value: Value
    line: int = 0


def config_path(folder: Path) -> Path:
    """The file of settings."""
    return folder / CONFIG


def former_path(folder: Path) -> Path:
    """The file as it was before it was last written here."""
    return state_of(folder) / f"{CONFIG}.before"


def read_text(folder: Path) -> str:
    """The file's text; empty if there is none.

    Raises:
        WorkspaceError: It cannot be read.
    """
    path = config_path(folder)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}", path=str(path)) from error


def standing(text: str, path: Path) -> list[Standing]:
    """How all settings stand in a text of settings; *path* is named in errors.

    Raises:
        WorkspaceError: It is no TOML, or somebody who reads it refuses it.
    """
    content = _checked(text, path)
    lines = text.splitlines()
    found = []
    for known in KNOWN:
        table = content.get(known.table, {}) if known.table else content
        is_said = known.name in table
        place = _line_of(lines, known) if is_said else None
        value = table[known.name] if is_said else known.default
        found.append(Standing(known, value, 0 if place is None else place + 1))
    return found


def changed(text: str, changes: Mapping[tuple[str, str], Value], path: Path) -> str:
    r"""A text of settings with some of them changed.

    Args:
        text: As it is.
        changes: By table (empty for the top) and name; ``None`` takes the line away.
        path: Named in errors.

    Raises:
        WorkspaceError: There is no such setting, it would be refused, or it stands in the file in
            a way that only a person should change.

    >>> text = "# mine\n[store]\nretention_days = 7  # a week\n"
    >>> print(changed(text, {("store", "retention_days"): 30}, Path("packetflow.toml")), end="")
    # mine
    [store]
    retention_days = 30  # a week
    """
    wanted = _checked(text, path)
    known = {(one.table, one.name): one for one in KNOWN}
    for place, value in changes.items():
        if place not in known:
            raise WorkspaceError(f"{path}: there is no setting {'.'.join(place)}", path=str(path))
        table, name = place
        if isinstance(value, (int, float)) and not value >= known[place].least:
            message = f"{path}: {name} must be {known[place].least} or more, not {value}"
            raise WorkspaceError(message, path=str(path), setting=name)
        inside = wanted.setdefault(table, {}) if table else wanted
        text = _with_line(text, known[place], value)
        inside.pop(name, None)
        if value is not None:
            inside[name] = value
    try:
        is_said = _bare(tomllib.loads(text)) == _bare(wanted)
    except tomllib.TOMLDecodeError:
        is_said = False
    if not is_said:
        names = ", ".join(name for _, name in changes)
        message = f"{path} says {names} in a way that is not changed from here; edit it by hand"
        raise WorkspaceError(message, path=str(path))
    _checked(text, path)
    return text


def write(folder: Path, text: str, *, seen: str) -> None:
    """Write a text of settings, and keep the one before.

    Args:
        folder: The workspace.
        text: What to write.
        seen: The text that was changed; another one there now is not overwritten.

    Raises:
        WorkspaceError: It would be refused, the file has changed meanwhile, or cannot be written.
    """
    path = config_path(folder)
    _checked(text, path)
    if read_text(folder) != seen:
        raise WorkspaceError(f"{path} was changed meanwhile; look at it again", path=str(path))
    try:
        former_path(folder).parent.mkdir(mode=0o700, exist_ok=True)
        for place, content in ((former_path(folder), seen), (path, text)):
            scratch = place.with_name(f".{place.name}.new")
            scratch.write_text(content, "utf-8")
            if place.exists():
                scratch.chmod(place.stat().st_mode & 0o777)
            scratch.replace(place)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}"
        raise WorkspaceError(message, path=str(path)) from error


def former(folder: Path) -> str | None:
    """The text before the last change from here; ``None`` if there was none."""
    try:
        return former_path(folder).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _checked(text: str, path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{path} is no TOML: {error}", path=str(path)) from error
    store_settings.settings_of(content, path)
    runner_settings.settings_of(content, path)
    for one in KNOWN:
        value = content.get(one.name) if not one.table else None
        if value is not None and not isinstance(value, one.kind):
            raise WorkspaceError(
                f"{path}: {one.name} must be a text, not {value!r}", path=str(path)
            )
    return content


def _bare(content: Mapping[str, Any]) -> str:
    """What is said, as text, so that 1, 1.0 and true differ; empty tables say nothing."""
    return repr({name: value for name, value in sorted(content.items()) if value != {}})


_TABLE = re.compile(r"\s*\[\s*([^\[\]]*?)\s*\]\s*(#.*)?$")


def _section(lines: list[str], table: str) -> range | None:
    """The lines of a table below its head; of the top for no name."""
    heads = [place for place, line in enumerate(lines) if line.lstrip().startswith("[")]
    if not table:
        return range(heads[0] if heads else len(lines))
    for place, following in zip(heads, [*heads, len(lines)][1:], strict=True):
        head = _TABLE.match(lines[place])
        if head and head[1] == table:
            return range(place + 1, following)
    return None


def _line_of(lines: list[str], known: Known) -> int | None:
    section = _section(lines, known.table) or range(0)
    key = re.compile(rf"""\s*["']?{re.escape(known.name)}["']?\s*=""")
    return next((place for place in section if key.match(lines[place])), None)


def _with_line(text: str, known: Known, value: Value) -> str:
    lines = text.splitlines()
    place = _line_of(lines, known)
    if place is not None and value is None:
        del lines[place]
    elif place is not None:
        key, _, rest = lines[place].partition("=")
        lines[place] = f"{key.rstrip()} = {_written(value)}{_comment(rest)}"
    elif value is not None:
        section = _section(lines, known.table)
        if section is None:
            lines += [*([""] if lines else []), f"[{known.table}]"]
            section = range(len(lines), len(lines))
        end = section.stop
        while end > section.start and not lines[end - 1].strip():
            end -= 1
        lines.insert(end, f"{known.name} = {_written(value)}")
    return "\n".join(lines) + "\n" if lines else ""


def _comment(rest: str) -> str:
    """What follows a value in its line, blanks included."""
    for place, sign in enumerate(rest):
        if sign == "#":
            try:
                tomllib.loads(f"x = {rest[:place]}")
            except tomllib.TOMLDecodeError:
                continue
            value = rest[:place].rstrip()
            return rest[len(value) :]
    return ""


def _written(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
