import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library.profiles import profile_table


def test_numbers_are_profiled_exactly_without_gaps_and_infinities() -> None:
    table = pa.table({"v": [1.0, 2.0, 3.0, 4.0, None, float("nan"), float("inf")]})

    (column,) = profile_table(table).columns

    assert (column.kind, column.missing) == ("number", 1)
    assert (column.mean, column.quartiles) == (2.5, (1.75, 2.5, 3.25))
    assert column.deviation == pytest.approx(1.2909944)


def test_the_most_frequent_values_come_first_and_ties_by_value() -> None:
    table = pa.table({"c": ["b", "a", "b", "a", "c", None]})

    (column,) = profile_table(table, 2).columns

    assert (column.kind, column.distinct, column.missing) == ("text", 3, 1)
    assert column.top == (("a", 2), ("b", 2))


def test_duplicate_rows_are_counted() -> None:
    profile = profile_table(pa.table({"a": [1, 1, 2], "b": ["x", "x", None]}))

    assert (profile.rows, profile.duplicate_rows) == (3, 1)


def test_names_that_sql_uses_itself_do_no_harm() -> None:
    table = pa.table({"select": [1], "value": ["x"], 'we"ird': [[1]], "c0": [True]})

    assert [column.kind for column in profile_table(table).columns] == [
        "number",
        "text",
        "other",
        "truth",
    ]


def test_an_empty_column_has_no_figures() -> None:
    (column,) = profile_table(pa.table({"v": pa.array([None, None], pa.int64())})).columns

    assert (column.missing, column.mean, column.quartiles, column.top) == (2, None, None, ())


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(LibraryError, match="no columns"):
        profile_table(pa.table({}))


def test_the_range_of_a_column_leaves_infinite_values_out() -> None:
    profile = profile_table(pa.table({"x": [float("-inf"), 1.5, float("nan"), 2.5]}))

    assert (profile.columns[0].least, profile.columns[0].greatest) == ("1.5", "2.5")
