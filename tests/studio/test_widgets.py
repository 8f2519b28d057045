"""Uploads and examples for forms."""

from pathlib import Path

import pyarrow as pa
import pytest
from msgspec.msgpack import Ext

from packetflow.kernel.records import ValueTag
from studio.forms import Field
from studio.widgets import keep_upload, settle, unpacked


class Upload:
    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._content = content

    def getvalue(self) -> bytes:
        return self._content


def test_an_upload_stays_inside_the_workspace(tmp_path: Path):
    kept = Path(keep_upload(b"a,b", "../../etc/pass wd;.csv", tmp_path))

    assert kept.parent == tmp_path / ".packetflow" / "uploads"
    assert kept.read_bytes() == b"a,b"


def test_another_upload_of_the_same_name_leaves_the_first_as_it_is(tmp_path: Path):
    first = keep_upload(b"a,b", "orders.csv", tmp_path)
    again = keep_upload(b"a,b", "orders.csv", tmp_path)
    other = keep_upload(b"c,d", "orders.csv", tmp_path)

    assert first == again != other
    assert Path(first).read_bytes() == b"a,b"
    assert Path(other).suffix == ".csv"


def test_an_upload_for_a_path_becomes_a_path_and_for_a_table_a_table(tmp_path: Path):
    fields = [Field("source", "path"), Field("table", "table"), Field("n", "integer")]
    typed = {"source": Upload("x.csv", b"a\n1\n"), "table": Upload("x.csv", b"a\n1\n"), "n": 3}

    settled, complaints = settle(typed, fields, tmp_path)

    assert complaints == {}
    assert settled["source"].endswith("x.csv")
    assert settled["table"].to_pydict() == {"a": [1]}
    assert settled["n"] == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.parquet", b"\x00\x01", "'x.parquet'"),
        ("x.csv", b"", "is empty"),
        ("x.csv", b"a,b\n1,2\n1,2,3\n", "line 3"),
    ],
)
def test_an_upload_that_is_no_table_is_a_complaint_at_its_field(
    tmp_path: Path, name: str, content: bytes, said: str
):
    _, complaints = settle({"t": Upload(name, content)}, [Field("t", "table")], tmp_path)

    assert said in complaints["t"]


def test_examples_are_rebuilt_without_user_code():
    sink = pa.BufferOutputStream()
    table = pa.table({"a": [1]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    example = {
        "n": 1,
        "table": Ext(int(ValueTag.ARROW), bytes(sink.getvalue())),
        "socket": Ext(int(ValueTag.OPAQUE), b"<socket>"),
    }

    assert unpacked(example) == {"n": 1, "table": table}
