"""One level: columns by the longest path, rings broken, wires kept apart."""

from packetflow.show.layers import ENTRY, EXIT, Link, arrange

SIZE = (100.0, 40.0)


def level(count, *pairs):
    return arrange([SIZE] * count, {pair: Link() for pair in pairs})


def test_columns_follow_the_longest_path():
    assert level(4, (0, 1), (1, 2), (0, 2), (2, 3)).column_of == [0, 1, 2, 3]


def test_what_nothing_leads_to_stands_before_its_first_reader():
    assert level(4, (0, 1), (1, 2), (3, 2)).column_of == [0, 1, 2, 1]


def test_a_ring_is_broken_where_it_closes():
    made = level(3, (0, 1), (1, 2), (2, 0))

    assert made.loops == [(2, 0)]
    assert made.column_of == [0, 1, 2]


def test_a_wire_to_itself_is_a_loop():
    assert level(1, (0, 0)).loops == [(0, 0)]


def test_a_wire_gets_a_place_in_each_column_it_passes():
    made = level(3, (0, 1), (1, 2), (0, 2))

    assert [column for column, _ in made.tracks[0, 2]] == [1]
    assert abs(made.tracks[0, 2][0][1] - made.middle[1]) > 20


def test_wires_from_and_to_outside_pass_the_columns_before_and_after():
    made = level(3, (0, 1), (1, 2), (ENTRY, 2), (0, EXIT))

    assert [column for column, _ in made.tracks[ENTRY, 2]] == [0, 1]
    assert [column for column, _ in made.tracks[0, EXIT]] == [1, 2]


def test_nothing_takes_no_room():
    made = arrange([], {})

    assert (made.width, made.height) == (0.0, 0.0)


def test_names_get_room_between_columns():
    short = arrange([SIZE] * 2, {(0, 1): Link()})
    long = arrange([SIZE] * 2, {(0, 1): Link(label=80.0)})

    assert long.width - short.width == 80.0
