"""Records as rows: which table each goes to, and its columns as Arrow arrays.

Nothing here touches a database. A record that cannot become a row is refused with a reason, so
that the owner can put it aside and go on with the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec
import pyarrow as pa

from packetflow.kernel.records import (
    CapabilitySeen,
    DefinitionSeen,
    EventArrived,
    LogLine,
    MessagePosted,
    MetricPoint,
    ProcessSeen,
    Record,
    ScoreGiven,
    SpanEnded,
    StepDecision,
    StepIntent,
    WaitStarted,
)
from packetflow.store.plain import Plain

Row: TypeAlias = tuple[Any, ...]

_T, _N, _U, _F, _B = pa.string(), pa.int64(), pa.uint64(), pa.float64(), pa.bool_()
_AT, _PATH = pa.timestamp("us"), pa.list_(pa.int64())


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


_EXECUTION = _schema(
    execution_id=_T, epoch=_N, status=_T, name=_T, version=_T, definition_sha=_T, trigger=_T,
    process=_T, runner=_T, started_at=_AT, ended_at=_AT, inputs=_T, outputs=_T, failed_step=_T,
    error_type=_T, error=_T, parent_id=_T, retry_of=_T, user_id=_T, agent_id=_T, tags=_T,
    active_us=_N,
)  # fmt: skip
_WAIT = _schema(
    execution_id=_T, epoch=_N, step=_T, path=_PATH, event=_T, key=_T, deadline=_AT,
    waiting_since=_AT, question=_T, choices=pa.list_(_T), since=_N,
)  # fmt: skip

SCHEMAS: Final[dict[str, pa.Schema]] = {
    "process": _schema(process=_T, role=_T, pid=_N, host=_T, version=_T, started_at=_AT),
    "journal_offset": _schema(segment=_T, byte_offset=_N, records=_N, updated_at=_AT),
    "definition": _schema(sha=_T, kind=_T, name=_T, version=_T, body=_T, seen_at=_AT),
    "execution": _EXECUTION,
    "execution_open": _EXECUTION,
    "execution_state": _schema(
        execution_id=_T, epoch=_N, changed_at=_AT, status=_T, process=_T, reason=_T
    ),
    "span": _schema(
        execution_id=_T, epoch=_N, span_id=_U, parent_span=_U, step=_T, path=_PATH, kind=_T,
        name=_T, status=_T, attempt=_N, started_at=_AT, duration_ns=_N, inputs=_T, outputs=_T,
        error_type=_T, error=_T, process=_T, provider=_T, model=_T, tokens_in=_N, tokens_out=_N,
        tokens_cached=_N, cost_usd=_F, attributes=_T,
    ),
    "intent": _schema(
        execution_id=_T, epoch=_N, step=_T, path=_PATH, key=_T, intended_at=_AT, attempt=_N
    ),
    "decision": _schema(
        execution_id=_T, epoch=_N, step=_T, path=_PATH, what=_T, value=_T, decided_at=_AT
    ),
    "wait": _WAIT,
    "wait_open": _WAIT,
    "event": _schema(
        event_id=_T, event=_T, key=_T, payload=_T, arrived_at=_AT, source=_T, raw=pa.binary(),
        arrival=_N,
    ),
    "log": _schema(
        execution_id=_T, span_id=_U, logged_at=_AT, kind=_T, level=_T, text=_T, fields=_T
    ),
    "metric": _schema(measured_at=_AT, name=_T, kind=_T, value=_F, labels=_T, execution_id=_T),
    "message": _schema(
        message_id=_T, room=_T, posted_at=_AT, role=_T, author=_T, content=_T, execution_id=_T,
        fields=_T,
    ),
    "capability": _schema(
        name=_T, version=_T, intent=_T, requires_schema=_T, provides_schema=_T, module=_T,
        enabled=_B, seen_at=_AT, effects=_T, removed=_B,
    ),
    "score": _schema(
        execution_id=_T, step=_T, name=_T, value=_F, comment=_T, author=_T, given_at=_AT
    ),
    "artifact": _schema(
        sha=_T, media_type=_T, size=_N, execution_id=_T, step=_T, kept_at=_AT
    ),
    "history": _schema(execution_id=_T, segment=_T, body=pa.binary(), kept_at=_AT),
}  # fmt: skip

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

_PROMOTED: Final[dict[str, tuple[int, type | tuple[type, ...]]]] = {
    "provider": (0, str),
    "gen_ai.provider.name": (0, str),
    "model": (1, str),
    "gen_ai.request.model": (1, str),
    "tokens_in": (2, int),
    "gen_ai.usage.input_tokens": (2, int),
    "tokens_out": (3, int),
    "gen_ai.usage.output_tokens": (3, int),
    "tokens_cached": (4, int),
    "gen_ai.usage.cache_read.input_tokens": (4, int),
    "cost_usd": (5, (float, int)),
}
_NOTHING: Final = (None, None, None, None, None, None, None)


def is_id(text: str) -> bool:
    """Tell whether a text is an execution id as `packetflow.kernel.ids.new_id` makes them."""
    return _UUID.fullmatch(text) is not None


def as_table(relation: str, rows: list[Row]) -> pa.Table:
    """Make an Arrow table of rows for one of `SCHEMAS`.

    Raises:
        ValueError, TypeError, OverflowError: (`pyarrow.ArrowInvalid` is a ValueError) a value
            does not fit its column.
    """
    schema = SCHEMAS[relation]
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def split_bad(relation: str, rows: list[Row]) -> dict[int, str]:
    """Find the rows that do not fit their table, by halving: their positions and the reasons."""
    try:
        as_table(relation, rows)
    except (ValueError, TypeError, OverflowError) as error:
        if len(rows) == 1:
            return {0: str(error)}
        half = len(rows) // 2
        bad = split_bad(relation, rows[:half])
        for position, reason in split_bad(relation, rows[half:]).items():
            bad[position + half] = reason
        return bad
    return {}


class Rows:
    """Turns records into rows; keep one and use it again and again.

    Executions themselves are not made here, see `packetflow.store.lifecycle`.
    """

    def __init__(self) -> None:
        self.plain = Plain()
        self._known: set[str] = set()
        self._makers: dict[type, Callable[[Any, str], tuple[str, Row]]] = {
            SpanEnded: self._span,
            LogLine: self._log,
            MetricPoint: self._metric,
            StepIntent: self._intent,
            StepDecision: self._decision,
            WaitStarted: self._wait,
            EventArrived: self._event,
            MessagePosted: self._message,
            CapabilitySeen: self._capability,
            ScoreGiven: self._score,
            DefinitionSeen: self._definition,
            ProcessSeen: self._process,
        }

    def make(self, record: Record, process: str) -> tuple[str, Row] | None:
        """Answer the table and the row of a record; None when it only moves an execution.

        Raises:
            ValueError: The record names no proper execution id.
        """
        maker = self._makers.get(type(record))
        return maker(record, process) if maker else None

    def check(self, execution_id: str) -> str:
        """Answer the id.

        Raises:
            ValueError: It is no UUID in its usual lower-case form.
        """
        if execution_id not in self._known:
            if not is_id(execution_id):
                message = f"{execution_id!r} is no execution id (a UUID)"
                raise ValueError(message)
            if len(self._known) > 50_000:
                self._known.clear()
            self._known.add(execution_id)
        return execution_id

    def json(self, payload: Any) -> bytes | None:
        """Encode a payload, nothing for an empty one."""
        return self.plain.text(payload) if payload else None

    def _span(self, span: SpanEnded, process: str) -> tuple[str, Row]:
        promoted = _NOTHING if span.attributes is None else self._promote(span.attributes)
        if span.execution_id not in self._known:
            self.check(span.execution_id)
        json = self.plain.text
        row = (
            span.execution_id, span.epoch, span.span_id, span.parent_span, span.step, span.path,
            span.kind, span.name, span.status, span.attempt, span.started // 1000,
            span.duration_ns, json(span.inputs) if span.inputs else None,
            json(span.outputs) if span.outputs else None, span.error_type or None,
            span.error or None, process, *promoted,
        )  # fmt: skip
        return "span", row

    def _promote(self, attributes: dict[str, Any]) -> tuple[Any, ...]:
        columns: list[Any] = [None] * 6
        rest = {}
        for name, value in attributes.items():
            place = _PROMOTED.get(name)
            if place and isinstance(value, place[1]) and columns[place[0]] is None:
                columns[place[0]] = value
            else:
                rest[name] = value
        return (*columns, self.json(rest))

    def _log(self, line: LogLine, _: str) -> tuple[str, Row]:
        at, fields = line.at // 1000, self.json(line.fields)
        return "log", (
            line.execution_id, line.span_id, at, line.kind, line.level, line.text, fields,
        )  # fmt: skip

    def _metric(self, point: MetricPoint, _: str) -> tuple[str, Row]:
        at, labels = point.at // 1000, self.json(point.labels)
        return "metric", (at, point.name, point.kind, point.value, labels, point.execution_id)

    def _intent(self, intent: StepIntent, _: str) -> tuple[str, Row]:
        identity = self.check(intent.execution_id)
        return "intent", (
            identity, intent.epoch, intent.step, intent.path, intent.key, intent.at // 1000,
            intent.attempt,
        )  # fmt: skip

    def _decision(self, decision: StepDecision, _: str) -> tuple[str, Row]:
        identity, value = self.check(decision.execution_id), str(decision.value)
        return "decision", (
            identity, decision.epoch, decision.step, decision.path, decision.what, value,
            decision.at // 1000,
        )  # fmt: skip

    def _wait(self, wait: WaitStarted, _: str) -> tuple[str, Row]:
        identity, deadline = self.check(wait.execution_id), wait.deadline // 1000 or None
        return "wait", (
            identity, wait.epoch, wait.step, wait.path, wait.event, wait.key, deadline,
            wait.at // 1000, wait.question, wait.choices, wait.since,
        )  # fmt: skip

    def _event(self, event: EventArrived, _: str) -> tuple[str, Row]:
        payload, at = self.json(event.payload), event.at // 1000
        raw = None
        if payload is not None and msgspec.json.decode(payload) != event.payload:
            raw = msgspec.msgpack.encode(event.payload)
        return "event", (
            event.event_id, event.event, event.key, payload, at, event.source, raw, event.arrival,
        )  # fmt: skip

    def _message(self, message: MessagePosted, _: str) -> tuple[str, Row]:
        return "message", (
            message.message_id, message.room, message.at // 1000, message.role, message.author,
            message.content, message.execution_id, self.json(message.fields),
        )  # fmt: skip

    def _capability(self, seen: CapabilitySeen, _: str) -> tuple[str, Row]:
        return "capability", (
            seen.name, seen.version, seen.intent, seen.requires_schema, seen.provides_schema,
            seen.module, seen.enabled, seen.at // 1000, seen.effects, seen.removed,
        )  # fmt: skip

    def _score(self, score: ScoreGiven, _: str) -> tuple[str, Row]:
        identity, at = self.check(score.execution_id), score.at // 1000
        return "score", (
            identity, score.step, score.name, score.value, score.comment, score.author, at,
        )  # fmt: skip

    def _definition(self, seen: DefinitionSeen, _: str) -> tuple[str, Row]:
        at = seen.at // 1000
        return "definition", (seen.sha, seen.kind, seen.name, seen.version, seen.body, at)

    def _process(self, seen: ProcessSeen, _: str) -> tuple[str, Row]:
        at = seen.at // 1000
        return "process", (seen.process, seen.role, seen.pid, seen.host, seen.version, at)
