"""Starting an owner: as a process of its own or, where that cannot be, in a thread of this one.

Both take the same lock and follow the same rules, so it makes no difference to what is kept. A
process of its own is better: it outlives its client, and code that computes here does not slow it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from packetflow.errors import OwnerGone, StoreError
from packetflow.store.files import places
from packetflow.store.talk import last_words
from packetflow.store.transaction import as_store_error

_LOG_LIMIT = 1 << 20
_LEAVE_SECONDS = 2.0


class Launched(Protocol):
    """An owner that was started."""

    def has_ended(self) -> bool:
        """Tell whether it has left or could not start."""
        ...

    def failure(self) -> StoreError | None:
        """Why it could not start; None when another owner was there first."""
        ...


class OwnerProcess:
    """An owner as a process of its own that outlives this one; it says why in ``owner.log``.

    Args:
        folder: The workspace folder.

    Attributes:
        process: The process.

    Raises:
        OSError, ValueError: No process can be started here.
    """

    def __init__(self, folder: str | Path) -> None:
        spots = places(folder)
        spots.prepare()
        self._folder = spots.workspace
        self._log = spots.log
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.old"))
        descriptor = os.open(self._log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._said = os.fstat(descriptor).st_size
        try:
            self.process = subprocess.Popen(  # our own module
                [sys.executable, "-P", "-m", "packetflow.store", str(Path(folder).resolve())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        waiting = threading.Thread(
            target=self.process.wait, name="packetflow-owner-exit", daemon=True
        )
        waiting.start()

    def has_ended(self) -> bool:
        """Tell whether it has left or could not start."""
        return self.process.poll() is not None

    @property
    def never_began(self) -> bool:
        """It ended without a word: Python cannot run it as a process of its own."""
        code = self.process.poll()
        return code is not None and code > 0 and last_words(self._log, self._said) is None

    def failure(self) -> StoreError | None:
        """Why it could not start; None when another owner was there first."""
        code = self.process.poll()
        if not code:
            return None
        said = last_words(self._log, self._said)
        if said is not None:
            return said
        message = f"the owner of {self._folder} ended with exit code {code}; {self._log} says more"
        return OwnerGone(message, path=str(self._folder))


class OwnerThread:
    """An owner in a thread of this process; it leaves with its last client or with the process.

    Args:
        folder: The workspace folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = folder
        self._failure: StoreError | None = None
        self._close: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="packetflow-owner", daemon=True)
        self._thread.start()

    def has_ended(self) -> bool:
        """Tell whether it has left or could not start."""
        return not self._thread.is_alive()

    def failure(self) -> StoreError | None:
        """Why it could not start; None when another owner was there first."""
        return self._failure

    def _run(self) -> None:
        atexit.register(self._leave)
        try:
            self._serve()
        except OwnerGone:
            return
        except Exception as error:  # noqa: BLE001  # the border: nobody waits for this thread
            self._failure = as_store_error(error, self._folder)
        finally:
            atexit.unregister(self._leave)

    def _serve(self) -> None:
        from packetflow.store.owner import Owner
        from packetflow.store.server import Server

        server = Server(Owner(self._folder))
        self._close = server.let_go
        try:
            asyncio.run(server.run())
        finally:
            self._close = None

    def _leave(self) -> None:
        """At the end of Python: close, and see the thread end or DuckDB's bindings complain."""
        close = self._close
        if close is not None:
            close()
        self._thread.join(_LEAVE_SECONDS)


def launch(folder: str | Path) -> Launched:
    """Start an owner as a process of its own or, where none can be started, in a thread."""
    try:
        return OwnerProcess(folder)
    except (OSError, ValueError):
        return OwnerThread(folder)


def _environment() -> dict[str, str]:
    """Let the owner import this very PacketFlow, and nothing from the folder it is started in."""
    root = Path(__file__).parents[2]
    environment = dict(os.environ)
    if root.name not in {"site-packages", "dist-packages"}:
        paths = [str(root), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment
