import pytest


def test_the_tools_of_the_example_are_listed(say):
    said = say("mcp", "list", "--json")

    tools = {tool["name"]: tool for tool in said.json["tools"]}
    assert said.code == 0
    assert {"research_report", "digest_documents", "publish_with_approval"} <= tools.keys()
    assert tools["publish_with_approval"]["annotations"]["destructiveHint"]
    assert said.json["refused"] == {}


def test_a_capability_becomes_a_tool_and_is_hidden_again(say, example):
    shown = say("mcp", "expose", "text_statistics")
    listed = say("mcp", "list")
    hidden = say("mcp", "hide", "text_statistics", "--json")

    assert "text_statistics is a tool, called text_statistics" in shown.out
    assert "text_statistics" in listed.out
    assert hidden.json["changed"].endswith("packetflow.toml")
    assert "text_statistics" not in (example / "packetflow.toml").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("expose", "text_statistic"), 1, "did you mean 'text_statistics'"),
        (("snippets", "--client", "Emacs"), 1, "VS Code"),
        (("serve",), 2, "either --stdio or --http"),
        (("serve", "--stdio", "--http", "0"), 2, "either --stdio or --http"),
        (("serve", "--http", "0", "--host", "0.0.0.0"), 1, "tokens"),
    ],
)
def test_wrong_use_is_told(say, words, code, said):
    answer = say("mcp", *words)

    assert answer.code == code
    assert said in answer.err
