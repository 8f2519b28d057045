from pathlib import Path

import pytest

from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.exposing import expose, exposed_names, hide
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


@pytest.mark.parametrize(("name", "why"), [("off", "disabled"), ("built", "where it is made")])
def test_what_cannot_be_a_tool_is_refused_with_the_reason(place: Path, name: str, why: str):
    with pytest.raises(WorkspaceError, match=why):
        expose(LISTING, place, name)
