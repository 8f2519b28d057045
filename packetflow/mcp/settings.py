"""What a workspace says about MCP: the table ``[mcp]`` of ``packetflow.toml``.

```toml
[mcp]
expose = ["text_statistics"]          # capabilities offered as tools
prompts = ["review_letter"]           # capabilities and pipelines offered as prompts

[mcp.resources]                       # addresses that a capability or pipeline answers
"notes://{topic}" = "read_note"

[mcp.tokens.analyst]                  # over HTTP, whoever has this token ...
env = "ANALYST_TOKEN"                 # (its secret stands in this variable)
tools = ["research_*"]                # ... sees these tools and no others
```

Pipelines say for themselves that they are tools: ``exposed: true`` in their file.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from packetflow.errors import WorkspaceError
from packetflow.runner.configuration import config_path, read_text, write


class TokenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may come in over HTTP, and what for.

    Attributes:
        env: The environment variable that holds the token itself.
        tools: Patterns of the names of tools, prompts and resources that it is good for.
    """

    env: str
    tools: tuple[str, ...] = ("*",)


class TaskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a tool runs as a task, for clients that work with tasks.

    Attributes:
        required: Whether clients that do not are refused.
        questions_first: Whether it becomes one only after its caller's first answers.
    """

    required: bool = False
    questions_first: bool = False


class McpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is offered, and to whom.

    Attributes:
        expose: Capabilities offered as tools.
        prompts: Capabilities and pipelines offered as prompts: what they make becomes messages.
        resources: By address, or pattern of addresses with names in braces, what answers it.
        tokens: Who may come in over HTTP, by name; nobody needs a token if there are none.
        hosts: Names under which the server is reached when it does not listen on loopback.
        result_kilobytes: A result with more of text is shortened, and says where the whole is.
        body_kilobytes: A request with more is refused.
        stream_seconds: A call over HTTP that runs longer gives its connection back; the client asks
            for the rest. ``None`` keeps it.
        task_seconds: A call that takes longer becomes a task, where the client works with tasks.
        tasks: Tools that are tasks from their beginning, by the name of what they run.
        servers: Servers whose tools are used here; `packetflow.mcp.client.settings` reads them.
    """

    expose: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    resources: dict[str, str] = {}
    tokens: dict[str, TokenSettings] = {}
    hosts: tuple[str, ...] = ()
    result_kilobytes: int = 256
    body_kilobytes: int = 4096
    stream_seconds: float | None = None
    task_seconds: float = 10.0
    tasks: dict[str, TaskSettings] = {}
    servers: dict[str, Any] = {}


def read_settings(folder: Path) -> McpSettings:
    """Read a workspace's settings; the defaults where it says nothing.

    Raises:
        WorkspaceError: ``packetflow.toml`` cannot be read or has an unknown or wrong setting.
    """
    return settings_of(_content(read_text(folder), config_path(folder)), config_path(folder))


def settings_of(content: Mapping[str, Any], path: Path) -> McpSettings:
    """The settings in what a file of settings says; *path* is named in errors.

    Raises:
        WorkspaceError: A setting is unknown or wrong.
    """
    try:
        found = msgspec.convert(content.get("mcp", {}), McpSettings)
    except msgspec.ValidationError as error:
        raise WorkspaceError(f"{path}, table [mcp]: {error}", path=str(path)) from error
    if found.result_kilobytes < 1 or found.body_kilobytes < 1:
        raise WorkspaceError(f"{path}, table [mcp]: sizes are at least 1 kB", path=str(path))
    return found


def write_exposed(folder: Path, names: Sequence[str]) -> None:
    """Write which capabilities are tools; nothing else of the file changes.

    Raises:
        WorkspaceError: The file says it in a way that only a person should change, has changed
            meanwhile, or cannot be written.
    """
    path = config_path(folder)
    seen = read_text(folder)
    wanted = _content(seen, path)
    wanted.setdefault("mcp", {})["expose"] = list(names)
    text = with_exposed(seen, names)
    try:
        is_said = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        is_said = False
    if not is_said:
        message = (
            f"{path} says [mcp] expose in a way that is not changed from here; edit it by hand"
        )
        raise WorkspaceError(message, path=str(path))
    write(folder, text, seen=seen)


_LIST: Final = re.compile(
    r"^(?P<key>[ \t]*expose[ \t]*=[ \t]*)"
    r"\[(?:[^\[\]\"'#]|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*)*\]",
    re.MULTILINE,
)
_TABLE: Final = re.compile(r"^[ \t]*\[mcp\][ \t]*(#.*)?$", re.MULTILINE)


def with_exposed(text: str, names: Sequence[str]) -> str:
    r"""A text of settings that says which capabilities are tools, one a line for git to show.

    >>> print(with_exposed("name = 'x'\n", ["greet"]), end="")
    name = 'x'
    <BLANKLINE>
    [mcp]
    expose = [
        "greet",
    ]
    """
    quoted = json.dumps(list(names), ensure_ascii=False, indent=4).replace("\x7f", "\\u007f")
    written = quoted.removesuffix("\n]") + ",\n]" if names else "[]"
    head = _TABLE.search(text)
    if head is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[mcp]\nexpose = {written}\n"
    after = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, head.end())
    end = len(text) if after is None else after.start()
    inside = text[head.end() : end]
    known = _LIST.search(inside)
    if known is None:
        inside = f"\nexpose = {written}{inside or chr(10)}"
    else:
        inside = f"{inside[: known.start()]}{known['key']}{written}{inside[known.end() :]}"
    return text[: head.end()] + inside + text[end:]


def _content(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{path} is no TOML: {error}", path=str(path)) from error
