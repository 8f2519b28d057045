"""Serving the studio."""

import socket
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from packetflow.errors import WorkspaceError
from packetflow.workspace.folder import make_folder
from studio.app import GiveCookie, listen, moved, own_routes, serve
from studio.canvas.socket import CanvasSocket
from studio.guard import COOKIE, HEADER, OwnPagesOnly, guarded_route
from studio.state import FOLDER
from studio.tool_endpoint import ToolEndpoint


async def secret(_request) -> Response:
    return JSONResponse({"ok": True})


async def page(_request) -> Response:
    return Response("<p>hello", media_type="text/html")


def client() -> httpx.AsyncClient:
    inner = Starlette(
        routes=[Route("/", page), Route("/api/it", guarded_route(secret, "token-of-this-start"))]
    )
    app = GiveCookie(inner, "token-of-this-start")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_a_route_of_ours_needs_the_token():
    async with client() as visitor:
        assert (await visitor.get("/api/it")).status_code == 403
        assert (await visitor.get("/api/it", headers={HEADER: "guess"})).status_code == 403
        right = await visitor.get("/api/it", headers={HEADER: "token-of-this-start"})
    assert right.status_code == 200


async def test_a_visitor_of_the_page_gets_the_token_in_a_cookie_no_script_can_read():
    async with client() as visitor:
        answer = await visitor.get("/")
        given = answer.headers["set-cookie"]
        after = await visitor.get("/api/it")

    assert given.startswith(f"{COOKIE}=token-of-this-start")
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"
    assert after.status_code == 200


async def test_another_site_may_not_ask_even_with_the_cookie():
    async with client() as visitor:
        await visitor.get("/")
        evil = await visitor.get("/api/it", headers={"origin": "http://evil.example"})
        own = await visitor.get("/api/it", headers={"origin": "http://127.0.0.1"})

    assert (evil.status_code, own.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("/pipelines", "/library?kind=Pipelines"),
        ("/pipelines?name=fall&run=1", "/library?pipeline=fall&run=1"),
        ("/capabilities", "/library"),
        ("/capabilities?name=a%20b", "/library?capability=a+b"),
        ("/pipelines?name=//evil.example", "/library?pipeline=%2F%2Fevil.example"),
    ],
)
async def test_addresses_of_pages_that_are_now_in_the_library_lead_there(before, now):
    app = Starlette(routes=[Route("/pipelines", moved), Route("/capabilities", moved)])
    visitor = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")

    async with visitor:
        assert (await visitor.get(before)).headers["location"] == now


def test_when_a_port_is_taken_the_next_free_one_is_used():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with listen("127.0.0.1", port) as found:
            assert found.getsockname()[1] > port


def test_the_studio_listens_on_loopback_only(tmp_path):
    with pytest.raises(WorkspaceError, match="loopback only"):
        serve(tmp_path, host="0.0.0.0")


async def status_for(
    app: ASGIApp, path: str, kind: str, origin: str, *, method: str = "GET"
) -> int:
    """How something is answered to who has the cookie and comes from some site."""
    headers = [(b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}=token".encode())]
    scope = {
        "type": kind, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "scheme": "http" if kind == "http" else "ws", "subprotocols": [],
        "headers": [*headers, (b"origin", origin.encode())], "server": ("127.0.0.1", 80),
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    if kind == "http":
        scope["method"] = method
    told: list[dict[str, object]] = []
    asked = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]

    async def receive() -> dict[str, object]:
        return asked.pop(0) if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    await app(scope, receive, send)
    return int(str(told[0].get("status", 101)))


@pytest.mark.parametrize(
    "route",
    [
        one
        for one in own_routes("token", CanvasSocket("token"), ToolEndpoint(Path()))
        if one.path.startswith("/api")
    ],
    ids=lambda route: route.path,
)
async def test_every_route_of_ours_refuses_a_forged_origin(route, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(make_folder(tmp_path / "work").path))
    kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
    canvas = CanvasSocket("token")
    app = Starlette(routes=own_routes("token", canvas, ToolEndpoint(tmp_path)))

    assert await status_for(app, route.path, kind, "http://evil.example") == 403
    assert await status_for(app, route.path, kind, "null") == 403
    assert await status_for(app, route.path, kind, "http://127.0.0.1") in (101, 200)
    await canvas.close()


async def test_a_page_of_another_port_drives_nothing_of_streamlit_either():
    async def taken(scope, _receive, send) -> None:
        kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
        await send({"type": kind, "status": 200})

    app, other, own = OwnPagesOnly(taken), "http://127.0.0.1:3000", "http://127.0.0.1"

    assert await status_for(app, "/_stcore/stream", "websocket", other) == 403
    assert await status_for(app, "/_stcore/upload_file", "http", other, method="PUT") == 403
    assert await status_for(app, "/", "http", other) == 200
    assert await status_for(app, "/_stcore/stream", "websocket", own) == 200
    assert await status_for(app, "/_stcore/upload_file", "http", own, method="PUT") == 200
