import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import WorkspaceError
from packetflow.mcp.settings import read_settings, settings_of, with_exposed, write_exposed

BEFORE = """# mine
name = "desk"

[mcp]  # tools
result_kilobytes = 64
expose = ["a", 'b',  # two
  "c"]  # three
body_kilobytes = 9

[runner]
stay = true
"""


def test_a_workspace_that_says_nothing_offers_no_capability(tmp_path: Path):
    assert read_settings(tmp_path).expose == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mcp]\nexposed = ['a']", "exposed"),
        ("[mcp]\nexpose = 'a'", "array"),
        ("[mcp]\nresult_kilobytes = 0", "at least 1"),
        ("[mcp.tokens.me]\ntools = ['*']", "env"),
        ("[mcp", "no TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, said: str):
    (tmp_path / "packetflow.toml").write_text(text)

    with pytest.raises(WorkspaceError, match=said):
        read_settings(tmp_path)


def test_only_the_list_of_tools_changes():
    after = with_exposed(BEFORE, ["a", "z"])

    assert after == BEFORE.replace("""["a", 'b',  # two\n  "c"]""", '[\n    "a",\n    "z",\n]')


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True))
def test_what_is_written_is_read(names: list[str]):
    text = with_exposed(with_exposed(BEFORE, names), names)

    assert settings_of(tomllib.loads(text), Path()).expose == tuple(names)


def test_a_file_laid_out_otherwise_is_left_to_people(tmp_path: Path):
    (tmp_path / "packetflow.toml").write_text("mcp = {expose = ['a']}\n")

    with pytest.raises(WorkspaceError, match="by hand"):
        write_exposed(tmp_path, ["b"])

    assert "'a'" in (tmp_path / "packetflow.toml").read_text()


def test_the_first_tool_makes_the_table(tmp_path: Path):
    write_exposed(tmp_path, ["greet"])

    assert (tmp_path / "packetflow.toml").read_text() == '[mcp]\nexpose = [\n    "greet",\n]\n'
