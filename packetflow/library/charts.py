"""Draw tables: the right kind of chart is chosen when none is asked for."""

from __future__ import annotations

from typing import Literal, TypeAlias

import pyarrow as pa

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library import plots
from packetflow.library.figures import SCALE, Chart, dressed
from packetflow.library.names import unique_names
from packetflow.library.plots import MOST_BARS, Measure
from packetflow.library.profiles import Kind, kind_of
from packetflow.library.relations import correlations
from packetflow.library.roles import guess_roles, measures
from packetflow.library.samples import sample
from packetflow.library.sentences import shortened
from packetflow.library.tables import require_columns

ChartKind: TypeAlias = Literal["auto", "line", "bar", "scatter", "histogram", "box", "heatmap"]

_SALES = sample("year,shop,sales; 2021,north,3; 2022,north,4.5; 2021,south,2.5; 2022,south,2")


@capability(
    provides="chart",
    tags=["plot", "graph", "figure", "draw", "visualise"],
    examples=[{"table": _SALES, "x": "year", "y": "sales", "color": "shop", "kind": "line"}],
)
def chart(
    table: pa.Table,
    x: str,
    y: str | None = None,
    color: str | None = None,
    *,
    kind: ChartKind = "auto",
    measure: Measure = "mean",
    title: str = "",
    unit: str = "",
) -> Chart:
    """Draw a table as a line, bar, scatter, histogram, box or heat map chart.

    "auto" takes a line over time, bars over text, points over numbers, a histogram of one column
    of numbers, a heat map of two text columns. Bars go from high to low. Several rows for one
    place are joined by *measure*. What is left out (more than 8 groups, 25 bars, 5,000 points)
    is said in the chart.

    Args:
        table: The table.
        x: The column along the bottom.
        y: The column of numbers upwards; without one, rows are counted.
        color: A column whose values get a colour each.
        kind: The kind of chart.
        measure: How several rows for one place become one.
        title: Shown above; made from the columns if not given.
        unit: The unit of *y*, shown at its axis.

    Raises:
        LibraryError: A column is missing, the table is empty, or the columns do not suit the kind.
    """
    require_columns(table, [name for name in (x, y, color) if name])
    if table.num_rows == 0:
        raise LibraryError("the table has no rows to draw")
    if color == x:
        color = None
    chosen = _kind(table, x, y) if kind == "auto" else kind
    upright = shortened(y or "rows", 60)
    label = f"{upright} ({unit})" if unit else upright
    match chosen:
        case "line":
            made = plots.line(table, x, _needed(y, chosen), color, measure=measure)
        case "bar":
            made = plots.bar(table, x, y, color, measure=measure)
        case "scatter":
            made = plots.scatter(table, x, _needed(y, chosen), color)
        case "histogram":
            return plots.histogram(table, x, title, unit)
        case "box":
            made = plots.box(table, x, y)
        case _:
            return plots.heatmap(table, x, _needed(y, chosen), title)
    traces, words, note, axis = made
    upwards = {"title": {"text": label}}
    return dressed(
        traces, title or words, note=note, x={"title": {"text": shortened(x, 60)}} | axis, y=upwards
    )


def _needed(y: str | None, kind: str) -> str:
    if y is None:
        raise LibraryError(f"a {kind} chart needs a column y")
    return y


def _kind(table: pa.Table, x: str, y: str | None) -> ChartKind:
    across: Kind = kind_of(table.schema.field(x).type)
    if y is None:
        return "histogram" if across == "number" else "bar"
    if kind_of(table.schema.field(y).type) != "number":
        return "heatmap"
    if across == "time" or guess_roles(table.select([x]))["time_column"]:
        return "line"
    return "scatter" if across == "number" else "bar"


@capability(
    provides="charts",
    tags=["plot", "overview", "dashboard", "visualise"],
    examples=[{"table": _SALES, "time": "year", "value": "sales", "group": "shop"}],
)
def charts_for(
    table: pa.Table,
    time: str | None = None,
    value: str | None = None,
    group: str | None = None,
    *,
    limit: int = 4,
) -> list[Chart]:
    """Pick and draw the charts that tell most about a table.

    With a value: over time, per group, its spread, and how the numbers go together. Without
    numbers: how often the values of text columns occur.

    Args:
        table: The table.
        time: The time column; guessed if not given.
        value: The column of numbers to look at; guessed if not given.
        group: The column of groups; guessed if not given.
        limit: How many charts at most.

    Raises:
        LibraryError: A given column is missing or the table is empty.
    """
    if table.num_rows == 0:
        raise LibraryError("the table has no rows to draw")
    roles = guess_roles(table, time, value, group)
    when, what, who = roles["time_column"], roles["value_column"], roles["group_column"]
    if what is None:
        return _counts(table, limit)
    made = []
    if when:
        made.append(chart(table, when, what, who, kind="line"))
    if who:
        made.append(chart(table, who, what, kind="bar"))
    made.append(chart(table, what, kind="histogram"))
    together = _together(table, when)
    if together is not None:
        made.append(together)
    elif who:
        made.append(chart(table, who, what, kind="box"))
    return made[:limit]


def _counts(table: pa.Table, limit: int) -> list[Chart]:
    import pyarrow.compute as pc

    names = [
        field.name
        for field in table.schema
        if kind_of(field.type) in {"text", "truth"}
        and pc.count_distinct(table.column(field.name)).as_py() < max(3, table.num_rows)
        and table.column(field.name).null_count < table.num_rows
    ]
    return [chart(table, name, kind="bar") for name in names[:limit]]


def _together(table: pa.Table, time: str | None) -> Chart | None:
    telling = measures(table)[:MOST_BARS]
    if time and kind_of(table.schema.field(time).type) == "number":
        telling = [time, *(name for name in telling if name != time)]
    pairs = correlations(table, telling)
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.one, pair.other)))
    if len(names) < 3:
        return None
    names = [name for name in table.column_names if name in names]
    known = {(pair.one, pair.other): pair.value for pair in pairs}
    grid = [[1.0 if a == b else known.get((a, b), known.get((b, a))) for a in names] for b in names]
    labels = unique_names([shortened(name, 24) for name in names])
    trace = {
        "type": "heatmap",
        "x": labels,
        "y": labels,
        "z": grid,
        "zmin": -1,
        "zmax": 1,
        "colorscale": [list(stop) for stop in SCALE],
        "texttemplate": "%{z:.2f}",
        "colorbar": {"title": {"text": "r"}},
    }
    return dressed(
        [trace], "How the numbers go together", note="Pearson's r", y={"autorange": "reversed"}
    )
