"""Carries a login to a server: its token with each request, and what to do when that is refused.

What needs a person is done only where somebody has asked to log in. Elsewhere what the server asks
for is kept, so that the next login answers it, and the call fails and says how to log in. The
refusal itself goes back as the server's answer, for an error here would end the whole connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import httpx2
import msgspec

from packetflow.errors import PacketFlowError
from packetflow.mcp.client.failures import LoginNeeded
from packetflow.mcp.client.logins import Challenge, Kept, Login
from packetflow.mcp.client.person import Person

if TYPE_CHECKING:
    from packetflow.mcp.client.providing import Logins

REFUSED: Final[ContextVar[list[PacketFlowError] | None]] = ContextVar("mcp_refused", default=None)
"""Gets why a request was not let in; the protocol's package hands a caller's context on."""

ASKS, WANTS_MORE = 401, 403
RENEWED: Final = "renewed"
MOST_SIGNS: Final = 4000


class Bearer(httpx2.Auth):
    """What an HTTP client asks for each request.

    Args:
        kept: The login.
        logins: Makes and renews it; made when needed.
        person: Who logs in, if somebody wants to; they do so once even if there is a login.
        is_machine: Whether this program logs in by itself.
        hint: What to do to log in.
    """

    def __init__(
        self,
        kept: Kept,
        logins: Callable[[], Logins],
        *,
        person: Person | None = None,
        is_machine: bool = False,
        hint: str = "",
    ) -> None:
        self._kept = kept
        self._logins = logins
        self._person = person
        self._is_machine = is_machine
        self._hint = hint
        self._anew = person is not None and not person.was_asked
        self._over: PacketFlowError | None = None
        self._renewing: asyncio.Task[Login] | None = None
        self._turn = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send a request with the token, and again with another one when that is refused."""
        if "authorization" in request.headers:
            response = yield request
            if response.status_code == ASKS:
                _refuse(LoginNeeded("it refuses the token in the header Authorization"))
            return
        tried: set[str] = set()
        login = await self._current(request)
        while True:
            if login.access:
                request.headers["Authorization"] = f"Bearer {login.access}"
            else:
                request.headers.pop("Authorization", None)
            response = yield request
            challenge = _challenge(response)
            if challenge is None:
                return
            try:
                login = await self._answered(login, response, challenge, tried)
            except PacketFlowError as error:
                _refuse(error)
                return

    async def _current(self, request: httpx2.Request) -> Login:
        """The login to begin with; if it cannot be had, the server says what is missing."""
        login = self._kept.read()
        with suppress(PacketFlowError):
            if self._anew and login.challenge is None:
                return Login(login.url)
            if self._anew and login.challenge is not None:
                said = {"www-authenticate": login.challenge.header}
                refused = httpx2.Response(login.challenge.status, headers=said, request=request)
                async with self._turn:
                    return await self._made(login, refused)
            if login.is_due:
                return await self._renewed(login)
        return self._kept.read()

    async def _answered(
        self, used: Login, refused: httpx2.Response, challenge: Challenge, tried: set[str]
    ) -> Login:
        """Another login than the one that was refused."""
        async with self._turn:
            if self._over is not None:
                raise self._over
            login = self._kept.read()
            if login.access and login.access != used.access and not self._anew:
                return login  # somebody else has renewed it
            renews = challenge.status == ASKS and not self._anew
            if renews and login.tokens.get("refresh_token") and RENEWED not in tried:
                tried.add(RENEWED)
                try:
                    return await self._renewed(login)
                except LoginNeeded:
                    if self._person is None:
                        raise
                    login = self._kept.read()
            if self._is_able and str(challenge.status) not in tried:
                tried.add(str(challenge.status))
                return await self._made(login, refused)
            await self._keep(challenge)
            raise LoginNeeded(self._words(challenge))

    @property
    def _is_able(self) -> bool:
        return self._person is not None or self._is_machine

    async def _made(self, login: Login, refused: httpx2.Response) -> Login:
        """Log in. Who did not want to is not asked again over this connection."""
        try:
            made = await self._logins().made(login, refused, self._person)
        except PacketFlowError as error:
            if self._person is not None:
                self._over = error
            raise
        async with self._kept.locked():
            self._kept.write(made)
        self._anew = False
        return made

    async def _renewed(self, login: Login) -> Login:
        """Renew it, even if nobody waits for it any more: the old tokens may be void by then."""
        renewing = asyncio.create_task(self._renew(login))
        renewing.add_done_callback(lambda one: one.cancelled() or one.exception())
        self._renewing = renewing
        return await asyncio.shield(renewing)

    async def _renew(self, login: Login) -> Login:
        async with self._kept.locked():
            now = self._kept.read(fresh=True)
            if now.access != login.access:
                return now  # another process was first
            try:
                renewed = await self._logins().renewed(now)
            except LoginNeeded as ended:
                self._kept.write(msgspec.structs.replace(now, tokens={}, due=0.0))
                raise LoginNeeded(f"{ended.message}: {self._hint}") from ended
            renewed = msgspec.structs.replace(renewed, challenge=now.challenge)
            self._kept.write(renewed)
            return renewed

    async def _keep(self, challenge: Challenge) -> None:
        """Keep what could not be answered for whoever logs in next."""
        async with self._kept.locked():
            now = self._kept.read(fresh=True)
            if now.challenge != challenge:
                self._kept.write(msgspec.structs.replace(now, challenge=challenge))

    def _words(self, challenge: Challenge) -> str:
        if self._is_able:
            return "it refuses this login"
        if challenge.status == WANTS_MORE:
            return f"it asks for more rights than the login has: {self._hint}"
        token = (
            "" if "resource_metadata" in challenge.header else ", unless it wants a token instead"
        )
        return f"it asks you to log in: {self._hint}{token}"


def _challenge(response: httpx2.Response) -> Challenge | None:
    """What a server asks for instead of an answer; ``None`` if it has answered."""
    header = response.headers.get("www-authenticate", "")[:MOST_SIGNS]
    wants_more = response.status_code == WANTS_MORE and "insufficient_scope" in header
    if response.status_code == ASKS or wants_more:
        return Challenge(response.status_code, header)
    return None


def _refuse(error: PacketFlowError) -> None:
    box = REFUSED.get()
    if box is not None:
        box.append(error)
