"""Ready snippets that tell a client of a server: one description, the format of each client.

Every client writes the same few facts down in another way. A launch says them once: a command that
the client starts (`StdioLaunch`), or an address that answers over HTTP (`HttpLaunch`). Nothing here
looks at files, and no secret is ever written: a variable without a value becomes what the client
has for secrets, or a place to fill in.
"""

from __future__ import annotations

import base64
import json
import pprint
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from packetflow.capabilities.tool_names import tool_name

DESKTOP: Final = "Claude Desktop"
CODE: Final = "Claude Code"
VS_CODE: Final = "VS Code"
CURSOR: Final = "Cursor"
PYTHON: Final = "Python"
CURL: Final = "curl"
CLIENTS: Final = (DESKTOP, CODE, VS_CODE, CURSOR, PYTHON, CURL)

PROTOCOL: Final = "2026-07-28"
"""The revision that a plain request speaks: one without a handshake."""


@dataclass(frozen=True)
class StdioLaunch:
    """A server that its client starts.

    Attributes:
        name: What the client calls it.
        command: The program, best with its whole path.
        args: Its arguments.
        env: Variables it needs; ``None`` for one whose value only the reader knows.
    """

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpLaunch:
    """A server that answers over HTTP.

    Attributes:
        name: What the client calls it.
        url: Its address.
        token_variable: The variable that holds the token; empty if it asks for none.
    """

    name: str
    url: str
    token_variable: str = ""


Launch: TypeAlias = StdioLaunch | HttpLaunch


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


@dataclass(frozen=True)
class ExampleCall:
    """A call to show, for clients that are programs."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def workspace_launch(name: str, folder: PurePath, python: str, *, script: str = "") -> StdioLaunch:
    """The launch that serves a workspace to one client.

    Args:
        name: What the client calls it.
        folder: The workspace.
        python: The interpreter that has PacketFlow.
        script: The program ``packetflow``, if there is one.

    >>> workspace_launch("notes", PurePath("/my work"), "/bin/python").args[-1]
    '/my work'
    """
    command, before = (script, ()) if script else (python, ("-m", "packetflow"))
    served = ("mcp", "serve", "--stdio", "--workspace", str(folder))
    return StdioLaunch(name, command, (*before, *served))


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
        _python(launch, call),
        _curl(launch, call, shell),
    )
    return tuple(one for one in made if one is not None)


@dataclass(frozen=True)
class Shell:
    """How a shell is written to: *word* quotes a word, *variable* names a variable in quotes."""

    language: str
    word: Callable[[str], str]
    variable: Callable[[str], str]

    def line(self, words: Iterable[str]) -> str:
        """A command of one line."""
        return " ".join(self.word(word) for word in words)


_BARE: Final = re.compile(r"(?!--$)[A-Za-z0-9_./:\\=-]+")


def _powershell_word(word: str) -> str:
    """A word for PowerShell, which takes a bare ``--`` away."""
    return word if _BARE.fullmatch(word) else "'" + word.replace("'", "''") + "'"


BASH: Final = Shell("bash", shlex.quote, lambda name: f"${name}")
POWERSHELL: Final = Shell("powershell", _powershell_word, lambda name: f"$env:{name}")


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
    given = [
        shell.word(f"{key}={value}") if value is not None else f'"{key}={shell.variable(key)}"'
        for key, value in launch.env.items()
    ]
    begun = shell.line(["claude", "mcp", "add", "--scope", "user"])
    # before another option, since it takes every word up to the next one
    options = "".join(f" --env {one}" for one in given)
    started = shell.line(["--transport", "stdio", name, "--", launch.command, *launch.args])
    return Snippet(CODE, "", shell.language, f"{begun}{options} {started}")


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


def _python(launch: Launch, call: ExampleCall | None) -> Snippet:
    imports, opened, indent = ["import asyncio", ""], "", " " * 4
    if isinstance(launch, StdioLaunch):
        imports[1:1] = ["import os"]
        imports += ["from mcp import Client, StdioServerParameters"]
        plain = {name: value for name, value in launch.env.items() if value is not None}
        env = f"{{**os.environ, **{plain!r}}}" if plain else "dict(os.environ)"
        head = [
            "server = StdioServerParameters(",
            f"{indent}command={launch.command!r},",
            f"{indent}args={list(launch.args)!r},",
            f"{indent}env={env},",
            ")",
        ]
        opened = "Client(server) as client"
    elif launch.token_variable:
        imports[1:1] = ["import os"]
        imports += ["import httpx2", "from mcp import Client"]
        imports += ["from mcp.client.streamable_http import streamable_http_client"]
        sent = f'{{"Authorization": f"Bearer {{os.environ[{launch.token_variable!r}]}}"}}'
        head = [f"URL = {launch.url!r}", f"HEADERS = {sent}"]
        opened = (
            "(\n        httpx2.AsyncClient(headers=HEADERS, timeout=httpx2.Timeout(30, read=600))"
            " as http,\n        Client(streamable_http_client(URL, http_client=http)) as client,\n"
            "    )"
        )
    else:
        imports += ["from mcp import Client"]
        head = [f"URL = {launch.url!r}"]
        opened = "Client(URL) as client"
    lines = [*imports, "", *head, "", "", "async def main() -> None:"]
    lines += [f"{indent}async with {opened}:"]
    lines += [
        "        for tool in (await client.list_tools()).tools:",
        "            print(tool.name)",
    ]
    if call is not None:
        said = pprint.pformat(dict(call.arguments), width=80, sort_dicts=False)
        said = said.replace("\n", "\n" + " " * 8)
        lines += [f"        arguments = {said}"]
        lines += [f"        result = await client.call_tool({call.tool!r}, arguments)"]
        lines += ["        print(result.structured_content or result.content)"]
    lines += ["", "", "asyncio.run(main())"]
    return Snippet(PYTHON, "", "python", "\n".join(lines), "Needs pip install 'mcp>=2.3,<3'.")


def _curl(launch: Launch, call: ExampleCall | None, shell: Shell) -> Snippet | None:
    """One plain request, as the stateless era has it: nothing before it, nothing kept after it."""
    if isinstance(launch, StdioLaunch):
        return None
    method = "tools/list" if call is None else "tools/call"
    params: dict[str, Any] = {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "1"},
        }
    }
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": PROTOCOL,
        "Mcp-Method": method,
    }
    if call is not None:
        params = {"name": call.tool, "arguments": dict(call.arguments), **params}
        headers["Mcp-Name"] = call.tool
    # in ASCII, since PowerShell pipes nothing else unharmed, and without what a shell would end at
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    body = body.replace("'", "\\u0027")
    sent = [f"-H {shell.word(f'{name}: {value}')}" for name, value in headers.items()]
    if launch.token_variable:
        sent += [f'-H "Authorization: Bearer {shell.variable(launch.token_variable)}"']
    if shell is POWERSHELL:
        words = " ".join(["curl.exe -sN", shell.word(launch.url), *sent, '--data-binary "@-"'])
        return Snippet(CURL, "", shell.language, f"@'\n{body}\n'@ | {words}")
    words = " \\\n  ".join(["curl -sN " + shell.word(launch.url), *sent, "-d " + shell.word(body)])
    return Snippet(CURL, "", shell.language, words)


def secrets_of(launch: Launch) -> list[str]:
    """The variables of which only the reader knows the value."""
    if isinstance(launch, HttpLaunch):
        return [launch.token_variable] if launch.token_variable else []
    return [name for name, value in launch.env.items() if value is None]


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
