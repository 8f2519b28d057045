import asyncio
import logging
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from starlette.responses import JSONResponse

from packetflow.mcp.client import person
from packetflow.mcp.client.connecting import connect
from packetflow.mcp.client.failures import LoginNeeded, ServerLost
from packetflow.mcp.client.logins import Login, forget, login_path, standing
from packetflow.mcp.client.person import Person
from packetflow.mcp.client.settings import ServerSettings, login_of
from packetflow.mcp.client.source import Servers
from tests.packetflow.mcp.client.conftest import until
from tests.packetflow.mcp.client.login_server import READ, WRITE, Authority, go, guarded

HINT = "packetflow mcp login notes"


@pytest.fixture
def server() -> Iterator[tuple[str, Authority]]:
    with guarded() as found:
        yield found


@pytest.fixture(autouse=True)
def browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person, "_opened", go)


def silent(text: str) -> None:
    """Say nothing."""


class Place:
    """A workspace with the server `notes`, as processes of it see it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.settings = ServerSettings(url=url, allow=("*",))
        self.path = login_path(folder, "notes")
        self.opened: list[Servers] = []

    def servers(self, who: Person | None = None) -> Servers:
        found = Servers(self.folder, {"notes": self.settings}, person=who)
        self.opened.append(found)
        return found

    def log_in(self) -> Servers:
        found = self.servers(Person(silent))
        found.refresh("notes")
        return found

    def call(self, tool: str = "find", servers: Servers | None = None) -> object:
        found = (servers or self.servers()).capabilities()[f"notes.{tool}"]
        return asyncio.run(found.fn(text="x"))

    @property
    def kept(self) -> Login:
        return msgspec.json.decode(self.path.read_bytes(), type=Login)

    def change(self, **values: object) -> None:
        self.path.write_bytes(msgspec.json.encode(msgspec.structs.replace(self.kept, **values)))


@pytest.fixture
def place(tmp_path: Path, server: tuple[str, Authority]) -> Iterator[Place]:
    found = Place(tmp_path, server[0])
    yield found
    for one in found.opened:
        one.close()


def test_nobody_logs_in_unasked(place: Place, server: tuple[str, Authority]):
    with pytest.raises(LoginNeeded, match=HINT):
        place.servers().refresh("notes")

    assert set(server[1].seen) == {"/mcp"}
    assert standing(place.folder, "notes", place.settings) == "needed"


def test_a_script_logs_in_and_again_for_more_rights(server: tuple[str, Authority]):
    url, authority = server

    with connect(url, login=True, allow="*") as tools:
        first = asyncio.run(tools.find.fn(text="x"))
        second = asyncio.run(tools.erase.fn(text="y"))
        tools._loop.submit(tools._connection.closed()).result(60)
        anew = asyncio.run(tools.erase.fn(text="y"))

    assert first == {"find_result": '["find", {"text": "x"}]'}
    assert second == {"erase_result": '["erase", {"text": "y"}]'}
    assert anew == second
    assert authority.asked_for == [[READ], [READ, WRITE]]


def test_a_login_is_kept_for_all_processes_where_only_its_user_reads_it(
    place: Place, server: tuple[str, Authority], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)

    place.log_in()
    place.call()

    lock = place.path.with_suffix(".lock")
    modes = [oct(one.stat().st_mode & 0o777) for one in (place.path.parent, place.path, lock)]
    secret = {str(place.kept.tokens[one]) for one in ("access_token", "refresh_token")}
    files = [one for one in place.folder.rglob("*") if one.is_file() and one != place.path]
    assert modes == ["0o700", "0o600", "0o600"]
    assert len(server[1].asked_for) == 1
    assert not any(one in caplog.text for one in secret)
    assert not any(one in file.read_text() for one in secret for file in files)
    assert not any(one in repr(place.kept) for one in secret)
    assert standing(place.folder, "notes", place.settings) == "in"


def test_a_token_is_renewed_in_time_and_when_it_is_refused(
    place: Place, server: tuple[str, Authority]
):
    authority = server[1]
    place.log_in()
    before = place.kept

    place.change(due=1.0)
    place.call()
    in_time = place.kept
    authority.revoke(for_good=False)
    place.call()

    assert len({one.access for one in (before, in_time, place.kept)}) == 3
    assert authority.renewals == 2
    assert authority.reused == []
    assert in_time.client == before.client


def test_a_token_is_renewed_where_the_server_said_at_the_login(
    place: Place, server: tuple[str, Authority]
):
    place.log_in()
    elsewhere = place.settings.url.replace("/mcp", "/elsewhere")
    place.change(due=1.0, metadata=place.kept.metadata | {"token_endpoint": elsewhere})

    place.servers().refresh("notes")  # by the token at hand, for there is nothing there

    assert "/elsewhere" in server[1].seen
    assert server[1].renewals == 0
    assert place.kept.tokens["refresh_token"]


RENEW = """
import asyncio, sys
from pathlib import Path
from packetflow.mcp.client.settings import ServerSettings
from packetflow.mcp.client.source import Servers

