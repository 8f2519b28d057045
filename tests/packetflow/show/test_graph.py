"""Graphs for networkx, and the map of capabilities."""

from random import Random

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.graph import ContractRow, contract_graph, to_networkx


def test_wires_between_the_same_ends_become_one_edge():
    nodes = (Node("a", "a", badges=("retry",)), Node("b", "b"))
    edges = (Edge("a", "b", "x", faint=True), Edge("a", "b", "y"))

    made = to_networkx(Drawing(nodes, edges, (), "pair"))

    assert made.edges["a", "b"] == {"names": ("x", "y"), "faint": False}
    assert made.nodes["a"]["badges"] == ("retry",)
    assert made.graph["title"] == "pair"


def test_groups_are_kept():
    groups = (Group("g", "each x", "each", ("a",)),)

    made = to_networkx(Drawing((Node("a", "a"),), (Edge("g", "a", "x"),), groups))

    assert made.nodes["a"]["group"] == "g"
    assert made.nodes["g"]["kind"] == "each"
    assert made.graph["groups"]["g"]["members"] == ("a",)


def test_capabilities_meet_at_the_names_they_share():
    graph, places = contract_graph(
        [
            ContractRow("fetch", ("url",), ("text",), "Download"),
            ContractRow("count", ("text",), ("words",)),
        ]
    )

    assert list(graph.successors("name text")) == ["cap count"]
    assert graph.nodes["cap fetch"]["detail"] == "Download"
    assert graph.nodes["name text"]["kind"] == "name"
    assert places.keys() == set(graph.nodes)


def test_a_capability_that_reads_what_it_makes_is_drawn():
    graph, places = contract_graph([ContractRow("better", ("text",), ("text",))])

    assert len(graph.edges) == 2
    assert len(places) == 2


def test_five_hundred_capabilities_are_placed_apart():
    random = Random(2)
    names = [f"name{i}" for i in range(400)]
    rows = [
        ContractRow(f"cap{i}", tuple(random.sample(names, 2)), tuple(random.sample(names, 1)))
        for i in range(500)
    ]

    _, places = contract_graph(rows)

    assert len(set(places.values())) == len(places)
