"""Where a capability's `Context` leads: its words become records and events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.context import Context, Stop
from packetflow.engine.events import Logged, PartialOutput, Progressed
from packetflow.engine.state import Frame
from packetflow.engine.values import pack_all
from packetflow.engine.waiters import new_event
from packetflow.errors import RunError
from packetflow.kernel.records import LogLine, MessagePosted, Path

if TYPE_CHECKING:
    from packetflow.capabilities.context import Called
    from packetflow.engine.calls import Calls
    from packetflow.engine.events import Event
    from packetflow.engine.use import UseNode


def idempotency_key(frame: Frame, step_id: str) -> str:
    """The same for every try of one step at one item and pass of one execution."""
    return key_of(frame.run.id, step_id, frame.path)


def key_of(execution_id: str, step_id: str, path: Path) -> str:
    """The idempotency key of a step at a place."""
    index = ".".join(str(one) for one in path if one >= 0)
    return f"{execution_id}:{step_id}:{index}"


def make_context(node: UseNode, frame: Frame) -> Context:
    """The context of one call."""
    run = frame.run
    reporter = StepReporter(node, frame)
    return Context(
        execution_id=run.id,
        step=node.id,
        path=frame.path,
        attempt=frame.attempt,
        idempotency_key=idempotency_key(frame, node.id),
        user=run.user,
        agent=run.agent,
        workspace=run.engine.folder,
        reporter=reporter,
        _stop=reporter.is_over,
    )


class StepReporter:
    """Implements `packetflow.capabilities.context.Reporter`; may be called from any thread.

    Attributes:
        is_over: Set once the call failed or was stopped. What it says from then on is thrown away,
            as its result is, but for lines of the log.
    """

    __slots__ = ("_asked", "_calls", "_frame", "_loop", "_node", "_posted", "_sent", "is_over")

    def __init__(self, node: UseNode, frame: Frame) -> None:
        self._node = node
        self._frame = frame
        self._loop = asyncio.get_running_loop()
        self._asked = 0
        self._posted = 0
        self._sent = 0
        self._calls: Calls | None = None
        self.is_over = Stop()

    def log(self, level: str, text: str, fields: Mapping[str, Any]) -> None:
        """Keep a line."""
        self._keep("log", level, text, fields)
        frame = self._frame
        event = Logged(frame.run.id, self._node.id, frame.path, level, self._scrubbed(text))
        self._tell(event)

    def _scrubbed(self, text: str) -> str:
        return self._frame.run.scrubbed(text)

    def _scrubbed_all(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._scrubbed(value) if isinstance(value, str) else value
            for name, value in facts.items()
        }

    def progress(self, fraction: float, text: str) -> None:
        """Show how far the step is; only listeners see it."""
        frame, text = self._frame, self._scrubbed(text)
        self._tell(Progressed(frame.run.id, self._node.id, frame.path, fraction, text))

    def partial(self, value: Any) -> None:
        """Show a piece of the output; only listeners see it."""
        if self._node.redacts:
            return
        frame = self._frame
        self._tell(PartialOutput(frame.run.id, self._node.id, frame.path, value))

    def record(self, attributes: Mapping[str, Any]) -> None:
        """Add facts to the step's span."""
        if self.is_over.is_set:
            return
        place = (self._node.id, self._frame.path)
        kept = pack_all(self._scrubbed_all(attributes), {})
        self._frame.run.attributes.setdefault(place, {}).update(kept)

    def ask(self, question: str, choices: Sequence[str], form: Mapping[str, Any]) -> Awaitable[Any]:
        """Wait for a person's answer; the questions of one call are counted."""
        from packetflow.engine.waits import Asked, ask_person

        if self.is_over.is_set:
            raise RunError(f"step {self._node.id!r} is over; nobody answers {question!r}")
        if self._calls is not None:
            self._calls.go_on()
        self._asked += 1
        asked = Asked(
            self._scrubbed(question),
            tuple(choices),
            self._scrubbed(json.dumps(form, ensure_ascii=False)) if form else "",
        )
        return ask_person(self._frame, self._node.id, asked, number=self._asked)

    def post(self, room: str, content: str, author: str, role: str) -> str:
        """Keep a message in a room; a repeated try of the step posts the same message again."""
        run = self._frame.run
        self._posted += 1
        message_id = f"{idempotency_key(self._frame, self._node.id)}#{self._posted}"
        at = run.engine.clock.wall_ns()
        content = self._scrubbed(content)
        if self.is_over.is_set:
            return message_id
        run.append(MessagePosted(message_id, room, at, role, author, content, run.id))
        return message_id

    def emit(self, event: str, payload: Mapping[str, Any], key: str) -> str:
        """Send a named event; a repeated try of the step sends the same event again."""
        run = self._frame.run
        self._sent += 1
        event_id = f"{idempotency_key(self._frame, self._node.id)}!{self._sent}"
        payload, engine = self._scrubbed_all(payload), run.engine
        arrived = new_event(engine, event, payload, key=key, event_id=event_id, source=run.id)
        if self.is_over.is_set:
            return arrived.event_id
        run.append(arrived)
        self._loop.call_soon_threadsafe(run.engine.deliver, arrived)
        return arrived.event_id

    @property
    def is_asking(self) -> bool:
        """Whether the execution waits for a person's answer."""
        return self._frame.run.asking > 0

    def find(self, names: Sequence[str]) -> list[Any]:
        """Capabilities and pipelines by names and patterns."""
        return self._caller().find(names)

    def call(self, what: Any, inputs: Mapping[str, Any]) -> Awaitable[Called]:
        """Call a capability or pipeline as a step inside this one."""
        if self.is_over.is_set:
            raise RunError(f"step {self._node.id!r} is over; it calls nothing any more")
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is not self._loop:
            raise RunError(
                f"step {self._node.id!r} calls others from a thread; make its function async"
            )
        return self._caller().begin(what, inputs)

    def _caller(self) -> Calls:
        from packetflow.engine.calls import Calls

        if self._calls is None:
            self._calls = Calls(self._node, self._frame)
        return self._calls

    def _keep(self, kind: str, level: str, text: str, fields: Mapping[str, Any]) -> None:
        run = self._frame.run
        text, fields = self._scrubbed(text), self._scrubbed_all(fields)
        facts = pack_all(fields, {}) | {"step": self._node.id}
        at = run.engine.clock.wall_ns()
        run.append(LogLine(run.id, 0, at, kind, level, text, facts))

    def _tell(self, event: Event) -> None:
        run = self._frame.run
        if run.listeners and not self.is_over.is_set:
            self._loop.call_soon_threadsafe(run.tell, event)
