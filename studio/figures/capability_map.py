"""The map of what can follow what: capabilities in boxes by family, joined where they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.theme import ACCENT, CARD, INK, LINE, NAME, SOFT, Mode, figure_layout

if TYPE_CHECKING:
    import networkx as nx
    import plotly.graph_objects as go

COLUMNS = 4
COLUMN = 290.0
ROW = 25.0
HEAD = 34.0
GAP = 18.0
INDENT = 26.0
LETTER = 6.7
"""How wide a letter of a name is, on average."""
BENDS = 20
"""A curve is drawn as so many straight pieces."""
LONGEST = 27
"""Longer names are cut; the whole stands in what hovering shows."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A family's place: its corner and size in pixels, y downwards."""

    name: str
    x: float
    y: float
    width: float
    height: float


def capability_map(graph: nx.DiGraph[str], *, near: str = "", mode: Mode = "light") -> go.Figure:
    """Draw what can follow what.

    Args:
        graph: From `studio.fitting.fit_graph`.
        near: A capability to look at: what it joins stands out, the rest steps back.
        mode: Of the page.

    Returns:
        A figure whose points carry the name of their capability as ``customdata``.
    """
    import plotly.graph_objects as go

    places, boxes = placed(graph)
    figure = go.Figure(layout=figure_layout(mode))
    joined = {near, *graph.successors(near), *graph.predecessors(near)} if near in graph else set()
    around = [edge for edge in graph.edges if near in edge]
    others = [edge for edge in graph.edges if near not in edge]
    figure.add_trace(_wires(others, places, (SOFT[mode], 0.10 if joined else 0.22, 1.0)))
    gives = [edge for edge in around if edge[0] == near]
    takes = [edge for edge in around if edge[1] == near]
    figure.add_trace(_wires(takes, places, (NAME[mode], 0.9, 1.7)))
    figure.add_trace(_wires(gives, places, (ACCENT[mode], 0.9, 1.7)))
    figure.add_trace(_points(graph, places, joined, mode))
    tall = max((box.y + box.height for box in boxes), default=200.0)
    axis: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure.update_layout(
        height=int(tall + 16),
        xaxis=axis | {"range": [0, COLUMNS * COLUMN]},
        yaxis=axis | {"range": [tall + 8, 0]},
        shapes=[_frame(box, mode) for box in boxes],
        annotations=[_heading(box, mode) for box in boxes],
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
    )
    return figure


def placed(graph: nx.DiGraph[str]) -> tuple[dict[str, Point], list[Box]]:
    """Where each capability and each family stands: what gives much to others, further left.

    Families are put into columns of much the same height, in the order in which values flow
    through them; inside, capabilities stand in the order of the graph.
    """
    families: dict[str, list[str]] = {}
    for name, its in graph.nodes(data="family"):
        families.setdefault(str(its), []).append(name)
    home = {name: its for its, names in families.items() for name in names}
    balance = dict.fromkeys(families, 0)
    for source, target in graph.edges:
        if home[source] != home[target]:
            balance[home[source]] += 1
            balance[home[target]] -= 1
    size = {its: HEAD + ROW * len(names) + GAP for its, names in families.items()}
    share = sum(size.values()) / COLUMNS
    places: dict[str, Point] = {}
    boxes: list[Box] = []
    column, y = 0, 8.0
    for its in sorted(families, key=lambda one: -balance[one] / len(families[one])):
        if y > 8.0 and y + size[its] / 2 > share and column < COLUMNS - 1:
            column, y = column + 1, 8.0
        x = column * COLUMN + 8
        boxes.append(Box(its, x, y, COLUMN - 24, size[its] - GAP))
        for row, name in enumerate(families[its]):
            places[name] = (x + INDENT, y + HEAD + ROW * (row + 0.4))
        y += size[its]
    return places, boxes


def _frame(box: Box, mode: Mode) -> dict[str, Any]:
    return {
        "type": "rect", "layer": "below", "line": {"color": LINE[mode], "width": 1},
        "fillcolor": CARD[mode], "x0": box.x, "x1": box.x + box.width, "y0": box.y,
        "y1": box.y + box.height,
    }  # fmt: skip


def _heading(box: Box, mode: Mode) -> dict[str, Any]:
    return {
        "text": f"<b>{box.name}</b>", "x": box.x + 12, "y": box.y + 17, "showarrow": False,
        "xanchor": "left", "font": {"size": 12.5, "color": SOFT[mode]},
    }  # fmt: skip


def _wires(
    edges: Sequence[tuple[str, str]], places: Mapping[str, Point], look: tuple[str, float, float]
) -> Any:
    """Curves as one trace; *look* is their colour, how opaque they are, and their width."""
    import plotly.graph_objects as go

    colour, opacity, wide = look
    x: list[float | None] = []
    y: list[float | None] = []
    for source, target in edges:
        start, end = places[source], places[target]
        if start[0] < end[0]:
            start = (_behind(source, start[0]), start[1])
        elif start[0] > end[0]:
            end = (_behind(target, end[0]), end[1])
        for right, low in curve(start, end):
            x.append(right)
            y.append(low)
        x.append(None)
        y.append(None)
    return go.Scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": wide}, opacity=opacity,
        hoverinfo="skip",
    )  # fmt: skip


def _behind(name: str, x: float) -> float:
    """Where the name beside a point ends."""
    return x + 14 + LETTER * min(len(name), LONGEST)


def curve(start: Point, end: Point) -> list[Point]:
    """A curve from one point to another that leaves and comes sideways.

    >>> curve((0, 0), (100, 50))[0], curve((0, 0), (100, 50))[-1]
    ((0.0, 0.0), (100.0, 50.0))
    """
    (x0, y0), (x3, y3) = start, end
    is_beside = abs(x3 - x0) < 1
    reach = 18 + abs(y3 - y0) / 7 if is_beside else (x3 - x0) / 2
    x1, x2 = (x0 - reach, x3 - reach) if is_beside else (x0 + reach, x3 - reach)
    found = []
    for step in range(BENDS + 1):
        t = step / BENDS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        found.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y0 + c * y3 + d * y3))
    return found


def _points(
    graph: nx.DiGraph[str], places: Mapping[str, Point], joined: set[str], mode: Mode
) -> Any:
    import plotly.graph_objects as go

    names = list(graph)
    opaque = [1.0 if not joined or name in joined else 0.35 for name in names]
    colours = [ACCENT[mode] if graph.nodes[name]["own"] else NAME[mode] for name in names]
    shown = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\u2026" for name in names]
    faded = [INK[mode] if one == 1.0 else SOFT[mode] for one in opaque]
    return go.Scatter(
        x=[places[name][0] for name in names],
        y=[places[name][1] for name in names],
        mode="markers+text",
        text=shown,
        customdata=names,
        hovertext=[f"<b>{name}</b><br>{graph.nodes[name]['intent']}" for name in names],
        hovertemplate="%{hovertext}<extra></extra>",
        textposition="middle right",
        textfont={"size": 12.5, "color": faded},
        marker={"size": 11, "color": colours, "opacity": opaque},
        unselected={"marker": {"opacity": 1}, "textfont": {"color": INK[mode]}},
    )
