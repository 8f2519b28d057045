"""Programs that call a server: one in Python, and one plain request over HTTP."""

from __future__ import annotations

import json
import pprint
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from packetflow.mcp.launches import HttpLaunch, Launch, StdioLaunch
from packetflow.mcp.shells import POWERSHELL, Shell

PROTOCOL: Final = "2026-07-28"
"""The revision that a plain request speaks: one without a handshake."""


@dataclass(frozen=True)
class ExampleCall:
    """A call to show, for clients that are programs."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def python_program(launch: Launch, call: ExampleCall | None) -> str:
    """A Python program that lists the tools, and calls one.

    Args:
        launch: The server.
        call: What it calls, if anything.
    """
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
    return "\n".join(lines)


def curl_request(launch: HttpLaunch, call: ExampleCall | None, shell: Shell) -> str:
    """One plain request, as the stateless era has it: nothing before it, nothing kept after it.

    Args:
        launch: The server.
        call: What is called; without it the tools are listed.
        shell: Which shell runs it.
    """
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
        return f"@'\n{body}\n'@ | {words}"
    return " \\\n  ".join(["curl -sN " + shell.word(launch.url), *sent, "-d " + shell.word(body)])
