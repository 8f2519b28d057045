from __future__ import annotations

import duckdb
import msgspec
import pyarrow as pa
import pytest

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    CapabilitySeen,
    DefinitionSeen,
    EventArrived,
    MessagePosted,
    MetricPoint,
    ScoreGiven,
    StepDecision,
    StepIntent,
    ValueTag,
)
from packetflow.store.ingest import Ingest
from packetflow.store.inproc import MemoryStore
from tests.packetflow.store.records import NOON, log, span, started, wait, whole

Ext = msgspec.msgpack.Ext


@pytest.fixture
def store():
    with MemoryStore() as made:
        yield made


def rows(store, query):
    return store.sql(query).to_pylist()


def test_every_kind_of_record_has_its_table(store):
    identity = new_id()
    for record in (
        *whole(identity),
        log(identity),
        wait(identity),
        DefinitionSeen("sha1", "pipeline", "onboard", "1", "steps: []", NOON),
        StepIntent(identity, 1, "send", (2,), "key", NOON),
        StepDecision(identity, 1, "choose", (), "passes", 3, NOON),
        EventArrived("ev1", "approved", "k1", {"by": "ada"}, NOON, "rest"),
        MetricPoint(NOON, "sent", "counter", 1.5, {"to": "bob"}, identity),
        MessagePosted("m1", "desk", NOON, "user", "ada", "hello", identity, {"a": 1}),
        CapabilitySeen("fetch", "1", "Download", "{}", "{}", "web", True, NOON),
        ScoreGiven(identity, "send", "good", 1.0, "nice", "ada", NOON),
    ):
        store.append(record)

    for table in (
        "definition",
        "intent",
        "decision",
        "event",
        "metric",
        "message",
        "capability",
        "score",
        "log",
        "wait",
    ):
        assert len(rows(store, f"from {table}")) == 1, table
    assert len(rows(store, "from span")) == 3
    assert rows(store, "select value, i.path from decision, intent i") == [
        {"value": "3", "path": [2]}
    ]
    assert rows(store, "from dead_letter") == []


def test_values_are_shown_as_json(store):
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    outputs = {
        "table": Ext(int(ValueTag.ARROW), sink.getvalue().to_pybytes()),
        "pin": Ext(int(ValueTag.SECRET), b""),
        "odd": Ext(int(ValueTag.OPAQUE), b"<object>"),
        "typed": Ext(int(ValueTag.TYPED), msgspec.msgpack.encode({"x": 1})),
        "raw": b"ab",
        "nan": float("nan"),
    }

    store.append(span(new_id(), outputs=outputs))

    (row,) = rows(store, "select outputs from span")
    assert msgspec.json.decode(row["outputs"]) == {
        "table": {"$table": {"rows": 2, "columns": ["a", "b"]}},
        "pin": {"$secret": True},
        "odd": {"$opaque": "<object>"},
        "typed": {"x": 1},
        "raw": "YWI=",
        "nan": None,
    }


def test_large_values_are_named_by_their_artifact(store):
    identity = new_id()
    store.append(span(identity, outputs={"text": "x" * 30_000, "n": 1}))

    (row,) = rows(
        store, "select outputs->>'$.text.$blob' as sha, (outputs->>'n')::int as n from span"
    )
    (kept,) = rows(store, "from artifact")

    assert row["n"] == 1
    assert (kept["sha"], kept["media_type"], kept["execution_id"], kept["step"]) == (
        row["sha"], "application/msgpack", identity, "validate",
    )  # fmt: skip
    assert msgspec.msgpack.decode(store.get(row["sha"])) == "x" * 30_000


def test_attributes_that_panels_use_become_columns(store):
    attributes = {
        "gen_ai.request.model": "small",
        "tokens_in": 5,
        "cost_usd": 1,
        "tokens_out": "many",
        "zone": "a",
    }
    store.append(span(new_id(), attributes=attributes))

    (row,) = rows(store, "select model, tokens_in, tokens_out, cost_usd, attributes from span")

    assert row == {
        "model": "small", "tokens_in": 5, "tokens_out": None, "cost_usd": 1.0,
        "attributes": '{"tokens_out":"many","zone":"a"}',
    }  # fmt: skip


def test_a_record_that_fits_no_table_is_put_aside_and_holds_nobody_up(store):
    identity = new_id()
    for record in (
        span(identity, 1),
        span("nonsense", 2),
        span(identity, -3),
        started(identity.upper()),
        started(new_id(), epoch=2**63),
        span(identity, 5),
    ):
        store.append(record)

    assert [row["span_id"] for row in rows(store, "from span order by span_id")] == [1, 5]
    letters = rows(store, "select reason from dead_letter")
    assert len(letters) == 4
    assert sum("is no execution id" in row["reason"] for row in letters) == 2


def test_an_event_delivered_twice_is_kept_once(store):
    event = EventArrived("ev1", "approved", "k1", {}, NOON)
    store.append(event)
    store.append(event)
    store.flush()
    store.append(event)
    store.append(EventArrived("ev2", "approved", "k1", {}, NOON))

    assert [row["event_id"] for row in rows(store, "from event")] == ["ev1", "ev2"]


def test_a_later_sight_of_a_capability_replaces_an_earlier_one(store):
    def seen(name, intent, at, *, removed=False):
        return CapabilitySeen(name, "1", intent, "{}", "{}", "web", True, at, removed=removed)

    for record in (
        seen("a", "old", NOON),
        seen("a", "new", NOON + 1000),
        seen("b", "x", NOON),
        seen("b", "x", NOON + 1000, removed=True),
    ):
        store.append(record)

    registry = rows(store, "select capability_id, intent from capability_registry")
    assert registry == [{"capability_id": "a", "intent": "new"}]


def test_calls_of_capabilities_are_listed_with_who_asked(store):
    identity = new_id()
    store.append(started(identity, user="ada", agent="bot"))
    store.append(span(identity, 255, inputs={"x": 1}))
    store.append(span(identity, 7, kind="sequence"))

    (row,) = rows(store, "select * exclude (created_at) from capability_executions")

    assert row == {
        "id": f"{identity}-00000000000000ff", "capability_id": "validate", "user_id": "ada",
        "agent_id": "bot", "payload": '{"x":1}', "result": '{"score":0.5}',
        "execution_time_ms": 5.0,
    }  # fmt: skip


def test_spans_are_offered_under_the_names_of_open_telemetry(store):
    identity = new_id()
    store.append(
        span(
            identity,
            255,
            kind="model",
            attributes={"model": "m", "tokens_in": 3, "packetflow.zone": "a"},
        )
    )

    (row,) = rows(store, "from otel_span")

    assert (row["trace_id"], row["span_id"]) == (identity.replace("-", ""), "00000000000000ff")
    assert row["end_time_unix_nano"] - row["start_time_unix_nano"] == 5_000_000
    attributes = msgspec.json.decode(row["attributes"])
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.usage.input_tokens"] == 3
    assert attributes["packetflow.zone"] == "a"


def test_a_batch_the_database_refuses_is_undone_and_can_be_tried_again(store, monkeypatch):
    identity = new_id()
    for record in (started(identity), wait(identity), *whole()):
        store.append(record)

    def refuse(self, pieces):
        raise duckdb.IOException("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Ingest, "_write_positions", refuse)
        with pytest.raises(duckdb.IOException):
            store.flush()
    assert store.sql("from span", fresh=False).num_rows == 0
    assert store._database.ingest.executions.open == {}

    assert [row["status"] for row in rows(store, "from executions order by status")] == [
        "ok",
        "waiting",
    ]
    assert len(rows(store, "from span")) == 3
