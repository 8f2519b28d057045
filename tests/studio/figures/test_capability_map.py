"""The map of capabilities."""

import itertools

import networkx as nx
import pytest

from studio.figures.capability_map import COLUMN, COLUMNS, ROW, capability_map, placed


def graph(many: int = 3, families: int = 2) -> "nx.DiGraph[str]":
    made: nx.DiGraph[str] = nx.DiGraph()
    for place in range(many):
        its = f"family {place % families}"
        made.add_node(f"cap_{place}", family=its, intent=f"Do {place}", own=place == 0)
    for place in range(1, many):
        made.add_edge("cap_0", f"cap_{place}", names=(("table", "table"),))
    return made


@pytest.mark.parametrize(("many", "families"), [(1, 1), (60, 1), (60, 9), (200, 40)])
def test_no_two_capabilities_stand_on_each_other_and_all_stand_in_their_box(many, families):
    made = graph(many, families)

    places, boxes = placed(made)

    spots = sorted(places.values())
    for (x, y), (right, low) in itertools.pairwise(spots):
        assert right - x > COLUMN / 2 or low - y >= ROW - 0.01
    for name, (x, y) in places.items():
        box = next(one for one in boxes if one.name == made.nodes[name]["family"])
        assert box.x < x < box.x + box.width <= COLUMNS * COLUMN
        assert box.y < y < box.y + box.height


def test_points_carry_the_name_of_their_capability_and_say_what_it_is_for():
    points = capability_map(graph(), mode="dark").data[-1]

    assert list(points.customdata) == ["cap_0", "cap_1", "cap_2"]
    assert "Do 1" in points.hovertext[list(points.customdata).index("cap_1")]


def test_what_joins_a_capability_that_is_looked_at_stands_out():
    made = graph(4)
    made.add_edge("cap_1", "cap_2", names=(("a", "a"),))

    rest, takes, gives, points = capability_map(made, near="cap_1").data

    curve = [one is None for one in rest.x].count(True)
    assert (curve, [one is None for one in takes.x].count(True)) == (2, 1)
    assert [one is None for one in gives.x].count(True) == 1
    shown = dict(zip(points.customdata, points.marker.opacity, strict=True))
    assert shown == {"cap_0": 1.0, "cap_1": 1.0, "cap_2": 1.0, "cap_3": 0.35}


def test_a_map_of_nothing_and_one_of_an_unknown_name_are_drawn_too():
    assert capability_map(nx.DiGraph(), near="who").layout.height > 0
