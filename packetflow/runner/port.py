"""What a runner's server needs from the host that holds the user's code.

`packetflow.runner.host.Host` implements it. All calls are made on the runner's event loop. A call
that cannot be done raises a `packetflow.errors.PacketFlowError`, which the client gets back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Description, Happening, Listing, Outcome
from packetflow.kernel.messages import (
    AnswerStep,
    CapabilityRequest,
    DrawBoard,
    EmitEvent,
    ForkRun,
    SearchPalette,
)

Tell: TypeAlias = Callable[[Happening | Outcome], None]
"""Takes the events of an execution as they come; an `Outcome` is the last.

It is called on the event loop, returns at once and never raises, however slow its reader is.
`packetflow.engine.happenings` makes the former of the engine's events, `packetflow.runner.outcomes`
the latter of executions.
"""


class RunnerHost(Protocol):
    """The user's code, ready to run."""

    async def open(self) -> None:
        """Load capabilities and pipelines; executions may start when it returns.

        A file that cannot be loaded does not raise: it is in the listing's ``broken``.

        Raises:
            PacketFlowError: Nothing can run at all (the folder is gone, its version is newer).
        """
        ...

    async def listing(self, query: str, limit: int) -> Listing:
        """What there is that matches *query* (empty: everything), best first; *limit* 0: all."""
        ...

    async def describe(self, name: str, source: str | None) -> Description:
        """All about a saved pipeline or a capability, or about a pipeline's YAML text.

        Raises:
            UnknownName: There is none of that name.
            SourceError: The text cannot be read.
        """
        ...

    async def draw(self, request: DrawBoard) -> Drawn:
        """The board of a pipeline's text; a text that cannot be read has a board too.

        Raises:
            SourceError: The looks cannot be read.
        """
        ...

    async def palette(self, request: SearchPalette) -> bytes:
        """What can be put into a pipeline, best first, as JSON."""
        ...

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; its id is answered once its first record is kept.

        Args:
            request: What to run, with what. Its ``execution_id`` is used if it has one.
            tell: Takes all events from the first on, when somebody follows.

        Raises:
            PacketFlowError: It cannot run; nothing was started.
        """
        ...

    async def resume(self, execution_id: str, tell: Tell | None) -> str:
        """Take up an interrupted execution.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
            RunError: It is over.
        """
        ...

    async def fork(self, request: ForkRun, tell: Tell | None) -> str:
        """Begin a new execution that builds on the completed steps of another."""
        ...

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on of an execution that is under way here.

        Steps that are under way already are told to have begun. One that is over, or put aside,
        tells its `Outcome` at once.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
        """
        ...

    def unfollow(self, execution_id: str, tell: Tell) -> None:
        """Tell no more; does nothing when it was not told."""
        ...

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
        """
        ...

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for.

        Raises:
            UnknownName: No such execution, or no such step of it waits.
        """
        ...

    async def emit(self, request: EmitEvent) -> int:
        """Keep an event and hand it to whoever waits; answers how many executions took it."""
        ...

    def under_way(self) -> list[str]:
        """The executions that this runner works on now, without those put aside to wait."""
        ...

    def held(self) -> list[str]:
        """The executions that are here: those under way, and those that wait in memory."""
        ...

    async def needed(self) -> bool:
        """Whether the runner must stay although it has no client and nothing is under way.

        True while a trigger or a wait counts on it, or when that cannot be told. It is asked once
        for each time that the runner would leave.
        """
        ...

    async def retire(self) -> None:
        """A newer runner is in place: heed no trigger, let go of executions that only wait.

        Executions under way go on to their end.
        """
        ...

    async def close(self) -> None:
        """Cancel what is under way, and let go of everything."""
        ...


class MakeHost(Protocol):
    """Makes a host; ``packetflow.runner.host:Host`` is the usual one."""

    def __call__(self, folder: Path, *, runner: str) -> RunnerHost:
        """Make a host that is not open yet.

        Args:
            folder: The workspace.
            runner: The runner's id, for records and leases; see `packetflow.workspace.presence`.
        """
        ...
