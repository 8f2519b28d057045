from datetime import date, timedelta

import pytest

from packetflow.library.mixed_dates import mixed_dates


def test_each_cell_is_read_in_its_own_way() -> None:
    found = mixed_dates(["2024-01-31", "1 February 2024", "Mar 3, 2024", "04.05.24"])

    assert found is not None
    assert found.ways == 4
    assert list(found.days.values()) == [
        date(2024, 1, 31),
        date(2024, 2, 1),
        date(2024, 3, 3),
        date(2024, 5, 4),
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2024-01-01", "13/02/2024", "03/02/2024"], date(2024, 2, 3)),
        (["2024-01-01", "02/13/2024", "03/02/2024"], date(2024, 3, 2)),
        (["2024-01-01", "05/05/2024"], date(2024, 5, 5)),
    ],
)
def test_a_cell_above_twelve_tells_day_from_month(texts: list[str], expected: date) -> None:
    found = mixed_dates(texts)

    assert found is not None
    assert found.days[texts[-1]] == expected


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-01", "03/02/2024"],
        ["13/02/2024", "02/13/2024", "03/02/2024"],
        ["13-02-2024", "03/02/2024"],
        ["2024-01-01", "soon"],
        ["a word", "another", "2024-01-01"],
        [],
    ],
)
def test_what_is_not_sure_is_not_read(texts: list[str]) -> None:
    assert mixed_dates(texts) is None


def test_a_twentieth_of_the_texts_may_be_no_dates() -> None:
    days = [str(date(2024, 1, 1) + timedelta(days=n)) for n in range(38)]

    found = mixed_dates([*days, "tbd", "soon"])

    assert found is not None
    assert found.unread == ("tbd", "soon")
    assert mixed_dates([*days, "tbd", "soon", "never"]) is None
