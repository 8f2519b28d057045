"""An MCP server for tests, on the SDK's low-level server; it imports nothing of PacketFlow.

    python notes_server.py stdio FOLDER
    python notes_server.py http FOLDER    (writes its port into FOLDER/port)

It keeps in FOLDER what it did: a line in ``calls`` for each call, ``cancelled`` for each cancelled
one. In memory: ``make_server(FOLDER)``.
"""

import asyncio
import base64
import contextlib
import os
import socket
import sys
import weakref
from pathlib import Path

import mcp_types as t
from mcp import MCPError
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

PNG = b"\x89PNG\r\n\x1a\n-not-really"


def schema(required=(), **fields):
    return {"type": "object", "properties": fields, "required": list(required)}


NUMBER, TEXT, WHOLE = {"type": "number"}, {"type": "string"}, {"type": "integer"}
READS = t.ToolAnnotations(read_only_hint=True, open_world_hint=False)
ASKED = schema(["sure"], sure={"type": "boolean", "title": "Sure?"})
COLOURS = {"enum": ["red", "blue"]}


class Notes:
    """The tools, and what they do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bus = InMemorySubscriptionBus()
        self.connections: weakref.WeakSet = weakref.WeakSet()
        self.tools = {
            one.name: one
            for one in (
                t.Tool(
                    name="add",
                    description="Add two numbers. Both are needed.",
                    input_schema=schema(["a", "b"], a=NUMBER, b=NUMBER),
                    output_schema=schema(["sum"], sum=NUMBER),
                    annotations=READS,
                ),
                t.Tool(
                    name="echo",
                    description="Say a text again.",
                    input_schema=schema(["text"], text=TEXT, times=WHOLE | {"default": 1}),
                    annotations=READS,
                ),
                t.Tool(
                    name="odd.name-1",
                    input_schema=schema(["max-hits"], **{"max-hits": WHOLE, "colour": COLOURS}),
                    output_schema=schema([], **{"found-at": TEXT, "hits": WHOLE}),
                    annotations=t.ToolAnnotations(idempotent_hint=True),
                ),
                t.Tool(name="show", input_schema=schema(["what"], what=TEXT), annotations=READS),
                t.Tool(name="fail", input_schema=schema(), annotations=READS),
                t.Tool(name="slow", input_schema=schema(steps=WHOLE), annotations=READS),
                t.Tool(name="die", input_schema=schema(once=TEXT), annotations=READS),
                t.Tool(name="ask", input_schema=schema(), annotations=READS),
                t.Tool(name="large", input_schema=schema(["size"], size=WHOLE)),
                t.Tool(name="change", input_schema=schema(["what"], what=TEXT)),
            )
        }

    def note(self, name: str) -> None:
        with (self.folder / "calls").open("a") as calls:
            calls.write(f"{name}\n")

    async def call(self, ctx, params):
        self.note(params.name)
        arguments = params.arguments or {}
        if params.name not in self.tools:
            raise MCPError(t.INVALID_PARAMS, f"Unknown tool: {params.name}")
        do = getattr(self, params.name.replace(".", "_").replace("-", "_"), None) or self.grown
        return await do(ctx, params, **{key.replace("-", "_"): arguments[key] for key in arguments})

    async def add(self, ctx, params, a, b, carry=0):
        return made({"sum": a + b + carry})

    async def echo(self, ctx, params, text, times=1):
        return t.CallToolResult(content=[t.TextContent(text=text) for _ in range(times)])

    async def odd_name_1(self, ctx, params, max_hits, colour="red"):
        return made({"found-at": colour, "hits": max_hits})

    async def show(self, ctx, params, what):
        encoded = base64.b64encode(PNG).decode()
        text = t.TextResourceContents(uri="notes://1", text="hello", mime_type="text/plain")
        blocks = {
            "picture": t.ImageContent(data=encoded, mime_type="image/png"),
            "sound": t.AudioContent(data=encoded, mime_type="audio/wav"),
            "link": t.ResourceLink(uri="notes://1", name="one"),
            "resource": t.EmbeddedResource(resource=text),
        }
        if what == "all":
            return t.CallToolResult(content=[t.TextContent(text="all"), *blocks.values()])
        return t.CallToolResult(content=[blocks[what]])

    async def fail(self, ctx, params):
        text = t.TextContent(text="there is no ink")
        return t.CallToolResult(content=[text], is_error=True)

    async def slow(self, ctx, params, steps=4):
        try:
            for step in range(steps):
                await ctx.session.report_progress(step + 1, steps, f"step {step + 1}")
            if steps > 50:
                await asyncio.sleep(300)
        except asyncio.CancelledError:
            (self.folder / "cancelled").write_text("yes")
            raise
        return made({"steps": steps})

    async def die(self, ctx, params, once=""):
        if once and (self.folder / once).exists():
            return made({"alive": True})
        (self.folder / once).touch() if once else None
        print("dying now", file=sys.stderr, flush=True)
        os._exit(3)

    async def ask(self, ctx, params):
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answers = params.input_responses or {}
            if "sure" not in answers:
                form = t.ElicitRequestFormParams(message="Go on?", requested_schema=ASKED)
                return t.InputRequiredResult(input_requests={"sure": t.ElicitRequest(params=form)})
            answer = answers["sure"]
        else:
            answer = await ctx.session.elicit_form("Go on?", ASKED, ctx.request_id)
        said = answer.model_dump() if hasattr(answer, "model_dump") else answer
        return made({"action": said["action"], "content": said.get("content")})

    async def large(self, ctx, params, size):
        return t.CallToolResult(content=[t.TextContent(text="x" * size)])

    async def change(self, ctx, params, what):
        if what == "add":
            new = t.Tool(name="grown", description="New.", input_schema=schema())
            self.tools["grown"] = new
        else:
            old = self.tools["add"]
            more = schema(["a", "b", "carry"], a=NUMBER, b=NUMBER, carry=NUMBER)
            self.tools["add"] = old.model_copy(update={"input_schema": more})
        await self.bus.publish(ToolsListChanged())
        for connection in list(self.connections):
            await connection.send_tool_list_changed()
        return made({"changed": what})

    async def grown(self, ctx, params):
        return made({"grown": True})


def made(structured):
    return t.CallToolResult(content=[t.TextContent(text="made")], structured_content=structured)


def make_server(folder: Path, *, page: int = 4) -> Server:
    notes = Notes(folder)

    async def listed(ctx, params):
        names = sorted(notes.tools)
        start = int(params.cursor) if params and params.cursor else 0
        following = str(start + page) if start + page < len(names) else None
        tools = [notes.tools[name] for name in names[start : start + page]]
        return t.ListToolsResult(tools=tools, next_cursor=following)

    async def remember(ctx, call_next):
        connection = getattr(ctx.session, "_connection", None)
        if connection is not None and connection.has_standalone_channel:
            notes.connections.add(connection)
        return await call_next(ctx)

    server = Server(
        "notes",
        version="1.2",
        on_list_tools=listed,
        on_call_tool=notes.call,
        on_subscriptions_listen=ListenHandler(notes.bus),
    )
    server.middleware.append(remember)
    usual = server.create_initialization_options
    server.create_initialization_options = lambda options=None, *rest, **named: usual(
        options or NotificationOptions(tools_changed=True), *rest, **named
    )
    return server


async def over_stdio(folder: Path) -> None:
    from mcp.server.stdio import stdio_server

    server = make_server(folder)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def over_http(folder: Path) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.middleware import Middleware

    server = make_server(folder)
    inner = server.streamable_http_app(streamable_http_path="/mcp")

    class Tokens:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                wanted = os.environ.get("NOTES_TOKEN")
                if wanted and headers.get(b"authorization") != f"Bearer {wanted}".encode():
                    await send({"type": "http.response.start", "status": 401, "headers": []})
                    await send({"type": "http.response.body", "body": b"who are you?"})
                    return
            await self.app(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with server.session_manager.run():
            yield

    app = Starlette(routes=inner.routes, lifespan=lifespan, middleware=[Middleware(Tokens)])
    listening = socket.create_server(("127.0.0.1", int(os.environ.get("NOTES_PORT", "0"))))
    (folder / "port").write_text(str(listening.getsockname()[1]))
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    place = Path(sys.argv[2])
    if sys.argv[1] == "stdio":
        asyncio.run(over_stdio(place))
    else:
        over_http(place)
