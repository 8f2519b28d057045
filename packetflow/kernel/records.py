"""Everything that is kept, as one closed union of flat records.

A process appends these to its own journal; the owner brings them into DuckDB; resume reads them
back. They are arrays on the wire (fields by position, tag first), so **fields are only ever added
at the end, with a default**. Times are nanoseconds since 1970 UTC unless the name says otherwise.

A *payload* is a mapping of value names to encoded values: plain values as they are, others as
msgpack extensions (see `ValueTag`).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

import msgspec

Payload: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[int, ...]


class Status(StrEnum):
    """How an execution or a step stands."""

    RUNNING = "running"
    WAITING = "waiting"
    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    LOST = "lost"


FINAL = frozenset({Status.OK, Status.FAILED, Status.TIMED_OUT, Status.CANCELLED})


TOOK = "took_ns"
"""The attribute of a span that was taken over: how long it took before, in nanoseconds."""


class ValueTag(IntEnum):
    """Codes of the msgpack extensions in a payload."""

    BLOB = 1
    """An artifact on disk: msgpack ``[sha256 hex, media type, size in bytes]``."""
    ARROW = 2
    """An Arrow IPC stream."""
    OPAQUE = 3
    """A value that cannot be kept; the bytes are its ``repr``, cut to 200 characters."""
    SECRET = 4
    """A value marked secret; nothing of it is kept."""
    TYPED = 5
    """A value kept as plain data that its declared type rebuilds."""


MOST_NAMED = 5
"""So many spans are named where a list of them is shown in one line."""
MOST_CHARACTERS = 200
"""So much of a message is shown in one line."""


def place_text(step: str, path: Path) -> str:
    """A step with its item and pass indexes, without the marks of later tries.

    >>> place_text("rate", (3, -2, 0))
    'rate[3][0]'
    """
    return step + "".join(f"[{one}]" for one in path if one >= 0)


def one_line(text: str) -> str:
    r"""A text in one line, cut when it is long.

    >>> one_line("it broke\n  twice")
    'it broke twice'
    """
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 4]} ..."


class DefinitionSeen(msgspec.Struct, frozen=True, array_like=True, tag="def", gc=False):
    """A pipeline or capability as it was when it was first run here."""

    sha: str
    kind: str
    name: str
    version: str
    body: str
    at: int


class ExecutionStarted(msgspec.Struct, frozen=True, array_like=True, tag="exec", gc=False):
    """An execution begins, on the runner and under the lease epoch named.

    ``calls`` holds, for everything it calls (``use NAME``, ``call NAME``), its version and digests
    of its contract and its code. ``arrival`` is its number in the order in which things came
    (`packetflow.kernel.order`); 0 when not known.
    """

    execution_id: str
    epoch: int
    at: int
    name: str
    version: str
    definition_sha: str
    trigger: str
    inputs: Payload
    runner: str = ""
    parent_id: str | None = None
    retry_of: str | None = None
    user: str | None = None
    agent: str | None = None
    tags: dict[str, str] = {}
    calls: dict[str, tuple[str, ...]] = {}
    arrival: int = 0


class ExecutionResumed(msgspec.Struct, frozen=True, array_like=True, tag="resume", gc=False):
    """A runner takes the execution over; records of older epochs that come later do not count.

    ``read`` says how many records of each older epoch that runner had before it: exactly those
    count from then on. ``None`` (older versions) means those that were written earlier.
    """

    execution_id: str
    epoch: int
    at: int
    runner: str = ""
    reason: str = ""
    read: dict[int, int] | None = None


class SpanEnded(msgspec.Struct, frozen=True, array_like=True, tag="span", gc=False):
    """One timed call: a step, or a model call or custom span inside one.

    ``step`` and ``path`` (item and pass indexes from the outside in) name the place in the tree.
    A span of a step with status ``ok`` means completed: resume never runs that step again. One of
    the kind ``reused`` was taken over from an earlier execution: it has no duration, and
    ``attributes`` tell how long it took then (`TOOK`).
    """

    execution_id: str
    epoch: int
    span_id: int
    parent_span: int
    step: str
    path: Path
    kind: str
    name: str
    status: str
    attempt: int
    started: int
    duration_ns: int
    outputs: Payload = {}
    error_type: str = ""
    error: str = ""
    inputs: Payload | None = None
    attributes: dict[str, Any] | None = None

    @property
    def took_ns(self) -> int:
        """How long it took when it was done, maybe in an earlier execution."""
        if self.kind != "reused":
            return self.duration_ns
        return int((self.attributes or {}).get(TOOK, 0))

    def __repr__(self) -> str:
        tries = f", try {self.attempt}" if self.attempt > 1 else ""
        why = one_line(f": {self.error_type}: {self.error}") if self.error_type else ""
        took = f"{self.duration_ns / 1e6:,.3g} ms" if self.duration_ns < 1e9 else ""
        took = took or f"{self.duration_ns / 1e9:,.1f} s"
        return f"<span {place_text(self.step, self.path)} {self.status}{tries} {took}{why}>"


class Spans(list[SpanEnded]):
    """The spans of one execution; a list whose ``repr`` stays one line."""

    __slots__ = ()

    def __repr__(self) -> str:
        first = ", ".join(place_text(span.step, span.path) for span in self[:MOST_NAMED])
        more = f", ... {len(self) - MOST_NAMED:,} more" if len(self) > MOST_NAMED else ""
        bad = sum(span.status != Status.OK for span in self)
        end = f"; {bad:,} not ok" if bad else ""
        return f"<{len(self):,} spans{': ' if self else ''}{first}{more}{end}>"


class StepIntent(msgspec.Struct, frozen=True, array_like=True, tag="intent", gc=False):
    """A guarded effect is about to happen."""

    execution_id: str
    epoch: int
    step: str
    path: Path
    key: str
    at: int
    attempt: int = 1


class StepDecision(msgspec.Struct, frozen=True, array_like=True, tag="decide", gc=False):
    """What a container chose, so that a resumed run chooses the same.

    ``what`` is ``failed_alternative``, ``attempt``, ``collected`` (an item that failed),
    ``ambiguous`` (a person's answer), ``too_late`` (a wait), ``deadline D.T`` (the end of the time
    limit of try T with D others inside it), ``withdrawn`` (an intent that came to nothing),
    ``span`` (the number that a step's span will have), ``call`` (what it calls while it runs, with
    a digest of the inputs), ``call_failed`` (it failed, and the step went on) or, without a step,
    ``parked`` (put aside) and ``code`` (from here on runs the code whose ``calls`` it holds as
    JSON; none: it was refused).
    """

    execution_id: str
    epoch: int
    step: str
    path: Path
    what: str
    value: int | str
    at: int


class WaitStarted(msgspec.Struct, frozen=True, array_like=True, tag="wait", gc=False):
    """A step waits for an event.

    ``deadline`` is when its time, or that of a limit around it, is over; 0 when it may wait for
    ever. Events count for it from the number ``since`` on, in the order in which things came.
    ``form`` is what the answer looks like, a JSON Schema as text.
    """

    execution_id: str
    epoch: int
    step: str
    path: Path
    event: str
    key: str
    deadline: int
    at: int
    question: str = ""
    choices: tuple[str, ...] = ()
    since: int = 0
    form: str = ""

    def __repr__(self) -> str:
        what = f"asks {self.question!r}" if self.question else f"for event {self.event!r}"
        key = f", key {self.key!r}" if self.key else ""
        return f"<wait {place_text(self.step, self.path)} {what}{key}>"


class EventArrived(msgspec.Struct, frozen=True, array_like=True, tag="event", gc=False):
    """A named event from outside; ``event_id`` makes repeated deliveries one.

    ``arrival`` is its number in the order in which things came; 0 when not known.
    """

    event_id: str
    event: str
    key: str
    payload: Payload
    at: int
    source: str = ""
    arrival: int = 0


class ExecutionEnded(msgspec.Struct, frozen=True, array_like=True, tag="end", gc=False):
    """An execution is over."""

    execution_id: str
    epoch: int
    at: int
    status: str
    outputs: Payload
    failed_step: str = ""
    error_type: str = ""
    error: str = ""


class LogLine(msgspec.Struct, frozen=True, array_like=True, tag="log", gc=False):
    """A line that a capability logged, an audit entry, a progress mark or a notification."""

    execution_id: str
    span_id: int
    at: int
    kind: str
    level: str
    text: str
    fields: dict[str, Any] | None = None


class MetricPoint(msgspec.Struct, frozen=True, array_like=True, tag="metric", gc=False):
    """One measurement of a counter, gauge or histogram."""

    at: int
    name: str
    kind: str
    value: float
    labels: dict[str, str]
    execution_id: str | None = None


class MessagePosted(msgspec.Struct, frozen=True, array_like=True, tag="message", gc=False):
    """A message in a room."""

    message_id: str
    room: str
    at: int
    role: str
    author: str
    content: str
    execution_id: str | None = None
    fields: dict[str, Any] | None = None


class CapabilitySeen(msgspec.Struct, frozen=True, array_like=True, tag="cap", gc=False):
    """A capability as the catalog knows it; a later record replaces an earlier one."""

    name: str
    version: str
    intent: str
    requires_schema: str
    provides_schema: str
    module: str
    enabled: bool
    at: int
    effects: str = "[]"
    removed: bool = False


class ScoreGiven(msgspec.Struct, frozen=True, array_like=True, tag="score", gc=False):
    """A person's (or judge's) opinion of an execution or one of its steps."""

    execution_id: str
    step: str
    name: str
    value: float
    comment: str
    author: str
    at: int


class ProcessSeen(msgspec.Struct, frozen=True, array_like=True, tag="proc", gc=False):
    """The first record of every journal segment: who writes it."""

    process: str
    role: str
    pid: int
    host: str
    version: str
    at: int


Record: TypeAlias = (
    DefinitionSeen
    | ExecutionStarted
    | ExecutionResumed
    | SpanEnded
    | StepIntent
    | StepDecision
    | WaitStarted
    | EventArrived
    | ExecutionEnded
    | LogLine
    | MetricPoint
    | MessagePosted
    | CapabilitySeen
    | ScoreGiven
    | ProcessSeen
)


def encoder() -> msgspec.msgpack.Encoder:
    """Make an encoder for records; not safe to share between threads."""
    return msgspec.msgpack.Encoder()


def decoder() -> msgspec.msgpack.Decoder[Record]:
    """Make a decoder that checks what it reads.

    Raises:
        msgspec.ValidationError: (from ``decode``) the bytes are no record of this version.

    >>> point = MetricPoint(1, "sent", "counter", 1.0, {})
    >>> decoder().decode(encoder().encode(point)) == point
    True
    """
    return msgspec.msgpack.Decoder(Record)
