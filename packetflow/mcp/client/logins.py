"""What is kept of a login at a server: its tokens, and how they are renewed.

A workspace keeps them in ``.packetflow/logins``, one file a server that only its user can read.
Several processes use it at once, and a token that renews others is mostly good for once: who renews
holds the file's lock, and looks first whether somebody else has done so. A file is written whole or
not at all. A login made in a script or a notebook (`packetflow.mcp.connect`) is kept in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from packetflow.errors import WorkspaceError
from packetflow.kernel.ids import new_id
from packetflow.mcp.client.listings import stamp
from packetflow.store.forking import let_go
from packetflow.workspace.presence import state_of

if TYPE_CHECKING:
    from packetflow.mcp.client.settings import ServerSettings

_SENDABLE: Final = re.compile(r"[\x21-\x7e]+")
LOOK_SECONDS: Final = 0.02
LOCK_SECONDS: Final = 90.0
"""Whoever renews a login needs no longer; it has limits of time of its own."""


class Challenge(msgspec.Struct, frozen=True):
    """What a server asked for when nobody was there who could have logged in.

    Attributes:
        status: 401, or 403 for more rights than the login has.
        header: Its ``WWW-Authenticate``.
    """

    status: int
    header: str


class Login(msgspec.Struct, frozen=True, omit_defaults=True):
    """A login, or what is known of one that is still to be made.

    Attributes:
        url: The server; its tokens go nowhere else.
        tokens: What the authorization server gave; empty if nobody is logged in.
        due: When the access token has to be renewed, in seconds since 1970; 0 if that is not said.
        client: What this program is registered as.
        metadata: The authorization server, as it describes itself.
        resource: The server, as it describes itself to those who log in.
        challenge: What could not be answered yet.
    """

    url: str = ""
    tokens: dict[str, Any] = {}
    due: float = 0.0
    client: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    resource: dict[str, Any] = {}
    challenge: Challenge | None = None

    def __repr__(self) -> str:
        return f"<login at {self.url}>"

    @property
    def access(self) -> str:
        """The access token; empty if nobody is logged in, or it is none that can be sent."""
        token = str(self.tokens.get("access_token", ""))
        return token if _SENDABLE.fullmatch(token) else ""

    @property
    def is_due(self) -> bool:
        """Whether it has to be renewed, and can be."""
        return bool(self.due and time.time() >= self.due and self.tokens.get("refresh_token"))


class Kept:
    """The login at one server; in memory, unless there is a file for it.

    Args:
        url: The server. What is kept of another one does not count.
        path: The file.
    """

    def __init__(self, url: str, path: Path | None = None) -> None:
        self.path = path
        self._url = url
        self._stamp = (0, 0)
        self._login = Login(url)
        self._lock = asyncio.Lock()

    def read(self, *, fresh: bool = False) -> Login:
        """What is known now; the file is read again when it looks changed, or if it must be."""
        if self.path is None:
            return self._login
        now = stamp(self.path)
        if fresh or now != self._stamp:
            self._stamp, self._login = now, Login(self._url)
            with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
                found = msgspec.json.decode(self.path.read_bytes(), type=Login)
                if found.url == self._url:
                    self._login = found
        return self._login

    def write(self, login: Login) -> None:
        """Keep it; the lock must be held.

        Raises:
            WorkspaceError: The file cannot be written.
        """
        self._login = login
        if self.path is None:
            return
        scratch = self.path.with_name(f".{self.path.name}.{new_id()}")
        try:
            opened = os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(msgspec.json.encode(login))
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)
            raise WorkspaceError(
                f"cannot keep the login in {self.path}: {error.strerror or error}"
            ) from error
        self._stamp = stamp(self.path)

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold it against all who would change it, in this process and in others.

        Raises:
            WorkspaceError: The lock cannot be had.
        """
        async with self._lock:
            if self.path is None:
                yield
                return
            try:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            except OSError as error:
                said = error.strerror or error
                raise WorkspaceError(f"cannot write to {self.path.parent}: {said}") from error
            try:
                await _held(lock, self.path)
                yield
            finally:
                let_go(lock)


async def _held(lock: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise WorkspaceError(f"another process holds the login in {path}") from None
            await asyncio.sleep(LOOK_SECONDS)
        else:
            return


def login_path(folder: Path, server: str) -> Path:
    """The file of a workspace's login at a server."""
    return state_of(folder) / "logins" / f"{server}.json"


def standing(folder: Path, server: str, settings: ServerSettings) -> str:
    """How a workspace stands with a server: ``in``, ``needed``, or empty where nobody logs in."""
    if not settings.url or settings.login.machine or settings.has_token:
        return ""
    login = Kept(settings.url, login_path(folder, server)).read()
    if login.challenge is not None:
        return "needed"
    return "in" if login.access else ""


async def forget(folder: Path, server: str) -> bool:
    """Forget the login at a server; answers whether there was one."""
    kept = Kept("", login_path(folder, server))
    async with kept.locked():
        path = login_path(folder, server)
        was_there = path.exists()
        path.unlink(missing_ok=True)
        return was_there
