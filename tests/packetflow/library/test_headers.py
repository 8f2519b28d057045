import pytest

from packetflow.library.headers import lines_above, rows_above


@pytest.mark.parametrize(
    ("lines", "above"),
    [
        (["a,b", "1,2", "3,4"], 0),
        (["# a remark", "", "a,b", "1,2"], 2),
        (["##version", "#id,b", "1,2", "3,4"], 1),
        (["A title,", "a,b", "1,2", "3,4"], 1),
        (["A title", "a,b", "1,2", "3,4"], 1),
        (["a", "1,2", "3,4", "5,6"], 0),
        (["a,", "x,y", "1,2"], 0),
        (["# only", "# remarks"], 0),
        (['"two', 'lines",b', "1,2", "3,4"], 0),
    ],
)
def test_remarks_and_titles_are_told_from_the_header(lines: list[str], above: int) -> None:
    assert lines_above(lines, ",") == above


def test_a_first_row_that_names_two_columns_is_the_header() -> None:
    assert rows_above([["a", "b", ""], ["x", "y", "z"], ["1", "2", "3"], ["4", "5", "6"]]) == 0


def test_a_row_of_equal_or_missing_names_is_no_header_below_a_title() -> None:
    assert rows_above([["title", ""], ["a", ""], ["1", "2"], ["3", "4"], ["5", "6"]]) == 0
