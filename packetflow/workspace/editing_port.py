"""What an editor's desk needs from whoever holds the user's code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import DrawBoard, SearchPalette
from packetflow.workspace.recorded import Recorded


class UserCode(Protocol):
    """Draws boards and runs pipelines; asked on the desk's event loop.

    Every method may raise a `packetflow.errors.PacketFlowError`.
    """

    async def draw(self, request: DrawBoard) -> Drawn:
        """The board of a text."""
        ...

    async def palette(self, request: SearchPalette) -> bytes:
        """What can be put in, as JSON."""
        ...

    async def start(self, text: str, inputs: Mapping[str, Any], reuse: Mapping[str, str]) -> str:
        """Begin to run a text; its execution's id.

        ``reuse`` names steps that do not run: by id, the execution whose values they take.
        """
        ...

    async def follow(self, execution: str) -> AsyncIterator[Happening | Outcome]:
        """Listen to an execution; once this answers, nothing is missed. Its outcome is the last.

        One that was begun here, and is followed for the first time, tells its events from the first
        on; one that is under way, first which steps are. One that was put aside tells an outcome
        with the status ``waiting``; one of a process to which nobody here can listen, ``running``.
        """
        ...

    async def cancel(self, execution: str) -> None:
        """Stop an execution."""
        ...

    async def answer(self, execution: str, step: str, path: list[int], value: object) -> None:
        """Answer what a step waits for."""
        ...

    async def recorded(self, execution: str) -> Recorded:
        """What its steps were given and made."""
        ...

    def stamp(self) -> object:
        """Something that changes when user code has changed; asked in a thread."""
        ...
