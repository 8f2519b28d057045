"""Flowchart text that no name can break."""

import re

from hypothesis import given
from hypothesis import strategies as st

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.mermaid import mermaid, quoted

LINE = re.compile(
    r"flowchart LR|\s*end|"
    r'\s*(subgraph )?[ng]\d+(\[|\(\[|\{\{|\[\[)"[^"\n]*"(\]|\]\)|\}\}|\]\])|'
    r'\s*[ng]\d+ (-->|-\.->)(\|"[^"\n]*"\|)? [ng]\d+|'
    r"\s*classDef wrong .*|\s*class [n\d,]+ wrong"
)


@given(st.text())
def test_every_line_is_one_that_mermaid_knows(text):
    nodes = (Node("a", text), Node("b", text, "wait", (text,), "error"), Node("c", text, "input"))
    groups = (Group("g", text, "each", ("a",)), Group("h", text, "way", ("b",), "g"))
    made = Drawing(nodes, (Edge("a", "b", text), Edge("c", "g", faint=True)), groups)

    for line in mermaid(made).split("\n"):
        assert LINE.fullmatch(line), line


def test_groups_hold_their_nodes():
    groups = (Group("g", "outer", "each"), Group("h", "inner", "way", ("a",), "g"))

    lines = mermaid(Drawing((Node("a", "a"),), (), groups)).split("\n")

    assert [line.strip() for line in lines[1:]] == [
        'subgraph g0["outer"]',
        'subgraph g1["inner"]',
        'n0["a"]',
        "end",
        "end",
    ]


def test_wires_between_a_box_and_its_inside_are_left_out():
    made = Drawing((Node("a", "a"),), (Edge("g", "a", "x"),), (Group("g", "g", "each", ("a",)),))

    assert "-->" not in mermaid(made)


def test_signs_become_entities():
    assert quoted("a|b]") == '"a#124;b#93;"'
