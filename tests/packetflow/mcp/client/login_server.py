"""An MCP server that asks for logins, with the authorization server of the SDK, in a thread."""

import asyncio
import json
import secrets
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import mcp_types as t
import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    ProviderTokenVerifier,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.lowlevel import Server
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

READ, WRITE = "notes:read", "notes:write"
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


class Authority:
    """Gives tokens; those that renew others are good for once.

    Attributes:
        seconds: How long an access token lives.
        denies: Whether whoever is asked says no.
        answer: What the token endpoint answers instead of its own answer.
        renewals: How often tokens were renewed.
        reused: Tokens that were used to renew others a second time.
        asked_for: The scopes of each login.
        seen: The paths that were asked for.
        waits_for: So many requests of tools come before tokens are renewed.
    """

    def __init__(self) -> None:
        self.seconds = 3600
        self.denies = False
        self.answer: Response | None = None
        self.renewals = 0
        self.reused: list[str] = []
        self.asked_for: list[list[str]] = []
        self.seen: list[str] = []
        self.waits_for = 0
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._spent: set[str] = set()

    def revoke(self, *, for_good: bool = True) -> None:
        """End all logins, or only what they can do without being renewed."""
        self._access.clear()
        if for_good:
            self._refresh.clear()

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        self.clients[client_info.client_id] = client_info

    async def authorize(
        self, client: OAuthClientInformationFull, params: AuthorizationParams
    ) -> str:
        where = str(params.redirect_uri)
        if self.denies:
            return construct_redirect_uri(
                where, error="access_denied", error_description="<no>", state=params.state
            )
        self.asked_for.append(params.scopes or [])
        code = AuthorizationCode(
            code=secrets.token_urlsafe(),
            client_id=client.client_id,
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self._codes[code.code] = code
        return construct_redirect_uri(where, code=code.code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self._codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self._codes[authorization_code.code]
        return self._given(client.client_id, authorization_code.scopes)

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        async with asyncio.timeout(60):
            while self.seen.count("/mcp") < self.waits_for:
                await asyncio.sleep(0.01)
        if refresh_token in self._spent:
            self.reused.append(refresh_token)
        return self._refresh.get(refresh_token)

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        del self._refresh[refresh_token.token]
        self._spent.add(refresh_token.token)
        self.renewals += 1
        return self._given(client.client_id, scopes)

    def _given(self, client: str, scopes: list[str]) -> OAuthToken:
        access, refresh = secrets.token_urlsafe(), secrets.token_urlsafe()
        self._access[access] = AccessToken(token=access, client_id=client, scopes=scopes)
        self._refresh[refresh] = RefreshToken(token=refresh, client_id=client, scopes=scopes)
        return OAuthToken(
            access_token=access,
            refresh_token=refresh,
            expires_in=self.seconds,
            scope=" ".join(scopes),
        )

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self._access.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        raise NotImplementedError

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, where the tool `erase` needs more rights than the login asked for at first."""

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            self.seen.append(scope["path"])
            if scope["path"] == "/token" and self.answer is not None:
                await self.answer(scope, receive, send)
                return
            first = await receive()
            token = dict(scope["headers"]).get(b"authorization", b"").decode().partition(" ")[2]
            known = self._access.get(token)
            if b'"erase"' in first["body"] and known and WRITE not in known.scopes:
                said = f'Bearer error="insufficient_scope", scope="{WRITE}"'
                refused = JSONResponse({}, 403, {"WWW-Authenticate": said})
                await refused(scope, receive, send)
                return
            waiting = [first]

            async def again() -> object:
                return waiting.pop() if waiting else await receive()

            await app(scope, again, send)

        return served


def make_server() -> Server:
    tools = [
        t.Tool(name="find", description="Find it.", input_schema=TEXT),
        t.Tool(name="erase", description="Erase it.", input_schema=TEXT),
    ]

    async def listed(_: object, __: object) -> t.ListToolsResult:
        return t.ListToolsResult(tools=tools)

    async def called(_: object, params: t.CallToolRequestParams) -> t.CallToolResult:
        said = json.dumps([params.name, params.arguments])
        return t.CallToolResult(content=[t.TextContent(text=said)])

    return Server("guarded", on_list_tools=listed, on_call_tool=called)


@contextmanager
def guarded() -> Iterator[tuple[str, Authority]]:
    """The server: its address, and who gives tokens for it."""
    authority = Authority()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = AuthSettings(
        issuer_url=base,
        resource_server_url=f"{base}/mcp",
        required_scopes=[READ],
        validate_token_resource=False,
        client_registration_options=ClientRegistrationOptions(
            enabled=True, valid_scopes=[READ, WRITE], default_scopes=[READ, WRITE]
        ),
    )
    app = make_server().streamable_http_app(
        auth=settings,
        auth_server_provider=authority,
        token_verifier=ProviderTokenVerifier(authority),
    )
    config = uvicorn.Config(
        authority.around(app), log_config=None, lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"{base}/mcp", authority
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()


def go(url: str) -> bool:
    """A browser that goes where it is sent, and on from there."""
    with urllib.request.urlopen(url, timeout=60) as page:
        page.read()
    return True


def port_of(url: str) -> int:
    found = urlsplit(url).port
    assert found
    return found
