"""Requests of the stateless era, written by hand: of tasks the protocol package has no client."""

import asyncio
from typing import Any

import httpx

from packetflow.mcp.tasks import EXTENSION

URL = "http://127.0.0.1:8000/mcp"
ABLE = {"elicitation": {}, "extensions": {EXTENSION: {}}}


class Caller:
    """A client that can do so much.

    Args:
        http: Sends its requests.
        url: Where the server is.
        able: What it says it can do.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str = URL, *, able: dict[str, Any] = ABLE
    ) -> None:
        self.http, self.url, self.able = http, url, able

    async def ask(self, method: str, *, name: str = "", **params: Any) -> dict[str, Any]:
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": self.able,
        }
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": method,
            "mcp-name": name or params.get("taskId", ""),
        }
        named = {"name": name} if method == "tools/call" else {}
        body = {"jsonrpc": "2.0", "id": 1, "method": method}
        body["params"] = {**named, **params, "_meta": meta}
        answer: dict[str, Any] = (await self.http.post(self.url, json=body, headers=headers)).json()
        return answer

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = await self.ask("tools/call", name=tool, arguments=arguments)
        result: dict[str, Any] = answer["result"]
        return result

    async def settled(self, task: str, *wanted: str) -> dict[str, Any]:
        """How a task stands, once it stands in one of these ways."""
        async with asyncio.timeout(60):
            while True:
                found: dict[str, Any] = (await self.ask("tasks/get", taskId=task))["result"]
                if found["status"] in wanted:
                    return found
                await asyncio.sleep(0.01)


def caller_of(app: Any) -> Caller:
    """A client of a server in this process that works with tasks and can ask its person."""
    return Caller(httpx.AsyncClient(transport=httpx.ASGITransport(app)))
