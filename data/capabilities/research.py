"""Steps of `research_report`: open a table, check it, say in words what was found."""

from importlib import resources
from typing import TypedDict

import pyarrow as pa

from packetflow import Context, Effect, capability
from packetflow.library import load_table
from packetflow.library.profiles import ColumnProfile, TableProfile, kind_of
from packetflow.library.reports import Section
from packetflow.library.statistics import Outlier, Trend


class Source(TypedDict):
    table: pa.Table
    title: str
    origin: str


@capability(
    effects=[Effect.reads("files"), Effect.reads("network")],
    examples=[{"source": "gapminder"}, {"source": "files/orders.csv"}],
)
def open_source(source: str = "gapminder", context: Context | None = None) -> Source:
    """Open the table to research: the built-in "gapminder", a file or a web address.

    Args:
        source: "gapminder" (142 countries, 1952 to 2007), or the path or address of a CSV,
            Excel, Parquet or JSON table.
        context: Filled by the engine.
    """
    if source.strip().lower() == "gapminder":
        file = resources.files("plotly") / "package_data" / "datasets" / "gapminder.csv.gz"
        table = load_table(str(file)).select(
            ["country", "continent", "year", "lifeExp", "pop", "gdpPercap"]
        )
        origin = "Gapminder.org (CC BY), as shipped with plotly: 142 countries, 1952 to 2007."
        return {"table": table, "title": "Life expectancy of the world", "origin": origin}
    name = source.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]
    title = name.replace("_", " ").replace("-", " ").strip().capitalize() or "Table"
    return {"table": load_table(source, context=context), "title": title, "origin": source}


@capability(provides="warnings")
def validate_source(table: pa.Table) -> list[str]:
    """Say what a reader should know before trusting figures from this table.

    Args:
        table: The table, cleaned.
    """
    warnings = []
    if table.num_rows < 10:
        warnings.append(f"The table has few rows ({table.num_rows}): take its figures with care.")
    for name in table.column_names:
        missing = table.column(name).null_count / max(1, table.num_rows)
        if missing == 1:
            warnings.append(f"Column '{name}' is empty.")
        elif missing > 0.2:
            warnings.append(f"Column '{name}' misses {missing:.0%} of its values.")
    if not any(kind_of(field.type) == "number" for field in table.schema):
        warnings.append(
            "No column holds numbers, so there are no trends and no outliers; the report counts "
            "how often values occur. If a column should hold numbers, look for units (10 kg, 5 %) "
            "or words among its cells."
        )
    return warnings


class Findings(TypedDict):
    summary: str
    sections: list[Section]


@capability
def write_findings(
    table: pa.Table,
    origin: str,
    warnings: list[str],
    changes: list[str],
    roles_note: str,
    value_column: str | None,
    trends: list[Trend],
    outliers: list[Outlier],
    profile: TableProfile,
) -> Findings:
    """Say in words and small tables what was found.

    Args:
        table: The table.
        origin: Where it comes from.
        warnings: What to know before trusting it.
        changes: What cleaning changed.
        roles_note: How the columns were chosen.
        value_column: The column of interest.
        trends: A line for each group.
        outliers: Values that stand apart.
        profile: The table's columns.
    """
    rising = sum(trend.words.startswith("rising") for trend in trends)
    falling = sum(trend.words.startswith("falling") for trend in trends)
    points = [f"**{table.num_rows:,} rows, {table.num_columns} columns.** {origin}"]
    if value_column is None:
        points.append("There are no numbers to follow, so this report counts values.")
    elif trends:
        points.append(
            f"**{value_column}** rises in {rising} of {len(trends)} groups, falls in {falling}, "
            f"and shows no clear trend in {len(trends) - rising - falling}."
        )
    if value_column is not None:
        stand = "1 value stands" if len(outliers) == 1 else f"{len(outliers) or 'No'} values stand"
        points.append(f"{stand} apart in **{value_column}**.")
    sections = [_notes(warnings, changes, roles_note)]
    if trends:
        sections.append(_trends(trends))
    if outliers:
        sections.append(_outliers(outliers))
    sections.append(_columns(profile))
    return {"summary": "\n\n".join(points), "sections": sections}


def _notes(warnings: list[str], changes: list[str], roles_note: str) -> Section:
    lines = [*warnings, *(f"Mended: {change}." for change in changes), f"Columns: {roles_note}."]
    return Section("Good to know", "\n".join(f"- {line}" for line in lines))


def _trends(trends: list[Trend]) -> Section:
    rows = [(t.group, t.points, t.slope, t.p, t.fit, t.words) for t in trends]
    picked = rows if len(rows) <= 20 else rows[:10] + rows[-10:]
    note = "A straight line for each group; slope per year or unit of time. Steepest first."
    if len(rows) > 20:
        note += f" The 10 steepest and the 10 flattest of {len(rows)}."
    columns = ("group", "points", "slope", "p", "fit (R²)", "direction")
    return Section("Trends", note, columns, tuple(picked))


def _outliers(outliers: list[Outlier]) -> Section:
    rows = tuple((o.label, o.group, o.value, o.score, o.beyond_fences) for o in outliers[:20])
    note = "Robust z score beyond 3.5 within the group. They may be errors, or the story itself."
    return Section("Outliers", note, ("row", "group", "value", "score", "beyond fences"), rows)


def _columns(profile: TableProfile) -> Section:
    rows = tuple(
        (c.name, c.kind, c.missing, c.distinct, c.least, c.greatest, c.mean, _frequent(c))
        for c in profile.columns
    )
    columns = ("column", "kind", "missing", "distinct", "least", "greatest", "mean", "frequent")
    return Section("Columns", "", columns, rows)


def _frequent(column: ColumnProfile) -> str:
    if column.kind == "number":
        return ""
    return ", ".join(f"{value} ({count})" for value, count in column.top[:3])
