"""The map of what can follow what: the families from afar, one with its neighbours near by.

All lines at once would be a thicket: of fifty capabilities several hundred pairs fit, and even one
line for each two families runs behind boxes. So the map has two levels. From afar it shows every
capability in the box of its family, which says in words where its values mostly go. Around a
capability it shows what that one can follow, at the left, and what can follow it, at the right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from studio.fitting import said
from studio.theme import ACCENT, CARD, INK, LINE, NAME, PAPER, SOFT, Mode, figure_layout

if TYPE_CHECKING:
    import networkx as nx
    import plotly.graph_objects as go

COLUMNS = 4
COLUMN = 290.0
ROW = 25.0
HEAD = 34.0
FLOW = 20.0
"""The line that says where the values of a family go."""
GAP = 18.0
INDENT = 22.0
LONGEST = 30
"""Longer names are cut; the whole stands in what hovering shows."""

SIDE = 400.0
"""How wide the neighbours of one capability stand, with what joins them."""
LONGEST_JOINT = 24
LONGEST_FLOW = 40
BESIDE = 86.0
"""Room for the lines between a capability and its neighbours."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A family's place: its corner and size in pixels, y downwards."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at a point: the name of a capability, and what joins it, if that is shown."""

    name: str
    at: Point
    joint: str = ""


def capability_map(graph: nx.DiGraph[str], *, near: str = "", mode: Mode = "light") -> go.Figure:
    """Draw what can follow what.

    Args:
        graph: From `studio.fitting.fit_graph`.
        near: A capability to look at; the families where it is none.
        mode: Of the page.

    Returns:
        A figure whose points carry the name of their capability as ``customdata``.
    """
    import plotly.graph_objects as go

    goes: Mapping[str, list[str]] = {}
    if near in graph:
        labels, boxes, lines = _around(graph, near, mode)
    else:
        places, boxes = placed(graph)
        labels, lines = [Label(name, at) for name, at in places.items()], []
        goes = flows(graph)
    tall = max((box.y + box.height for box in boxes), default=200.0)
    axis: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure = go.Figure(layout=figure_layout(mode))
    figure.add_trace(_points(graph, labels, near, mode))
    figure.update_layout(
        height=int(tall + 16),
        xaxis=axis | {"range": [0, COLUMNS * COLUMN]},
        yaxis=axis | {"range": [tall + 8, 0]},
        shapes=[*lines, *(_frame(box, mode) for box in boxes)],  # boxes lie over the lines
        annotations=[one for box in boxes for one in _headings(box, goes.get(box.name), mode)],
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
    size = {its: HEAD + FLOW + ROW * len(names) + GAP for its, names in families.items()}
    share = sum(size.values()) / COLUMNS
    places: dict[str, Point] = {}
    boxes: list[Box] = []
    column, y = 0, 8.0
    for its in sorted(families, key=lambda one: -balance[one] / len(families[one])):
        if y > 8.0 and y + size[its] / 2 > share and column < COLUMNS - 1:
            column, y = column + 1, 8.0
        x = column * COLUMN + 8
        boxes.append(Box(its, x, y, COLUMN - 20, size[its] - GAP))
        for row, name in enumerate(families[its]):
            places[name] = (x + INDENT, y + HEAD + FLOW + ROW * (row + 0.4))
        y += size[its]
    return places, boxes


def flows(graph: nx.DiGraph[str]) -> dict[str, list[str]]:
    """For each family the others that its values can go to, those with the most ways first."""
    home = {name: str(its) for name, its in graph.nodes(data="family")}
    ways: dict[str, Counter[str]] = {its: Counter() for its in home.values()}
    for source, target in graph.edges:
        if home[source] != home[target]:
            ways[home[source]][home[target]] += 1
    return {its: [other for other, _ in to.most_common()] for its, to in ways.items()}


def _around(
    graph: nx.DiGraph[str], near: str, mode: Mode
) -> tuple[list[Label], list[Box], list[dict[str, Any]]]:
    """One capability with what it can follow and what can follow it."""
    before = {one: said(graph.edges[one, near]["names"]) for one in graph.predecessors(near)}
    after = {one: said(graph.edges[near, one]["names"]) for one in graph.successors(near)}
    wide = COLUMNS * COLUMN
    left, givers = _stacked(graph, before, 8.0)
    right, takers = _stacked(graph, after, wide - SIDE - 8)
    tall = max((box.y + box.height for box in (*givers, *takers)), default=120.0)
    own = str(graph.nodes[near]["family"])
    high = HEAD + ROW + 8
    middle = Box(own, 8 + SIDE + BESIDE, max(8.0, (tall - high) / 2), 0, high)
    width = wide - 2 * (middle.x)
    middle = Box(own, middle.x, middle.y, width, high)
    centre = middle.y + HEAD + ROW * 0.4
    lines = [
        *(_line((8 + SIDE, label.at[1]), (middle.x, centre), NAME[mode], 1.4) for label in left),
        *(
            _line((middle.x + width, centre), (wide - SIDE - 8, label.at[1]), ACCENT[mode], 1.4)
            for label in right
        ),
    ]
    here = Label(near, (middle.x + INDENT, centre))
    return [here, *left, *right], [middle, *givers, *takers], lines


def _stacked(
    graph: nx.DiGraph[str], joints: Mapping[str, str], x: float
) -> tuple[list[Label], list[Box]]:
    """Neighbours below each other in the boxes of their families."""
    families: dict[str, list[str]] = {}
    for name in joints:
        families.setdefault(str(graph.nodes[name]["family"]), []).append(name)
    labels: list[Label] = []
    boxes: list[Box] = []
    y = 8.0
    for its, names in families.items():
        high = HEAD + ROW * len(names)
        boxes.append(Box(its, x, y, SIDE, high))
        for row, name in enumerate(names):
            at = (x + INDENT, y + HEAD + ROW * (row + 0.4))
            labels.append(Label(name, at, joints[name]))
        y += high + GAP
    return labels, boxes


def _line(start: Point, end: Point, colour: str, wide: float) -> dict[str, Any]:
    """A curve that leaves and comes sideways, below all boxes."""
    (x0, y0), (x1, y1) = start, end
    bend = min(120.0, (x1 - x0) / 2)
    path = f"M {x0},{y0} C {x0 + bend},{y0} {x1 - bend},{y1} {x1},{y1}"
    line = {"color": colour, "width": wide}
    return {"type": "path", "path": path, "layer": "below", "line": line}


def _frame(box: Box, mode: Mode) -> dict[str, Any]:
    return {
        "type": "rect", "layer": "below", "line": {"color": LINE[mode], "width": 1},
        "fillcolor": CARD[mode], "x0": box.x, "x1": box.x + box.width, "y0": box.y,
        "y1": box.y + box.height,
    }  # fmt: skip


def _headings(box: Box, goes: Sequence[str] | None, mode: Mode) -> list[dict[str, Any]]:
    """The name of a family, and below it where its values go, as far as there is room."""
    lines = [(f"<b>{escape(box.name)}</b>", 17, 13.0)]
    if goes is not None:
        to = f"\u2192 {', '.join(goes)}" if goes else "no other family takes its values"
        lines.append((_cut(to, LONGEST_FLOW), 37, 11.5))
    return [
        {
            "text": text, "x": box.x + 12, "y": box.y + down, "showarrow": False,
            "xanchor": "left", "font": {"size": size, "color": SOFT[mode]},
        }
        for text, down, size in lines
    ]  # fmt: skip


def _cut(text: str, most: int) -> str:
    return escape(text if len(text) <= most else f"{text[: most - 1]}\u2026")


def _points(graph: nx.DiGraph[str], labels: Iterable[Label], near: str, mode: Mode) -> Any:
    import plotly.graph_objects as go

    shown = [*labels]
    names = [one.name for one in shown]
    texts = []
    for one in shown:
        name = _cut(one.name, LONGEST)
        joint = _cut(one.joint, LONGEST_JOINT)
        beside = f"  <span style='color:{SOFT[mode]}'>{joint}</span>" if joint else ""
        texts.append(f"<b>{name}</b>" if one.name == near else name + beside)
    hover = [
        f"<b>{escape(one.name)}</b><br>{escape(str(graph.nodes[one.name]['intent']))}"
        + (f"<br>{escape(one.joint)}" if one.joint else "")
        for one in shown
    ]
    return go.Scatter(
        x=[one.at[0] for one in shown],
        y=[one.at[1] for one in shown],
        mode="markers+text",
        text=texts,
        customdata=names,
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        textposition="middle right",
        textfont={"size": 12.5, "color": INK[mode]},
        marker={
            "size": 11,
            "color": [ACCENT[mode] if graph.nodes[name]["own"] else NAME[mode] for name in names],
            "line": {"color": PAPER[mode], "width": 1},
        },
        unselected={"marker": {"opacity": 1}, "textfont": {"color": INK[mode]}},
    )
