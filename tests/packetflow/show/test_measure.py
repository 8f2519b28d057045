"""Sizes: enough room for what is shown, within limits."""

from packetflow.show import measure
from packetflow.show.drawing import Group, Node


def test_a_card_is_as_wide_as_its_words_within_limits():
    short, long = Node("a", "a"), Node("a", "a_very_long_name" * 9)

    assert measure.card_width(short) == measure.NARROWEST
    assert measure.card_width(long) == measure.WIDEST


def test_badges_take_as_many_rows_as_they_need():
    badges = ("retry 3x on OSError", "timeout 10 s", "cached")

    assert measure.badge_rows(badges, 1000) == [list(badges)]
    assert [one for row in measure.badge_rows(badges, 130) for one in row] == list(badges)
    assert len(measure.badge_rows(badges, 130)) > 1


def test_a_card_grows_with_what_it_shows_and_with_the_names_that_leave_it():
    node = Node("a", "a", badges=("retry",), detail="works", notes=("wrong",))

    assert measure.card_height(node, 150, 0) > measure.card_height(Node("a", "a"), 150, 0)
    assert measure.card_height(node, 150, 20) >= 20 * measure.PORT


def test_only_two_messages_are_written_on_a_card():
    rows = measure.note_rows(("one", "two", "three", "four"), 200)

    assert rows == ["one", "two", "and 2 more"]


def test_a_head_has_room_for_its_messages():
    bare = measure.header_size(Group("g", "each", "each"))
    told = measure.header_size(Group("g", "each", "each", notes=("walks no list",) * 2))

    assert told[1] == bare[1] + 28


def test_a_nameless_wire_needs_no_room_for_a_name():
    assert measure.name_width("") == 0
    assert measure.name_width("text") > 0
