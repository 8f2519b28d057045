"""The map of what can follow what: capabilities and the names that join them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from packetflow.kernel.cards import CapabilityCard
from packetflow.show import ContractRow, contract_graph
from studio.theme import ACCENT, LINE, NAME, SOFT, Mode, figure_layout

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW_PIXELS = 0.62
MOST_SAID = 4
"""A name is written beside its dot when at least so many wires meet there."""


def capability_map(cards: Sequence[CapabilityCard], *, mode: Mode = "light") -> go.Figure:
    """Draw capabilities and the names they share; names that only one knows are left out.

    Args:
        cards: The capabilities.
        mode: Of the page.

    Returns:
        A figure whose points carry the name of their capability as ``customdata``, empty for
        points that are names. Capabilities that share no name with another are left out too.
    """
    import plotly.graph_objects as go

    graph, places = contract_graph(joined(cards))
    figure = go.Figure(layout=figure_layout(mode))
    figure.add_trace(_wires(graph, places, mode))
    for kind in ("name", "capability"):
        nodes = [one for one in graph if graph.nodes[one]["kind"] == kind]
        figure.add_trace(_points(graph, places, nodes, mode))
    tall = max((y for _, y in places.values()), default=0.0)
    axis: dict[str, Any] = {"visible": False}
    figure.update_layout(
        height=int(max(360, min(1500, tall * ROW_PIXELS + 60))),
        xaxis=axis | {"range": _range(places)},
        yaxis=axis | {"autorange": "reversed"},
        hovermode="closest",
        dragmode="pan",
    )
    return figure


def joined(cards: Sequence[CapabilityCard]) -> list[ContractRow]:
    """The capabilities that can follow one another, with the names that join them.

    A name counts when one capability gives it and another takes it.
    """
    takes: dict[str, set[str]] = {}
    gives: dict[str, set[str]] = {}
    for card in cards:
        for port in card.requires:
            takes.setdefault(port.name, set()).add(card.name)
        for port in card.provides:
            gives.setdefault(port.name, set()).add(card.name)
    shared = {
        name
        for name in takes.keys() & gives
        if takes[name] | gives[name] != takes[name] & gives[name]
    }
    rows = []
    for card in cards:
        requires = tuple(port.name for port in card.requires if port.name in shared)
        provides = tuple(port.name for port in card.provides if port.name in shared)
        if requires or provides:
            rows.append(ContractRow(card.name, requires, provides, card.intent))
    return rows


def _range(places: dict[str, tuple[float, float]]) -> list[float]:
    across = [x for x, _ in places.values()] or [0.0]
    return [min(across) - 120, max(across) + 330]


def _wires(graph: Any, places: dict[str, tuple[float, float]], mode: Mode) -> Any:
    import plotly.graph_objects as go

    x: list[float | None] = []
    y: list[float | None] = []
    for source, target in graph.edges:
        x += [places[source][0], places[target][0], None]
        y += [places[source][1], places[target][1], None]
    line = {"color": LINE[mode], "width": 1.2}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def _points(
    graph: Any, places: dict[str, tuple[float, float]], nodes: list[str], mode: Mode
) -> Any:
    import plotly.graph_objects as go

    is_capability = bool(nodes) and graph.nodes[nodes[0]]["kind"] == "capability"
    labels = [graph.nodes[one]["label"] for one in nodes]
    shown = [
        label if is_capability or graph.degree(one) >= MOST_SAID else ""
        for one, label in zip(nodes, labels, strict=True)
    ]
    said = [graph.nodes[one]["detail"] or "a name that capabilities share" for one in nodes]
    return go.Scatter(
        x=[places[one][0] for one in nodes],
        y=[places[one][1] for one in nodes],
        mode="markers+text",
        text=shown,
        customdata=labels if is_capability else ["" for _ in nodes],
        ids=labels,
        hovertext=said,
        hovertemplate="<b>%{id}</b><br>%{hovertext}<extra></extra>",
        textposition="middle right" if is_capability else "top center",
        textfont={
            "size": 12 if is_capability else 10.5,
            "color": None if is_capability else SOFT[mode],
        },
        marker={
            "size": 13 if is_capability else 7,
            "symbol": "square" if is_capability else "circle",
            "color": ACCENT[mode] if is_capability else NAME[mode],
        },
    )
