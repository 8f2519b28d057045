"""What a compiled plan is made of.

``start`` runs a node in a frame. It answers ``None`` when the node has ended, else a coroutine
that must be awaited in the task that called ``start``: so a step that never waits costs no
coroutine, and nothing recurses over the length of a composition.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeAlias

from packetflow.engine.state import Frame

Pending: TypeAlias = Coroutine[Any, Any, None] | None


class Node(Protocol):
    """One compiled step."""

    inline: bool
    """True when it never waits, so it may be started outside a task of its own."""

    def start(self, frame: Frame) -> Pending:
        """Run it, as far as it goes without waiting.

        Raises:
            StepFailed: It failed before it had to wait.
        """
        ...
