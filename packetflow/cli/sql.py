"""``packetflow sql``: ask the store."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Where


def sql(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="A statement that only reads; - takes it from standard input."
        ),
    ],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, all rows.")] = False,
    limit: Annotated[
        int, typer.Option(min=1, help="At most so many rows, except with --csv.")
    ] = 1000,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Ask the workspace's DuckDB store.

    `SHOW TABLES` lists what there is.

    With --json: {"columns": [...], "rows": [[...], ...], "count": all rows}.
    """
    import sys

    from packetflow.cli.command import Command
    from packetflow.cli.plain import table
    from packetflow.cli.say import comma_separated, rows

    if as_csv and as_json:
        raise typer.BadParameter("choose --json or --csv")
    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        answer = ws.sql(sys.stdin.read() if query == "-" else query)
        if as_csv:
            comma_separated(answer)
            return
        told = table(answer, limit)
        left = told["count"] - len(told["rows"])
        note = f"... {left:,} more rows (--limit)" if left else ""
        command.answer(told, lambda: rows(told["columns"], told["rows"], note=note))
