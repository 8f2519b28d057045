"""Notices when capability files, or the workspace's settings, change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from packetflow.workspace.folder import CONFIG

LOOK_SECONDS: Final = 1.0
SETTLE_MILLISECONDS: Final = 300


class CodeWatch:
    """Watches the Python files of a workspace's ``capabilities`` folder, and ``packetflow.toml``.

    What changes between making it and following it is noticed too.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / "capabilities"
        self._settings = folder / CONFIG
        self._known = self._look()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End `follow`."""
        self._stop.set()

    async def follow(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Call *changed* after every change, once files have settled, until stopped."""
        while not self._stop.is_set():
            await self._settle(changed)
            if self._root.is_dir():
                await self._watch(changed)
            else:
                await self._pause()

    async def _watch(self, changed: Callable[[], Awaitable[None]]) -> None:
        from watchfiles import awatch

        changes = awatch(
            self._root,
            watch_filter=lambda _, path: path.endswith(".py"),
            debounce=SETTLE_MILLISECONDS,
            stop_event=self._stop,
            yield_on_timeout=True,
            rust_timeout=int(LOOK_SECONDS * 1000),
        )
        async for _ in changes:
            await self._settle(changed)
            if not self._root.is_dir():
                return

    async def _settle(self, changed: Callable[[], Awaitable[None]]) -> None:
        found = self._look()
        if found != self._known:
            self._known = found
            await changed()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stop.wait()

    def _look(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in (self._settings, *sorted(self._root.rglob("*.py"))):
            try:
                facts = path.stat()
            except OSError:  # not there, or taken away while looking
                continue
            found[str(path)] = (facts.st_mtime_ns, facts.st_size)
        return found
