"""Settings."""

import re

import pytest

from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.runner.client import RunnerClient
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
    listing.unlink()

    assert re.search("allowed, (out of reach|not connected)<", said(settings))  # it tries again
    assert "MCP server notes" in [one.value.partition(" :")[0] for one in library.header]
    assert "not allowed" in said(library)
    assert "packetflow mcp allow notes erase" in said(erase)
