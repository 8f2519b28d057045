"""Starting and ending runner processes, one current runner a workspace.

Whoever starts a runner holds ``.packetflow/runner.start.lock`` and hands the lock to the new
process, which lets go once it has put its card in place. So two starters never race, and none of
them can die and leave the lock behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from packetflow.errors import NoRunner, WorkspaceError
from packetflow.runner.card import RunnerCard, current_path, log_path, read_card
from packetflow.runner.settings import RunnerSettings
from packetflow.store.forking import let_go
from packetflow.workspace.presence import Listener, is_alive, is_locked, state_of

HOST: Final = "packetflow.runner.host:Host"
LOG_BYTES: Final = 10 << 20
LOG_LINES: Final = 12
POLL_SECONDS: Final = 0.02


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a new runner reports when it has started; one of ``error`` and ``runner`` is set.

    ``was_there`` means that another runner is current already, so the new one left.
    """

    runner: str = ""
    was_there: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Which runner to start.

    Attributes:
        folder: The workspace.
        host: ``module:name`` of what makes the host.
        replaces: The id of the runner that it takes the place of; empty: of none.
    """

    folder: Path
    host: str = HOST
    replaces: str = ""


def launch(order: Order, settings: RunnerSettings) -> RunnerCard:
    """Start a runner and wait until it is ready, or answer the one that already is.

    Raises:
        WorkspaceError: The folder is not there or cannot be written to.
        NoRunner: It did not start; the message has its last words.
    """
    folder = order.folder
    if not folder.is_dir():
        raise WorkspaceError(f"no workspace folder at {folder}", folder=str(folder))
    state_of(folder).mkdir(exist_ok=True, mode=0o700)
    with start_lock(folder, settings.start_seconds) as lock:
        current = read_card(current_path(folder))
        if current is not None and current.runner != order.replaces:
            if _is_well(folder, current, settings):
                return current
            end_runner(folder, current)
        ready = _spawn(order, lock, settings.start_seconds)
        if ready.error:
            raise NoRunner(f"no runner could be started for {folder}: {ready.error}")
        found = read_card(current_path(folder))
    if found is None:
        raise NoRunner(f"the runner of {folder} left again; see {log_path(folder)}")
    return found


def is_taken(folder: Path, current: RunnerCard, replaces: str, settings: RunnerSettings) -> bool:
    """Tell whether the current runner is alive and none that is to be replaced."""
    if current.runner == replaces:
        return False
    return is_alive(folder, current.runner, stale_seconds=settings.stale_seconds)


def _is_well(folder: Path, current: RunnerCard, settings: RunnerSettings) -> bool:
    """Wait, where it is in doubt, until a runner has beaten again or has been silent for long."""
    listener = Listener(folder, current.runner, stale_seconds=settings.stale_seconds)
    while not is_taken(folder, current, "", settings):
        if listener.is_stale() or not is_locked(folder, current.runner):
            return False
        time.sleep(POLL_SECONDS)
    return True


def end_runner(folder: Path, card: RunnerCard) -> None:
    """Kill a runner and its worker processes, if it is still the process that wrote the card."""
    import psutil

    if not is_locked(folder, card.runner):
        return
    with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
        process = psutil.Process(card.pid)
        if abs(process.create_time() - card.born) > 1:
            return
        if os.getpgid(card.pid) == card.pid:
            os.killpg(card.pid, signal.SIGKILL)
        else:
            process.kill()
    deadline = time.monotonic() + 5
    while is_locked(folder, card.runner) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def start_lock(folder: Path, seconds: float) -> Iterator[int]:
    """Hold the right to start a runner; the descriptor that holds it can be handed on.

    Raises:
        WorkspaceError: The folder cannot be written to.
        NoRunner: Somebody else has held it for longer than *seconds*.
    """
    path = state_of(folder) / "runner.start.lock"
    try:
        lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error}", folder=str(folder)) from error
    with contextlib.ExitStack() as held:
        held.push(partial(_give_back, lock))
        _take(lock, folder, seconds)
        yield lock


def _take(lock: int, folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                raise NoRunner(
                    f"another process has been starting a runner for {folder} for more than "
                    f"{seconds:g} s; see {log_path(folder)}"
                ) from None
            time.sleep(POLL_SECONDS)
        else:
            return


def _give_back(lock: int, error: type[BaseException] | None, *_: object) -> None:
    """Free the lock; who is interrupted leaves it to the one that it was handed on to."""
    if error is None or issubclass(error, Exception):
        let_go(lock)
    else:
        os.close(lock)


def _spawn(order: Order, lock: int, seconds: float) -> Ready:
    read_end, write_end = os.pipe()
    try:
        process = _popen(order, lock, write_end)
    finally:
        os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        line = _first_line(pipe.fileno(), seconds)
    if line:
        return msgspec.json.decode(line, type=Ready)
    if line is None:
        process.kill()
        reason = f"it was not ready within {seconds:g} s"
    else:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        reason = f"it ended with {_ending(process.returncode)}"
    return Ready(
        error=f"{reason}; its last words in {log_path(order.folder).name}:\n"
        f"{last_words(order.folder)}"
    )


def _popen(order: Order, lock: int, write_end: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "packetflow.runner", str(order.folder)]
    command += ["--host", order.host, "--ready-fd", str(write_end), "--lock-fd", str(lock)]
    if order.replaces:
        command += ["--replaces", order.replaces]
    with _open_log(order.folder) as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=order.folder,
            env=_environment(),
            pass_fds=(lock, write_end),
            start_new_session=True,
        )
    threading.Thread(target=process.wait, name="reap-runner", daemon=True).start()
    return process


def _environment() -> dict[str, str]:
    """This process's environment, so that the same PacketFlow is imported."""
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    if Path(root).name not in {"site-packages", "dist-packages"} and root not in paths:
        environment["PYTHONPATH"] = os.pathsep.join([root, *filter(None, paths)])
    return environment


def _open_log(folder: Path) -> contextlib.AbstractContextManager[int]:
    path = log_path(folder)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
    return open_log(path)


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[int]:
    """Open a log file to append to, readable by its user only."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _first_line(descriptor: int, seconds: float) -> bytes | None:
    """A line; empty when the other end closed without one; ``None`` when time was up."""
    deadline = time.monotonic() + seconds
    line = b""
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            return None
        piece = os.read(descriptor, 65536)
        if not piece:
            return b""
        line += piece
    return line


def last_words(folder: Path) -> str:
    """The last lines of the runners' log."""
    try:
        with log_path(folder).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return "(nothing)"
    return "\n".join(lines[-LOG_LINES:]) or "(nothing)"


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
