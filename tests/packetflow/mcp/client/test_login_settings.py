import tomllib
from pathlib import Path
from typing import Any

import pytest

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.settings import (
    ServerSettings,
    add_server,
    complaint,
    login_of,
    read_servers,
)

URL = "https://docs.example.org/mcp"
ISSUER = "https://login.example.org"
MACHINE = {"machine": True, "client_id": "robot", "client_secret": "$SECRET", "issuer": ISSUER}


@pytest.mark.parametrize(
    ("login", "what"),
    [
        ({"client_id": "me", "client_secret": "s3cret"}, "holds its value"),
        ({"client_secret": "$SECRET"}, "client_id is missing"),
        ({"client_id": "me", "private_key": "$KEY"}, "is for machine = true"),
        (MACHINE | {"private_key": "$KEY"}, "either a client_secret or a private_key"),
        (MACHINE | {"issuer": ""}, "and issuer"),
        (MACHINE | {"issuer": "login"}, "is an address"),
        ({"port": 70000}, "is a port"),
    ],
)
def test_a_login_that_cannot_be_is_refused(login: dict[str, Any], what: str):
    assert what in complaint("docs", ServerSettings(url=URL, login=login_of(login)))


def test_a_login_is_for_an_address_without_a_token():
    login = login_of({"client_id": "me"})
    token = ServerSettings(url=URL, headers={"authorization": "Bearer $T"}, login=login)

    assert "with a url" in complaint("docs", ServerSettings(command="npx", login=login))
    assert "either a header Authorization or a login" in complaint("docs", token)
    with pytest.raises(WorkspaceError, match="unknown field `secret`"):
        login_of({"secret": "x"})


def test_a_login_is_written_as_it_is_read(tmp_path: Path):
    settings = ServerSettings(url=URL, login=login_of(MACHINE | {"port": "7000"}))

    add_server(tmp_path, "docs", settings)

    assert read_servers(tmp_path) == {"docs": settings}
    written = tomllib.loads((tmp_path / "packetflow.toml").read_text())
    assert written["mcp"]["servers"]["docs"]["login"] == MACHINE | {"port": 7000}


def test_an_id_that_is_an_address_is_a_document():
    assert login_of({"client_id": "https://me.org/client.json"}).document
    assert not login_of({"client_id": "https://me.org/"}).document
    assert login_of(MACHINE).variables == ("SECRET",)
