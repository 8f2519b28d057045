"""How a workspace's runner behaves: the ``[runner]`` table of ``packetflow.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from packetflow.errors import WorkspaceError
from packetflow.workspace.presence import STALE_SECONDS


class RunnerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in seconds.

    Attributes:
        linger_seconds: How long a runner stays after its last client, when nothing needs it.
        start_seconds: How long a new runner may take until it is ready.
        stale_seconds: A runner whose event loop has stood still for longer counts as frozen and is
            replaced.
        stop_seconds: How long executions may go on after a request to stop, then they are
            cancelled.
        memory_limit_mb: The most address space of a runner, in MiB; no limit by default.
        stay: Whether a runner stays without a client while a trigger, or an execution that waits,
            counts on it.
        watch: Whether a changed capability file or ``packetflow.toml`` puts a new runner in place.
    """

    linger_seconds: float = 2.0
    start_seconds: float = 60.0
    stale_seconds: float = STALE_SECONDS
    stop_seconds: float = 2.0
    memory_limit_mb: int | None = None
    stay: bool = False
    watch: bool = True


def read_settings(folder: Path) -> RunnerSettings:
    """Read a workspace's settings; the defaults where it says nothing.

    Raises:
        WorkspaceError: ``packetflow.toml`` cannot be read or has an unknown or wrong setting.
    """
    path = folder / "packetflow.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return RunnerSettings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}", path=str(path)) from error
    return settings_of(content, path)


def settings_of(content: Mapping[str, Any], path: Path) -> RunnerSettings:
    """The settings in what a file of settings says; *path* is named in errors.

    Raises:
        WorkspaceError: A setting is unknown or wrong.
    """
    try:
        return msgspec.convert(content.get("runner", {}), RunnerSettings)
    except msgspec.ValidationError as error:
        raise WorkspaceError(f"{path}, table [runner]: {error}", path=str(path)) from error
