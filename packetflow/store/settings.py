"""What a workspace may say about its store, in ``packetflow.toml`` under ``[store]``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packetflow.errors import WorkspaceError


@dataclass(frozen=True, slots=True)
class Settings:
    """How the owner behaves.

    Attributes:
        linger_seconds: The owner leaves this long after the last question, if it has no client.
        retention_days: What is older than this goes to Parquet files; 0 keeps all.
        journal_megabytes: So much of the newest journals stays although everything in them has
            ended: a run can be resumed, forked and replayed as long as its journal is there.
    """

    linger_seconds: float = 1.5
    retention_days: int = 0
    journal_megabytes: float = 64.0


def read_settings(workspace: str | Path) -> Settings:
    """Read the settings of a workspace; defaults where it says nothing.

    Raises:
        WorkspaceError: The file is no TOML, or a setting is unknown or not a number from 0 on.
    """
    path = Path(workspace) / "packetflow.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is no TOML: {error}"
        raise WorkspaceError(message, path=str(path)) from error
    return settings_of(content, path)


def settings_of(content: Mapping[str, Any], path: Path) -> Settings:
    """The settings in what a file of settings says; *path* is named in errors.

    Raises:
        WorkspaceError: A setting is unknown or not a number from 0 on.
    """
    wanted = content.get("store", {})
    if not isinstance(wanted, Mapping):
        raise WorkspaceError(f"{path}: store must be a table, [store]", path=str(path))
    known: dict[str, type[float | int]] = {
        "linger_seconds": float,
        "retention_days": int,
        "journal_megabytes": float,
    }
    values: dict[str, Any] = {}
    for name, value in wanted.items():
        if name not in known:
            message = f"{path}: [store] has no setting {name!r}; it has {', '.join(known)}"
            raise WorkspaceError(message, path=str(path), setting=name)
        if isinstance(value, bool) or not isinstance(value, int | known[name]) or not value >= 0:
            message = f"{path}: [store] {name} must be a number from 0 on, not {value!r}"
            raise WorkspaceError(message, path=str(path), setting=name)
        values[name] = value
    return Settings(**values)
