from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import LibraryError
from packetflow.library.cleaning import clean_table, recognised
from packetflow.library.notes import noted, notes_of


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", "n/a"], [1, 2, None]),
        (["1.5", "-", "1,000.25"], [1.5, None, 1000.25]),
        (["1,5", "1.000,25"], [1.5, 1000.25]),
        (["31.12.2025", "01.02.2026"], [date(2025, 12, 31), date(2026, 2, 1)]),
        (["12/31/2025", "01/02/2026"], [date(2025, 12, 31), date(2026, 1, 2)]),
        (["yes", "No"], [True, False]),
        (["ja", "Nein"], [True, False]),
        (["ja", "no"], ["ja", "no"]),
        (["00123", "04567"], ["00123", "04567"]),
        (["NA", "NO"], ["NA", "NO"]),
        (["NO", "NO"], ["NO", "NO"]),
        (["yes", "NA", "no"], ["yes", "NA", "no"]),
        (["1", "two"], ["1", "two"]),
        (["12345678901234567890"], ["12345678901234567890"]),
        (["e", "."], ["e", "."]),
        ([None, None], [None, None]),
    ],
)
def test_text_becomes_the_type_that_all_its_cells_have(
    cells: list[str | None], expected: list[object]
) -> None:
    table = pa.table({"v": pa.array(cells, pa.string())})

    assert clean_table(table, drop_duplicates=False)["table"].column("v").to_pylist() == expected


def test_dates_written_as_one_number_are_dates_under_a_name_that_says_so() -> None:
    table = pa.table({"order_date": [20241231, 20250101], "number": [20241231, 20250101]})

    cleaned = clean_table(table)

    assert cleaned["table"].column("order_date").to_pylist() == [
        date(2024, 12, 31),
        date(2025, 1, 1),
    ]
    assert cleaned["table"].column("number").to_pylist() == [20241231, 20250101]
    assert cleaned["changes"] == ["order_date: read as dates"]


def test_every_change_is_said() -> None:
    table = pa.table({" name ": [" Ada", "Ada", "Bob"], "age": ["36", "36", "n/a"]})

    cleaned = clean_table(table, missing="median")

    assert cleaned["table"].to_pydict() == {"name": ["Ada", "Bob"], "age": [36, 36]}
    assert cleaned["changes"] == [
        "cut spaces around column names",
        "name: cut spaces in 1 cell",
        "age: read as whole numbers, 1 word for missing emptied",
        "dropped 1 duplicate row",
        "age: filled 1 missing with the median 36",
    ]


def test_a_clean_table_comes_back_unchanged() -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})

    assert clean_table(table) == {"table": table, "changes": []}


def test_the_first_of_equal_rows_stays_and_order_is_kept() -> None:
    table = pa.table({"a": [3, 1, 3, 2, 1], "b": ["x", None, "x", "y", None]})

    assert clean_table(table)["table"].column("a").to_pylist() == [3, 1, 2]


def test_rows_with_gaps_can_be_dropped() -> None:
    table = pa.table({"a": [1, None, 3], "b": ["x", "y", None]})

    assert clean_table(table, missing="drop")["table"].to_pylist() == [{"a": 1, "b": "x"}]


@given(st.lists(st.text(max_size=6) | st.none(), min_size=1, max_size=20))
def test_cleaning_twice_changes_nothing_more(cells: list[str | None]) -> None:
    once = clean_table(pa.table({"v": pa.array(cells, pa.string())}))["table"]

    assert clean_table(once) == {"table": once, "changes": []}


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1))
def test_written_integers_are_read_back(numbers: list[int]) -> None:
    found = recognised([str(number) for number in numbers])

    assert found is not None
    assert [found[2](str(number)) for number in numbers] == numbers


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(LibraryError, match="no columns"):
        clean_table(pa.table({}))


def test_seconds_since_1970_become_times_by_name_and_size() -> None:
    table = pa.table({"created_at": [1_700_000_000, 1_700_000_060], "n": [1_700_000_000, 5]})

    cleaned = clean_table(table)

    assert cleaned["changes"] == ["created_at: read as seconds since 1970 (UTC)"]
    assert cleaned["table"].column("created_at")[0].as_py() == datetime(2023, 11, 14, 22, 13, 20)


def test_records_inside_cells_become_columns() -> None:
    table = pa.table({"id": ["x"], "user": [{"name": "Ada", "home": {"city": "Oslo"}}]})

    cleaned = clean_table(table)

    assert cleaned["table"].to_pylist() == [
        {"id": "x", "user.name": "Ada", "user.home.city": "Oslo"}
    ]
    assert cleaned["changes"] == [
        "user: spread over user.name, user.home",
        "user.home: spread over user.home.city",
    ]


def test_what_was_said_of_how_a_table_was_read_survives_its_mending() -> None:
    table = pa.table({"user": [{"name": "Ada"}, {"name": "Bob"}, None]})

    cleaned = clean_table(noted(table, ["The rows are those of 'users'."]), missing="drop")

    assert notes_of(cleaned["table"]) == ["The rows are those of 'users'."]
