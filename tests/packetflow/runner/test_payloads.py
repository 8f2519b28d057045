"""Values that travel come back; those that cannot are named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from msgspec.msgpack import Ext

from packetflow.errors import UnknownName, WireError
from packetflow.kernel.records import ValueTag
from packetflow.runner.payloads import Outputs, to_payload
from packetflow.store.artifacts import Artifacts


@dataclasses.dataclass
class Point:
    x: int
    y: int


def test_plain_values_typed_values_and_tables_come_back(tmp_path: Path):
    table = pa.table({"n": [1, 2]})
    sent = to_payload({"n": 1, "texts": ["a"], "point": Point(1, 2), "table": table})

    outputs = Outputs(sent, tmp_path)

    assert dict(outputs) == {"n": 1, "texts": ["a"], "point": {"x": 1, "y": 2}, "table": table}
    assert len(outputs) == 4
    assert "n" in outputs


def test_a_value_of_any_other_type_is_refused_by_name():
    with pytest.raises(WireError, match="'lock' is a object, which cannot travel"):
        to_payload({"lock": object()})


@pytest.mark.parametrize("tag", [ValueTag.SECRET, ValueTag.OPAQUE])
def test_what_did_not_come_along_says_so_when_it_is_read(tmp_path: Path, tag: ValueTag):
    outputs = Outputs({"key": Ext(int(tag), b"too large")}, tmp_path)

    with pytest.raises(WireError, match="'key' did not come along"):
        outputs["key"]


def test_a_name_that_is_not_there_is_missing(tmp_path: Path):
    with pytest.raises(UnknownName, match="'sum'"):
        Outputs({}, tmp_path)["sum"]


def test_a_large_value_is_read_from_the_workspace(tmp_path: Path):
    artifacts = Artifacts(tmp_path / ".packetflow" / "artifacts")
    sha = artifacts.put(b"many bytes")
    facts = msgspec.msgpack.encode([sha, "application/octet-stream", 10])

    assert Outputs({"file": Ext(int(ValueTag.BLOB), facts)}, tmp_path)["file"] == b"many bytes"
