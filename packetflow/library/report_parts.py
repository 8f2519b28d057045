"""The small tables of a report: trends, groups, outliers, columns, and doubts about the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from packetflow.library.columns import groups, numbers
from packetflow.library.findings import CHANCE, Subject, bare_moment, probability, time_unit
from packetflow.library.profiles import ColumnProfile, TableProfile, kind_of
from packetflow.library.reports import Section
from packetflow.library.roles import looks_like_id, measures, role_of
from packetflow.library.sentences import count, shortened
from packetflow.library.statistics import Outlier, Trend

MOST_GROUPS = 20
MOST_COLUMNS = 40
_SAMPLE = 2_000


def trend_section(subject: Subject, trends: Sequence[Trend]) -> Section:
    """A straight line for each group; at most `MOST_GROUPS` of them."""
    unit, length = time_unit(subject)
    ordered = sorted(trends, key=lambda trend: -trend.slope)
    half = MOST_GROUPS // 2
    some = ordered if len(ordered) <= MOST_GROUPS else ordered[:half] + ordered[-half:]
    rows = tuple(
        (
            t.group,
            t.points,
            t.start,
            t.end,
            t.slope * length,
            probability(t.p),
            round(t.fit, 2),
            t.words,
        )
        for t in some
    )
    note = "A straight line for each group, from its height at the first time to the last."
    if len(ordered) > len(some):
        note += f" The {half} that rise most and the {half} that rise least of {len(ordered)}."
    if len(ordered) >= MOST_GROUPS:
        note += f" By chance alone about {len(ordered) * CHANCE:.0f} of them would look clear."
    columns = ("group", "points", "from", "to", f"per {unit}", "p", "R²", "direction")
    return Section("Trends", note, columns, rows)


def group_section(subject: Subject) -> Section | None:
    """Each group's rows and how its values lie; ``None`` without groups."""
    import numpy as np

    if subject.group is None or subject.value is None:
        return None
    values = numbers(subject.table, subject.value)
    rows: list[tuple[Any, ...]] = []
    for name, places in groups(subject.table, subject.group).items():
        part = values[places]
        part = part[np.isfinite(part)]
        if len(part):
            low, middle, high = (float(one) for one in np.quantile(part, [0, 0.5, 1]))
            rows.append((name, len(part), float(part.mean()), middle, low, high))
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: (-row[2], row[0]))
    half = MOST_GROUPS // 2
    some = rows if len(rows) <= MOST_GROUPS else rows[:half] + rows[-half:]
    note = f"{subject.value} by {subject.group}, the highest mean first."
    if len(rows) > len(some):
        note += f" The {half} highest and the {half} lowest of {len(rows)}."
    columns = (subject.group, "values", "mean", "median", "least", "greatest")
    return Section("Groups", note, columns, tuple(some))


def outlier_section(outliers: Sequence[Outlier]) -> Section:
    """The values that stand apart, the farthest first."""
    rows = tuple((o.label, o.group, o.value, o.score, o.beyond_fences) for o in outliers[:20])
    note = "Robust z score beyond 3.5 within the group. They may be errors, or the story itself."
    if len(outliers) > len(rows):
        note += f" The {len(rows)} farthest of {len(outliers):,}."
    return Section("Outliers", note, ("row", "group", "value", "score", "beyond fences"), rows)


def column_section(table: pa.Table, profile: TableProfile) -> Section:
    """Every column with its gaps and range; means of what measures something only."""
    telling = set(measures(table))
    rows = tuple(
        (
            shortened(column.name, 60),
            "yes or no" if column.kind == "truth" else role_of(table, column.name) or column.kind,
            column.missing,
            column.distinct,
            *_range(column, telling),
            _frequent(column, table.num_rows),
        )
        for column in profile.columns[:MOST_COLUMNS]
    )
    more = len(profile.columns) - len(rows)
    note = f"The first {len(rows)} of {len(profile.columns)} columns." if more else ""
    if profile.duplicate_rows:
        note += f" {count(profile.duplicate_rows, 'row')} with an equal one before."
    names = (
        "column",
        "kind",
        "missing",
        "distinct",
        "least",
        "median",
        "mean",
        "greatest",
        "values",
    )
    return Section("Columns", note.strip(), names, rows)


def _range(column: ColumnProfile, telling: set[str]) -> tuple[Any, Any, Any, Any]:
    if column.kind == "number" and column.name in telling:
        ends = [None if end is None else _number(end) for end in (column.least, column.greatest)]
        middle = column.quartiles[1] if column.quartiles else None
        return ends[0], middle, column.mean, ends[1]
    if column.kind in {"number", "time"}:
        return bare_moment(column.least), None, None, bare_moment(column.greatest)
    return None, None, None, None


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _frequent(column: ColumnProfile, rows: int) -> str:
    if column.kind in {"number", "time"}:
        return ""
    here = rows - column.missing
    if column.distinct == here and here > 1:
        few = ", ".join(shortened(value) for value, _ in column.top[:2])
        return f"all different, such as {few}"
    return ", ".join(f"{shortened(value)} ({count:,})" for value, count in column.top[:3])


def doubts(table: pa.Table) -> Iterator[str]:
    """What a reader should know before trusting figures from a table."""
    from packetflow.library.recognise import nearly

    if table.num_rows < 10:
        yield f"The table has few rows ({table.num_rows}): take its figures with care."
    if len(set(table.column_names)) < table.num_columns:
        yield "Some columns have the same name."
    for place, field in enumerate(table.schema):
        column = table.column(place)
        missing = column.null_count / max(1, table.num_rows)
        if missing == 1:
            yield f"Column '{field.name}' is empty."
        elif missing > 0.2:
            yield f"Column '{field.name}' misses {missing:.0%} of its values."
        unreal = _not_finite(column)
        if unreal:
            said = f"{count(unreal, 'value')} of column '{field.name}' NaN or infinite"
            yield f"Figures leave out {said}."
        if kind_of(field.type) != "text" or missing == 1:
            continue
        some = [text for text in column.slice(0, _SAMPLE).to_pylist() if text]
        found = None if looks_like_id(field.name) else nearly(some)
        if found:
            word, others = found
            said = ", ".join(repr(shortened(text)) for text in dict.fromkeys(others))
            why = f"others are not ({said})" if others else "not all in one way of writing"
            yield f"Column '{field.name}' is taken as text: most cells are {word}, but {why}."
    if not measures(table):
        yield _no_measure(table)


def _not_finite(column: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return 0
    return int(pc.sum(pc.invert(pc.is_finite(column))).as_py() or 0)


def _no_measure(table: pa.Table) -> str:
    roles = [(field.name, role_of(table, field.name)) for field in table.schema]
    said = [f"'{shortened(name)}' looks like a {role}" for name, role in roles if role]
    if said:
        few = ", ".join(said[:3])
        return f"No column clearly measures something ({few}): check what is looked at."
    return (
        "No column holds numbers that measure something, so there are no trends and no "
        "outliers; the report counts how often values occur."
    )
