"""`packetflow sql`."""

import csv
import io


def test_a_count_of_nothing_is_0(say):
    told = say("sql", "select count(*) as n from executions", "--json").json

    assert told == {"columns": ["n"], "rows": [[0]], "count": 1}


def test_rows_are_bounded_and_counted(say):
    told = say("sql", "select * from range(5000)", "--json", "--limit", "3").json

    assert (len(told["rows"]), told["count"]) == (3, 5000)


def test_times_are_iso_and_missing_numbers_null(say):
    query = "select timestamp '2026-01-02 03:04:05' as at, 'nan'::double as n"

    assert say("sql", query, "--json").json["rows"] == [["2026-01-02T03:04:05", None]]


def test_csv_has_all_rows(say):
    said = say("sql", "select range as n, [1, 2] as xs from range(3000)", "--csv")

    rows = list(csv.reader(io.StringIO(said.out)))
    assert len(rows) == 3001
    assert rows[:2] == [["n", "xs"], ["0", "[1, 2]"]]


def test_a_query_comes_from_standard_input(say):
    assert say("sql", "-", "--json", given="select 7 as n").json["rows"] == [[7]]


def test_a_wrong_statement_is_an_error_in_words(say):
    said = say("sql", "selec 1")

    assert said.code == 1
    assert said.err.startswith("error: Parser Error")
    assert "\n\n" not in said.err
    assert "Traceback" not in said.err


def test_the_store_cannot_be_changed(say):
    assert say("sql", "drop table span").code == 1


def test_two_forms_at_once_are_wrong_usage(say):
    assert say("sql", "select 1", "--csv", "--json").code == 2
