"""Our client, as the conformance suite for clients starts it: with the address of a server.

The suite names the scenario in the environment. Tools are called as a step calls them, and what
the server asks is put to a person who agrees to everything and fills in nothing. Where somebody has
to log in, their browser goes where it is sent, and agrees too.
"""

import asyncio
import json
import os
import sys
import urllib.request
import webbrowser
from collections.abc import Sequence
from typing import Any

from packetflow.capabilities.context import Context
from packetflow.mcp import connect
from packetflow.mcp.client.calls import CONTEXT

ARGUMENTS: dict[str, dict[str, Any]] = {
    "add_numbers": {"a": 2, "b": 3},
    "valid_tool": {"region": "north"},
}
"""What tools need, where the suite does not say it."""
LISTING_ONLY = "json-schema-ref-no-deref"
ECHO = "json_schema_echo"
SECONDS = 60
CIMD = "https://conformance-test.local/client-metadata.json"


class Person:
    """Whoever answers; the rest is what a step reports to."""

    async def ask(self, question: str, choices: Sequence[str], *_: object) -> str:
        """Agree, or leave it open."""
        print(f"asked: {question} {choices}")
        return next((one for one in ("yes", "accept") if one in choices), "")

    def log(self, level: str, text: str, fields: object) -> None:
        """Tell a line."""
        print(level, text, fields)

    def progress(self, fraction: float, text: str) -> None:
        """Tell how far it is."""
        print(fraction, text)

    def record(self, attributes: dict[str, Any]) -> None:
        """Keep nothing."""


class Browser(webbrowser.BaseBrowser):
    """Goes where it is sent, and on from there."""

    def open(self, url: str, *_: object) -> bool:
        """Go there."""
        with urllib.request.urlopen(url, timeout=SECONDS) as page:
            print(page.status, page.read().decode())
        return True


def login_of(scenario: str, context: dict[str, Any], url: str) -> bool | dict[str, Any]:
    """As whom to log in, as a person would have to say it."""
    if not scenario.startswith("auth/"):
        return False
    if scenario == "auth/basic-cimd":
        return {"client_id": CIMD}
    if "client_id" not in context:
        return True
    os.environ["SUITE_SECRET"] = context.get("client_secret", "")
    os.environ["SUITE_KEY"] = context.get("private_key_pem", "")
    said = {"client_id": context["client_id"]}
    if os.environ["SUITE_SECRET"]:
        said["client_secret"] = "$SUITE_SECRET"
    if not scenario.startswith("auth/client-credentials"):
        return said
    if os.environ["SUITE_KEY"]:
        said |= {"private_key": "$SUITE_KEY", "algorithm": context["signing_algorithm"]}
    place = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    with urllib.request.urlopen(place, timeout=SECONDS) as found:
        issuer = json.load(found)["authorization_servers"][0]
    return said | {"machine": True, "issuer": issuer}


def called(tool: Any, given: dict[str, Any]) -> None:
    """Call a tool as a step does."""

    async def call() -> None:
        async with asyncio.timeout(SECONDS):
            print(tool.name, await tool.fn(**given, **{CONTEXT: Context(reporter=Person())}))

    asyncio.run(call())


def main(url: str) -> None:
    """Play the scenario."""
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
    scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
    webbrowser.register("suite", None, Browser(), preferred=True)
    with connect(url, allow="*", login=login_of(scenario, context, url)) as tools:
        print(repr(tools))
        if scenario == LISTING_ONLY:
            return
        if ECHO in dir(tools):
            schema = tools["json_schema_2020_12_tool"].fn._tool.input_schema
            called(tools[ECHO], {"schema": schema})
            return
        calls = {call["name"]: call["arguments"] for call in context.get("toolCalls", ())}
        for tool in [tools[name] for name in calls] or list(tools):
            short = tool.name.rpartition(".")[2]
            called(tool, calls.get(short) or ARGUMENTS.get(short, {}))


if __name__ == "__main__":
    main(sys.argv[1])
