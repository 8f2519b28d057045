"""Places: nothing overlaps, groups hold their members, wires run to the right."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.layout import layout


@st.composite
def drawings(draw):
    count = draw(st.integers(0, 14))
    nodes = tuple(
        Node(
            f"n{i}", "x" * draw(st.integers(0, 40)), draw(st.sampled_from(["capability", "input"]))
        )
        for i in range(count)
    )
    boxes = draw(st.integers(0, 4))
    home = [draw(st.integers(-1, boxes - 1)) for _ in nodes]
    groups = tuple(
        Group(
            f"g{i}",
            "group",
            "each",
            tuple(f"n{n}" for n, box in enumerate(home) if box == i),
            "" if (parent := draw(st.integers(-1, i - 1))) < 0 else f"g{parent}",
        )
        for i in range(boxes)
    )
    ends = [*(n.id for n in nodes), *(g.id for g in groups)]
    pairs = st.tuples(st.sampled_from(ends or [""]), st.sampled_from(ends or [""]))
    edges = [] if not ends else draw(st.lists(pairs, max_size=25))
    wires = tuple(
        Edge(a, b, f"name{i % 3}") for i, (a, b) in enumerate(edges) if a != b or a[0] == "n"
    )
    return Drawing(nodes, wires, groups)


def apart(one, other):
    return (
        one.right <= other.x
        or other.right <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@given(drawings())
@settings(max_examples=150, deadline=None)
def test_nothing_overlaps_and_groups_hold_what_is_in_them(drawing):
    boxes = layout(drawing).boxes

    assert boxes.keys() == {part.id for part in (*drawing.nodes, *drawing.groups)}
    for one, other in combinations(boxes, 2):
        if drawing.holder[one] == drawing.holder[other]:
            assert apart(boxes[one], boxes[other]), (one, other)
    for name, above in drawing.holder.items():
        if above:
            inner, outer = boxes[name], boxes[above]
            assert outer.x <= inner.x
            assert inner.right <= outer.right
            assert outer.y <= inner.y
            assert inner.y + inner.height <= outer.y + outer.height


@given(drawings())
@settings(max_examples=100, deadline=None)
def test_the_same_drawing_gets_the_same_places_all_inside_the_picture(drawing):
    placed = layout(drawing)

    assert placed == layout(Drawing(drawing.nodes, drawing.edges, drawing.groups))
    assert len(placed.routes) == len(drawing.edges)
    for box in placed.boxes.values():
        assert box.x >= 0
        assert box.right <= placed.width
        assert box.y >= 0
        assert box.y + box.height <= placed.height


@given(drawings())
@settings(max_examples=100, deadline=None)
def test_every_wire_ends_at_the_sides_of_its_parts(drawing):
    placed = layout(drawing)

    for edge, route in zip(drawing.edges, placed.routes, strict=True):
        source, target = placed.boxes[edge.source], placed.boxes[edge.target]
        assert abs(route.points[0][0] - source.right) < 0.01 or edge.source[0] == "g"
        assert abs(route.points[-1][0] - target.x) < 0.01 or edge.target[0] == "g"
        for box, (_, y) in ((source, route.points[0]), (target, route.points[-1])):
            assert box.y - 0.01 <= y <= box.y + box.height + 0.01


def test_a_chain_stands_on_one_line():
    nodes = tuple(Node(f"n{i}", "step") for i in range(5))
    edges = tuple(Edge(f"n{i}", f"n{i + 1}", "text") for i in range(4))

    boxes = layout(Drawing(nodes, edges)).boxes

    assert len({round(box.middle, 3) for box in boxes.values()}) == 1
    assert [*boxes] == sorted(boxes, key=lambda name: boxes[name].x)


def test_a_wire_passes_beside_the_cards_between_its_ends():
    nodes = tuple(Node(n, n) for n in "abc")
    edges = (Edge("a", "b", "x"), Edge("b", "c", "y"), Edge("a", "c", "z"))

    placed = layout(Drawing(nodes, edges))

    middle = placed.boxes["b"]
    passing = [y for x, y in placed.routes[2].points if middle.x - 1 <= x <= middle.right + 1]
    assert passing
    assert all(not middle.y <= y <= middle.y + middle.height for y in passing)


def test_two_parts_that_could_cross_do_not():
    nodes = tuple(Node(n, n) for n in "abxy")

    boxes = layout(Drawing(nodes, (Edge("a", "y", "1"), Edge("b", "x", "2")))).boxes

    assert (boxes["a"].y < boxes["b"].y) == (boxes["y"].y < boxes["x"].y)


def test_a_name_shared_by_wires_is_written_once():
    nodes = tuple(Node(n, n) for n in "abc")

    placed = layout(Drawing(nodes, (Edge("a", "b", "text"), Edge("a", "c", "text"))))

    assert [route.named for route in placed.routes] == [True, False]


def test_a_wire_that_runs_back_goes_round_below():
    nodes = (Node("a", "a"), Node("b", "b"))

    placed = layout(Drawing(nodes, (Edge("a", "b", "x"), Edge("b", "a", "y"))))

    lowest = max(box.y + box.height for box in placed.boxes.values())
    assert max(y for _, y in placed.routes[1].points) > lowest
