import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from packetflow.mcp.client import providing
from packetflow.mcp.client.failures import LoginNeeded, ServerLost
from packetflow.mcp.client.login_settings import LoginSettings
from packetflow.mcp.client.logins import Login
from packetflow.mcp.client.providing import Logins

URL, ISSUER = "https://mcp.example.org/mcp", "https://login.example.org"
TOKENS = {"access_token": "one", "token_type": "Bearer", "refresh_token": "two"}
CLIENT = {"client_id": "me", "redirect_uris": ["http://127.0.0.1:1/callback"]}

Answer = Callable[[httpx2.Request], httpx2.Response]


def metadata(issuer: str = ISSUER) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "registration_endpoint": f"{issuer}/register",
        "response_types_supported": ["code"],
    }


def kept(**values: Any) -> Login:
    return Login(
        **{"url": URL, "tokens": TOKENS, "client": CLIENT, "metadata": metadata(), **values}
    )


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> list[httpx2.Request]:
    """The requests that were sent; each is answered by `answering`."""
    sent: list[httpx2.Request] = []

    async def send(self: object, request: httpx2.Request, **_: object) -> httpx2.Response:
        sent.append(request)
        found = answering["with"](request)
        found.request = request
        return found

    monkeypatch.setattr(httpx2.AsyncClient, "send", send)
    return sent


answering: dict[str, Answer] = {}


def renewed(login: Login, settings: LoginSettings | None = None, **given: str) -> Login:
    return asyncio.run(Logins(URL, settings or LoginSettings(), given).renewed(login))


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(302, headers={"location": "https://hotel.example.org/"}),
        httpx2.Response(200, text="<html>Accept our terms</html>"),
        httpx2.Response(403, text="<html>blocked</html>"),
        httpx2.Response(404),
    ],
    ids=lambda one: str(one.status_code),
)
def test_what_does_not_say_that_a_login_has_ended_ends_none(
    web: list[httpx2.Request], answer: httpx2.Response
):
    answering["with"] = lambda _: answer

    with pytest.raises(ServerLost, match="cannot be renewed"):
        renewed(kept())


@pytest.mark.parametrize("status", [400, 401])
def test_a_login_ends_where_its_authorization_server_says_so(
    web: list[httpx2.Request], status: int
):
    answering["with"] = lambda _: httpx2.Response(status, json={"error": "invalid_grant"})

    with pytest.raises(LoginNeeded, match="has ended"):
        renewed(kept())


@pytest.mark.parametrize(
    "damage",
    [
        {"tokens": {**TOKENS, "access_token": 7}},
        {"metadata": {"issuer": "nowhere"}},
        {"client": {"redirect_uris": "none"}},
        {"resource": {"authorization_servers": []}},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_kept_login_that_cannot_be_read_is_none(
    web: list[httpx2.Request], damage: dict[str, Any]
):
    with pytest.raises(LoginNeeded, match="has ended"):
        renewed(kept(**damage))

    assert web == []


def test_a_secret_goes_to_no_authorization_server_but_the_one_it_is_for(
    web: list[httpx2.Request],
):
    answering["with"] = lambda _: httpx2.Response(200, json=TOKENS)
    known = LoginSettings(client_id="me", client_secret="$SECRET", issuer=ISSUER)

    with pytest.raises(LoginNeeded):
        renewed(kept(metadata=metadata("https://before.example.org")), known, SECRET="s3cret")
    assert web == []
    renewed(kept(), known, SECRET="s3cret")
    assert [one.url.host for one in web] == ["login.example.org"]


@pytest.mark.parametrize("host", ["127.0.0.1:9200", "localhost", "[::1]:80", "169.254.169.254"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_elsewhere_leads_no_login_into_this_machine(
    web: list[httpx2.Request], host: str, scheme: str
):
    where = f"{scheme}://{host}/secret"
    said = {"www-authenticate": f'Bearer resource_metadata="{where}"'}
    asked = httpx2.Request("POST", URL)
    refused = httpx2.Response(401, headers=said, request=asked)
    answering["with"] = lambda _: httpx2.Response(404)
    known = LoginSettings(client_id="me", client_secret="$S", issuer=ISSUER, machine=True)

    with pytest.raises(LoginNeeded, match="into a network of its own"):
        asyncio.run(Logins(URL, known, {"S": "s3cret"}).made(Login(URL), refused))

    assert web == []


async def test_an_authorization_server_that_never_ends_its_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
):
    async def drip(self: object, request: httpx2.Request, **_: object) -> httpx2.Response:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    monkeypatch.setattr(httpx2.AsyncClient, "send", drip)
    monkeypatch.setattr(providing, "SECONDS", 0.01)

    async with asyncio.timeout(60):
        with pytest.raises(ServerLost, match=r"within 0\.01 seconds"):
            await Logins(URL, LoginSettings(), {}).renewed(kept())


async def test_whoever_is_named_in_the_settings_may_be_in_a_network_of_its_own(
    web: list[httpx2.Request],
):
    answering["with"] = lambda _: httpx2.Response(404)
    issuer = "http://127.0.0.1:9000"
    said = {"www-authenticate": f'Bearer resource_metadata="{issuer}/about"'}
    refused = httpx2.Response(401, headers=said, request=httpx2.Request("POST", URL))
    known = LoginSettings(client_id="me", client_secret="$S", issuer=issuer, machine=True)

    with pytest.raises(LoginNeeded):
        await Logins(URL, known, {"S": "s3cret"}).made(Login(URL), refused)

    assert "127.0.0.1" in {one.url.host for one in web}
