"""Small facts that the runners of a workspace share and that outlive them, as JSON files."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from packetflow.store.forking import let_go


class Remembered:
    """One mapping in one file; several processes may change it at once.

    Args:
        path: The file; made when something is first remembered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        """What is remembered; empty when there is nothing, or nothing that can be read."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def change(self, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Change what is remembered while nobody else does; written whole or not at all.

        Returns:
            What is remembered now.

        Raises:
            OSError: It cannot be written.
        """
        self._path.parent.mkdir(exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            facts = self.read()
            change(facts)
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(facts), encoding="utf-8")
            draft.replace(self._path)
            return facts
        finally:
            let_go(lock)
