"""What reaches a workspace from outside: events, people's answers and opinions, and outcomes."""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.calling import shows_how
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Execution
from packetflow.engine.sync import LoopThread
from packetflow.engine.waiters import answer_event, new_event
from packetflow.errors import UnknownName, WorkspaceError, WrongType
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, Path, ScoreGiven, WaitStarted
from packetflow.store.journal import JournalWriter
from packetflow.store.port import Recall
from packetflow.workspace.archive import Archive

if TYPE_CHECKING:
    from packetflow.store.inproc import MemoryStore


class Arrivals:
    """The part of a workspace that takes events, answers and scores.

    Attributes:
        role: What this process is, which events carry as their source.
        journal: Where they are kept before anybody gets them.
        recall: Where what waits is looked up.
        archive: The memory of executions.
        engine: Hands them to executions that wait here.
    """

    role: str
    journal: JournalWriter | MemoryStore
    recall: Recall
    archive: Archive
    engine: Engine
    _thread: LoopThread | None

    @shows_how("ws.emit('paid', {'amount': 9.5}, key='17')", WorkspaceError)
    def emit(
        self,
        event: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        event_id: str | None = None,
    ) -> str:
        """Send a named event to whoever waits for it, now or later; answers its id.

        Args:
            event: Its name.
            payload: Named values.
            key: Whom it concerns, for waits with a key; a number counts as its text.
            event_id: Its id, when it comes from elsewhere and may come twice.

        Raises:
            WorkspaceError: It has no name, or its payload is none.
            StoreError: It cannot be kept.
        """
        arrived = self.send(event, payload or {}, key=key, event_id=event_id)
        self.deliver(arrived)
        return arrived.event_id

    def send(
        self, event: str, payload: Mapping[str, Any], *, key: str = "", event_id: str | None = None
    ) -> EventArrived:
        """Keep an event, without handing it to anybody here; raises as `emit` does."""
        if not isinstance(event, str) or not event or not isinstance(payload, Mapping):
            raise WorkspaceError(
                "an event has a name, a text, and named values: "
                f"ws.emit('paid', {{'amount': 9.5}}); here: {event!r}, {reprlib.repr(payload)}"
            )
        event_id, source = event_id or new_id(), self.role
        engine = self.engine
        arrived = new_event(engine, event, payload, key=key, event_id=event_id, source=source)
        self.journal.append(arrived)
        return arrived

    def send_answer(
        self, execution_id: str, step: str, value: Any, path: Path = ()
    ) -> EventArrived:
        """Keep a person's answer to the question now open, without handing it to anybody here.

        What a step waits for as an event may be answered, too.

        Raises:
            UnknownName: That step of that execution does not wait now.
            WrongType: It is none of the choices.
        """
        waiting = [row for row in self.waiting() if row["execution_id"] == execution_id]
        named = (step, tuple(path))
        meant = [row for row in waiting if (row["step"], tuple(row["path"] or ())) == named]
        if not meant:
            places = [_place(row["step"], row["path"] or ()) for row in waiting]
            raise UnknownName("waiting step", _place(step, path), places)
        asked = [row for row in meant if str(row["event"]).startswith("answer:")]
        if not asked:
            return self.send(answer_event(execution_id, step, path), {"answer": value})
        choices = asked[-1]["choices"]
        if choices and value not in choices:
            said = f"is {value!r}; the choices are {', '.join(choices)}"
            raise WrongType("the answer", f"step {_place(step, path)!r}", said)
        return self.send(str(asked[-1]["event"]), {"answer": value})

    def deliver(self, arrived: EventArrived) -> None:
        """Hand an event to the executions that wait in this process."""
        if self._thread is not None:
            self._thread.loop.call_soon_threadsafe(self.engine.deliver, arrived)

    @shows_how("ws.answer(run.id, 'wait_approved', True)", WorkspaceError)
    def answer(self, execution_id: str, step: str, value: Any, path: Path = ()) -> str:
        """Answer the question of a step that waits for a person; answers the event's id.

        Raises:
            UnknownName: There is no such execution, or that step of it does not wait now.
            WrongType: It is none of the choices.
        """
        whole = self.archive.full_id(execution_id)
        arrived = self.send_answer(whole, step, value, path)
        self.deliver(arrived)
        return arrived.event_id

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for an event or a person, the oldest first."""
        return self.recall.waiting()

    def outcome(
        self,
        execution_id: str,
        timeout: float | None = None,
        *,
        served: Collection[WaitStarted] = (),
    ) -> Execution:
        """Wait in plain code until an execution is over, wherever it runs or waits.

        Args:
            execution_id: Its id, or its first or last characters.
            timeout: Seconds to wait at most.
            served: What it was put aside to wait for and has come since: then this also returns
                once it was put aside again, to wait for something else.

        Raises:
            UnknownName: There is none of that id.
            TimeoutError: It takes longer than *timeout* seconds.
        """
        return self.archive.outcome(self.archive.full_id(execution_id), timeout, served=served)

    def score(
        self,
        execution_id: str,
        value: float,
        *,
        step: str = "",
        name: str = "quality",
        comment: str = "",
        author: str = "",
    ) -> None:
        """Keep a person's opinion of an execution or one of its steps."""
        at = self.engine.clock.wall_ns()
        whole = self.archive.full_id(execution_id)
        self.journal.append(ScoreGiven(whole, step, name, float(value), comment, author, at))


def _place(step: str, path: Iterable[int]) -> str:
    return step + "".join(f"[{one}]" for one in path if one >= 0)
