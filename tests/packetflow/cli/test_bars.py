import datetime as dt

import pytest

from packetflow.cli.bars import bar, timeline

ZERO = dt.datetime(2026, 1, 1)


def span(number, begin_ms, took_ms, **more):
    facts = {"parent_span": 0, "step": f"s{number}", "path": [], "attempt": 1, "status": "ok"}
    began = ZERO + dt.timedelta(milliseconds=begin_ms)
    return (
        facts | {"span_id": number, "started_at": began, "duration_ns": int(took_ms * 1e6)} | more
    )


@pytest.mark.parametrize(
    ("begin", "end", "drawn"),
    [(0, 1, "████"), (0, 0.5, "██  "), (0.5, 1, "  ██"), (0, 0.125, "▌   "), (0.5, 0.5, "  ▏ ")],
)
def test_a_bar_stands_where_its_time_is(begin, end, drawn):
    assert bar(begin, end, 4) == drawn


def test_bars_are_always_as_wide_as_their_line():
    for begin in range(0, 101, 7):
        for end in range(begin, 101, 3):
            drawn = bar(begin / 100, end / 100, 9)
            assert len(drawn) == 9
            assert drawn.strip()


def test_spans_inside_others_are_indented_and_later_tries_counted():
    lines = timeline(
        [
            span(1, 0, 10),
            span(2, 5, 5, parent_span=1, path=[3], attempt=2, status="failed"),
        ],
        10,
    )

    assert lines[0] == ("s1", "█" * 10, "10.00 ms", "ok")
    assert lines[1] == ("  s2[3] #2", "     █████", "5.00 ms", "failed")


def test_no_spans_make_no_lines():
    assert timeline([], 10) == []
