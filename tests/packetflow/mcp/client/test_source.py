"""A workspace's servers in its catalog; the last tests have a real runner."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from packetflow import Workspace
from packetflow.composition.check import check_pipeline
from packetflow.errors import ContractError, WorkspaceError
from packetflow.kernel.messages import SearchPalette
from packetflow.mcp.client.facts import Hints, ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.mcp.client.settings import write_allowed
from packetflow.runner import RunnerClient
from packetflow.runner.card import read_card
from packetflow.runner.launch import end_runner
from packetflow.workspace.presence import state_of
from tests.packetflow.mcp.client.conftest import odd_command, until

NUMBER = {"type": "number"}
ADD = ToolFacts(
    "add",
    description="Add two numbers.",
    input_schema={
        "type": "object",
        "properties": {"a": NUMBER, "b": NUMBER},
        "required": ["a", "b"],
    },
    output_schema={"type": "object", "properties": {"sum": NUMBER}, "required": ["sum"]},
    hints=Hints(read_only=True, open_world=False),
)
PIPELINE = """pipeline: sums
version: 1
requires: [a, b]
provides: [sum]
steps:
  - use: my_notes.add
    id: add
"""


def workspace(folder: Path, *words: str, allow: str = "add") -> Path:
    """A workspace with one server and one pipeline that uses it."""
    (folder / "capabilities").mkdir()
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "sums.yaml").write_text(PIPELINE)
    (folder / "packetflow.toml").write_text(
        f"[mcp.servers.my-notes]\ncommand = {json.dumps(words[0])}\n"
        f"args = {json.dumps(list(words[1:]))}\nallow = [{json.dumps(allow)}]\ntrust = true\n"
    )
    return folder


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A workspace that knows its server's tools, although that cannot be started."""
    folder = workspace(tmp_path, "no-such-program")
    keep_listing(listing_path(folder, "my-notes"), ServerFacts("notes", tools=(ADD,)))
    return folder


def test_tools_are_known_without_their_server(known: Path):
    with Workspace(known) as ws:
        found = ws.catalog.get("my_notes.add")

        assert str(found.contract) == "(a: float, b: float) -> (sum: float)"
        assert found in ws.catalog.capabilities()
        assert found in ws.catalog.search("add numbers")
        assert check_pipeline(ws.catalog.pipeline("sums")) == []


def test_a_server_that_cannot_be_reached_is_told_as_broken(known: Path):
    with Workspace(known) as ws:
        run = ws.run_sync("sums", a=1, b=2)

        assert run.failure is not None
        assert "there is no 'no-such-program'" in str(run.failure.cause)
        assert "[mcp.servers.my-notes]" in str(ws.catalog.broken()[0])


def test_a_tool_that_is_not_allowed_is_listed_with_the_way_to_allow_it(known: Path):
    write_allowed(known, "my-notes", ["other"])

    with Workspace(known) as ws:
        said = ws.catalog.get("my_notes.add").declaration
        with pytest.raises(ContractError, match="packetflow mcp allow my-notes add"):
            ws.run_sync("sums", a=1, b=2)

    assert not said.enabled


def test_what_another_process_heard_is_seen(known: Path):
    with Workspace(known) as ws:
        before = ws.catalog.get("my_notes.add")
        other = msgspec.structs.replace(ADD, name="more")
        keep_listing(listing_path(known, "my-notes"), ServerFacts("notes", tools=(ADD, other)))

        assert ws.catalog.find("my_notes.more") is not None
        assert ws.catalog.get("my_notes.add") is before


def test_a_tool_that_changes_under_a_saved_pipeline_is_a_problem_of_it(known: Path):
    with Workspace(known) as ws:
        assert check_pipeline(ws.catalog.pipeline("sums")) == []
        fields = {"a": NUMBER, "count": NUMBER}
        schema = {"type": "object", "properties": fields, "required": ["a", "count"]}
        changed = msgspec.structs.replace(ADD, input_schema=schema)
        keep_listing(listing_path(known, "my-notes"), ServerFacts("notes", tools=(changed,)))

        problems = check_pipeline(ws.catalog.pipeline("sums"))

        assert any("count" in one.message for one in problems)
        with pytest.raises(ContractError, match="count"):
            ws.run_sync("sums", a=1, b=2)


def test_a_tool_that_is_gone_is_a_problem_too(known: Path):
    with Workspace(known) as ws:
        keep_listing(listing_path(known, "my-notes"), ServerFacts("notes"))

        with pytest.raises(ContractError, match="add"):
            ws.run_sync("sums", a=1, b=2)


def test_names_that_collide_are_told(known: Path):
    several = tuple(msgspec.structs.replace(ADD, name=name) for name in ("a-b", "a.b"))
    keep_listing(listing_path(known, "my-notes"), ServerFacts("notes", tools=several))

    with Workspace(known) as ws:
        assert {"my_notes.a_b", "my_notes.a_b_2"} <= {one.name for one in ws.catalog}
        assert "'a.b' is called 'a_b_2' here" in str(ws.catalog.broken()[0])


def test_a_workspace_without_servers_loads_none_of_it(tmp_path: Path):
    (tmp_path / "packetflow.toml").write_text("[mcp]\n")

    with Workspace(tmp_path) as ws:
        assert ws.catalog.source is None


def test_a_wrong_setting_is_said_when_the_workspace_is_opened(tmp_path: Path):
    (tmp_path / "packetflow.toml").write_text('[mcp.servers.x]\ncommand = "y"\ntoken = "t"\n')

    with pytest.raises(WorkspaceError, match="unknown field `token`"):
        Workspace(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A workspace with a real server that nobody has asked yet; its runner ends with the test."""
    yield workspace(tmp_path, *odd_command("plain", tmp_path))
    for path in (state_of(tmp_path) / "runners").glob("*.json"):
        card = read_card(path)
        if card is not None:
            end_runner(tmp_path, card)


def test_the_runner_offers_calls_and_follows_the_tools(folder: Path):
    write_allowed(folder, "my-notes", ["add", "change", "grown"])

    def palette() -> str:
        return client.palette(SearchPalette("", "grown")).decode()

    with RunnerClient(folder) as client:
        # its first run asks a server that nobody knows
        outcome = client.run("sums", {"a": 1, "b": 2}).result(60)
        assert (outcome.status, dict(outcome.outputs)) == ("ok", {"sum": 3.0})

        listing = client.listing()
        assert listing.connections == {"my-notes": "open"}
        cards = {one.name: one for one in listing.capabilities}
        assert cards["my_notes.add"].enabled
        assert not cards["my_notes.echo"].enabled
        assert "packetflow mcp allow my-notes echo" in cards["my_notes.echo"].closed

        assert "my_notes.grown" not in palette()
        client.run("my_notes.change", {}).result(60)
        until(lambda: "my_notes.grown" in palette())


def test_a_run_in_this_process_asks_a_server_that_nobody_knows(folder: Path):
    with Workspace(folder) as ws:
        run = ws.run_sync("sums", a=1, b=2)

        span = run.spans[-1]

    assert run["sum"] == 3
    assert span.attributes is not None
    assert span.attributes["gen_ai.tool.name"] == "add"
    assert listing_path(folder, "my-notes").is_file()
