"""``packetflow diff``: what tells two pipelines apart, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Where


def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A pipeline, a .yaml file, or FILE.py:NAME.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Another one.")],
    *,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Tell what differs between two pipelines.

    A line for each step that was added, removed, changed, moved or renamed; the exit code is 0
    then, too.

    With --json: {"changes": [{"kind", "step", "was", "text"}]}.
    """
    from dataclasses import asdict

    from packetflow.cli.command import Command
    from packetflow.cli.target import find
    from packetflow.composition.difference import difference
    from packetflow.composition.steps import Pipeline
    from packetflow.errors import CompositionError

    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        sides = []
        for name in (old, new):
            target, _ = find(ws, name)
            if not isinstance(target, Pipeline):
                raise CompositionError(f"{name} is no pipeline; name two pipelines or their files")
            sides.append(target)
        found = difference(*sides)
        command.answer({"changes": [asdict(one) for one in found]}, str(found))
