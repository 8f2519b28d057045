"""The protocol package's own way to log in, set up with what is kept and what the settings say.

Everything of OAuth is done there: discovery, registration, PKCE, the checks of state, issuer and
resource, scopes, and the requests for tokens. Here its requests are sent, one after the other.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
from mcp.client.auth import (
    AuthorizationCodeResult,
    OAuthClientProvider,
    OAuthFlowError,
    OAuthRegistrationError,
)
from mcp.client.auth.utils import issuers_match
from mcp.shared.auth import (
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)
from pydantic import AnyUrl, BaseModel, ValidationError

from packetflow.engine.veil import without
from packetflow.errors import WorkspaceError
from packetflow.mcp.client.callback import Callback, waiting
from packetflow.mcp.client.failures import LoginNeeded, ServerLost
from packetflow.mcp.client.login_settings import LoginSettings
from packetflow.mcp.client.logins import Login
from packetflow.mcp.client.person import Person

SECONDS: Final = 30.0
"""An authorization server answers each request within so long."""

EARLY_SECONDS: Final = 30.0
"""A token is renewed so long before its end, or at nine tenths of a shorter life."""

MOST_SIGNS: Final = 500
ENDS: Final = frozenset({400, 401})
"""So an authorization server says that a login has ended; others on the way say otherwise."""

HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
SECRETS: Final = ("client_secret", "access_token", "refresh_token")
BASIC, POST = "client_secret_basic", "client_secret_post"


class Logins:
    """Makes logins at a server, and renews them.

    Args:
        url: The server.
        settings: As whom one logs in.
        given: The environment.
    """

    def __init__(self, url: str, settings: LoginSettings, given: Mapping[str, str]) -> None:
        self._url = url
        self._server = urlsplit(url).hostname or url
        self._settings = settings
        self._given = given
        self._is_known = bool(settings.client_id) and not settings.document
        logging.getLogger("mcp.client.auth.oauth2").addFilter(_holds_no_error)

    async def renewed(self, login: Login) -> Login:
        """The login with new tokens.

        Raises:
            LoginNeeded: The authorization server says that the login has ended.
            ServerLost: It does not answer, or not so that one could tell.
            WorkspaceError: An environment variable is not set.
        """
        request = httpx2.Request("POST", self._url)
        login = self._usable(login)
        provider = self._filled(self._provider(login), login)
        provider.context.token_expiry_time = 1.0  # long ago
        flow = provider.async_auth_flow(request)
        status = 0
        try:
            async with httpx2.AsyncClient(timeout=SECONDS) as web:
                outgoing = await anext(flow)
                while outgoing is not request:
                    answer = await self._sent(web, outgoing)
                    status = answer.status_code
                    outgoing = await flow.asend(answer)
        except httpx2.HTTPError as error:
            raise ServerLost(f"its login cannot be renewed: {error}") from error
        finally:
            await flow.aclose()
        if provider.context.current_tokens is not None:
            return self._kept(provider)
        if status and status not in ENDS:
            said = f"its login cannot be renewed: the authorization server answers {status}"
            raise ServerLost(said)
        raise LoginNeeded("the login has ended")

    async def made(
        self, login: Login, refused: httpx2.Response, person: Person | None = None
    ) -> Login:
        """The login that answers what a server asked for.

        Args:
            login: What is kept.
            refused: What it answered to a request.
            person: Who logs in, if not this program by itself.

        Raises:
            LoginNeeded: Nobody logged in, or it was refused, or there is no way to.
            ServerLost: A server that is needed for it cannot be reached.
            WorkspaceError: An environment variable is not set, or the port is taken.
        """
        login = self._usable(login)
        if person is None:
            return await self._made(self._filled(self._provider(login), login), refused)
        # registered anew each time: a registration holds the port and the rights that it was made
        # with, and where it is forgotten, nobody would send the browser back
        login = msgspec.structs.replace(login, client={})
        async with waiting(self._server, port=self._settings.port) as callback:
            provider = self._filled(self._provider(login, callback, person), login)
            return await self._made(provider, refused)

    async def _made(self, provider: OAuthClientProvider, refused: httpx2.Response) -> Login:
        request = refused.request
        flow = provider.async_auth_flow(request)
        outgoing, answer = request, refused
        try:
            async with httpx2.AsyncClient(timeout=SECONDS) as web:
                await anext(flow)
                while (outgoing := await flow.asend(answer)) is not request:
                    answer = await self._sent(web, outgoing)
        except httpx2.HTTPError as error:
            raise ServerLost(f"cannot be logged in to: {outgoing.url.host}: {error}") from error
        except OAuthFlowError as error:
            raise LoginNeeded(f"cannot be logged in to: {_said(error, provider)}") from None
        finally:
            await flow.aclose()
        return self._kept(provider)

    def _provider(
        self, login: Login, callback: Callback | None = None, person: Person | None = None
    ) -> OAuthClientProvider:
        if self._settings.machine:
            return self._for_machine(login)

        async def sent(where: str) -> None:
            if callback is None or person is None:
                raise LoginNeeded("asks for a login, and nobody is there")
            self._choose_method(provider)
            callback.state = parse_qs(urlsplit(where).query)["state"][0]
            await person.visit(self._server, where)

        async def back() -> AuthorizationCodeResult:
            assert callback is not None  # `sent` has seen to that
            assert person is not None
            return await _returned(callback, person)

        address = [] if callback is None else [AnyUrl(callback.address)]
        metadata = OAuthClientMetadata(redirect_uris=address or None, client_name="PacketFlow")
        store = _Store(login, self._client(login, address), is_fixed=self._is_known)
        document = self._settings.document or None
        provider = OAuthClientProvider(self._url, metadata, store, sent, back, document)
        return provider

    def _for_machine(self, login: Login) -> OAuthClientProvider:
        from mcp.client.auth.extensions.client_credentials import (
            ClientCredentialsOAuthProvider,
            PrivateKeyJWTOAuthProvider,
            SignedJWTParameters,
        )

        said, store = self._settings, _Store(login, None)
        if not said.private_key:
            secret = self._variable(said.client_secret)
            return ClientCredentialsOAuthProvider(
                self._url, store, said.client_id, secret, issuer=said.issuer
            )
        signing = SignedJWTParameters(
            issuer=said.client_id,
            subject=said.client_id,
            signing_key=self._variable(said.private_key),
            signing_algorithm=said.algorithm,
        )
        proof = signing.create_assertion_provider()
        return PrivateKeyJWTOAuthProvider(
            self._url, store, said.client_id, proof, issuer=said.issuer
        )

    def _client(self, login: Login, address: list[AnyUrl]) -> OAuthClientInformationFull | None:
        """As what this program is known, if it is."""
        said = self._settings
        if self._is_known:
            secret = self._variable(said.client_secret) if said.client_secret else None
            return OAuthClientInformationFull(
                client_id=said.client_id,
                client_secret=secret,
                redirect_uris=address or None,
                token_endpoint_auth_method=BASIC if secret else "none",
                issuer=said.issuer or None,
            )
        return OAuthClientInformationFull.model_validate(login.client) if login.client else None

    def _variable(self, name: str) -> str:
        name = name.strip("${}")
        if not self._given.get(name):
            raise WorkspaceError(
                f"the environment variable {name} is not set; set it where PacketFlow is started"
            )
        return self._given[name]

    def _usable(self, login: Login) -> Login:
        """The login; nothing of it if it cannot be read, or is of another authorization server."""
        parts: dict[type[BaseModel], Mapping[str, Any]] = {
            OAuthToken: login.tokens,
            OAuthClientInformationFull: login.client,
            OAuthMetadata: login.metadata,
            ProtectedResourceMetadata: login.resource,
        }
        try:
            for model, part in parts.items():
                if part:
                    model.model_validate(part)
        except ValidationError:
            return Login(login.url)
        issuer = login.metadata.get("issuer", "")
        said = self._settings.issuer
        return Login(login.url) if said and issuer and not issuers_match(issuer, said) else login

    def _filled(self, provider: OAuthClientProvider, login: Login) -> OAuthClientProvider:
        """With what is known of the servers, which the package does not keep."""
        context = provider.context
        if login.metadata:
            context.oauth_metadata = OAuthMetadata.model_validate(login.metadata)
        if login.resource:
            resource = ProtectedResourceMetadata.model_validate(login.resource)
            context.protected_resource_metadata = resource
            context.auth_server_url = str(resource.authorization_servers[0])
        self._choose_method(provider)
        return provider

    async def _sent(self, web: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        said = urlsplit(self._settings.issuer).hostname
        if _is_inside(host) and host != said and not _is_inside(self._server):
            said = f"it leads from {self._server} to {host}, into a network of its own"
            raise LoginNeeded(f"cannot be logged in to: {said}")
        if request.url.scheme != "https" and host not in HERE:
            where = request.url.copy_with(query=None)
            raise LoginNeeded(f"cannot be logged in to: {where} is not encrypted")
        try:
            async with asyncio.timeout(SECONDS):
                return await web.send(request)
        except TimeoutError:
            said = f"{host} has not answered within {SECONDS:g} seconds"
            raise httpx2.ReadTimeout(said, request=request) from None

    def _choose_method(self, provider: OAuthClientProvider) -> None:
        """Send a secret of the settings in the way that the authorization server takes."""
        metadata = provider.context.oauth_metadata
        info = provider.context.client_info
        methods = None if metadata is None else metadata.token_endpoint_auth_methods_supported
        if self._is_known and self._settings.client_secret and info is not None and methods:
            info.token_endpoint_auth_method = BASIC if BASIC in methods else POST

    def _kept(self, provider: OAuthClientProvider) -> Login:
        def plain(model: Any) -> dict[str, Any]:
            return {} if model is None else model.model_dump(mode="json", exclude_none=True)

        context = provider.context
        life = 0 if context.current_tokens is None else context.current_tokens.expires_in or 0
        return Login(
            self._url,
            plain(context.current_tokens),
            time.time() + life - min(EARLY_SECONDS, life / 10) if life else 0.0,
            {} if self._is_known else plain(context.client_info),
            plain(context.oauth_metadata),
            plain(context.protected_resource_metadata),
        )


class _Store:
    """What the package keeps a login in; `Login` is what is kept of it."""

    def __init__(
        self,
        login: Login,
        client: OAuthClientInformationFull | None,
        *,
        is_fixed: bool = False,
    ) -> None:
        self._tokens = OAuthToken.model_validate(login.tokens) if login.tokens else None
        self._client = client
        self._is_fixed = is_fixed

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._client = client_info
        if self._is_fixed:  # the package drops a client that is another server's, and registers
            raise LoginNeeded("it leads to another authorization server than login.issuer says")


async def _returned(callback: Callback, person: Person) -> AuthorizationCodeResult:
    try:
        with person.heard(callback.take):
            async with asyncio.timeout(person.seconds):
                found = await callback.returned()
    except TimeoutError:
        said = f"nobody logged in within {person.seconds:g} seconds"
        raise LoginNeeded(said) from None
    if found.error:
        raise LoginNeeded(f"the login was refused: {found.error}")
    return AuthorizationCodeResult(code=found.code, state=found.state, iss=found.issuer)


def _is_inside(host: str) -> bool:
    """Whether an address says that it is of this machine, or of a network that is not public."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith(".localhost")


def _said(error: OAuthFlowError, provider: OAuthClientProvider) -> str:
    """What the package says of a failure, without what a server sent that should stay unread."""
    said = str(error)
    if isinstance(error.__context__, ValueError):  # it quotes what it could not read
        said = said.partition(":")[0]
    elif isinstance(error, OAuthRegistrationError):
        said += "; does it want a token in a header, or know this program by a client_id?"
    context = provider.context
    known = [one.model_dump() for one in (context.client_info, context.current_tokens) if one]
    words = [one[name] for one in known for name in SECRETS if one.get(name)]
    return without(said[:MOST_SIGNS], words)


def _holds_no_error(record: logging.LogRecord) -> bool:
    """The package logs its errors before it raises them, sometimes with what a server sent."""
    return record.exc_info is None
