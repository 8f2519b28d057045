import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library.sql import plain_numbers, query, quoted


def test_odd_column_names_are_quoted() -> None:
    name = 'a "b"; --'

    found = query(f"SELECT {quoted(name)} FROM rows", {"rows": pa.table({name: [1]})})

    assert found.to_pydict() == {name: [1]}


def test_sums_beyond_64_bits_become_floats() -> None:
    table = pa.table({"n": [2**62, 2**62, 2**62]})

    assert query("SELECT sum(n) AS s FROM rows", {"rows": table}).to_pydict() == {
        "s": [3.0 * 2**62]
    }


def test_decimals_become_floats() -> None:
    assert (
        query("SELECT 1.5 AS x FROM rows", {"rows": pa.table({"n": [1]})}).schema.field("x").type
        == pa.float64()
    )


def test_other_columns_stay_as_they_are() -> None:
    table = pa.table({"a": ["x"], "b": [True]})

    assert plain_numbers(table) is table


def test_values_are_given_apart_from_the_query() -> None:
    table = pa.table({"a": ["x' OR 1=1 --", "y"]})

    found = query("SELECT a FROM rows WHERE a = ?", {"rows": table}, ["x' OR 1=1 --"])

    assert found.num_rows == 1


def test_a_broken_query_is_a_library_error() -> None:
    with pytest.raises(LibraryError, match="syntax error"):
        query("SELEC", {"rows": pa.table({"a": [1]})})
