"""What is said of an export: at the top of its program, and in the file beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from packetflow.mcp.export.literals import told
from packetflow.mcp.export.manifest import About
from packetflow.mcp.launches import StdioLaunch, http_launch
from packetflow.mcp.settings import TokenSettings
from packetflow.mcp.snippets import Snippet, snippets_of
from packetflow.version import VERSION

WIDTH: Final = 100
PLACE: Final = "/path/to/"
PORT: Final = 8600

_COMMANDS: Final = f"""\
  uv run --script FILE               for a client that starts it itself
  uv run --script FILE --http {PORT}   at http://127.0.0.1:{PORT}/mcp
  uv run --script FILE --help        what else it can do"""

_MADE: Final = """\
Made from the workspace {workspace} by PacketFlow {version}. What runs when a tool is called follows
as text. At the end stands the part of PacketFlow that runs it, packed; it is unpacked into a folder
of its own, where calls are kept, too."""

_WHAT: Final = """\
`{name}.py` is a server of the Model Context Protocol (MCP) in one file. Read it: it says what it
runs. It needs Linux or macOS and [uv](https://docs.astral.sh/uv/), which brings Python and what
else is needed; a client that is started from the desktop may not find `uv` and then wants its whole
path (`which uv` says it). `{name}.mcpb` is the same for clients that install bundles, such as
Claude Desktop: open it there. `{name}.server.json` tells a registry of servers where the bundle
can be had."""

_FIRST: Final = """\
Run the first line once before a client does: it fetches what is needed, and clients wait only 5 to
60 seconds for a server to start."""


def introduction(about: About, workspace: str) -> list[str]:
    """What stands at the top of a program, paragraph by paragraph.

    Args:
        about: What the export is.
        workspace: The name of the workspace that it was made from.
    """
    parts = [_paragraph(about.intent), "Its tools:\n" + _tools(about, "  {0}: {1}")]
    parts += [_COMMANDS.replace("FILE", f"{about.name}.py")]
    if about.environment:
        parts += [_paragraph(f"It reads from the environment: {told(about.environment)}.")]
    return [*parts, _paragraph(_MADE.format(workspace=workspace, version=VERSION))]


def readme_of(about: About, tokens: Sequence[TokenSettings] = ()) -> str:
    """The text of ``NAME.md``.

    Args:
        about: What the export is.
        tokens: The tokens for callers over HTTP.
    """
    file = f"{about.name}.py"
    needed = [one.name for one in about.environment if one.is_required]
    reach = http_launch(about.name, f"http://127.0.0.1:{PORT}/mcp", tokens)
    env = dict.fromkeys(name for name in needed if name not in reach.tokens)
    start = StdioLaunch(about.name, "uv", ("run", "--script", f"{PLACE}{file}"), env)
    commands = f"uv run --script {file} --list\nuv run --script {file} --http {PORT}"
    parts = [f"# {about.name}", _paragraph(about.intent), _tools(about, "- `{0}`: {1}")]
    parts += [_paragraph(_WHAT.format(name=about.name)), _paragraph(_FIRST)]
    parts += [_code("bash", commands)]
    if about.environment:
        parts.append(_paragraph(f"It reads from the environment: {told(about.environment)}."))
    parts += ["## Clients that start it", *map(_shown, snippets_of(start))]
    parts += [f"## Clients that reach it, started with `--http {PORT}`"]
    return "\n\n".join([*parts, *map(_shown, snippets_of(reach))]) + "\n"


def _tools(about: About, line: str) -> str:
    lines = ((tool.name, (tool.shown.description or "").strip()) for tool in about.tools)
    return "\n".join(line.format(name, text.partition("\n")[0]) for name, text in lines)


def _paragraph(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _shown(one: Snippet) -> str:
    where = f", `{one.file}`" if one.file else ""
    parts = (f"### {one.client}{where}", one.note, _code(one.language, one.text))
    return "\n\n".join(part for part in parts if part)


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"
