from pathlib import Path

import pytest

from tests.packetflow.mcp.client.conftest import command

SECRET = "Authorization: Bearer s3cret"


@pytest.fixture
def place(say, tmp_path: Path) -> Path:
    """A workspace with a server that has been asked."""
    say("init", str(tmp_path / "w"))
    said = say("mcp", "add", "notes", "-w", str(tmp_path / "w"), "--", *command(tmp_path))
    assert said.code == 0, said.err
    assert "`packetflow mcp allow notes TOOL` lets one run" in said.out
    return tmp_path / "w"


def test_a_server_is_added_and_its_tools_are_allowed_one_by_one(say, place: Path):
    where = ("-w", str(place))

    before = say("mcp", "tools", "notes", "--json", *where).json["tools"]
    allowed = say("mcp", "allow", "notes", "add", "odd*", *where)
    after = say("mcp", "tools", *where, "--json").json["tools"]
    listed = say("mcp", "servers", *where)
    wrong = say("mcp", "allow", "notes", "adds", *where)
    run = say("run", "notes.add", "a=1", "b=2", "--json", *where)

    assert [one["name"] for one in before if one["enabled"]] == []
    assert "notes may run add, odd*" in allowed.out
    assert [one["name"] for one in after if one["enabled"]] == ["notes.add", "notes.odd_name_1"]
    assert "2 of 10 tools allowed" in listed.out
    assert "did you mean 'add'" in wrong.err
    assert run.json["outputs"] == {"sum": 3.0}


def test_without_servers_it_says_how_to_add_one(say, tmp_path: Path):
    say("init", str(tmp_path / "w"))

    assert "packetflow mcp add NAME" in say("mcp", "servers", "-w", str(tmp_path / "w")).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "x", "no-such-program"), "there is no 'no-such-program'"),
        (("add", "x", "http://127.0.0.1:9/mcp", "--header", SECRET), "environment variable"),
        (("add", "1", "x"), "begins with a letter"),
        (("allow", "nobody", "x"), "there is none yet"),
        (("tools", "nobody"), "no MCP server is called 'nobody'"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_written(say, tmp_path: Path, words, told: str):
    say("init", str(tmp_path / "w"))

    said = say("mcp", *words, "-w", str(tmp_path / "w"))

    assert said.code == 1
    assert told in said.err
    assert "mcp" not in (tmp_path / "w" / "packetflow.toml").read_text()
