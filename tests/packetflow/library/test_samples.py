from packetflow.library.samples import sample


def test_types_are_recognised_and_empty_cells_are_missing() -> None:
    assert sample("day,n; 2026-01-31,; ,2").column_names == ["day", "n"]
    assert sample("a,b; x,1.5; ,2").to_pydict() == {"a": ["x", None], "b": [1.5, 2.0]}
