"""The moving parts of one execution: its `Run`, and the `Frame` in which steps read and write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec.msgpack import Ext

from packetflow.capabilities.context import Called
from packetflow.engine.events import Event
from packetflow.engine.past import Past, Place
from packetflow.engine.values import pack, pack_all, said_by, sound
from packetflow.engine.veil import fixed_words, without, words_of
from packetflow.errors import CapabilityFailed
from packetflow.kernel.clock import both_ns
from packetflow.kernel.order import Moment
from packetflow.kernel.records import (
    ExecutionEnded,
    ExecutionStarted,
    LogLine,
    Path,
    Record,
    SpanEnded,
    Spans,
    StepDecision,
    ValueTag,
    WaitStarted,
)

if TYPE_CHECKING:
    import asyncio

    from packetflow.capabilities.contract import Port
    from packetflow.engine.engine import Engine
    from packetflow.engine.plan import Plan

_log = logging.getLogger(__name__)

Scope: TypeAlias = dict[str, Any]
Written = TypeVar("Written", ExecutionStarted, SpanEnded, ExecutionEnded)

Listener: TypeAlias = Callable[[Event], None]

NO_TAGS: Final[dict[str, str]] = {}
"""Shared by all executions without tags; never changed."""
OWN_SPAN: Final = ""
"""Among the facts of a step under way: the number of its span, where calls inside it have it."""

_IN_MEMORY_ONLY: Final = frozenset({int(ValueTag.OPAQUE), int(ValueTag.SECRET)})
_UNFIT: Final = (OverflowError, TypeError, UnicodeEncodeError, RecursionError)
"""What a record's encoder raises for values that it does not take."""
_NOTHING: Final[frozenset[Any]] = frozenset()


class StepFailed(Exception):
    """A step failed; policies look at its cause."""

    def __init__(
        self,
        step: str,
        path: Path,
        cause: BaseException,
        inputs: Mapping[str, Any],
        *,
        text: str = "",
        trail: str = "",
    ) -> None:
        super().__init__(step)
        self.text = text
        self.trail = trail
        self.step = step
        self.path = path
        self.cause = cause
        self.inputs = inputs


