import asyncio
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import msgspec
import pytest

from packetflow.mcp.client.authorizing import REFUSED, Bearer
from packetflow.mcp.client.logins import Kept, Login
from packetflow.mcp.client.providing import Logins
from tests.forks import copied, is_free

URL = "https://notes.example.org/mcp"


async def sent_with(kept: Kept, headers: dict[str, str], status: int) -> tuple[list[str], list]:
    """What was sent as a token, and what was refused, when the server answers so."""
    request = httpx2.Request("POST", URL, headers=headers)
    refused: list = []
    REFUSED.set(refused)
    sent = []
    async for one in (flow := Bearer(kept, nobody).async_auth_flow(request)):
        sent.append(one.headers.get("authorization", ""))
        with suppress(StopAsyncIteration):
            await flow.asend(httpx2.Response(status, request=one))
            sent.append("again")
    return sent, refused


def nobody() -> Logins:
    raise AssertionError("nobody logs in")


@pytest.mark.parametrize(("status", "is_refused"), [(200, False), (401, True), (403, False)])
async def test_a_token_of_the_settings_is_sent_as_it_is(status: int, is_refused: bool):
    kept = Kept(URL)
    kept.write(Login(URL, {"access_token": "kept"}))

    sent, refused = await sent_with(kept, {"Authorization": "Bearer given"}, status)

    assert sent == ["Bearer given"]
    assert bool(refused) == is_refused


async def test_who_is_forbidden_something_is_not_asked_to_log_in():
    kept = Kept(URL)
    kept.write(Login(URL, {"access_token": "kept"}))

    assert await sent_with(kept, {}, 403) == (["Bearer kept"], [])
    assert kept.read().challenge is None


async def test_a_renewal_goes_on_when_nobody_waits_for_it_any_more(tmp_path: Path):
    kept = Kept(URL, tmp_path / "notes.json")
    kept.write(Login(URL, {"access_token": "old", "refresh_token": "once"}, due=1.0))
    began, answered = asyncio.Event(), asyncio.Event()

    class Slow:
        async def renewed(self, login: Login) -> Login:
            began.set()
            await answered.wait()
            return msgspec.structs.replace(login, tokens={"access_token": "new"}, due=0.0)

    bearer = Bearer(kept, Slow)
    flow = bearer.async_auth_flow(httpx2.Request("POST", URL))
    caller = asyncio.create_task(anext(flow))
    await began.wait()
    caller.cancel()
    await asyncio.wait({caller})
    answered.set()
    await bearer._renewing

    assert Kept(URL, kept.path).read().access == "new"


async def test_a_login_is_free_again_though_a_child_was_forked_meanwhile(tmp_path: Path):
    lock = tmp_path / "notes.lock"

    with ExitStack() as child:
        async with Kept(URL, tmp_path / "notes.json").locked():
            child.enter_context(copied(lock))

        assert is_free(lock)
