import pyarrow as pa
import pytest

from packetflow.library.relations import correlations, describe


def test_figures_of_a_column_match_a_worked_example() -> None:
    # 2 4 4 4 5 5 7 9: mean 5, sample deviation 2.1381, adjusted skew 0.8185.
    table = pa.table({"v": [2.0, 4, 4, 4, 5, 5, 7, 9, None, float("nan")]})

    (found,) = describe(table)

    assert (found.count, found.missing, found.mean, found.median) == (8, 2, 5, 4.5)
    assert found.deviation == pytest.approx(2.13809)
    assert found.skew == pytest.approx(0.81849, abs=1e-4)


def test_one_value_has_no_deviation_and_no_values_no_figures() -> None:
    table = pa.table({"one": [3, None], "none": pa.array([None, None], pa.int64())})

    (found,) = describe(table)

    assert (found.column, found.deviation, found.skew) == ("one", None, None)


def test_a_straight_relation_is_perfect_and_comes_first() -> None:
    table = pa.table({"a": [1, 2, 3, 4], "b": [8, 6, 4, 2], "c": [1, 3, 2, 4]})

    found = correlations(table)

    assert (found[0].one, found[0].other, found[0].value, found[0].p) == ("a", "b", -1.0, 0.0)
    assert found[1].value == pytest.approx(0.8)
    assert found[1].p == pytest.approx(0.2)


def test_spearman_sees_any_rising_relation_and_shares_ranks_of_ties() -> None:
    table = pa.table({"a": [1, 2, 3, 4], "b": [1, 10, 100, 1000], "c": [1, 1, 2, 2]})

    found = {(one.one, one.other): one.value for one in correlations(table, method="spearman")}

    assert found["a", "b"] == pytest.approx(1)
    assert found["a", "c"] == pytest.approx(0.894427)


def test_rows_that_miss_one_value_are_left_out_and_constants_too() -> None:
    table = pa.table({"a": [1, 2, None, 4], "b": [1, 2, 3, None], "k": [7, 7, 7, 7]})

    (found,) = correlations(table)

    assert (found.rows, found.p) == (2, None)