found = Servers(Path(sys.argv[1]), {"notes": ServerSettings(url=sys.argv[2], allow=("*",))})
found.refresh("notes")
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(found.capabilities()["notes.find"].fn(text="x"))
found.close()
"""


def test_processes_that_renew_at_once_use_each_token_once(
    place: Place, server: tuple[str, Authority]
):
    authority = server[1]
    servers = place.log_in()
    words = [sys.executable, "-c", RENEW, str(place.folder), place.settings.url]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        authority.revoke(for_good=False)
        authority.waits_for = authority.seen.count("/mcp") + 2
        other.stdin.write(b"go\n")
        other.stdin.flush()
        here = place.call(servers=servers)
        code = other.wait(120)

    assert here
    assert code == 0
    assert authority.reused == []
    assert authority.renewals == 1


def test_a_login_that_was_ended_there_fails_the_step_and_says_what_to_do(
    place: Place, server: tuple[str, Authority]
):
    servers = place.log_in()
    quiet = place.servers()
    quiet.refresh("notes")

    server[1].revoke()
    for _ in range(2):
        with pytest.raises(LoginNeeded, match=f"tool 'find' of server 'notes': .*{HINT}"):
            place.call(servers=quiet)
    asked = server[1].seen.count("/token")
    place.log_in()

    assert asked == 2  # to log in, and once to renew
    assert place.call(servers=quiet)
    assert place.call(servers=servers)


def test_a_busy_authorization_server_ends_no_login(place: Place, server: tuple[str, Authority]):
    place.log_in()
    quiet = place.servers()
    quiet.refresh("notes")
    server[1].revoke(for_good=False)
    server[1].answer = JSONResponse({}, 503)

    with pytest.raises(ServerLost, match="the authorization server answers 503"):
        place.call(servers=quiet)
    server[1].answer = None

    assert place.call(servers=quiet)


def test_what_nobody_could_answer_is_asked_at_the_next_login(
    place: Place, server: tuple[str, Authority]
):
    place.log_in()
    quiet = place.servers()
    quiet.refresh("notes")

    with pytest.raises(LoginNeeded, match=f"more rights than the login has: {HINT}"):
        place.call("erase", quiet)
    still = place.call(servers=quiet)
    place.log_in()

    assert still
    assert place.call("erase", quiet)
    assert server[1].asked_for == [[READ], [READ, WRITE]]


async def test_who_logs_out_is_asked_again(place: Place):
    servers = await asyncio.to_thread(place.log_in)

    assert await forget(place.folder, "notes")
    with pytest.raises(LoginNeeded, match=HINT):
        await asyncio.to_thread(place.call, servers=place.servers())

    assert not await forget(place.folder, "other")
    assert servers.connections() == {"notes": "open"}


def test_tokens_go_to_no_other_address(place: Place, server: tuple[str, Authority]):
    place.log_in()
    place.change(url="http://127.0.0.1:9/other")

    with pytest.raises(LoginNeeded, match=HINT):
        place.servers().refresh("notes")

    assert server[1].renewals == 0


def test_a_forged_return_is_turned_away_and_waited_on(
    place: Place, server: tuple[str, Authority], monkeypatch: pytest.MonkeyPatch
):
    turned_away = []

    def forged(url: str) -> bool:
        back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        for path in (f"{back}?code=stolen&state=guessed", back.replace("callback", "else")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(path, timeout=60)
            turned_away.append(refused.value.code)
            refused.value.close()
        return go(url)

    monkeypatch.setattr(person, "_opened", forged)

    place.log_in()

    assert turned_away == [400, 404]
    assert place.kept.access


def test_who_says_no_is_asked_once_and_told(place: Place, server: tuple[str, Authority]):
    server[1].denies = True

    with pytest.raises(LoginNeeded, match="refused: access_denied <no>"):
        place.log_in()

    assert server[1].seen.count("/authorize") == 1
    assert not place.path.exists()


def test_nobody_is_waited_for_longer_than_a_login_may_take(place: Place):
    with pytest.raises(LoginNeeded, match=r"nobody logged in within 0\.2 seconds"):
        place.servers(Person(silent, browser=False, seconds=0.2)).refresh("notes")


def test_an_answer_that_is_no_token_is_not_told(
    place: Place, server: tuple[str, Authority], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    server[1].answer = JSONResponse({"refresh_token": "s3cret-one"})

    with pytest.raises(LoginNeeded) as failed:
        place.log_in()

    assert "Invalid token response" in str(failed.value)
    assert "s3cret" not in f"{failed.value} {caplog.text}"


@pytest.mark.parametrize("token", ["s3cret\n", "s3cr\u20act"])
def test_a_token_that_cannot_be_sent_ends_no_connection_and_is_not_told(
    place: Place, server: tuple[str, Authority], caplog: pytest.LogCaptureFixture, token: str
):
    caplog.set_level(logging.DEBUG)
    place.log_in()
    quiet = place.servers()
    quiet.refresh("notes")
    place.change(tokens={"access_token": token, "token_type": "Bearer"})

    with pytest.raises(LoginNeeded, match=HINT) as failed:
        place.call(servers=quiet)

    assert "s3cr" not in f"{failed.value} {caplog.text}"


def test_a_client_that_is_known_there_uses_its_secret_and_keeps_none(
    place: Place, server: tuple[str, Authority], monkeypatch: pytest.MonkeyPatch
):
    from mcp.shared.auth import OAuthClientInformationFull

    said = {"client_id": "me", "client_secret": "$NOTES_SECRET", "port": "0"}
    place.settings = msgspec.structs.replace(place.settings, login=login_of(said))
    monkeypatch.setenv("NOTES_SECRET", "s3cret")

    class Anywhere(OAuthClientInformationFull):
        def validate_redirect_uri(self, redirect_uri: object) -> object:
            return redirect_uri

    server[1].clients["me"] = Anywhere(
        client_id="me",
        client_secret="s3cret",
        scope=READ,
        token_endpoint_auth_method="client_secret_post",
    )

    with pytest.raises(LoginNeeded, match="Token exchange failed"):
        place.log_in()  # the server takes it in two ways, and knows this client by the other
    server[1].clients["me"].token_endpoint_auth_method = "client_secret_basic"
    place.log_in()
    place.change(due=1.0)
    place.call()

    assert server[1].renewals == 1
    assert "s3cret" not in place.path.read_text()
    assert list(server[1].clients) == ["me"]


def test_a_login_elsewhere_is_seen_at_once(place: Place):
    looking = Servers(place.folder, {"notes": place.settings}, follows=True)
    place.opened.append(looking)
    looking.settle()

    place.log_in()
    looking.capabilities()

    until(lambda: looking.connections() == {"notes": "open"})
    assert looking.broken() == []
