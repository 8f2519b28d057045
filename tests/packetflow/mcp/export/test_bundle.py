import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.errors import UnknownName, WorkspaceError
from packetflow.mcp import export_tools
from packetflow.mcp.export.bundle import Bundle
from packetflow.mcp.export.starting import Export, unpacked
from packetflow.runner.present import list_all
from packetflow.workspace.folder import example_folder
from packetflow.workspace.workspace import Workspace
from tests.packetflow.mcp.export.sample import made, make_folder, started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a pipeline of every kind of step."""
    return make_folder(tmp_path_factory.mktemp("bundle"))


def carried(bundle: Bundle) -> Export:
    """What its script carries."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(bundle.script, f"{bundle.name}.py", "exec"), names)
    fields = ("NAME", "VERSION", "FILES", "ATTACHMENTS", "CORE", "NEEDS", "READY")
    return Export(*(names[one] for one in fields))


def test_the_same_input_gives_the_same_bytes(folder: Path):
    assert made(folder, "in_order", "again") == made(folder, "again", "in_order")


def test_no_place_of_this_machine_is_written_down(folder: Path):
    bundle = made(folder)

    for content in bundle.files().values():
        assert str(folder).encode() not in content
        assert str(Path.home()).encode() + b"/" not in content
        assert str(Path(__file__).parents[4]).encode() not in content


def test_a_single_tool_gives_its_name_and_its_words(folder: Path):
    bundle = made(folder, "in_order")

    assert bundle.name == "in_order"
    assert [tool.name for tool in bundle.tools] == ["in_order"]
    assert '"""Show in_order\n' in bundle.script
    assert set(bundle.files()) == {
        "in_order.py",
        "in_order.mcpb",
        "in_order.server.json",
        "in_order.md",
    }


def test_what_is_called_travels_and_is_no_tool(folder: Path):
    bundle = made(folder, "calling")

    files = carried(bundle).files
    assert {"pipelines/calling.yaml", "pipelines/in_order.yaml"} <= set(files)
    assert [tool.name for tool in bundle.tools] == ["calling"]
    assert "exposed: true" not in files["pipelines/in_order.yaml"]


def test_the_bundle_holds_what_clients_need(folder: Path):
    bundle = made(folder, "in_order", "grow", name="my words", version="2.0.0")

    with zipfile.ZipFile(BytesIO(bundle.mcpb)) as archive:
        assert archive.namelist() == ["manifest.json", "pyproject.toml", "server/main.py"]
        manifest = json.loads(archive.read("manifest.json"))
        main = archive.read("server/main.py").decode()
    assert (manifest["name"], manifest["version"]) == ("my_words", "2.0.0")
    assert {tool["name"] for tool in manifest["tools"]} == {"in_order", "grow"}
    assert "# /// script" not in main
    assert main in bundle.script.replace(bundle.script.partition('"""')[0], "", 1)


def test_unknown_names_are_refused_with_the_nearest(folder: Path):
    with pytest.raises(UnknownName, match="in_order"):
        made(folder, "in_ordr")


def test_nothing_and_no_version_are_refused(folder: Path):
    with pytest.raises(WorkspaceError, match="is no version"):
        made(folder, "in_order", version="two")
    with Workspace(":memory:") as ws, pytest.raises(WorkspaceError, match="nothing is exposed yet"):
        export_tools(ws)


def test_a_workspace_that_offers_nothing_has_nothing_to_export(tmp_path: Path):
    (tmp_path / "packetflow.toml").write_text('name = "empty"\n')
    with Workspace(tmp_path) as ws, pytest.raises(WorkspaceError, match="packetflow mcp expose"):
        export_tools(ws)


def test_prompts_addresses_and_tokens_travel_with_what_they_name(tmp_path: Path):
    folder = make_folder(tmp_path)
    settings = folder / "packetflow.toml"
    settings.write_text(
        settings.read_text().replace("[mcp]\n", '[mcp]\nprompts = ["shout", "measure"]\n')
        + '[mcp.resources]\n"words://{text}" = "shout"\n[mcp.tokens.ada]\nenv = "ADA_TOKEN"\n'
    )

    bundle = made(folder, "shout", "asked")

    said = carried(bundle).files["packetflow.toml"]
    assert 'prompts = ["shout"]' in said
    assert '"words://{text}" = "shout"' in said
    assert "[mcp.tasks.asked]" in said
    assert "lasting" not in said
    assert 'env = "ADA_TOKEN"' in said
    assert "ADA_TOKEN" in bundle.readme
    assert [tool.name for tool in bundle.tools] == ["asked"]


