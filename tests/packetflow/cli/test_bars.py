import pytest

from packetflow.cli.bars import bar, timeline
from packetflow.show import Bar


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
    lines = timeline([Bar(1, "s1", 0, 0.010), Bar(2, "s2", 0.005, 0.005, "failed", 1, 2, (3,))], 10)

    assert lines[0] == ("s1", "█" * 10, "10.00 ms", "ok")
    assert lines[1] == ("  s2[3] #2", "     █████", "5.00 ms", "failed")


def test_the_time_in_which_a_step_waited_is_dotted():
    asked = Bar(1, "sign", 0, 10, waited=((2, 8),))
    paused = Bar(2, "pause", 5, 5, waits=True)

    lines = timeline([asked, paused], 10)

    assert lines[0] == ("sign", "██······██", "4.00 s, waited 6.00 s", "ok")
    assert lines[1] == ("pause", "     ·····", "5.00 s", "ok")


def test_what_was_taken_over_has_its_first_duration():
    [line] = timeline([Bar(1, "fetch", 0, 0, took=3.5)], 4)

    assert line == ("fetch", "▏   ", "3.50 s", "taken over")


def test_no_spans_make_no_lines():
    assert timeline([], 10) == []
