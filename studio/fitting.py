"""What fits what: capabilities as a graph of networkx, and the families they are shown in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packetflow.kernel.board import BoardPort, BoardType, Palette
from packetflow.kernel.cards import CapabilityCard

if TYPE_CHECKING:
    import networkx as nx

LIBRARY: Final = "packetflow.library."
FAMILIES: Final = {
    "Read and write": ("table_files", "documents", "web", "calendars"),
    "Tables": ("tables", "cleaning", "profiles", "roles"),
    "Statistics": ("statistics", "relations"),
    "Text": ("text", "rake", "languages", "summaries"),
    "Charts and reports": ("charts", "reports"),
    "Models and messages": ("models", "asking", "messages"),
}
"""The ready capabilities by what they are for, each named by its module."""

_HOMES = {module: family for family, modules in FAMILIES.items() for module in modules}
_CLASS = re.compile(r"\w\.\w")


def family(card: CapabilityCard, folder: Path) -> str:
    """Where a capability belongs: its file in the workspace, what it is for, or its package.

    >>> family(CapabilityCard("chart", module="packetflow.library.charts"), Path("/ws"))
    'Charts and reports'
    >>> family(CapabilityCard("buy", file="/ws/capabilities/shop.py"), Path("/ws"))
    'shop.py'
    """
    if is_own(card, folder):
        return Path(card.file).name
    if card.module.startswith(LIBRARY):
        return _HOMES.get(card.module.removeprefix(LIBRARY), "More")
    return card.module.partition(".")[0] or "This session"


def source_file(card: CapabilityCard, folder: Path) -> tuple[str, bool]:
    """The file that declares a capability, and whether an older version of it is in use.

    While a file cannot be loaded, its last good version serves, from a copy in the state folder.

    >>> card = CapabilityCard("buy", file="/ws/.packetflow/good/shop.py")
    >>> source_file(card, Path("/ws"))
    ('/ws/capabilities/shop.py', True)
    """
    path = Path(card.file)
    if path.parent == folder / ".packetflow" / "good":
        return str(folder / "capabilities" / path.name), True
    return card.file, False


def is_own(card: CapabilityCard, folder: Path) -> bool:
    """Whether a file of the workspace declares it."""
    return card.file.startswith(f"{folder}/")


def by_family(cards: Sequence[CapabilityCard], folder: Path) -> dict[str, list[CapabilityCard]]:
    """Capabilities by family: those of the workspace first, then the ready ones, then others."""
    found: dict[str, list[CapabilityCard]] = {}
    for card in cards:
        found.setdefault(family(card, folder), []).append(card)
    order = {name: place for place, name in enumerate(FAMILIES)}

    def rank(name: str) -> tuple[bool, int]:
        return not is_own(found[name][0], folder), order.get(name, len(order))

    return {name: found[name] for name in sorted(found, key=rank)}


def fit_graph(cards: Sequence[CapabilityCard], palette: Palette, folder: Path) -> nx.DiGraph[str]:
    """The graph of what can follow what: an edge where one gives a value that another can take.

    A value fits by its type. Plain types, such as text and numbers, would join almost all to almost
    all, so of them only values count whose names agree, too.

    Args:
        cards: The capabilities.
        palette: The same with the ids of their types, and which type fits which.
        folder: The workspace.

    Returns:
        Nodes by name with ``family``, ``intent`` and ``own``; edges with ``names``, pairs of what
        the one gives and what the other takes.
    """
    import networkx as nx

    made: nx.DiGraph[str] = nx.DiGraph()
    for name, several in by_family(cards, folder).items():
        for card in several:
            facts = {"family": name, "intent": card.intent, "own": is_own(card, folder)}
            made.add_node(card.name, **facts)
    items = [one for one in palette.items if one.kind == "use" and one.name in made]
    for giver in items:
        for taker in items:
            pairs = [
                (output.name, entry.name)
                for output in giver.outputs
                for entry in taker.inputs
                if giver is not taker and fits(output, entry, palette.types)
            ]
            if pairs:
                made.add_edge(giver.name, taker.name, names=tuple(pairs))
    return made


def fits(output: BoardPort, entry: BoardPort, types: Mapping[str, BoardType]) -> bool:
    """Tell whether a value should be said to fit an input (see `fit_graph`)."""
    known = types.get(entry.type)
    if known is None or (output.type not in known.fits and entry.type != output.type):
        return False
    return output.name == entry.name or all(map(_CLASS.search, (output.type, entry.type)))


def said(pairs: Sequence[tuple[str, str]]) -> str:
    """What joins two capabilities, in words.

    >>> said([("table", "table"), ("table", "left")])
    'table, table as left'
    """
    return ", ".join(one if one == other else f"{one} as {other}" for one, other in pairs)