def test_an_exported_tool_has_the_same_contract_when_it_is_taken_in(folder: Path, tmp_path: Path):
    bundle = made(folder)
    place = unpacked(carried(bundle), tmp_path)
    with Workspace(folder) as before, Workspace(place / "workspace", ready=["keywords"]) as after:
        offered = {one.name: one for one in list_all(before.catalog, "", 0).pipelines}
        found = {one.name: one for one in list_all(after.catalog, "", 0).pipelines}

    assert set(found) == set(offered)
    for name, card in found.items():
        assert (card.requires, card.provides) == (offered[name].requires, offered[name].provides)
        assert card.requires_schema == offered[name].requires_schema
        assert card.provides_schema == offered[name].provides_schema


KINDS = st.sampled_from(
    ["int", "float", "str", "bool", "list[int]", "dict[str, float]", "int | None", "Mark"]
)
NAMES = st.from_regex(r"[a-d][a-z]{2,5}_", fullmatch=True)
CONTRACTS = st.tuples(st.dictionaries(NAMES, KINDS, max_size=3), KINDS, st.booleans())
BEGIN = """from typing import TypedDict

from packetflow import capability


class Mark(TypedDict):
    score: float
    why: str | None
"""


def function(name: str, ports: dict[str, str], gives: str, last: str) -> str:
    """A capability with that contract."""
    inputs = ", ".join([f"{port}: {kind}" for port, kind in ports.items()] + [last] * bool(last))
    return f'\n\n@capability(provides="made")\ndef {name}({inputs}) -> {gives}:\n    """Work."""\n'


@settings(max_examples=settings.default.max_examples // 5)
@given(st.lists(CONTRACTS, min_size=1, max_size=6))
def test_any_contract_outlives_the_export(
    tmp_path_factory: pytest.TempPathFactory, contracts: list[tuple[dict[str, str], str, bool]]
):
    folder = tmp_path_factory.mktemp("any")
    (folder / "capabilities").mkdir()
    code = BEGIN + "".join(
        function(f"work_{number}", ports, gives, "last_: str = 'x'" if optional else "")
        for number, (ports, gives, optional) in enumerate(contracts)
    )
    (folder / "capabilities" / "work.py").write_text(code)
    names = [f"work_{number}" for number in range(len(contracts))]
    bundle = made(folder, *names, name="any")
    place = unpacked(carried(bundle), tmp_path_factory.mktemp("state"))

    with Workspace(folder) as before, Workspace(place / "workspace", ready=[]) as after:
        for name in names:
            known, found = before.catalog.get(name), after.catalog.get(name)
            assert str(found.contract) == str(known.contract)
            for side in ("requires", "provides"):
                assert found.contract.json_schema(side) == known.contract.json_schema(side)


CUSTOMER = json.loads((example_folder() / "files" / "good_customer.json").read_text())
EXAMPLES: dict[str, dict[str, Any]] = {
    "onboard_sample_customer": {"customer_id": "C-001"},
    "digest_documents": {},
    "research_report": {},
    "publish_with_approval": {"path": "inbox/spring-newsletter.md"},
    "customer_onboarding": CUSTOMER,
}


async def agree(_: Any, __: t.ElicitRequestParams) -> t.ElicitResult:
    """A person who says yes."""
    return t.ElicitResult(action="accept", content={"answer": True})


async def test_every_pipeline_of_the_example_runs_as_an_export(tmp_path: Path):
    with Workspace(example_folder()) as ws:
        bundle = export_tools(ws, name="example")
    bundle.write(tmp_path)
    async with started(
        tmp_path / "example.py", tmp_path / "home", elicitation_callback=agree
    ) as client:
        results = {name: await client.call_tool(name, given) for name, given in EXAMPLES.items()}

    assert results.keys() == {tool.name for tool in bundle.tools}
    for name, result in results.items():
        assert not result.is_error, (name, result.content)
