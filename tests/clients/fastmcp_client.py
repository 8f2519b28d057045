"""The client of FastMCP lists and calls our tools: python fastmcp_client.py auto|legacy TARGET.

It prints what typescript.mjs prints. In the newer era (``auto``) this client hears of no changes.
"""

import asyncio
import json
import sys
from typing import Any

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.messages import MessageHandler
from fastmcp.client.transports import StdioTransport
from mcp import MCPError


async def fill(message: str, kind: Any, params: Any, context: Any) -> Any:
    """Fill in a form: red where it may choose, else Ada."""
    fields = params.requested_schema["properties"]
    content = {k: "red" if "enum" in one or "oneOf" in one else "Ada" for k, one in fields.items()}
    return ElicitResult(action="accept", content=content)


class Changes(MessageHandler):
    """Waits for a change of the list."""

    def __init__(self) -> None:
        self.come = asyncio.Event()

    async def on_tool_list_changed(self, message: object) -> None:
        """It has come."""
        self.come.set()


async def main(mode: Any, target: dict[str, Any]) -> None:
    """Do what typescript.mjs does."""
    way = target["url"] if "url" in target else StdioTransport(**target)
    changes, progress = Changes(), []

    async def noted(done: float, total: float | None, text: str | None) -> None:
        progress.append(text)

    client = Client(
        way, mode=mode, elicitation_handler=fill, message_handler=changes, progress_handler=noted
    )
    async with client:
        seen: dict[str, Any] = {"tools": [one.name for one in await client.list_tools()]}
        seen["sum"] = (await client.call_tool("add", {"a": 2, "b": 3})).structured_content
        for key, name, given in (
            ("failed", "divide", {"number": 1, "by": 0}),
            ("invalid", "add", {"a": "x"}),
        ):
            result = await client.call_tool(name, given, raise_on_error=False)
            seen[key] = {
                "isError": result.is_error,
                "content": [{"text": one.text} for one in result.content],
            }
        try:
            await client.call_tool("nothing", {})
        except MCPError as error:
            seen["unknown"] = {"code": error.code}
        progress.clear()
        await client.call_tool("sleep", {"seconds": 0.2})
        seen["progress"] = list(progress)
        seen["answered"] = (await client.call_tool("ask_twice", {})).structured_content
        progress.clear()
        call = asyncio.create_task(client.call_tool("sleep", {"seconds": 600}))
        while not progress:
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        seen["cancelled"] = call.cancelled()
        if mode == "legacy":
            print(json.dumps({"listening": True}), flush=True)
            await changes.come.wait()
        seen["later"] = [one.name for one in await client.list_tools()]
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
