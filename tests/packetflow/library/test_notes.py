import pyarrow as pa

from packetflow.library.notes import noted, notes_of


def test_notes_travel_with_the_table_and_empty_ones_are_left_out() -> None:
    table = noted(pa.table({"a": [1]}), ["First.", "", "Second."])

    assert notes_of(table.slice(0, 1)) == ["First.", "Second."]
    assert notes_of(noted(table, [])) == []
