"""A drawing whose parts do not belong together is refused."""

import pytest

from packetflow.errors import DrawingError
from packetflow.show.drawing import Drawing, Edge, Group, Node

A, B = Node("a", "a"), Node("b", "b")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"nodes": (A, A)}, "two parts of the drawing are called 'a'"),
        ({"nodes": (A,), "groups": (Group("a", "a", "each"),)}, "two parts"),
        ({"nodes": (A,), "edges": (Edge("a", "b"),)}, "ends at 'b', which is not in the drawing"),
        ({"groups": (Group("g", "g", "each", ("x",)),)}, "'x' in group 'g' is no node"),
        (
            {"nodes": (A,), "groups": (Group("g", "", "", ("a",)), Group("h", "", "", ("a",)))},
            "'a' in group 'h' is in two groups",
        ),
        ({"groups": (Group("g", "", "", (), "g"),)}, "group 'g' holds itself"),
        ({"groups": (Group("g", "", "", (), "h"),)}, "is in 'h', which is no group"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(parts, said):
    with pytest.raises(DrawingError, match=said):
        Drawing(**parts)


def test_each_part_knows_the_group_around_it():
    groups = (Group("outer", "", "each"), Group("inner", "", "way", ("a",), "outer"))

    made = Drawing((A, B), (), groups)

    assert made.holder == {"a": "inner", "b": "", "inner": "outer", "outer": ""}
