"""The map of capabilities."""

import itertools

import networkx as nx
import pytest

from studio.figures.capability_map import COLUMN, COLUMNS, ROW, capability_map, flows, placed


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

    assert {*points.customdata} == {"cap_0", "cap_1", "cap_2"}
    assert "Do 1" in points.hovertext[list(points.customdata).index("cap_1")]


def test_around_a_capability_stand_only_its_neighbours_with_what_joins_them():
    made = graph(4)
    made.add_edge("cap_1", "cap_2", names=(("left", "right"),))

    figure = capability_map(made, near="cap_1")

    (points,) = figure.data
    where = dict(zip(points.customdata, points.x, strict=True))
    texts = dict(zip(points.customdata, points.text, strict=True))
    assert where["cap_0"] < where["cap_1"] < where["cap_2"]
    assert "cap_3" not in where
    assert "left as right" in texts["cap_2"]
    assert [one.type for one in figure.layout.shapes].count("path") == 2


def test_from_afar_each_family_says_where_its_values_mostly_go():
    made = graph(60, 3)
    made.add_edge("cap_3", "cap_2", names=(("a", "a"),))

    figure = capability_map(made)

    assert flows(made) == {"family 0": ["family 2", "family 1"], "family 1": [], "family 2": []}
    assert "\u2192 family 2, family 1" in [one.text for one in figure.layout.annotations]
    assert {one.type for one in figure.layout.shapes} == {"rect"}


def test_names_of_families_and_capabilities_are_no_markup():
    made: nx.DiGraph[str] = nx.DiGraph()
    made.add_node("a", family="<b>x</b>.py", intent="1 < 2", own=True)

    figure = capability_map(made)

    assert "&lt;b&gt;" in figure.layout.annotations[0].text
    assert "1 &lt; 2" in figure.data[0].hovertext[0]


def test_a_map_of_nothing_and_one_of_an_unknown_name_are_drawn_too():
    assert capability_map(nx.DiGraph(), near="who").layout.height > 0
