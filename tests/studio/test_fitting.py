"""What fits what."""

from pathlib import Path

from packetflow.kernel.board import BoardPort, BoardType, Palette, PaletteItem
from packetflow.kernel.cards import CapabilityCard
from studio.fitting import by_family, fit_graph

FOLDER = Path("/ws")
TYPES = {
    "str": BoardType("str", ["str"]),
    "shop.Order": BoardType("Order", ["shop.Order"]),
    "float": BoardType("float", ["int", "float"]),
    "int": BoardType("int", ["int"]),
}


def joined(*items: tuple[str, str, str]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """The edges between capabilities given as name, inputs, outputs (``name:type`` each)."""

    def ports(text: str) -> list[BoardPort]:
        pairs = [one.split(":") for one in text.split()]
        return [BoardPort(name, name, kind) for name, kind in pairs]

    cards = [CapabilityCard(name) for name, _, _ in items]
    palette = Palette([PaletteItem(n, "use", "", ports(i), ports(o)) for n, i, o in items], TYPES)
    made = fit_graph(cards, palette, FOLDER)
    return {(one, other): facts["names"] for one, other, facts in made.edges(data=True)}


def test_a_value_fits_where_its_type_does():
    found = joined(("buy", "", "order:shop.Order"), ("pay", "what:shop.Order", "amount:int"),
                   ("add", "amount:float", ""))  # fmt: skip

    assert found == {
        ("buy", "pay"): (("order", "what"),),
        ("pay", "add"): (("amount", "amount"),),
    }


def test_plain_values_fit_by_their_names_too_and_never_against_their_type():
    found = joined(("read", "", "text:str"), ("count", "text:str", ""), ("ask", "prompt:str", ""),
                   ("sum", "text:float", ""))  # fmt: skip

    assert list(found) == [("read", "count")]


def test_nothing_fits_itself():
    assert joined(("again", "order:shop.Order", "order:shop.Order")) == {}


def test_files_of_the_workspace_come_before_the_ready_ones_and_those_before_plug_ins():
    cards = [
        CapabilityCard("a", module="elsewhere.parts"),
        CapabilityCard("b", module="packetflow.library.rake"),
        CapabilityCard("c", module="packetflow.library.tables"),
        CapabilityCard("d", file="/ws/capabilities/own.py", module="own"),
    ]

    assert list(by_family(cards, FOLDER)) == ["own.py", "Tables", "Text", "elsewhere"]


def test_every_ready_capability_has_a_family():
    from packetflow import library
    from studio.fitting import family

    cards = [CapabilityCard(one.name, module=one.fn.__module__) for one in library.capabilities()]

    assert "More" not in {family(card, FOLDER) for card in cards}
