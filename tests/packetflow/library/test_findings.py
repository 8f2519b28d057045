import math
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from packetflow.library.findings import Subject, headlines, looked_at, overview, time_unit
from packetflow.library.statistics import outliers, trends


def said(table: pa.Table, value: str, time: str | None = None, group: str | None = None) -> str:
    subject = Subject(table, value, time, group)
    lines = trends(table, value, time, group)
    return "\n".join(headlines(subject, lines, outliers(table, value, group)))


def days(count: int, **columns: list[object]) -> pa.Table:
    first = date(2026, 1, 1)
    return pa.table({"day": [first + timedelta(n) for n in range(count)], **columns})


def test_the_size_the_span_and_the_groups_come_first() -> None:
    table = days(2, shop=["a", "b"], sold=[1, 2])

    line = overview(Subject(table, "sold", "day", "shop"), "From sales.csv.")

    assert line == (
        "**2 rows, 3 columns**, 2026-01-01 to 2026-01-02, 2 different values of shop. "
        "From sales.csv."
    )


def test_one_row_is_one_row() -> None:
    assert overview(Subject(days(1)), "").startswith("**1 row, 1 column**")


def test_the_middle_and_the_range_are_said() -> None:
    text = said(pa.table({"n": [1, 2, 3, 4, 5]}), "n")

    assert "**n** is 3 in the middle (median); half of its values lie between 2 and 4" in text


def test_a_constant_has_neither_middle_nor_trend() -> None:
    text = said(days(20, n=[5] * 20), "n", "day")

    assert "**n** is 5 in every row." in text
    assert "trend" not in text


def test_the_beginning_is_compared_with_the_end() -> None:
    text = said(days(100, n=[10 + i for i in range(100)]), "n", "day")

    assert "Its mean is 14.5 in the first tenth of the time and 104.5 in the last tenth" in text
    assert "Over the whole time it is rising, by a straight line of R² 1.00, p < 0.001." in text


def test_years_are_compared_by_name() -> None:
    table = pa.table({"year": [2000] * 5 + [2001] * 5, "n": [1.0] * 5 + [2.0] * 5})

    assert "Its mean is 1 in 2000 and 2 in 2001 (+100%)." in said(table, "n", "year")


def test_a_change_from_below_zero_has_no_percent() -> None:
    table = pa.table({"year": [2000] * 5 + [2001] * 5, "n": [-1.0] * 5 + [2.0] * 5})

    assert "Its mean is -1 in 2000 and 2 in 2001." in said(table, "n", "year")


def test_groups_are_ranked_and_the_steepest_named() -> None:
    rows = [
        (2000 + y, g, k * y + 1.0 + y % 2 / 9)
        for y in range(9)
        for g, k in zip("abcdefg", range(7), strict=True)
    ]
    table = pa.table(
        {"year": [r[0] for r in rows], "g": [r[1] for r in rows], "n": [r[2] for r in rows]}
    )

    text = said(table, "n", "year", "g")

    assert "It rises in 6 of 7 groups (g)" in text
    assert "Highest mean: g (25.05), f (21.05), e (17.05); lowest: a (1.049)" in text
    assert "Steepest rise: g (+6 per year)." in text


def test_what_stands_apart_is_named_with_its_row() -> None:
    table = pa.table({"who": ["a", "b", "c", "d", "e", "f"], "n": [1.0, 2, 3, 2, 1, 90]})

    assert "1 value of **n** stands apart: 90 (f)." in said(table, "n")


def test_too_few_values_are_not_called_usual() -> None:
    assert "too few values of **n**" in said(pa.table({"n": [1, 2]}), "n")


def test_a_relation_is_no_cause() -> None:
    x = [math.sin(i) for i in range(50)]
    table = pa.table(
        {"a": x, "b": [2 * one + 1 for one in x], "c": [math.cos(7 * i) for i in range(50)]}
    )

    text = said(table, "a")

    assert "It goes along with b (r = 1.00); that is no proof of a cause." in text


def test_without_numbers_values_are_counted() -> None:
    assert headlines(Subject(pa.table({"a": ["x"]})), [], []) == [
        "There are no numbers to follow, so this report counts values."
    ]


@pytest.mark.parametrize(
    ("length", "unit"),
    [
        (timedelta(hours=5), "hour"),
        (timedelta(days=30), "day"),
        (timedelta(days=400), "month"),
        (timedelta(days=4000), "year"),
    ],
)
def test_slopes_are_told_in_a_unit_that_suits_the_span(length: timedelta, unit: str) -> None:
    start = datetime(2026, 1, 1)
    table = pa.table({"at": [start, start + length], "n": [1, 2]})

    assert time_unit(Subject(table, "n", "at"))[0] == unit


def test_other_numbers_are_offered() -> None:
    table = pa.table({"id": [1, 2], "a": [1.5, 2], "b": [1.5, 3]})

    assert looked_at(Subject(table, "a")) == (
        "Looks at: value 'a'. Other numbers to look at with value=: b."
    )
