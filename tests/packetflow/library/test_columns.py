from datetime import datetime

import numpy as np
import pyarrow as pa

from packetflow.library.columns import groups, moments, numbers


def test_missing_numbers_are_nan() -> None:
    assert np.array_equal(numbers(pa.table({"v": [1, None]}), "v"), [1.0, np.nan], equal_nan=True)


def test_moments_of_dates_are_years() -> None:
    table = pa.table({"t": [datetime(2000, 1, 1), None]})

    years = moments(table, "t")

    assert abs(years[0] - 2000) < 0.01
    assert np.isnan(years[1])


def test_rows_are_grouped_in_order_and_missing_groups_come_last() -> None:
    found = groups(pa.table({"g": ["b", None, "a", "b"]}), "g")

    assert {name: rows.tolist() for name, rows in found.items()} == {
        "b": [0, 3],
        "a": [2],
        "(missing)": [1],
    }


def test_without_a_group_all_rows_are_one() -> None:
    assert groups(pa.table({"g": [1, 2]}), None)["all"].tolist() == [0, 1]
