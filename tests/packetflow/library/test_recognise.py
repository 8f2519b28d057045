from datetime import date, datetime

import pytest

from packetflow.library.recognise import nearly, recognised

WRITTEN = {
    "dollars": (["$1,200.50", "$3", "-$2"], "numbers in $", [1200.5, 3, -2]),
    "euros behind": (["1.200,50 €", "3,00 €"], "numbers with a decimal comma in €", [1200.5, 3]),
    "a code": (["CHF 12.50", "CHF 3"], "numbers in CHF", [12.5, 3]),
    "some without": (["$5", "7"], "whole numbers in $", [5, 7]),
    "shares": (["12%", "7 %"], "whole numbers in %", [12, 7]),
    "accounting": (["(1,200.00)", "3.50", "2-"], "numbers", [-1200, 3.5, -2]),
    "a unit": (["10 kg", "12.5 kg"], "numbers in kg", [10, 12.5]),
    "spaced digits": (["1 234 567", "12"], "whole numbers", [1234567, 12]),
    "apostrophes": (["1'234.5", "2.5"], "numbers", [1234.5, 2.5]),
    "a real minus": (["\u22125", "5"], "whole numbers", [-5, 5]),
    "words of months": (
        ["Jan 5, 2024", "Feb 29, 2024"],
        "dates",
        [date(2024, 1, 5), date(2024, 2, 29)],
    ),
    "month first, no comma": (
        ["Jan 5 2024", "Dec 31 2024"],
        "dates",
        [date(2024, 1, 5), date(2024, 12, 31)],
    ),
    "short years": (["31.12.24", "01.01.25"], "dates", [date(2024, 12, 31), date(2025, 1, 1)]),
    "months": (
        ["2024-01", "2024-12"],
        "months, as their first days",
        [date(2024, 1, 1), date(2024, 12, 1)],
    ),
    "quarters": (
        ["2024Q1", "2024Q4"],
        "quarters, as their first days",
        [date(2024, 1, 1), date(2024, 10, 1)],
    ),
    "times": (
        ["31.12.2024 23:59", "01.01.2025 00:00"],
        "times",
        [datetime(2024, 12, 31, 23, 59), datetime(2025, 1, 1)],
    ),
    "am and pm": (["1/31/2024 1:05 PM"], "times, month before day", [datetime(2024, 1, 31, 13, 5)]),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_columns_are_read_as_they_are_written(kind):
    texts, words, values = WRITTEN[kind]

    found = recognised(texts)

    assert found is not None
    assert found.words == words
    assert [found.convert(text) for text in texts] == values


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["31/12/2024", "01/02/2024"], "dates, day before month"),
        (["12/31/2024", "01/02/2024"], "dates, month before day"),
        (["05/06/2024"], "dates, day before month (the cells do not tell; check it)"),
    ],
)
def test_the_order_of_day_and_month_is_said(texts, words):
    found = recognised(texts)

    assert found is not None
    assert found.words == words


@pytest.mark.parametrize(
    "texts",
    [
        ["$5", "5 €"],
        ["5 kg", "5 g"],
        ["5 kg", "5"],
        ["SKU 1", "SKU 2"],
        ["007", "012"],
        ["(5", "3"],
        ["$-"],
        ["2009-10", "2010-11", "2011-12"],
        ["2024-01-31", "31/01/2024"],
        ["1 2", "3 4"],
        ["--5"],
        ["5 apples", "six apples"],
    ],
)
def test_what_is_not_written_alike_stays_text(texts):
    assert recognised(texts) is None


def test_most_of_a_kind_is_told_with_those_that_are_not():
    assert nearly(["2024-01-31", "2024-02-01", "soon"]) == ("dates", ["soon"])
    assert nearly(["a", "b", "5"]) is None
