"""The kinds of chart: from a table's columns to plotly traces."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import pyarrow as pa

from packetflow.errors import LibraryError
from packetflow.library.columns import numbers
from packetflow.library.figures import PALETTE, Chart, dressed
from packetflow.library.profiles import kind_of
from packetflow.library.sentences import shortened
from packetflow.library.sql import query, quoted

Measure: TypeAlias = Literal["mean", "median", "sum", "min", "max"]
"""How several rows for one place become one."""

MOST_GROUPS = 8
MOST_BARS = 25
MOST_POINTS = 5_000
_BINS = 40
_MOST_MOMENTS = 400
_UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")

Drawn: TypeAlias = tuple[list[dict[str, Any]], str, str, dict[str, Any]]
"""Traces, a title, a note on what was left out, settings of the horizontal axis."""


def _joined(table: pa.Table, keys: list[str], y: str | None, measure: Measure) -> pa.Table:
    """One row for each combination of keys, with its ``value`` and its count ``n``."""
    if y is not None:
        numbers(table, y)
    by = ", ".join(quoted(key) for key in keys)
    value = "count(*)" if y is None else f"{measure}({quoted(y)})"
    there = "" if y is None else f" AND {quoted(y)} IS NOT NULL"
    given = " AND ".join(f"{quoted(key)} IS NOT NULL" for key in keys)
    return query(
        f"SELECT {by}, {value}::DOUBLE AS packetflow_value, count(*) AS packetflow_n FROM rows "
        f"WHERE {given}{there} GROUP BY {by} ORDER BY {by}",
        {"rows": table},
    )


def _measured(joined: pa.Table, measure: Measure, y: str | None) -> str:
    many = y is not None and any(n > 1 for n in joined.column("packetflow_n").to_pylist())
    return f"{measure} of rows" if many else ""


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Values as JSON takes them: dates as ISO text."""
    return [v.isoformat() if hasattr(v, "isoformat") else v for v in column.to_pylist()]


def line(table: pa.Table, x: str, y: str, color: str | None, *, measure: Measure) -> Drawn:
    """A line over *x* for each colour; of many groups, those highest and lowest at the end."""
    keys = [x] if color is None else [color, x]
    joined = _joined(table, keys, y, measure)
    unit = _coarser(joined, x) if joined.num_rows > MOST_POINTS else None
    if unit:
        joined = _joined(_floored(table, x, unit), keys, y, measure)
    note = _measured(joined, measure, y) + (f", each {unit}" if unit else "")
    words = f"{y} by {x}"
    if color is None:
        across, up = _cells(joined.column(x)), joined.column("packetflow_value").to_pylist()
        return [_drawn(across, up, y, 0)], words, note, {}
    series: dict[str, tuple[list[Any], list[float]]] = {}
    for name, at, value in zip(
        joined.column(color).to_pylist(),
        _cells(joined.column(x)),
        joined.column("packetflow_value").to_pylist(),
        strict=True,
    ):
        across, up = series.setdefault(str(name), ([], []))
        across.append(at)
        up.append(value)
    ranked = sorted(series, key=lambda name: -series[name][1][-1])
    shown, left = _shown(ranked)
    notes = [note] if note else []
    if left:
        notes.append(f"the highest and lowest at the end: {len(shown)} of {len(ranked)}")
    traces = [_drawn(*series[name], name, at) for at, name in enumerate(shown)]
    return traces, f"{words} and {color}", "; ".join(notes), {}


def _coarser(joined: pa.Table, x: str) -> str | None:
    """The unit of time that leaves so few points that a line can be read; None if there is none."""
    import pyarrow.compute as pc

    if kind_of(joined.schema.field(x).type) != "time":
        return None
    for unit in _UNITS:
        if pc.count_distinct(_floored(joined, x, unit).column(x)).as_py() <= _MOST_MOMENTS:
            return unit
    return None


def _floored(table: pa.Table, x: str, unit: str) -> pa.Table:
    import pyarrow.compute as pc

    place = table.column_names.index(x)
    return table.set_column(place, x, pc.floor_temporal(table.column(x), unit=unit))


def _shown(ranked: list[str]) -> tuple[list[str], int]:
    if len(ranked) <= MOST_GROUPS:
        return ranked, 0
    half = MOST_GROUPS // 2
    return ranked[:half] + ranked[-half:], len(ranked) - MOST_GROUPS


def _drawn(across: list[Any], up: list[float], name: str, at: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(across) <= 60 else "lines",
        "x": across,
        "y": up,
        "name": name,
        "line": {"color": PALETTE[at % len(PALETTE)], "width": 2},
        "marker": {"size": 5},
    }


def bar(table: pa.Table, x: str, y: str | None, color: str | None, *, measure: Measure) -> Drawn:
    """Bars from high to low, or along numbers and times in their order."""
    joined = _joined(table, [x] if color is None else [x, color], y, measure)
    note = _measured(joined, measure, y)
    totals: dict[Any, float] = {}
    values = joined.column("packetflow_value").to_pylist()
    for name, value in zip(_cells(joined.column(x)), values, strict=True):
        totals[name] = totals.get(name, 0.0) + value
    order = sorted(totals, key=lambda name: -totals[name])
    if kind_of(table.schema.field(x).type) in {"time", "number"}:
        order = sorted(totals)
    shown = order[:MOST_BARS]
    notes = [note] if note else []
    if len(order) > MOST_BARS:
        notes.append(f"the first {MOST_BARS} of {len(order)}")
    groups = [y or "rows"] * len(values) if color is None else joined.column(color).to_pylist()
    names = list(dict.fromkeys(str(group) for group in groups))[:MOST_GROUPS]
    bars: dict[str, dict[Any, float]] = {name: {} for name in names}
    for place, group, value in zip(_cells(joined.column(x)), groups, values, strict=True):
        if str(group) in bars:
            bars[str(group)][place] = value
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": [str(place) for place in shown if place in bars[name]],
            "y": [bars[name][place] for place in shown if place in bars[name]],
            "marker": {"color": PALETTE[at % len(PALETTE)]},
        }
        for at, name in enumerate(names)
    ]
    axis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": [str(place) for place in shown],
    }
    return traces, f"{y or 'rows'} by {x}", "; ".join(notes), axis


