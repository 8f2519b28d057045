"""What an execution was given and made, read from journals and artifacts."""

import dataclasses

import pyarrow as pa
import pytest

from packetflow.store.client import StoreClient
from packetflow.store.queries import Whole, whole
from studio.past import Past


@pytest.fixture
def store(example):
    with StoreClient(example) as client:
        yield client


def without_journal(found: Whole) -> Whole:
    """The same execution under an id that no journal knows."""
    row = found.execution | {"execution_id": "00000000-0000-7000-8000-000000000000"}
    return dataclasses.replace(found, execution=row)


def test_values_come_from_the_journal_with_their_tables(example, ran, store):
    run = ran("load_table", path="files/orders.csv")

    past = Past(example, whole(store, run.execution_id))

    assert past.inputs == {"path": "files/orders.csv"}
    assert isinstance(past.outputs["table"], pa.Table)


def test_without_a_journal_the_store_s_json_does(example, ran, store):
    run = ran("text_statistics", text="One word. Two words.")

    past = Past(example, without_journal(whole(store, run.execution_id)))

    assert past.inputs == {"text": "One word. Two words."}
    assert past.outputs


def test_a_failed_span_has_its_inputs(example, ran, store):
    run = ran("load_table", path="nowhere.csv")
    found = whole(store, run.execution_id)

    given, made = Past(example, found).span(found.spans.to_pylist()[-1])

    assert given["path"] == "nowhere.csv"
    assert made == {}
