from pathlib import Path

import pytest

from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import Listing, PipelineCard
from packetflow.mcp.client.allowing import allow, disallow, remove, users
from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.mcp.client.logins import login_path
from packetflow.mcp.client.settings import read_servers

FILE = '[mcp.servers.my-notes]\nurl = "http://127.0.0.1:9/mcp"\nallow = ["get_*", "old"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "packetflow.toml").write_text(FILE)
    tools = tuple(ToolFacts(name) for name in ("find", "get_one", "get_two"))
    keep_listing(listing_path(tmp_path, "my-notes"), ServerFacts("n", tools=tools))
    return tmp_path


def test_what_is_allowed_is_taken_back_as_it_was_said(folder: Path):
    assert allow(folder, "my-notes", ["find", "get_*"]) == ("get_*", "old", "find")
    assert disallow(folder, "my-notes", ["find", "old"]) == ("get_*",)
    assert disallow(folder, "my-notes", ["find"]) == ("get_*",)
    assert read_servers(folder)["my-notes"].allow == ("get_*",)


def test_a_tool_that_a_pattern_allows_is_not_taken_back_alone(folder: Path):
    with pytest.raises(WorkspaceError, match=r"'get_one' is allowed by the pattern 'get_\*'"):
        disallow(folder, "my-notes", ["get_one"])


@pytest.mark.parametrize("change", [allow, disallow])
def test_misspelt_names_are_refused_with_the_nearest(folder: Path, change):
    with pytest.raises(UnknownName, match="did you mean 'find'"):
        change(folder, "my-notes", ["fnd"])
    with pytest.raises(UnknownName, match="did you mean 'my-notes'"):
        change(folder, "notes", ["find"])


def test_pipelines_with_a_tool_of_a_server_are_its_users():
    cards = [PipelineCard("a", uses=["my_notes.find"]), PipelineCard("b", uses=["my_notes2.x"])]

    assert users(Listing([], cards), "my-notes") == ["a"]


def test_a_server_leaves_with_its_login_and_what_it_listed(folder: Path):
    login = login_path(folder, "my-notes")
    login.parent.mkdir(parents=True)
    login.write_text("{}")

    remove(folder, "my-notes")

    assert read_servers(folder) == {}
    assert not login.exists()
    assert not listing_path(folder, "my-notes").exists()
