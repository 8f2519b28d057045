import pyarrow as pa

from packetflow.library.findings import Subject
from packetflow.library.profiles import profile_table
from packetflow.library.report_parts import (
    MOST_COLUMNS,
    column_section,
    doubts,
    group_section,
    outlier_section,
    trend_section,
)
from packetflow.library.statistics import outliers, trends


def many_groups(count: int) -> pa.Table:
    rows = [
        (year, f"g{g}", float(g * year % 17)) for g in range(count) for year in range(2000, 2006)
    ]
    return pa.table(
        {"year": [r[0] for r in rows], "g": [r[1] for r in rows], "n": [r[2] for r in rows]}
    )


def test_years_and_identifiers_have_no_mean() -> None:
    table = pa.table({"year": [2000, 2001], "user_id": [10_000, 10_001], "n": [1.0, 2.0]})

    rows = {row[0]: row[1:] for row in column_section(table, profile_table(table)).rows}

    assert rows["year"][:1] + rows["year"][3:7] == ("year", "2000", None, None, "2001")
    assert rows["user_id"][:1] + rows["user_id"][3:7] == (
        "identifier",
        "10000",
        None,
        None,
        "10001",
    )
    assert rows["n"][3:7] == (1.0, 1.5, 1.5, 2.0)


def test_text_that_is_all_different_says_so() -> None:
    table = pa.table({"name": ["ann", "bob"], "team": ["red", "red"]})

    values = [row[-1] for row in column_section(table, profile_table(table)).rows]

    assert values == ["all different, such as ann, bob", "red (2)"]


def test_a_wide_table_is_cut_and_says_so() -> None:
    table = pa.table({f"c{n}": [1, 2] for n in range(60)})

    section = column_section(table, profile_table(table, top=1))

    assert len(section.rows) == MOST_COLUMNS
    assert section.text == "The first 40 of 60 columns."


def test_rows_that_repeat_are_counted() -> None:
    table = pa.table({"a": [1, 1, 2]})

    assert "1 row with an equal one before." in column_section(table, profile_table(table)).text


def test_many_groups_are_cut_on_both_ends_and_chance_is_named() -> None:
    table = many_groups(40)
    subject = Subject(table, "n", "year", "g")

    lines = trend_section(subject, trends(table, "n", "year", "g"))
    parts = group_section(subject)

    slopes = [row[4] for row in lines.rows]
    assert len(slopes) == 20
    assert slopes == sorted(slopes, reverse=True)
    assert "The 10 that rise most and the 10 that rise least of 40." in lines.text
    assert "about 2 of them" in lines.text
    assert parts is not None
    assert len(parts.rows) == 20


def test_one_group_is_no_comparison() -> None:
    assert group_section(Subject(pa.table({"g": ["a"], "n": [1]}), "n", None, "g")) is None
    assert group_section(Subject(pa.table({"n": [1]}), "n")) is None


def test_more_outliers_than_are_shown_are_counted() -> None:
    table = pa.table({"n": [float(i % 3) for i in range(500)] + [1000.0 + i for i in range(25)]})

    assert "The 20 farthest of 25." in outlier_section(outliers(table, "n")).text


def test_columns_that_are_nearly_something_are_named_with_what_is_in_the_way() -> None:
    table = pa.table(
        {
            "qty": ["5", "12", "7", "a few"],
            "when": ["2024-01-31", "31/01/2024", "2024-02-01", "2024-02-02"],
            "zip": ["01234", "12345", "23456", "34567"],
            "n": [1, None, None, 4],
        }
    )

    said = list(doubts(table))

    assert any("'qty' is taken as text: most cells are numbers" in one for one in said)
    assert any("'when'" in one and "not all in one way of writing" in one for one in said)
    assert not any("'zip'" in one for one in said)
    assert any("'n' misses 50% of its values" in one for one in said)
