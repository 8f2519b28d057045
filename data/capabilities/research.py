"""Steps of `research_report`: open a table, check it, say in words what was found."""

from importlib import resources
from typing import TypedDict

import pyarrow as pa

from packetflow import Context, Effect, capability
from packetflow.library import load_table
from packetflow.library.findings import Subject, headlines, looked_at, overview
from packetflow.library.notes import notes_of
from packetflow.library.profiles import TableProfile
from packetflow.library.report_parts import (
    column_section,
    doubts,
    group_section,
    outlier_section,
    trend_section,
)
from packetflow.library.reports import Section
from packetflow.library.statistics import Outlier, Trend


class Source(TypedDict):
    table: pa.Table
    title: str
    origin: str
    note: str


@capability(
    effects=[Effect.reads("files"), Effect.reads("network")],
    examples=[{"source": "gapminder"}, {"source": "files/orders.csv"}],
)
def open_source(
    source: str = "gapminder",
    encoding: str = "",
    sheet: str | None = None,
    context: Context | None = None,
) -> Source:
    """Open the table to research: the built-in "gapminder", a file or a web address.

    Args:
        source: "gapminder" (142 countries, 1952 to 2007), or the path or address of a CSV,
            Excel, Parquet or JSON table.
        encoding: Of a text table, such as "cp1250"; found out if not given.
        sheet: Of an Excel file; its first if not given.
        context: Filled by the engine.
    """
    if source.strip().lower() == "gapminder":
        file = resources.files("plotly") / "package_data" / "datasets" / "gapminder.csv.gz"
        table = load_table(str(file)).select(
            ["country", "continent", "year", "lifeExp", "pop", "gdpPercap"]
        )
        origin = "Gapminder.org (CC BY), as shipped with plotly."
        return {
            "table": table,
            "title": "Life expectancy of the world",
            "origin": origin,
            "note": "",
        }
    table = load_table(source, sheet=sheet, encoding=encoding, context=context)
    file = source.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]
    name = file.split(".")[0].replace("_", " ").replace("-", " ").strip()
    return {
        "table": table.replace_schema_metadata(None),
        "title": name[:1].upper() + name[1:] or "Table",
        "origin": f"From {source if '://' in source else file}.",
        "note": "\n".join(notes_of(table)),
    }


@capability(provides="warnings")
def validate_source(table: pa.Table, note: str = "") -> list[str]:
    """Say what a reader should know before trusting figures from this table.

    Args:
        table: The table, cleaned.
        note: How the file was read where that was a guess; a sentence each line.
    """
    return [*note.splitlines(), *doubts(table)]


class Findings(TypedDict):
    summary: str
    sections: list[Section]


@capability
def write_findings(
    table: pa.Table,
    origin: str,
    warnings: list[str],
    changes: list[str],
    value_column: str | None,
    time_column: str | None,
    group_column: str | None,
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
        value_column: The column of interest.
        time_column: The column of times.
        group_column: The column whose values are told apart.
        trends: A line for each group.
        outliers: Values that stand apart.
        profile: The table's columns.
    """
    subject = Subject(table, value_column, time_column, group_column)
    lines = [*warnings, *(f"Mended: {change}." for change in changes), looked_at(subject)]
    points = [f"- {line}" for line in headlines(subject, trends, outliers)]
    sections = [
        Section("Good to know", "\n".join(f"- {line}" for line in lines)),
        trend_section(subject, trends) if trends else None,
        group_section(subject),
        outlier_section(outliers) if outliers else None,
        column_section(table, profile),
    ]
    summary = "\n\n".join([overview(subject, origin), "\n".join(points)])
    return {"summary": summary, "sections": [section for section in sections if section]}
