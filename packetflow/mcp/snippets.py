"""Ready snippets that tell a client of a server: one description, the format of each client.

Every client writes the same few facts down in another way. A launch says them once: a command that
the client starts (`StdioLaunch`), or an address that answers over HTTP (`HttpLaunch`). Nothing here
looks at files, and no secret is ever written: a variable without a value becomes what the client
has for secrets, or a place to fill in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from packetflow.capabilities.tool_names import tool_name
from packetflow.mcp.launches import HttpLaunch, Launch, StdioLaunch, secrets_of
from packetflow.mcp.programs import ExampleCall, curl_request, python_program
from packetflow.mcp.shells import BASH, POWERSHELL, Shell

DESKTOP: Final = "Claude Desktop"
CODE: Final = "Claude Code"
VS_CODE: Final = "VS Code"
CURSOR: Final = "Cursor"
CODEX: Final = "Codex"
GEMINI: Final = "Gemini CLI"
PYTHON: Final = "Python"
CURL: Final = "curl"
CLIENTS: Final = (DESKTOP, CODE, VS_CODE, CURSOR, CODEX, GEMINI, PYTHON, CURL)

MERGED: Final = "If the file names servers already, put only the entry beside theirs."


@dataclass(frozen=True)
class Snippet:
    """What to write where, for one client.

    Attributes:
        client: Which, one of `CLIENTS`.
        file: The file it belongs in; empty for what is run.
        language: ``json``, ``bash``, ``powershell`` or ``python``.
        text: To be copied.
        note: What else is to be known.
        link: An address that does the same with one click, where the client has one.
    """

    client: str
    file: str
    language: str
    text: str
    note: str = ""
    link: str = ""


def snippets_of(
    launch: Launch, *, call: ExampleCall | None = None, windows: bool = False
) -> tuple[Snippet, ...]:
    """Every snippet of a launch, in the order of `CLIENTS`.

    Args:
        launch: The server.
        call: What programs call; without it they only list the tools.
        windows: Whether commands are for PowerShell.

    >>> launch = StdioLaunch("greet", "uv", ("run", "--script", "greet.py"))
    >>> snippets_of(launch)[1].text
    'claude mcp add --scope user --transport stdio greet -- uv run --script greet.py'
    """
    shell = POWERSHELL if windows else BASH
    made = (
        _desktop(launch),
        _code_command(launch, shell),
        _code_file(launch),
        _vs_code(launch),
        _vs_code_command(launch, shell),
        _cursor(launch),
        _codex(launch, shell),
        _gemini(launch, shell),
        _python(launch, call),
        _curl(launch, call, shell),
    )
    beside = launch.note if isinstance(launch, HttpLaunch) else ""
    return tuple(
        replace(one, note=" ".join(filter(None, [one.note, MERGED if one.file else "", beside])))
        for one in made
        if one is not None
    )


def _desktop(launch: Launch) -> Snippet | None:
    if isinstance(launch, HttpLaunch):
        return None  # it starts servers itself; addresses have to be reachable from outside
    note = "Settings, Developer, Edit Config; then quit Claude Desktop and start it again."
    if secrets_of(launch):
        note += f" Fill in {' and '.join(secrets_of(launch))}."
    text = _servers("mcpServers", launch, _entry(launch, lambda name: f"put {name} here"))
    return Snippet(DESKTOP, "claude_desktop_config.json", "json", text, note)


def _code_command(launch: Launch, shell: Shell) -> Snippet:
    name = tool_name(launch.name)
    if isinstance(launch, HttpLaunch):
        text = shell.line(
            ["claude", "mcp", "add", "--scope", "user", "--transport", "http", name, launch.url]
        )
        if launch.token_variable:
            text += f' --header "Authorization: Bearer {shell.variable(launch.token_variable)}"'
        note = (
            "The token of now is kept in Claude Code's settings." if launch.token_variable else ""
        )
        return Snippet(CODE, "", shell.language, text, note)
    begun = shell.line(["claude", "mcp", "add", "--scope", "user"])
    # before another option, since it takes every word up to the next one
    options = _env_options(launch, shell)
    started = shell.line(["--transport", "stdio", name, "--", launch.command, *launch.args])
    return Snippet(CODE, "", shell.language, f"{begun}{options} {started}")


def _env_options(launch: StdioLaunch, shell: Shell) -> str:
    given = [
        shell.word(f"{key}={value}") if value is not None else f'"{key}={shell.variable(key)}"'
        for key, value in launch.env.items()
    ]
    return "".join(f" --env {one}" for one in given)


def _code_file(launch: Launch) -> Snippet:
    note = "In the folder of a project, for all who work on it."
    entry = _entry(launch, lambda name: f"${{{name}}}")
    return Snippet(CODE, ".mcp.json", "json", _servers("mcpServers", launch, entry), note)


def _vs_code(launch: Launch) -> Snippet:
    entry, inputs = _vs_code_entry(launch)
    note = "In the folder of a project, or by the command MCP: Open User Configuration."
    text = _servers("servers", launch, entry, inputs)
    return Snippet(VS_CODE, ".vscode/mcp.json", "json", text, note, _vs_code_link(launch))


def _vs_code_command(launch: Launch, shell: Shell) -> Snippet:
    if shell is POWERSHELL:  # code.cmd loses the quotes of JSON
        text = shell.line(["Start-Process", _vs_code_link(launch)])
        return Snippet(VS_CODE, "", shell.language, text)
    text = shell.line(["code", "--add-mcp", json.dumps(_vs_code_whole(launch), ensure_ascii=False)])
    return Snippet(VS_CODE, "", shell.language, text)


def _vs_code_entry(launch: Launch) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A server as VS Code has it, and what it asks its user for."""
    entry = _entry(launch, lambda name: f"${{input:{_input_name(name)}}}")
    inputs = [
        {"type": "promptString", "id": _input_name(name), "description": name, "password": True}
        for name in secrets_of(launch)
    ]
    return {"type": "stdio", **entry}, inputs