class Run:
    """One execution under way.

    ``special`` is True while anything beyond plain running is wanted of a step: a past to reuse,
    listeners, modules. Steps look at this one flag.
    """

    __slots__ = (
        "agent",
        "append",
        "append_all",
        "arrival",
        "asking",
        "attributes",
        "busy",
        "calls",
        "cancelled",
        "driver",
        "durable",
        "engine",
        "epoch",
        "hidden",
        "id",
        "inputs",
        "intents",
        "last_span",
        "leaves_questions",
        "listeners",
        "now",
        "passivated",
        "past",
        "plan",
        "put_off",
        "spans",
        "special",
        "started_at",
        "stop_reason",
        "tags",
        "taken",
        "user",
        "waited",
        "waiting",
        "wall_offset",
    )

    def __init__(self, engine: Engine, execution_id: str, epoch: int, past: Past | None) -> None:
        self.engine = engine
        self.id = execution_id
        self.epoch = epoch
        self.past = past
        self.append = engine.append
        self.append_all = engine.append_all
        self.now = engine.clock.monotonic_ns
        self.durable = engine.sink.durable
        self.spans = Spans()
        self.last_span = 0
        self.listeners: list[Listener] = []
        self.special = past is not None or bool(engine.chain)
        self.attributes: dict[Place, dict[str, Any]] = {}
        self.cancelled = False
        self.calls: dict[Place, tuple[str, Called | CapabilityFailed]] | None = None
        self.intents: AbstractSet[Place] = _NOTHING
        self.inputs: Scope = {}
        self.plan: Plan | None = None
        self.hidden: AbstractSet[str] = _NOTHING
        self.passivated = False
        self.put_off: tuple[WaitStarted, ...] = ()
        self.leaves_questions = False
        self.asking = 0
        self.busy = 0
        self.waiting = 0
        self.waited = 0
        self.driver: asyncio.Task[Any] | None = None
        self.user: str | None = None
        self.agent: str | None = None
        self.tags: dict[str, str] = NO_TAGS
        self.taken: AbstractSet[str] = _NOTHING if past is None else past.taken
        self.stop_reason = ""
        self.arrival = engine.order()
        self.started_at, now = both_ns(engine.clock)
        self.wall_offset = self.started_at - now

    @property
    def began(self) -> Moment:
        """When it first began."""
        return Moment(self.arrival, self.started_at)

    @property
    def is_ours(self) -> bool:
        """False once another runner has taken the execution over."""
        leases = self.engine.leases
        return leases is None or leases.holds(self.id, self.epoch)

    def keep(self, span: SpanEnded, others: list[Record] | None = None) -> None:
        """Keep a span, and records that belong to it, in the journal, then with the execution.

        Raises:
            JournalFull: The disk is full.
        """
        try:
            if others:
                self.append_all([span, *others])
            else:
                self.append(span)
        except _UNFIT:
            span = self.write(span, "outputs")
            if others:
                self.append_all(others)
        self.spans.append(span)

    def let_go(self) -> None:
        """Throw away what is made from now on: the execution has ended without it."""
        keep = self.append
        self.spans = Spans()
        self.listeners = []

        def late(record: Record) -> None:
            if isinstance(record, SpanEnded) and record.kind == "capability":
                keep(self.lateness(record.step))

        self.append = late
        self.append_all = lambda records: late(records[0])

    def lateness(self, step: str) -> LogLine:
        """The line about a step that ended after it was cancelled."""
        text = f"step {step!r} ended after it was cancelled; its result was thrown away"
        at = self.engine.clock.wall_ns()
        return LogLine(self.id, 0, at, "late", "warning", text, {"step": step})

    def write(self, record: Written, payload: str) -> Written:
        """Append a record to the journal; values that no record takes are packed one by one.

        Args:
            record: The record.
            payload: The field that holds its values.

        Returns:
            The record as it was kept.

        Raises:
            JournalFull: The disk is full.
        """
        try:
            self.append(record)
        except _UNFIT:
            packed = {name: pack(value) for name, value in getattr(record, payload).items()}
            record = msgspec.structs.replace(record, **{payload: packed})
            self.append(record)
        return record

    def with_attributes(self, span: SpanEnded) -> SpanEnded:
        """The span with the facts its step recorded."""
        facts = self.attributes.pop((span.step, span.path), None)
        if facts is None:
            return span
        number = facts.pop(OWN_SPAN, span.span_id)
        return msgspec.structs.replace(span, span_id=number, attributes=facts or None)

    def idle(self) -> None:
        """Tell the engine that nothing but waiting is left to do, if it may be put aside."""
        if self.busy == 0 and self.driver is not None:
            self.engine.idle(self)

    @property
    def only_waits(self) -> bool:
        """True while nothing is under way but waiting for events."""
        return self.waiting > 0 and self.busy == 0

    @property
    def secrets(self) -> frozenset[str]:
        """The names of its values that may not be shown."""
        return _NOTHING if self.plan is None else self.plan.secrets

    def hide(self, ports: Mapping[str, Port], values: Mapping[str, Any]) -> None:
        """Black the values of secret ports out of all texts from now on."""
        words = {
            word
            for name, port in ports.items()
            if port.secret and name in values
            for word in words_of(values[name])
        }
        self.hidden = self.hidden | words

    def scrubbed(self, text: str) -> str:
        """A text that can be kept, without the secrets that the execution has come across."""
        plan = self.plan
        if plan is None:
            return sound(text)
        for name in plan.secrets:
            if name in self.inputs:
                text = without(text, words_of(self.inputs[name]))
        return sound(without(without(text, fixed_words(plan.step)), self.hidden))

    def told(self, error: BaseException) -> str:
        """What an error says, without secrets and cut to 2,000 characters.

        Of a `StepFailed`, what its cause says.
        """
        if isinstance(error, StepFailed):
            return error.text or self.told(error.cause)
        text = self.scrubbed(said_by(error) or type(error).__name__)
        return text if len(text) <= 2000 else text[:1990] + " ... (cut)"

    def can_be_parked(self) -> bool:
        """Tell whether the journal holds all that is needed to go on from it.

        A secret, or a value that could not be kept, exists in memory only.
        """
        if self.secrets:
            return False
        kept = [pack_all(self.inputs, {}), *(span.outputs for span in self.spans)]
        return not any(
            isinstance(slot, Ext) and slot.code in _IN_MEMORY_ONLY
            for payload in kept
            for slot in payload.values()
        )

    def tell(self, event: Event) -> None:
        """Hand an event to whoever listens."""
        for listener in tuple(self.listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a border: whoever looks on must not harm the run
                _log.exception("a listener of execution %s failed and is dropped", self.id)
                self.listeners.remove(listener)

    def listen(self, listener: Listener) -> None:
        """Add a listener."""
        self.listeners.append(listener)
        self.special = True

    def take(self, event_id: str) -> None:
        """Note that a wait has taken an event."""
        self.taken = {*self.taken, event_id}

    def let_take(self, event_id: str) -> None:
        """Note that the wait which took an event has ended without it: another may take it."""
        self.taken = self.taken - {event_id}

    def intend(self, place: Place) -> None:
        """Note that a guarded effect begins."""
        self.intents = {*self.intents, place}

    def settle(self, place: Place) -> None:
        """Note that a guarded effect has its outcome."""
        self.intents = (self.intents - {place}) or _NOTHING
        if self.past is not None:
            self.past.intents.discard(place)

    def unlisten(self, listener: Listener) -> None:
        """Take a listener away."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def is_done(self, place: Place) -> bool:
        """Tell whether an earlier life completed a step, so that no policy has a say any more."""
        return self.past is not None and place in self.past.done

    def new_span(self) -> int:
        """The next span number; they count up within an execution."""
        self.last_span += 1
        return self.last_span

    def decided(self, step: str, path: Path, what: str) -> int | str | None:
        """What a container chose in an earlier life, if anything."""
        if self.past is None:
            return None
        found = self.past.decisions.get((step, path, what))
        return None if found is None else found.value

    def decide(self, place: Place, what: str, value: int | str) -> None:
        """Keep what a container chose."""
        step, path = place
        at = self.engine.clock.wall_ns()
        self.append(StepDecision(self.id, self.epoch, step, path, what, value, at))


class Frame:
    """Where a step runs: its scope, its place among items and passes, its attempt."""

    __slots__ = ("attempt", "parent", "path", "run", "scope")

    def __init__(
        self, run: Run, scope: Scope, path: Path = (), parent: int = 0, *, attempt: int = 1
    ) -> None:
        self.run = run
        self.scope = scope
        self.path = path
        self.parent = parent
        self.attempt = attempt

    def inner(self, scope: Scope, *index: int, parent: int | None = None) -> Frame:
        """A frame inside this one, with a scope of its own."""
        path = (*self.path, *index) if index else self.path
        span = self.parent if parent is None else parent
        return Frame(self.run, scope, path, span, attempt=self.attempt)

    def again(self, attempt: int) -> Frame:
        """The same frame for a later try."""
        return Frame(self.run, self.scope, self.path, self.parent, attempt=attempt)
