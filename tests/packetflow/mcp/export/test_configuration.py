import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from packetflow.kernel.cards import Listing, PipelineCard
from packetflow.mcp.export.configuration import configured, only_read, written
from packetflow.mcp.settings import McpSettings, TaskSettings, settings_of

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.booleans() | st.integers(-(2**60), 2**60) | WORDS | st.lists(WORDS, max_size=3)
TABLES = st.recursive(
    st.dictionaries(WORDS, VALUES, max_size=3),
    lambda inner: st.dictionaries(WORDS, VALUES | inner, max_size=3),
    max_leaves=6,
)


@given(TABLES)
def test_settings_are_read_back_as_they_were(table: dict):
    assert tomllib.loads(written(table)) == table


def test_only_what_is_exported_is_said():
    offered = McpSettings(
        expose=("greet", "add"),
        prompts=("greet", "write"),
        resources={"a://b": "write", "c://d": "add"},
        tasks={"add": TaskSettings(required=True), "greet": TaskSettings()},
        result_kilobytes=9,
    )

    text = configured(
        '[mcp]\nexpose = ["all"]\n[mcp.servers.notes]\ncommand = "npx"\n',
        {"name": "mine", "intent": "Try", "runner": {"stay": True}},
        offered,
        tools=["greet"],
        names={"greet", "write"},
    )

    said = settings_of(tomllib.loads(text), Path("packetflow.toml"))
    assert said.expose == ("greet",)
    assert said.prompts == ("greet", "write")
    assert said.resources == {"a://b": "write"}
    assert set(said.tasks) == {"greet"}
    assert said.result_kilobytes == 9
    assert said.servers == {"notes": {"command": "npx"}}
    assert text.startswith('name = "mine"\nintent = "Try"\n')
    assert "stay" not in text


def test_what_is_a_prompt_and_no_tool_stays_a_prompt():
    offered = McpSettings(expose=("greet",), prompts=("greet", "write", "letter"))
    listing = Listing(pipelines=[PipelineCard("letter", exposed=True), PipelineCard("other")])

    assert only_read(listing, offered) == {"write"}
