"""An execution on a runner, as its client sees it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from packetflow.errors import PacketFlowError, RunnerLost
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import Answer, CapabilityResponse, Refused, RunAccepted, RunEvent
from packetflow.runner.link import Link, Moved, answered
from packetflow.runner.outbox import DROPPABLE
from packetflow.runner.payloads import Outputs
from packetflow.runner.refusals import MOVED

MOST_EVENTS: Final = 20_000
"""After so many, the newest progress mark or partial output takes the place of the one before."""


class Asks(Protocol):
    """What an execution needs of its client."""

    folder: Path

    def cancel(self, execution_id: str, reason: str = "cancelled") -> bool:
        """Stop an execution."""
        ...

    def answer(self, execution_id: str, step: str, value: Any, *, path: Sequence[int] = ()) -> None:
        """Answer what a step waits for."""
        ...


class RemoteRun:
    """Iterate it for its events from the first on, any number of times, or wait for its result.

    Safe to share between threads.

    Attributes:
        execution_id: The execution's id.
        dropped: How many progress marks and partial outputs were left out, once it is over.
    """

    def __init__(self, execution_id: str, client: Asks) -> None:
        self.execution_id = execution_id
        self.dropped = 0
        self.link: Link | None = None
        self._client = client
        self._changed = threading.Condition()
        self._accepted = False
        self._events: list[Happening] = []
        self._outcome: Outcome | None = None
        self._error: PacketFlowError | Moved | None = None
        self._wakers: list[Callable[[], None]] = []

    def take(self, answer: Answer | RunnerLost) -> None:
        """Take what the runner says; called by the connection's reader."""
        with self._changed:
            match answer:
                case RunAccepted(_, execution_id):
                    self.execution_id = execution_id
                    self._accepted = True
                case RunEvent(_, event):
                    self._keep(event)
                case CapabilityResponse(_, outcome, dropped):
                    self.execution_id = outcome.execution_id
                    self._accepted = True
                    self._outcome = outcome
                    self.dropped += dropped
                case RunnerLost():
                    self._error = interrupted(self.execution_id, answer)
                case Refused(code=code) if code == MOVED and self._accepted:
                    self._error = interrupted(self.execution_id, RunnerLost("its runner has left"))
                case Refused():
                    try:
                        answered(answer)
                    except (Moved, PacketFlowError) as error:
                        self._error = error
                case _:
                    return
            self._changed.notify_all()
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    def _keep(self, event: Happening) -> None:
        """Remember an event; a step that tells without end does not fill the memory."""
        is_many = len(self._events) >= MOST_EVENTS and event.kind in DROPPABLE
        if is_many and self._events[-1].kind in DROPPABLE:
            self._events[-1] = event
            self.dropped += 1
        else:
            self._events.append(event)

    def accepted(self) -> RemoteRun:
        """Wait until it has begun.

        Raises:
            Moved: The runner has been replaced.
            PacketFlowError: It cannot run, or the runner died first.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._accepted or self._error is not None)
            if not self._accepted and self._error is not None:
                raise self._error
        return self

    @property
    def events(self) -> list[Happening]:
        """What has happened so far."""
        with self._changed:
            return list(self._events)

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call *wake* whenever there is news, in the connection's thread; it returns at once."""
        with self._changed:
            self._wakers.append(wake)
        try:
            yield
        finally:
            with self._changed:
                self._wakers.remove(wake)

    def done(self) -> bool:
        """True once it is over, put aside or lost."""
        with self._changed:
            return self._is_over()

    def rests(self) -> bool:
        """True once it was put aside or lost: where it goes on, it has to be followed anew."""
        with self._changed:
            waits = self._outcome is not None and self._outcome.status == "waiting"
            return waits or (self._outcome is None and self._error is not None)

    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for how it ended; a failing step does not raise, the outcome says so.

        Args:
            timeout: Seconds to wait at most; ``None`` for as long as it takes.

        Raises:
            RunnerLost: Its runner is gone; `RunnerClient.resume` takes it up again.
            TimeoutError: It is not over in that time, and goes on.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_over, timeout):
                raise TimeoutError(
                    f"execution {self.execution_id} is not over after {timeout:g} s; it goes on"
                )
            if self._outcome is None:
                raise self._error or RunnerLost("the execution was let go")
            return self._outcome

    def outputs(self, timeout: float | None = None) -> Outputs:
        """Wait for what it made, rebuilt when read; raises as `result` does."""
        return Outputs(self.result(timeout).outputs, self._client.folder)

    def cancel(self, reason: str = "cancelled") -> bool:
        """Stop it; false when it was over already."""
        return self._client.cancel(self.execution_id, reason)

    def answer(self, step: str, value: Any, *, path: Sequence[int] = ()) -> None:
        """Answer what one of its steps waits for.

        Raises:
            UnknownName: No such step waits.
        """
        self._client.answer(self.execution_id, step, value, path=path)

    def __iter__(self) -> Iterator[Happening]:
        """Its events from the first on, until it is over.

        Raises:
            RunnerLost: Its runner is gone.
        """
        index = 0
        while (found := self._from(index, None)) is not None:
            yield from found
            index += len(found)

    async def __aiter__(self) -> AsyncIterator[Happening]:
        """The same for a program with an event loop; no thread waits meanwhile."""
        loop, news, index = asyncio.get_running_loop(), asyncio.Event(), 0

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed before we were
                loop.call_soon_threadsafe(news.set)

        with self.waking(wake):
            while True:
                news.clear()
                found = self._from(index, 0)
                if found is None:
                    return
                for event in found:
                    yield event
                index += len(found)
                if not found:
                    await news.wait()

    def _from(self, index: int, timeout: float | None) -> list[Happening] | None:
        """Events from *index* on once there are some; ``None`` when none can come any more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > index or self._is_over(), timeout)
            found = self._events[index:]
            if found or not self._is_over():
                return found
            if self._error is not None and self._outcome is None:
                raise self._error
            return None

    def _is_over(self) -> bool:
        return self._outcome is not None or self._error is not None

    def __repr__(self) -> str:
        with self._changed:
            state = "lost" if self._error else "under way"
            state = self._outcome.status if self._outcome else state
            return f"<run {self.execution_id[-8:]} {state}, {len(self._events)} events>"


def interrupted(execution_id: str, lost: RunnerLost) -> RunnerLost:
    """What is said of an execution whose runner is gone."""
    return RunnerLost(
        f"execution {execution_id} was interrupted: {lost.message}; what it completed is kept, "
        f"take it up again with resume({execution_id!r})",
        **{**vars(lost), "execution_id": execution_id},
    )