def scatter(table: pa.Table, x: str, y: str, color: str | None) -> Drawn:
    """A point for each row; of many rows, evenly taken ones."""
    numbers(table, y)
    note = ""
    if table.num_rows > MOST_POINTS:
        every = table.num_rows / MOST_POINTS
        table = table.take([int(n * every) for n in range(MOST_POINTS)])
        note = f"{MOST_POINTS:,} points, evenly taken"
    across, up = _cells(table.column(x)), table.column(y).to_pylist()
    names = [y] * len(up) if color is None else [str(v) for v in table.column(color).to_pylist()]
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        groups.setdefault(name, []).append(at)
    chosen = sorted(groups, key=lambda name: -len(groups[name]))[:MOST_GROUPS]
    if len(groups) > MOST_GROUPS:
        note = "; ".join(filter(None, [note, f"the {MOST_GROUPS} largest of {len(groups)} groups"]))
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [across[i] for i in groups[name]],
            "y": [up[i] for i in groups[name]],
            "marker": {"color": PALETTE[at % len(PALETTE)], "size": 7, "opacity": 0.65},
        }
        for at, name in enumerate(chosen)
    ]
    return traces, f"{y} against {x}", note, {}


def histogram(table: pa.Table, x: str, title: str, unit: str) -> Chart:
    """How often values of one column of numbers fall into each of equal bins."""
    import numpy as np

    values = numbers(table, x)
    values = values[np.isfinite(values)]
    if not len(values):
        raise LibraryError(f"column {x!r} has no numbers to draw")
    bins = min(_BINS, max(5, int(len(values) ** 0.5)))
    middle, span = float(values[0]), float(np.ptp(values))
    if middle and span <= bins * float(np.spacing(np.abs(values).max())):
        counts, half = np.array([len(values)]), max(0.5, abs(middle) / 10)
        edges = np.array([middle - half, middle + half])  # too close to tell bins apart
    else:
        counts, edges = np.histogram(values, bins=bins)
    trace = {
        "type": "bar",
        "x": ((edges[1:] + edges[:-1]) / 2).tolist(),
        "y": counts.tolist(),
        "width": np.diff(edges).tolist(),
        "marker": {"color": PALETTE[0], "line": {"width": 0}},
        "name": x,
    }
    name = shortened(x, 60)
    label = f"{name} ({unit})" if unit else name
    return dressed(
        [trace],
        title or f"How {x} is spread",
        x={"title": {"text": label}},
        y={"title": {"text": "rows"}},
    )


def box(table: pa.Table, x: str, y: str | None) -> Drawn:
    """Boxes from five figures each, so that a big table makes a small chart."""
    value = x if y is None else y
    numbers(table, value)
    by = "'all'" if y is None else quoted(x)
    boxes = query(
        f"SELECT {by}::VARCHAR AS name, count(*) AS n, quantile_cont({quoted(value)}::DOUBLE, "
        f"[0.05, 0.25, 0.5, 0.75, 0.95]) AS q FROM rows WHERE {quoted(value)} IS NOT NULL AND "
        f"{by} IS NOT NULL GROUP BY ALL ORDER BY q[3] DESC, name",
        {"rows": table},
    ).to_pylist()
    note = "box: middle half of the rows; whiskers: 5 % to 95 %"
    if len(boxes) > MOST_BARS:
        note += f"; the first {MOST_BARS} of {len(boxes)}"
    boxes = boxes[:MOST_BARS]
    trace: dict[str, Any] = {"type": "box", "x": [box["name"] for box in boxes], "name": value}
    for at, part in enumerate(("lowerfence", "q1", "median", "q3", "upperfence")):
        trace[part] = [box["q"][at] for box in boxes]
    trace["marker"] = {"color": PALETTE[0]}
    words = f"How {value} is spread within {x}" if y else f"How {x} is spread"
    return [trace], words, note, {"type": "category"}


def heatmap(table: pa.Table, x: str, y: str, title: str) -> Chart:
    """How many rows each pair of values has."""
    joined = _joined(table, [x, y], None, "mean")
    counts = {
        (str(one), str(other)): n
        for one, other, n in zip(
            joined.column(x).to_pylist(),
            joined.column(y).to_pylist(),
            joined.column("packetflow_n").to_pylist(),
            strict=True,
        )
    }
    across = sorted({one for one, _ in counts})[:MOST_BARS]
    down = sorted({other for _, other in counts})[:MOST_BARS]
    grid = [[counts.get((one, other), 0) for one in across] for other in down]
    trace = {
        "type": "heatmap",
        "x": across,
        "y": down,
        "z": grid,
        "colorscale": [[0, "rgba(79,107,237,0.06)"], [1, PALETTE[0]]],
        "colorbar": {"title": {"text": "rows"}},
    }
    return dressed(
        [trace],
        title or f"Rows by {x} and {y}",
        x={"title": {"text": x}, "type": "category"},
        y={"title": {"text": y}, "type": "category"},
    )
