"""Lists that several pages show."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.lists import ago, run_line

NOON = dt.datetime(2026, 1, 2, 12)
ROW = {"status": "failed", "name": "tidy_up", "started_at": NOON, "duration_ms": 1500.0}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (3600, "1 hour ago"),
     (86_400, "1 day ago"), (-5, "just now")],
)  # fmt: skip
def test_how_long_ago_is_said_in_words(seconds: int, said: str):
    assert ago(NOON - dt.timedelta(seconds=seconds), NOON) == said


def test_a_failed_run_is_one_line_with_the_first_line_of_its_error():
    line = run_line(ROW | {"error": "torn\nat line 2"}, NOON)

    assert (
        line == ":red[:material/error: Failed] **Tidy up** :gray[just now] :gray[1.5 s] :gray[torn]"
    )


def test_an_error_of_a_run_that_went_well_in_the_end_is_not_told():
    assert "torn" not in run_line(ROW | {"status": "ok", "error": "torn"}, NOON)


def test_a_run_under_way_has_no_duration():
    line = run_line(ROW | {"status": "running", "duration_ms": None, "error": None}, NOON)

    assert line.endswith(":gray[just now] :gray[\u2013]")


@given(st.text(alphabet="[]\\*_`$:<>#~\nab", max_size=400))
def test_no_error_ever_breaks_out_of_its_colour(error: str):
    line = run_line(ROW | {"error": error}, NOON)

    inside = line.split(":gray[1.5 s] :gray[", 1)[1] if error else "]"
    depth, escaped, closed = 1, False, []
    for place, letter in enumerate(inside):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
            closed += [place] if depth == 0 else []
    assert closed == [len(inside) - 1]
    assert "\n" not in line
