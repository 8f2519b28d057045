"""What values are taken home as."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

from packetflow.show.looks import Look, looks
from studio.results import downloads

CHART = {"spec": {"data": [{"type": "bar", "x": [1], "y": [2]}], "layout": {}}, "title": "t"}


def test_a_table_goes_home_as_csv_parquet_and_json():
    files = {
        one.label: one.content() for one in downloads("t", Look("table", pa.table({"a": [1, 2]})))
    }

    assert files["CSV"].split() == [b"a", b"1", b"2"]
    assert pq.read_table(pa.BufferReader(files["Parquet"])).to_pydict() == {"a": [1, 2]}
    assert json.loads(files["JSON"]) == [{"a": 1}, {"a": 2}]


def test_a_chart_goes_home_as_a_page_that_needs_no_network():
    page = downloads("c", looks(CHART)[0])[0].content().decode()

    assert "Plotly.newPlot" in page
    assert '<script src="http' not in page
