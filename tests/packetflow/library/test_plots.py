from datetime import date, timedelta

import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library import plots


def test_gaps_in_keys_and_values_are_not_drawn() -> None:
    table = pa.table({"x": [1, None, 3], "y": [1.0, 2.0, None]})

    (line,), _, _, _ = plots.line(table, "x", "y", None, measure="mean")

    assert (line["x"], line["y"]) == ([1], [1.0])


@pytest.mark.parametrize(("measure", "value"), [("sum", 6.0), ("max", 4.0), ("median", 3.0)])
def test_rows_for_one_place_are_joined_by_the_measure(measure: plots.Measure, value: float) -> None:
    table = pa.table({"x": ["a", "a"], "y": [2, 4]})

    (bar,), _, note, _ = plots.bar(table, "x", "y", None, measure=measure)

    assert (bar["y"], note) == ([value], f"{measure} of rows")


def test_a_histogram_needs_numbers() -> None:
    with pytest.raises(LibraryError, match="no numbers"):
        plots.histogram(pa.table({"x": pa.array([None], pa.float64())}), "x", "", "")


def test_numbers_too_close_to_tell_apart_fall_into_one_bin() -> None:
    table = pa.table({"x": [1e25, 1e25, 1e25 + 3e9]})

    drawn = plots.histogram(table, "x", "", "")

    assert drawn.figure().data[0].y == (3,)


def test_a_line_over_thousands_of_moments_is_drawn_by_a_coarser_unit() -> None:
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range(6_000)]
    table = pa.table({"day": days, "y": [float(n) for n in range(6_000)]})

    (line,), _, note, _ = plots.line(table, "day", "y", None, measure="mean")

    assert note == "mean of rows, each month"
    assert line["x"][:2] == ["2000-01-01", "2000-02-01"]
    assert line["y"][0] == pytest.approx(15.0)
