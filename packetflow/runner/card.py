"""Where a runner is reached: its card, for programs that hold no user code.

Each runner has ``.packetflow/runners/ID.json`` (who it is, where it answers, mode 0600) beside its
sign of life (`packetflow.workspace.presence`). ``.packetflow/runner.json`` is a copy of the card of
the current runner, which takes new runs.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from packetflow.workspace.presence import is_locked, state_of

KEPT_SECONDS: Final = 3600.0
"""How long the files of a dead runner stay, so that people can look at them."""


class RunnerCard(msgspec.Struct, frozen=True):
    """Who a runner is and where it answers.

    ``born`` is the process's creation time as the operating system tells it (seconds since 1970),
    which no other process with the same ``pid`` shares; ``started_at`` is seconds since 1970.
    """

    runner: str
    pid: int
    born: float
    port: int
    token: str
    generation: int
    version: str
    protocol: int
    started_at: float


def current_path(folder: Path) -> Path:
    """The card of the runner that takes new runs."""
    return state_of(folder) / "runner.json"


def card_path(folder: Path, runner: str) -> Path:
    """The card of one runner."""
    return state_of(folder) / "runners" / f"{runner}.json"


def log_path(folder: Path) -> Path:
    """What runners, and capabilities that print, write."""
    return state_of(folder) / "runner.log"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its user can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)


def write_card(path: Path, card: RunnerCard) -> None:
    """Write a card for others to read."""
    write_private(path, msgspec.json.format(msgspec.json.encode(card)) + b"\n")


def read_card(path: Path) -> RunnerCard | None:
    """Read a card; ``None`` when there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunnerCard)
    except (OSError, msgspec.DecodeError):
        return None


def sweep(folder: Path, *, now: float | None = None) -> None:
    """Take away the files of runners that have been dead for an hour."""
    moment = time.time() if now is None else now
    for path in (state_of(folder) / "runners").iterdir():
        with contextlib.suppress(OSError):
            old = moment - path.stat().st_mtime > KEPT_SECONDS
            if old and path.suffix in {".json", ".lock"} and not is_locked(folder, path.stem):
                path.unlink()
