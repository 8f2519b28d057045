"""The map of capabilities."""

from packetflow.kernel.cards import CapabilityCard, PortCard
from studio.figures.capability_map import capability_map, joined


def card(name: str, requires: str, provides: str) -> CapabilityCard:
    def ports(names: str) -> list[PortCard]:
        return [PortCard(one) for one in names.split()]

    return CapabilityCard(name, requires=ports(requires), provides=ports(provides))


CARDS = [card("fetch", "url", "text"), card("sum_up", "text tone", "gist"), card("alone", "x", "y")]


def test_only_capabilities_that_share_a_name_are_on_the_map():
    assert [row.name for row in joined(CARDS)] == ["fetch", "sum_up"]


def test_squares_carry_the_name_of_their_capability():
    figure = capability_map(CARDS, mode="dark")

    assert [list(trace.customdata) for trace in figure.data[1:]] == [[""], ["fetch", "sum_up"]]


def test_a_map_of_nothing_is_drawn_too():
    assert capability_map([]).layout.height == 360
