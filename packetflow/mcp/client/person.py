"""Whoever logs in: is told the address, and shown it in a browser."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from packetflow.errors import WorkspaceError

LOGIN_SECONDS: Final = 300.0
"""So long somebody has to log in."""


def on_stderr(text: str) -> None:
    """Tell it where no program reads it."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Person:
    """Somebody who has asked to log in.

    Args:
        tell: Shows a text.
        browser: Whether a browser is opened.
        keyboard: Where the address that the browser ended at may be typed, if it runs on another
            machine; a terminal.
        seconds: How long they have.

    Attributes:
        was_asked: Whether a login was begun.
    """

    def __init__(
        self,
        tell: Callable[[str], None] = on_stderr,
        *,
        browser: bool = True,
        keyboard: TextIO | None = None,
        seconds: float = LOGIN_SECONDS,
    ) -> None:
        self.seconds = seconds
        self.was_asked = False
        self._tell = tell
        self._browser = browser
        self._keyboard = keyboard

    async def visit(self, server: str, url: str) -> None:
        """Send them to the address.

        Raises:
            WorkspaceError: Nobody is there.
        """
        self.was_asked = True
        self._tell(f"log in to {server}: {url}")
        if self._browser and await asyncio.to_thread(_opened, url):
            return
        is_seen = self._keyboard or sys.stderr.isatty() or "ipykernel" in sys.modules
        if self._browser and not is_seen:
            raise WorkspaceError("there is no browser here, and nobody who could log in")
        if self._keyboard is not None:
            self._tell("the browser is elsewhere? type the address that it ends at:")

    @contextmanager
    def heard(self, take: Callable[[str], tuple[int, str, str]]) -> Iterator[None]:
        """Take what they type meanwhile as an address that their browser ended at."""
        if self._keyboard is None:
            yield
            return
        loop, source, typed = asyncio.get_running_loop(), self._keyboard.fileno(), bytearray()

        def read() -> None:
            some = os.read(source, 4096)
            typed.extend(some)
            if not some:
                loop.remove_reader(source)
            while b"\n" in typed:
                line, _, rest = bytes(typed).partition(b"\n")
                typed[:] = rest
                status, title, _ = take(line.decode("utf-8", "replace").strip())
                if status != 200:
                    self._tell(f"{title}; type the whole address")

        loop.add_reader(source, read)
        try:
            yield
        finally:
            loop.remove_reader(source)


def _opened(url: str) -> bool:
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
