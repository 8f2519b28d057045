from pathlib import Path

import pytest

from packetflow.composition.codec import load
from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.exposing import describe, expose, exposed_names, hide
from tests.packetflow.mcp.desk import CHAIN

LISTING = Listing(
    [CapabilityCard("add"), CapabilityCard("add up"), CapabilityCard("off", enabled=False)],
    [PipelineCard("chain"), PipelineCard("add.up", exposed=True), PipelineCard("built")],
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "chain.yaml").write_text(CHAIN.replace("exposed: true\n", ""))
    return tmp_path


def test_a_pipeline_says_itself_that_it_is_a_tool_in_one_line(place: Path):
    before = (place / "pipelines" / "chain.yaml").read_text()

    path = expose(LISTING, place, "chain")

    assert path == place / "pipelines" / "chain.yaml"
    after = path.read_text()
    assert sorted([*before.splitlines(), "exposed: true"]) == sorted(after.splitlines())
    hide(Listing([], [PipelineCard("chain", exposed=True)]), place, "chain")
    assert path.read_text() == before


def test_a_capability_stands_in_the_settings(place: Path):
    assert expose(LISTING, place, "add") == place / "packetflow.toml"
    assert exposed_names(LISTING, place) == ["add", "add.up"]
    assert expose(LISTING, place, "add") is None
    assert hide(LISTING, place, "add") == place / "packetflow.toml"
    assert hide(LISTING, place, "add") is None


def test_a_name_that_another_tool_has_is_refused(place: Path):
    with pytest.raises(WorkspaceError, match=r"'add_up', as 'add\.up' is already; rename one"):
        expose(LISTING, place, "add up")

    assert not (place / "packetflow.toml").exists()


def test_an_unknown_name_is_refused_with_the_nearest(place: Path):
    with pytest.raises(UnknownName, match="did you mean 'chain'"):
        expose(LISTING, place, "chian")
    with pytest.raises(UnknownName, match="did you mean 'chain'"):
        hide(LISTING, place, "chian")


def test_what_is_gone_and_still_said_to_be_a_tool_is_hidden(place: Path):
    (place / "packetflow.toml").write_text('[mcp]\nexpose = ["gone"]\n')

    assert hide(LISTING, place, "gone") == place / "packetflow.toml"


@pytest.mark.parametrize(("name", "why"), [("off", "disabled"), ("built", "where it is made")])
def test_what_cannot_be_a_tool_is_refused_with_the_reason(place: Path, name: str, why: str):
    with pytest.raises(WorkspaceError, match=why):
        expose(LISTING, place, name)


def test_what_a_pipeline_is_for_is_said_in_its_file(place: Path):
    path = place / "pipelines" / "chain.yaml"
    before = path.read_text()

    assert describe(LISTING, place, "chain", " Adds:  two\nnumbers ") == path
    assert load(path.read_text(), lambda *_: None).intent == "Adds: two numbers"
    describe(LISTING, place, "chain", " ")

    assert path.read_text() == "".join(
        line for line in before.splitlines(keepends=True) if not line.startswith("intent")
    )
    with pytest.raises(UnknownName, match="did you mean 'chain'"):
        describe(LISTING, place, "chian", "x")
    with pytest.raises(WorkspaceError, match="where it is made"):
        describe(LISTING, place, "built", "x")
