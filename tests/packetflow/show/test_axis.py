"""A time axis that folds long idle stretches."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.show.axis import FOLDED, axis, merged

STRETCHES = st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e3)).map(lambda p: (p[0], sum(p))))


def test_work_without_long_pauses_is_drawn_to_scale():
    found = axis([(0, 4), (5, 10)], (0, 10), 100, 200)

    assert [piece.is_folded for piece in found.pieces] == [False]
    assert found.x(5) == 150


def test_a_long_pause_is_folded_and_says_how_long_it_was():
    found = axis([(0, 1), (1000, 1001)], (0, 1001), 0, 500)

    (fold,) = [piece for piece in found.pieces if piece.is_folded]
    assert (fold.seconds, fold.right - fold.left) == (999, FOLDED)


def test_a_pause_at_the_end_is_folded_too():
    found = axis([(0, 1)], (0, 5000), 0, 500)

    assert found.pieces[-1].is_folded
    assert found.pieces[-1].right == 500


def test_a_pause_that_nobody_felt_is_not_folded():
    found = axis([(0, 0.001), (0.05, 0.051)], (0, 0.051), 0, 500)

    assert not any(piece.is_folded for piece in found.pieces)


def test_waiting_alone_is_drawn_to_scale():
    assert not any(piece.is_folded for piece in axis([], (0, 90), 0, 500).pieces)


def test_marks_after_a_fold_count_from_its_end():
    found = axis([(0, 1), (1000, 1001)], (0, 1001), 0, 800)

    seconds = [round(since, 6) for _, since in found.ticks()]
    assert seconds[0] == 0
    assert max(seconds) <= 1
    assert seconds.count(0) == 2


@given(STRETCHES, st.floats(0, 1e5), st.floats(1e-6, 1e6))
def test_later_is_never_further_left_and_always_on_the_axis(working, start, seconds):
    end = max([start + seconds, *(b for _, b in working)])
    start = min([start, *(a for a, _ in working)])
    found = axis(working, (start, end), 100, 900)

    places = [found.x(start + (end - start) * share / 20) for share in range(21)]
    assert places == pytest.approx(sorted(places))
    assert places[0] >= 99.9
    assert places[-1] <= 900.1


@given(STRETCHES)
def test_merged_stretches_do_not_touch(stretches):
    found = merged(stretches)

    assert all(a[1] < b[0] for a, b in pairwise(found))
