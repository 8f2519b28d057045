from datetime import date

import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library.roles import guess_roles

WORLD = {"country": ["a", "a", "b", "b"], "year": [2000, 2001, 2000, 2001], "life": [1.0, 2, 3, 4]}


def guessed(columns: dict[str, list[object]], **given: str) -> list[str | None]:
    roles = guess_roles(pa.table(columns), **given)
    return [roles["time_column"], roles["value_column"], roles["group_column"]]


def test_year_value_and_country_are_found() -> None:
    assert guessed(WORLD) == ["year", "life", "country"]


def test_a_given_name_wins() -> None:
    assert guessed(WORLD, value="year") == [None, "year", "country"]


def test_numbers_named_year_that_are_no_years_are_values() -> None:
    assert guessed({"years": [3, 4], "n": [1, 2]}) == [None, "years", None]


def test_dates_are_the_time_whatever_their_name() -> None:
    assert guessed({"n": [1, 2], "x": [date(2026, 1, 1), date(2026, 1, 2)]}) == ["x", "n", None]


def test_identifiers_are_no_values_while_there_are_others() -> None:
    assert guessed({"user_id": [1, 2], "height": [3, 4]})[1] == "height"
    assert guessed({"user_id": [1, 2]})[1] == "user_id"


def test_text_that_never_repeats_is_no_group() -> None:
    assert guessed({"name": ["a", "b", "c", "d"], "n": [1, 2, 3, 4]})[2] is None


def test_a_table_of_text_has_no_value() -> None:
    assert guessed({"name": ["a", "b"]})[1] is None


def test_the_note_says_what_was_guessed() -> None:
    note = guess_roles(pa.table(WORLD), value="life")["roles_note"]

    assert note == "time is 'year' (guessed), value is 'life', group is 'country' (guessed)"


def test_a_given_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LibraryError, match="no column 'lives'; did you mean 'life'"):
        guess_roles(pa.table(WORLD), value="lives")


def test_names_in_camel_case_are_read_as_words() -> None:
    table = pa.table({"budgetYear": [1999, 2004], "LocationID": [7, 3], "amount": [1.5, 2.5]})

    roles = guess_roles(table)

    assert (roles["time_column"], roles["value_column"]) == ("budgetYear", "amount")
