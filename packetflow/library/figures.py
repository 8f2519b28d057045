"""The chart value, and the look all charts share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packetflow.library.sentences import shortened

if TYPE_CHECKING:
    import plotly.graph_objects as go

PALETTE = (
    "#4f6bed",
    "#12a594",
    "#e5a00d",
    "#e5484d",
    "#8e4ec6",
    "#0091ff",
    "#ad7f58",
    "#d6409f",
)
"""Colours of groups, told apart on light and on dark ground; the first one is the accent."""

SCALE = ((0.0, "#e5484d"), (0.5, "#d9d9e0"), (1.0, "#4f6bed"))
_INK = "#71757f"
_GRID = "rgba(128,128,128,0.18)"


@dataclass(frozen=True)
class Chart:
    """A chart as plain values: it can be kept, sent and drawn anywhere plotly is.

    Attributes:
        spec: Plotly's own JSON: ``data`` and ``layout``.
        title: What the chart shows.
        note: What the reader must know besides: rows left out, means taken.
    """

    spec: dict[str, Any] = field(hash=False, repr=False)
    title: str = ""
    note: str = ""

    def figure(self) -> go.Figure:
        """Give it as a plotly figure, to change or to draw. Imports plotly."""
        import plotly.graph_objects as go

        return go.Figure(self.spec)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"application/vnd.plotly.v1+json": self.spec, "text/plain": f"Chart: {self.title}"}

    def _repr_html_(self) -> str:
        return str(self.figure().to_html(full_html=False, include_plotlyjs=True))


def dressed(
    traces: list[dict[str, Any]],
    title: str,
    *,
    note: str = "",
    x: dict[str, Any] | None = None,
    y: dict[str, Any] | None = None,
) -> Chart:
    """Put traces into the common look.

    Args:
        traces: Plotly traces.
        title: Shown above, at the left.
        note: Shown in small print under the title.
        x: Further settings of the horizontal axis.
        y: Further settings of the vertical axis.
    """
    heading = shortened(title, 90) + (f"<br><sup>{note}</sup>" if note else "")
    axis = {
        "gridcolor": _GRID,
        "zerolinecolor": _GRID,
        "linecolor": _GRID,
        "ticks": "",
        "automargin": True,
    }
    layout = {
        "title": {"text": heading, "x": 0, "xref": "paper", "font": {"size": 16}},
        "font": {"family": "Inter, system-ui, sans-serif", "size": 13, "color": _INK},
        "colorway": list(PALETTE),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 64 if note else 48, "b": 8},
        "height": 360,
        "showlegend": len(traces) > 1,
        "legend": {"title": {"text": ""}, "itemsizing": "constant"},
        "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif"}},
        "hovermode": "closest",
        "xaxis": axis | {"showgrid": False} | (x or {}),
        "yaxis": axis | (y or {}),
    }
    return Chart({"data": traces, "layout": layout}, title, note)
