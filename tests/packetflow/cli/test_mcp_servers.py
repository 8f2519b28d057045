from pathlib import Path

import pytest

from packetflow.mcp.client import person
from tests.packetflow.mcp.client.conftest import command
from tests.packetflow.mcp.client.login_server import go, guarded

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

    (place / "pipelines" / "sums.yaml").write_text("pipeline: sums\nsteps:\n  - use: notes.add\n")
    for name in ("sums", "notes.add"):
        checked = say("check", name, *where)
        assert "the server 'notes' are judged by what it listed on 2" in checked.out
        assert "everything fits" in checked.out


def test_what_was_allowed_is_taken_back_and_a_server_that_is_used_is_removed_only_if_meant(
    say, place: Path
):
    where = ("-w", str(place))
    (place / "pipelines").mkdir(exist_ok=True)
    (place / "pipelines" / "sums.yaml").write_text(
        "pipeline: sums\nversion: 1\nsteps:\n  - use: notes.add\n    set: {a: 1, b: 2}\n"
    )
    say("mcp", "allow", "notes", "add", "echo", "odd*", *where)

    one = say("mcp", "disallow", "notes", "echo", *where)
    fits = say("mcp", "disallow", "notes", "odd.name-1", *where)
    kept = say("mcp", "remove", "notes", *where)
    gone = say("mcp", "remove", "notes", "--force", "--json", *where)
    listed = say("mcp", "servers", "--json", *where)

    assert one.out == "notes may still run add, odd*\n"
    assert "`packetflow mcp disallow notes 'odd*'` takes the pattern back" in fits.err
    assert (kept.code, "used by sums" in kept.err) == (1, True)
    assert gone.json == {"server": "notes", "used_by": ["sums"]}
    assert listed.json == {"servers": []}
    assert not list((place / ".packetflow" / "mcp").glob("notes*"))


def test_a_server_that_asks_for_a_login_is_added_and_says_how(
    say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    where = ("-w", str(tmp_path / "w"))
    say("init", where[1])
    monkeypatch.setattr(person, "_opened", go)
    with guarded() as (url, _):
        added = say("mcp", "add", "notes", url, *where)
        before = say("mcp", "servers", *where)
        entered = say("mcp", "login", "notes", *where)
        after = say("mcp", "servers", "--json", *where).json["servers"]
        left = say("mcp", "logout", "notes", "--json", *where)
        wrong = say("mcp", "login", "note", *where)

    assert added.out == "server 'notes': it asks you to log in: packetflow mcp login notes\n"
    assert "`packetflow mcp login notes`" in before.out
    assert entered.err.startswith(f"log in to 127.0.0.1: {url.removesuffix('/mcp')}/authorize?")
    assert entered.out == "logged in to notes; it has 2 tools: find, erase\n"
    assert [(one["login"], one["tools"]) for one in after] == [("in", 2)]
    assert left.json == {"server": "notes", "logged_out": True}
    assert "no MCP server is called 'note'; did you mean 'notes'?" in wrong.err


def test_without_servers_it_says_how_to_add_one(say, tmp_path: Path):
    say("init", str(tmp_path / "w"))

    assert "packetflow mcp add NAME" in say("mcp", "servers", "-w", str(tmp_path / "w")).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "x", "no-such-program"), "there is no 'no-such-program'"),
        (("add", "x", "http://127.0.0.1:9/mcp", "--header", SECRET), "environment variable"),
        (("add", "1", "x"), "begins with a letter"),
        (("allow", "nobody", "x"), "no MCP server is called 'nobody'"),
        (("disallow", "nobody", "x"), "no MCP server is called 'nobody'"),
        (("remove", "nobody"), "no MCP server is called 'nobody'"),
        (("tools", "nobody"), "no MCP server is called 'nobody'"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_written(say, tmp_path: Path, words, told: str):
    say("init", str(tmp_path / "w"))

    said = say("mcp", *words, "-w", str(tmp_path / "w"))

    assert said.code == 1
    assert told in said.err
    assert "mcp" not in (tmp_path / "w" / "packetflow.toml").read_text()
