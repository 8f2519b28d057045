"""Courses of wires: names that leave a card, wires side by side, borders crossed at one height."""

from itertools import pairwise

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.layout import layout


def cards(names):
    return tuple(Node(name, name) for name in names)


def test_each_name_leaves_a_card_at_a_place_of_its_own():
    edges = tuple(Edge("a", "b", name) for name in ("one", "two", "three"))

    placed = layout(Drawing(cards("ab"), edges))

    starts = sorted(route.points[0][1] for route in placed.routes)
    assert min(b - a for a, b in pairwise(starts)) >= 13
    box = placed.boxes["a"]
    assert box.y < starts[0]
    assert starts[-1] < box.y + box.height


def test_wires_leave_in_the_order_of_their_ends():
    edges = (Edge("a", "b", "z"), Edge("a", "c", "m"), Edge("a", "d", "a"))

    placed = layout(Drawing(cards("abcd"), edges))

    by_start = sorted(placed.routes, key=lambda route: route.points[0][1])
    ends = [route.points[-1][1] for route in by_start]
    assert ends == sorted(ends)


def test_wires_of_one_pair_run_side_by_side_where_they_pass():
    edges = (Edge("a", "b", "1"), Edge("b", "c", "2"), Edge("a", "c", "3"), Edge("a", "c", "4"))

    placed = layout(Drawing(cards("abc"), edges))

    x = placed.boxes["b"].x
    heights = [[y for px, y in placed.routes[n].points if abs(px - x) < 1] for n in (2, 3)]
    assert all(heights)
    assert abs(heights[0][0] - heights[1][0]) >= 8


def test_a_list_enters_a_group_where_its_item_leaves_the_border():
    groups = (Group("each", "each", "each", ("inner",)),)
    edges = (
        Edge("a", "each", "texts", target_port="text"),
        Edge("each", "inner", "text", source_port="text"),
        Edge("inner", "each", "tone", target_port="tones"),
        Edge("each", "b", "tones", source_port="tones"),
    )

    placed = layout(Drawing((*cards("ab"), Node("inner", "inner")), edges, groups))

    into, item, result, out = placed.routes
    assert into.points[-1] == item.points[0]
    assert result.points[-1] == out.points[0]
    assert item.points[0][0] == placed.boxes["each"].x
    assert out.points[0][0] == placed.boxes["each"].right
