from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import LibraryError
from packetflow.library.statistics import outliers, trends


def test_a_slope_and_its_test_match_a_worked_example() -> None:
    # Checked by hand: x 1..5, y 2 4 5 4 5 gives slope 0.6, R squared 0.6, t = 2.1213, p = 0.1240.
    table = pa.table({"x": [1, 2, 3, 4, 5], "y": [2, 4, 5, 4, 5]})

    (line,) = trends(table, "y", "x")

    assert (line.slope, line.fit) == (pytest.approx(0.6), pytest.approx(0.6))
    assert line.p == pytest.approx(0.12403, abs=1e-4)
    assert (line.low, line.high) == (
        pytest.approx(-0.3002, abs=1e-4),
        pytest.approx(1.5002, abs=1e-4),
    )
    assert line.words == "no clear trend"


def test_each_group_gets_a_line_and_the_steepest_comes_first() -> None:
    table = pa.table(
        {"g": ["a"] * 4 + ["b"] * 4, "t": [1, 2, 3, 4] * 2, "v": [1.0, 2, 3, 4, 9, 6, 3, 0]}
    )

    found = trends(table, "v", "t", "g")

    assert [(line.group, line.slope) for line in found] == [("b", -3.0), ("a", 1.0)]
    assert [line.words for line in found] == ["falling (-100%)", "rising (+300%)"]


def test_dates_give_a_slope_per_year() -> None:
    table = pa.table(
        {"day": [date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1)], "v": [0.0, 1.0, 2.0]}
    )

    (line,) = trends(table, "v", "day")

    assert line.slope == pytest.approx(1, rel=0.01)


def test_gaps_are_left_out_and_two_points_are_too_few_to_tell() -> None:
    table = pa.table({"t": [1, 2, 3], "v": [1.0, None, 3.0]})

    (line,) = trends(table, "v", "t")

    assert (line.points, line.slope, line.p, line.words) == (2, 1.0, None, "too few points to tell")


def test_equal_values_have_no_trend() -> None:
    (line,) = trends(pa.table({"t": [1, 2, 3, 4], "v": [0.1] * 4}), "v", "t")

    assert (line.slope, line.p, line.words) == (pytest.approx(0), 1.0, "no clear trend")


@pytest.mark.parametrize(("value", "time"), [(None, "t"), ("v", None)])
def test_without_value_or_time_there_are_no_trends(value: str | None, time: str | None) -> None:
    assert trends(pa.table({"t": [1, 2], "v": [1, 2]}), value, time) == []


def test_text_has_no_trend() -> None:
    with pytest.raises(LibraryError, match="holds string, not numbers"):
        trends(pa.table({"t": [1, 2], "v": ["a", "b"]}), "v", "t")


@given(st.floats(-100, 100), st.floats(-100, 100), st.integers(3, 30))
def test_an_exact_line_is_found_again(slope: float, height: float, count: int) -> None:
    t = list(range(count))
    table = pa.table({"t": t, "v": [height + slope * x for x in t]})

    (line,) = trends(table, "v", "t")

    assert line.slope == pytest.approx(slope, abs=1e-9, rel=1e-9)


def test_a_value_far_from_its_group_is_an_outlier_of_the_group_only() -> None:
    table = pa.table(
        {"g": ["a"] * 6 + ["b"] * 6, "v": [1.0, 2, 3, 2, 1, 50, 51.0, 50, 49, 50, 51, 52]}
    )

    found = outliers(table, "v", "g")

    assert [(one.row, one.group, one.value, one.beyond_fences) for one in found] == [
        (5, "a", 50.0, True)
    ]
    assert found[0].score == pytest.approx(0.6745 * 48)
    assert 5 not in {one.row for one in outliers(table, "v")}


def test_the_label_names_the_row() -> None:
    table = pa.table({"name": list("abcdef"), "v": [1, 2, 1, 2, 1, 90]})

    assert [one.label for one in outliers(table, "v")] == ["f"]


def test_mostly_equal_values_fall_back_to_the_mean_deviation() -> None:
    (found,) = outliers(pa.table({"v": [5.0] * 20 + [6.0]}), "v")

    assert found.value == 6.0


@pytest.mark.parametrize("values", [[5.0] * 9, [1.0, 2, 3, 99], [None] * 9])
def test_equal_few_or_missing_values_have_no_outliers(values: list[float | None]) -> None:
    assert outliers(pa.table({"v": pa.array(values, pa.float64())}), "v") == []


def test_a_threshold_of_zero_is_refused() -> None:
    with pytest.raises(LibraryError, match="above 0"):
        outliers(pa.table({"v": [1]}), "v", threshold=0)


def test_a_line_from_nothing_starts_at_zero_and_names_no_percentage() -> None:
    table = pa.table({"x": [1, 2, 3, 4], "y": [0.0, 2.5, 5.0, 7.5], "z": [0.1, 10.0, 20.0, 30.0]})

    (exact,) = trends(table, "y", "x")
    (near,) = trends(table, "z", "x")

    assert (exact.start, exact.words) == (0.0, "rising")
    assert near.words == "rising"
