import json

from packetflow.cli.mcp_snippets import script


def test_snippets_start_this_very_program_for_this_workspace(say, example):
    said = say("mcp", "snippets", "--client", "claude desktop", "--json")

    (found,) = said.json["snippets"]
    (entry,) = json.loads(found["text"])["mcpServers"].values()
    assert entry["args"][-2:] == ["--workspace", str(example)]
    assert not script() or entry["command"] == script()


def test_snippets_for_an_address_name_the_variable_of_its_token(say, example):
    with (example / "packetflow.toml").open("a") as settings:
        settings.write('\n[mcp.tokens.me]\nenv = "MY_TOKEN"\n')

    said = say("mcp", "snippets", "--http", "http://127.0.0.1:8600/mcp", "--client", "Cursor")

    assert "# Cursor: .cursor/mcp.json" in said.out
    assert "Bearer ${env:MY_TOKEN}" in said.out