def _vs_code_whole(launch: Launch) -> dict[str, Any]:
    entry, inputs = _vs_code_entry(launch)
    return {"name": tool_name(launch.name), **entry, **({"inputs": inputs} if inputs else {})}


def _vs_code_link(launch: Launch) -> str:
    said = json.dumps(_vs_code_whole(launch), ensure_ascii=False)
    return f"vscode:mcp/install?{quote(said, safe='')}"


def _cursor(launch: Launch) -> Snippet:
    entry = _entry(launch, lambda name: f"${{env:{name}}}")
    text = _servers("mcpServers", launch, entry)
    packed = base64.b64encode(json.dumps(entry).encode()).decode()
    named = quote(tool_name(launch.name), safe="")
    begun = "cursor://anysphere.cursor-deeplink/mcp/install"
    link = f"{begun}?name={named}&config={quote(packed, safe='')}"
    note = "In the folder of a project, or in that of the user."
    return Snippet(CURSOR, ".cursor/mcp.json", "json", text, note, link)


def _codex(launch: Launch, shell: Shell) -> Snippet:
    begun = shell.line(["codex", "mcp", "add", tool_name(launch.name)])
    if isinstance(launch, StdioLaunch):
        started = shell.line(["--", launch.command, *launch.args])
        text = f"{begun}{_env_options(launch, shell)} {started}"
        kept = " and ".join(secrets_of(launch))
        note = f"What {kept} holds now is kept in Codex's settings." if kept else ""
        return Snippet(CODEX, "", shell.language, text, note)
    token = ["--bearer-token-env-var", launch.token_variable] if launch.token_variable else []
    text = f"{begun} {shell.line(['--url', launch.url, *token])}"
    return Snippet(CODEX, "", shell.language, text)


def _gemini(launch: Launch, shell: Shell) -> Snippet:
    words, name = ["gemini", "mcp", "add", "--scope", "user"], tool_name(launch.name)
    if isinstance(launch, StdioLaunch):
        for key, value in launch.env.items():  # a $NAME is kept, and read when it starts
            words += ["--env", f"{key}=${key}" if value is None else f"{key}={value}"]
        words += ["--transport", "stdio", name, launch.command, *launch.args]
    else:
        words += ["--transport", "http", name, launch.url]
        if launch.token_variable:
            words += ["--header", f"Authorization: Bearer ${launch.token_variable}"]
    note = "It starts servers only in folders that it trusts."
    return Snippet(GEMINI, "", shell.language, shell.line(words), note)


def _python(launch: Launch, call: ExampleCall | None) -> Snippet:
    text = python_program(launch, call)
    return Snippet(PYTHON, "", "python", text, "Needs pip install 'mcp>=2.3,<3'.")


def _curl(launch: Launch, call: ExampleCall | None, shell: Shell) -> Snippet | None:
    if isinstance(launch, StdioLaunch):
        return None
    return Snippet(CURL, "", shell.language, curl_request(launch, call, shell))


def _entry(launch: Launch, secret: Callable[[str], str]) -> dict[str, Any]:
    """A server as most clients have it; *secret* says what stands for a variable's value."""
    entry: dict[str, Any]
    if isinstance(launch, HttpLaunch):
        entry = {"type": "http", "url": launch.url}
        if launch.token_variable:
            entry["headers"] = {"Authorization": f"Bearer {secret(launch.token_variable)}"}
        return entry
    entry = {"command": launch.command, "args": list(launch.args)}
    if launch.env:
        given = launch.env.items()
        entry["env"] = {name: secret(name) if value is None else value for name, value in given}
    return entry


def _servers(key: str, launch: Launch, entry: Mapping[str, Any], inputs: Iterable[Any] = ()) -> str:
    whole: dict[str, Any] = {key: {tool_name(launch.name): entry}}
    asked = list(inputs)
    return json.dumps(whole | ({"inputs": asked} if asked else {}), indent=2, ensure_ascii=False)


def _input_name(variable: str) -> str:
    return variable.lower().replace("_", "-")
