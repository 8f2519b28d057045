"""``packetflow show`` and ``packetflow check``: one pipeline or capability, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packetflow.cli.options import Debug, Json, Where


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A pipeline, a capability, a .yaml file, or FILE.py:NAME."
        ),
    ],
    *,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print Mermaid text.")] = False,
    yaml: Annotated[bool, typer.Option("--yaml", help="Print it as a pipeline file.")] = False,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write its picture; - prints it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page about it; - prints it.")
    ] = None,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show contract, steps and problems of a pipeline or capability."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import warnings
    from packetflow.cli.showing import Picture, pictured, tell
    from packetflow.cli.target import find

    forms: list[tuple[Picture, Any]] = [
        ("mermaid", mermaid),
        ("yaml", yaml),
        ("svg", svg),
        ("html", html),
    ]
    wanted = [(form, place) for form, place in forms if place]
    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        warnings(str(one) for one in ws.catalog.broken_files())
        target, _ = find(ws, name)
        if not wanted:
            tell(command, target)
            return
        told = {}
        for form, place in wanted:
            text = pictured(target, form)
            if place is True or str(place) == "-":
                told[form] = text
            else:
                place.write_text(text, encoding="utf-8")
                told[form] = f"wrote {place}"
        command.answer(told, "\n".join(told.values()).rstrip("\n"))


def check(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="What to check; everything when missing."),
    ] = None,
    *,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find what does not fit, with its place and a mend.

    Exit code 1 when there are errors; warnings leave it 0.
    """
    from packetflow.cli.checking import every_problem, found_in, tell
    from packetflow.cli.command import Command

    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        found = every_problem(ws) if name is None else found_in(ws, name)
        tell(command, found)
        if any(one.severity == "error" for one in found):
            raise typer.Exit(1)
