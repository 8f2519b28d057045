import pytest

from packetflow.mcp.refused import Refusal, Refusals


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


def test_a_file_that_cannot_be_loaded_is_named_where_its_tool_is_missed(say, example):
    (example / "capabilities" / "broken.py").write_text("import gone_for_good\n")

    for words in (("list",), ("expose", "of_that_file"), ("export", "of_that_file")):
        said = say("mcp", *words)
        assert "broken.py:1: ModuleNotFoundError: No module named 'gone_for_good'" in said.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("expose", "text_statistic"), 1, "did you mean 'text_statistics'"),
        (("hide", "text_statistic"), 1, "did you mean 'text_statistics'"),
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


def test_calls_that_were_refused_are_listed_with_the_reason(say, example):
    nothing = say("mcp", "refused")
    Refusals(example, "http").note(Refusal(1.0, "Unknown tool: nope", "nope", "x 1", "http"))
    said = say("mcp", "refused")

    assert nothing.out == "none was refused\n"
    assert "nope" in said.out
    assert "x 1, http" in said.out
    assert "Unknown tool: nope" in said.out
    assert say("mcp", "refused", "--json").json["refused"][0]["why"] == "Unknown tool: nope"


def test_who_exposes_a_pipeline_that_gives_everything_is_told(say, example):
    path = example / "pipelines" / "words.yaml"
    path.write_text("pipeline: words\nsteps:\n  - use: text_statistics\n")
    open_one = say("mcp", "expose", "words")
    say("mcp", "hide", "words")
    path.write_text(path.read_text() + "provides: [statistics]\n")

    assert "clients get every value that it makes; `provides: [NAME, ...]`" in open_one.out
    assert "every value" not in say("mcp", "expose", "words").out
