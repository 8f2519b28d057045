import pytest


def test_what_is_exposed_is_exported_in_one_go(say, example, tmp_path):
    said = say("mcp", "export", "--all", "--name", "mine", "--to", str(tmp_path / "out"), "--json")

    assert said.code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "mine.py",
        "mine.mcpb",
        "mine.server.json",
        "mine.md",
    }
    assert "publish_with_approval" in said.json["tools"]
    assert said.json["files"][0].endswith("mine.py")

    again = say("mcp", "export", "text_statistics", "--name", "mine", "--to", str(tmp_path / "out"))
    assert again.code == 1
    assert "would be overwritten; use --force" in again.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("text_statistic",), 1, "did you mean 'text_statistics'"),
        ((), 2, "name what to export, or say --all"),
        (("hello", "--all"), 2, "name what to export, or say --all"),
        (("text_statistics", "--version", "next"), 1, "is no version"),
        (("text_statistics", "--to", "/dev/null"), 1, "is a file"),
    ],
)
def test_wrong_use_is_told(say, words, code, said):
    answer = say("mcp", "export", *words)

    assert answer.code == code
    assert said in answer.err
