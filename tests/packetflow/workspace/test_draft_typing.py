"""Typing over a text that others change: nothing of theirs is lost, nothing typed is."""

from hypothesis import given
from hypothesis import strategies as st

from packetflow.workspace.draft_typing import Typed, typed_into

SEEN = "a\nb\nc\nd\n"


def test_where_both_changed_the_same_lines_what_was_typed_counts():
    assert typed_into("a\nB\nc\nd\nq\n", Typed("a\nx\nc\nd\n", base=SEEN)) == "a\nx\nc\nd\nq\n"


def test_lines_put_in_at_one_place_are_both_kept_but_the_same_ones_once():
    assert typed_into(SEEN + "e\n", Typed(SEEN + "f\n", base=SEEN)) == SEEN + "e\nf\n"
    assert typed_into(SEEN + "e\n", Typed(SEEN + "e\n", base=SEEN)) == SEEN + "e\n"


def test_a_file_keeps_the_ends_of_its_lines_though_a_browser_gives_line_feeds():
    windows = "a\r\nb\r\nc\nd"

    typed = typed_into(windows, Typed("a\nx\nb\nc\nd\ne", base=windows))

    assert typed == "a\r\nx\r\nb\r\nc\nd\r\ne"


texts = st.lists(st.sampled_from("abcd"), max_size=6).map("\n".join)


@given(texts, texts)
def test_with_nobody_else_or_nothing_typed_the_text_is_that_of_the_other(one, other):
    assert typed_into(one, Typed(other, base=one)) == other
    assert typed_into(other, Typed(one, base=one)) == other
    assert typed_into(other, Typed(one)) == one


@given(texts, texts, texts)
def test_lines_that_only_one_side_has_are_there_in_the_end(seen, typed, now):
    found = set(typed_into(now, Typed(typed, base=seen)).split("\n"))

    assert found >= set(typed.split("\n")) - set(seen.split("\n"))
