"""Tools of other MCP servers travel by what is needed to reach them."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from packetflow.discovery.catalog import Catalog
from packetflow.kernel.cards import Listing
from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.mcp.client.logins import Login, login_path
from packetflow.mcp.client.source import open_source
from packetflow.mcp.export.carried import carry
from packetflow.runner.present import list_all
from tests.packetflow.mcp.export.workplace import refusal, written

ADD = ToolFacts(
    "add",
    description="Add.",
    input_schema={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
)
URL = "https://x.org/mcp"
FLOW = "pipeline: p\nsteps: [{use: notes.add}]\n"


def workspace(folder: Path, settings: str) -> Listing:
    """A workspace that knows the servers `notes` and `other`, which nobody asks."""
    written(folder, {"packetflow.toml": settings, "pipelines/p.yaml": FLOW})
    keep_listing(listing_path(folder, "notes"), ServerFacts("notes", tools=(ADD,)))
    keep_listing(listing_path(folder, "other"), ServerFacts("other", tools=(ADD,)))
    source = open_source(folder, tomllib.loads(settings), follows=False)
    catalog = Catalog(folder, source=source)
    try:
        return list_all(catalog, "", 0)
    finally:
        catalog.close()


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        ('command = "npx"\nargs = ["-y", "@example/notes"]\nenv = ["KEY"]', ("KEY",)),
        (
            'url = "https://x.org/mcp"\nheaders = { A = "Bearer $TOKEN", B = "${ID}" }',
            ("ID", "TOKEN"),
        ),
    ],
)
def test_a_server_travels_by_its_settings_and_what_it_said(
    tmp_path: Path, settings: str, variables: tuple[str, ...]
):
    said = f'[mcp.servers.notes]\n{settings}\nallow = ["add"]\n'
    listing = workspace(tmp_path, f'{said}\n[mcp.servers.other]\nurl = "https://y.org"\n')

    found = carry(tmp_path, listing, ["p"])

    read = tomllib.loads(found.files["packetflow.toml"])["mcp"]
    assert read == {
        "expose": ["p"],
        "servers": {"notes": tomllib.loads(said)["mcp"]["servers"]["notes"]},
    }
    assert found.files[".packetflow/mcp/notes.json"] == listing_path(tmp_path, "notes").read_text()
    assert ".packetflow/mcp/other.json" not in found.files
    assert tuple(one.name for one in found.environment) == variables
    assert found.extras == {"mcp"}


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (
            'url = "http://127.0.0.1:8600/mcp"',
            "answers at http://127.0.0.1:8600/mcp, which is this",
        ),
        ('url = "http://localhost/mcp"', "which is this machine only; name an address"),
        ('command = "python"\nargs = ["pipelines/p.yaml"]', "starts 'pipelines/p.yaml', a file of"),
    ],
)
def test_a_server_of_this_machine_is_refused(tmp_path: Path, settings: str, what: str):
    listing = workspace(tmp_path, f'name = "x"\n[mcp.servers.notes]\n{settings}\nallow = ["add"]\n')

    (told,) = refusal(tmp_path, "p", listing=listing)

    assert told.startswith("packetflow.toml:2: the server 'notes' ")
    assert what in told


@pytest.mark.parametrize("kept", [Login(url=URL, tokens={"access_token": "x"}), None])
def test_a_login_of_a_person_stays_and_is_refused_with_what_to_do(
    tmp_path: Path, kept: Login | None
):
    settings = f'url = "{URL}"\nallow = ["add"]\n'
    if kept is None:
        settings += 'login = { client_id = "me" }\n'
    else:
        login_path(tmp_path, "notes").parent.mkdir(parents=True)
        login_path(tmp_path, "notes").write_bytes(msgspec.json.encode(kept))
    listing = workspace(tmp_path, f"[mcp.servers.notes]\n{settings}")

    (told,) = refusal(tmp_path, "p", listing=listing)

    assert "'notes' is used with a login, which stays on this machine" in told
    assert "Bearer $TOKEN" in told
    assert "machine = true" in told


def test_a_login_of_a_machine_travels_by_the_names_of_its_secrets(tmp_path: Path):
    login = 'machine = true, client_id = "me", private_key = "$KEY", issuer = "https://login.x.org"'
    said = f'[mcp.servers.notes]\nurl = "{URL}"\nallow = ["add"]\nlogin = {{ {login} }}\n'
    listing = workspace(tmp_path, said)

    found = carry(tmp_path, listing, ["p"])

    assert [one.name for one in found.environment] == ["KEY"]
    assert 'private_key = "$KEY"' in found.files["packetflow.toml"]


def test_a_tool_that_nobody_allowed_is_refused(tmp_path: Path):
    listing = workspace(tmp_path, '[mcp.servers.notes]\nurl = "https://x.org/mcp"\n')

    told = "\n".join(refusal(tmp_path, "p", listing=listing))

    assert "pipelines/p.yaml:2: the capability 'notes.add' is disabled: not allowed" in told
