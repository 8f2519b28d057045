from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.settings import (
    ServerSettings,
    add_server,
    environment,
    headers,
    read_servers,
    remove_server,
    servers_of,
    write_allowed,
    write_trusted,
)

FILE = """\
# mine
name = "w"

[mcp.servers.notes]  # for tests
command = "notes"
allow = [
    "a",  # why
]

[store]
retention_days = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "packetflow.toml").write_text(FILE)
    return tmp_path


def test_servers_are_read_by_name(folder: Path):
    assert read_servers(folder) == {"notes": ServerSettings(command="notes", allow=("a",))}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({}, "either a command or a url"),
        ({"command": "x", "url": "http://x"}, "either a command or a url"),
        ({"url": "ftp://x"}, "no address"),
        ({"url": "http://x", "headers": {"A": "literal"}}, "environment variable"),
        ({"url": "http://x", "env": ["A"]}, "belong to a server with a command"),
        ({"command": "x", "headers": {"A": "$A"}}, "belong to a server with a url"),
        ({"command": "x", "env": ["A=b"]}, "'A=b' is none"),
        ({"command": "x", "start_seconds": 0}, "more than 0"),
        ({"command": "x", "token": "y"}, "unknown field `token`"),
    ],
)
def test_a_wrong_setting_says_which_server_and_why(said: dict[str, object], complaint: str):
    with pytest.raises(WorkspaceError, match=r"mcp\.servers\.x") as caught:
        servers_of({"mcp": {"servers": {"x": said}}}, Path("packetflow.toml"))

    assert complaint in caught.value.message


def test_what_may_run_is_written_and_nothing_else_changes(folder: Path):
    write_allowed(folder, "notes", ["a", "b*"])

    assert read_servers(folder)["notes"].allow == ("a", "b*")
    text = (folder / "packetflow.toml").read_text()
    assert "# mine" in text
    assert "[store]\nretention_days = 3" in text


def test_a_new_server_is_written_at_the_end(folder: Path):
    added = ServerSettings(url="https://x/mcp", headers={"Authorization": "Bearer $T"}, trust=True)

    add_server(folder, "docs", added)
    write_allowed(folder, "docs", ["*"])

    assert read_servers(folder)["docs"].allows("anything")
    assert (folder / "packetflow.toml").read_text().startswith(FILE)


def test_a_server_has_a_name_of_its_own(folder: Path):
    with pytest.raises(WorkspaceError, match="that name already"):
        add_server(folder, "notes", ServerSettings(command="other"))


def test_allowing_for_a_server_that_is_not_there_says_which_there_are(folder: Path):
    with pytest.raises(WorkspaceError, match="there are notes"):
        write_allowed(folder, "nots", ["a"])


def test_servers_written_inline_are_left_to_a_person(tmp_path: Path):
    text = 'mcp = { servers = { n = { command = "x" } } }\n'
    (tmp_path / "packetflow.toml").write_text(text)

    with pytest.raises(WorkspaceError, match="not changed from here"):
        write_allowed(tmp_path, "n", ["a"])

    assert (tmp_path / "packetflow.toml").read_text() == text


def test_trust_is_one_line_of_its_table(folder: Path):
    write_trusted(folder, "notes", trust=True)
    write_trusted(folder, "notes", trust=False)

    text = (folder / "packetflow.toml").read_text()
    assert text == FILE.replace('command = "notes"', 'trust = false\ncommand = "notes"')


def test_a_server_leaves_with_its_tables_and_nothing_else_changes(folder: Path):
    inner = '[mcp.servers.notes.headers] # too\nA = "$A"\n\n# of the store\n'
    text = FILE.replace('command = "notes"', 'url = "http://x"')
    (folder / "packetflow.toml").write_text(text.replace("[store]", f"{inner}[store]"))

    remove_server(folder, "notes")

    left = '# mine\nname = "w"\n\n# of the store\n[store]\nretention_days = 3\n'
    assert (folder / "packetflow.toml").read_text() == left


def test_what_was_added_is_removed_without_a_trace(folder: Path):
    add_server(folder, "docs", ServerSettings(url="https://x/mcp", headers={"A": "$A"}))

    remove_server(folder, "docs")

    assert (folder / "packetflow.toml").read_text() == FILE


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(args=st.lists(WORDS, max_size=2), allow=st.lists(WORDS, max_size=2))
def test_what_is_written_is_what_is_read(args: list[str], allow: list[str], tmp_path_factory):
    folder = tmp_path_factory.mktemp("w")
    settings = ServerSettings(
        command="run me", args=tuple(args), env=("A", "B"), allow=tuple(allow)
    )

    add_server(folder, "s", settings)

    assert read_servers(folder) == {"s": settings}


def test_secrets_come_from_the_environment():
    server = ServerSettings(url="http://x", headers={"A": "Bearer $TOKEN-${ID}"})
    given_here = {"TOKEN": "t", "ID": "i", "OTHER": "o"}

    assert headers(server, given_here) == {"A": "Bearer t-i"}
    assert environment(ServerSettings(command="x", env=("ID",)), given_here) == {"ID": "i"}


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(WorkspaceError, match="variable TOKEN is not set"):
        headers(ServerSettings(url="http://x", headers={"A": "$TOKEN"}), {})
