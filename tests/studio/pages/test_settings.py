"""Settings."""

import re

import msgspec
import pytest

from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.mcp.client.logins import Challenge, Login, login_path
from packetflow.mcp.client.settings import read_servers
from packetflow.runner.client import RunnerClient
from studio import new_server
from tests.packetflow.mcp.client.conftest import until
from tests.studio.conftest import button, said

SECRET = "sk-do-not-show-me"


@pytest.fixture
def config(example):
    """The file of settings; put back afterwards."""
    path = example / "packetflow.toml"
    text = path.read_text()
    yield path
    path.write_text(text)


def test_it_tells_of_the_workspace_and_of_who_works_for_it(page, example):
    test = page("settings")

    assert not test.exception
    assert str(example) in said(test)
    assert "Runner</td><td>version" in said(test)
    assert "Owner of the store</td><td>version" in said(test)
    assert "Journals" in said(test)


def test_of_keys_only_names_are_shown(page, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("PACKETFLOW_MODEL", f"openai/{SECRET}")

    test = page("settings")

    words = said(test)
    assert "<code>OPENAI_API_KEY</code></td><td>set" in words
    assert SECRET not in words
    assert SECRET[:6] not in words


def test_the_doctor_says_what_is_well_and_what_is_not(page, example):
    broken = example / "pipelines" / "torn.yaml"
    broken.write_text("pipeline: torn\nsteps:\n  - usse: nothing\n")
    try:
        test = page("settings")
        button(test, "Check everything").click().run(timeout=120)
    finally:
        broken.unlink()

    assert not test.exception
    assert "1 mend this" in said(test)
    assert "torn.yaml" in said(test)
    assert "good**" in said(test)


def test_a_setting_is_shown_before_it_is_written_and_can_be_taken_back(page, config):
    before = config.read_text()
    test = page("settings")
    test.number_input(key="setting store retention_days").set_value(30)

    button(test, "Look at the change").click().run()
    assert config.read_text() == before
    assert any(one.language == "diff" and "+retention_days = 30" in one.value for one in test.code)
    button(test, "Write it").click().run()

    assert not test.exception
    assert config.read_text() == f"{before}\n[store]\nretention_days = 30\n"
    assert test.success
    button(test, "Take the last change back").click().run()
    button(test, "Write it").click().run()
    assert config.read_text() == before


def test_what_the_file_may_not_say_is_refused_with_words(page, config):
    config.write_text("[store]\nretention_days = 'long'\n")

    test = page("settings")

    assert not test.exception
    assert "retention_days must be a number" in said(test)


def test_a_server_that_asks_for_a_login_says_how(page, config):
    address = "http://127.0.0.1:9/mcp"
    kept = login_path(config.parent, "guarded")
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(msgspec.json.encode(Login(address, challenge=Challenge(401, "Bearer"))))
    config.write_text(f'{config.read_text()}\n[mcp.servers.guarded]\nurl = "{address}"\n')

    test = page("settings")
    kept.unlink()

    assert "not asked yet, asks for a login: packetflow mcp login guarded" in said(test)


def test_of_a_server_tools_are_allowed_and_taken_back_and_it_is_removed(page, config):
    before = config.read_text()
    tools = tuple(ToolFacts(name, input_schema={}) for name in ("look", "get_one"))
    keep_listing(listing_path(config.parent, "notes"), ServerFacts("notes", tools=tools))
    config.write_text(f'{before}\n[mcp.servers.notes]\ncommand = "x"\nallow = ["get_*"]\n')

    def settings():
        return read_servers(config.parent)["notes"]

    test = page("settings")
    assert test.toggle(key="allow notes get_one").disabled
    assert "allowed by the pattern `get_*`" in said(test)
    test.toggle(key="allow notes look").set_value(True).run()
    assert settings().allow == ("get_*", "look")
    button(test, "Take back `get_*`").click().run()
    test.toggle(key="allow notes look").set_value(False).run()
    assert settings().allow == ()
    test.toggle(key="trust notes").set_value(True).run()
    assert settings().trust
    button(test, "Remove this server").click().run()
    assert "No pipeline uses its tools." in said(test)
    button(test, "Remove it").click().run()

    assert not test.exception
    assert config.read_text() == before
    assert "**notes** is removed." in said(test)


def test_what_a_browser_says_late_does_not_allow_a_tool_that_was_taken_back(page, config):
    before = config.read_text()
    tools = ToolFacts("look", input_schema={}), ToolFacts("drop", input_schema={})
    keep_listing(listing_path(config.parent, "notes"), ServerFacts("notes", tools=tools))
    config.write_text(f'{before}\n[mcp.servers.notes]\ncommand = "x"\nallow = ["d*"]\n')
    test = page("settings")
    late = test._tree.get_widget_states()
    button(test, "Take back `d*`").click().run()

    test._run(late)

    assert read_servers(config.parent)["notes"].allow == ()


def test_a_server_that_cannot_be_started_is_told_and_not_written(page, config):
    before = config.read_text()
    test = page("settings")
    test.radio(key="server way").set_value("By the command that starts it").run()
    test.text_input(key="server name").set_value("notes")
    test.text_input(key="server command").set_value("no-such-program --now")
    test.text_input(key="server env").set_value("NOT_SET_ANYWHERE=secret")
    button(test, "Go on").click().run()
    assert "env lists names of environment variables" in said(test)
    test.text_input(key="server env").set_value("")
    button(test, "Go on").click().run()
    assert "This starts a program on this machine" in said(test)

    button(test, "Start and add it").click().run()

    assert "there is no 'no-such-program'" in said(test)
    assert config.read_text() == before


def test_servers_of_external_tools_are_shown_and_their_tools_are_in_the_library(page, config):
    tools = tuple(ToolFacts(name, input_schema={}) for name in ("look", "erase"))
    listing = listing_path(config.parent, "notes")
    keep_listing(listing, ServerFacts("notes", tools=tools))
    config.write_text(
        f'{config.read_text()}\n[mcp.servers.notes]\ncommand = "x"\nallow = ["look"]\n'
    )

    with RunnerClient(config.parent) as runner:
        until(lambda: "notes.look" in [one.name for one in runner.listing().capabilities])
        until(lambda: runner.listing().connections == {"notes": "failed"})
    settings, library = page("settings"), page("library")
    erase = page("library", capability="notes.erase")
    button(erase, "Allow it").click().run()
    listing.unlink()

    assert re.search("allowed, (out of reach|not connected)<", said(settings))  # it tries again
    assert "MCP server notes" in [one.value.partition(" :")[0] for one in library.header]
    assert "not allowed" in said(library)
    assert read_servers(config.parent)["notes"].allow == ("look", "erase")
    assert not erase.exception
    assert "not allowed" not in said(erase)


def test_before_a_server_is_contacted_one_sees_where_and_afterwards_that_it_asks_for_a_login(
    page, config, monkeypatch
):
    asked = []
    told = {"name": "docs", "tools": None, "login": "needed"}
    monkeypatch.setattr(new_server, "answer_of", lambda *words, **_: asked.append(words) or told)
    two = "".join(f'\n[mcp.servers.{name}]\ncommand = "x"\n' for name in ("one", "two"))
    config.write_text(config.read_text() + two)
    test = page("settings")
    test.text_input(key="server name").set_value("docs")
    test.text_input(key="server url").set_value("http://127.0.0.1:9/mcp")
    test.text_area(key="server headers").set_value("Authorization: Bearer $NOT_SET_ANYWHERE")

    button(test, "Go on").click().run()

    assert not test.exception
    assert "This contacts the server docs at" in said(test)
    assert "It is sent the header Authorization. Not set here: NOT_SET_ANYWHERE." in said(test)
    assert asked == []
    button(test, "Contact and add it").click().run()
    header = "--header=Authorization: Bearer $NOT_SET_ANYWHERE"
    assert asked[0][-4:] == ("docs", header, "--", "http://127.0.0.1:9/mcp")
    assert "**docs** is added and asks for a login" in said(test)
    assert "packetflow mcp login docs" in [one.value for one in test.code]
