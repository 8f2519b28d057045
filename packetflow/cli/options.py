"""Options that every command has, and what stands around every command: errors, one clean stdout.

A command looks like this, and everything it raises becomes one or two lines on standard error:

```python
def sql(query: str, workspace: Where = None, as_json: Json = False, debug: Debug = False) -> None:
    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        command.answer(...)
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Where: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; else the nearest folder upwards with packetflow.toml, "
        "else the example workspace.",
    ),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON value and nothing else on standard output.")
]
Debug: TypeAlias = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error.", show_default=False)
]
Quiet: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Neither say the id before it begins nor show steps meanwhile."
    ),
]
Sets: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="NAME=VALUE", help="An input; lists and dicts as JSON. Repeatable."
    ),
]
