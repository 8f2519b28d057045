import asyncio
import json
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import mcp_types as t
import pytest
from hypothesis import given, settings

from packetflow.composition.capability import Capability
from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import Listing
from packetflow.mcp import connect, export_tools
from packetflow.mcp.client.shapes import plain_schema
from packetflow.mcp.export.bundle import Bundle, export
from packetflow.mcp.export.starting import Export
from packetflow.mcp.serving import opened
from packetflow.mcp.standalone import alone
from packetflow.mcp.tools import touched
from packetflow.runner.present import capability_card, list_all
from packetflow.workspace.folder import example_folder, open_folder
from packetflow.workspace.workspace import Workspace
from tests.packetflow.mcp.export.drawn import FLOWS, Flows, capabilities, write
from tests.packetflow.mcp.export.sample import command, made, make_folder, started


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


def plain(schema: str) -> Any:
    """A schema as it means the same everywhere: references resolved, titles left out."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: bare(one) for name, one in value.items() if name != "title"}
        return [bare(one) for one in value] if isinstance(value, list) else value

    read = json.loads(schema)
    return bare(plain_schema(read, read))


def assert_same(
    listing: Listing, taken_in: Iterable[Capability[..., Any]], names: set[str]
) -> None:
    """Every tool is what it was before it was exported."""
    known = {card.name: card for card in listing.capabilities}
    flows = {card.name: card for card in listing.pipelines}
    found = {one.name.removeprefix("there."): capability_card(one) for one in taken_in}
    assert set(found) == names
    for name, card in found.items():
        before = flows.get(name) or known[name]
        assert (card.requires, card.provides) == (before.requires, before.provides), name
        assert plain(card.requires_schema) == plain(before.requires_schema), name
        assert plain(card.provides_schema) == plain(before.provides_schema), name
        assert card.intent == before.intent, name
        assert card.safety == touched(before, known, flows)[1], name


async def taken_in(folder: Path, bundle: Bundle, listing: Listing) -> None:
    """Serve what a bundle's script carries, and connect to it, in this process."""
    what = carried(bundle)
    for path, text in what.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text[1:])
    workspace = open_folder(folder)
    async with (
        alone(workspace, what.ready) as host,
        opened(workspace, host, transport="memory", follow=False) as serving,
    ):
        tools = await asyncio.to_thread(connect, serving.server, name="there", trust=True)
        try:
            assert_same(listing, tools, {tool.item for tool in bundle.tools})
        finally:
            await asyncio.to_thread(tools.close)


@settings(max_examples=settings.default.max_examples // 5)
@given(capabilities(), FLOWS)
def test_any_contract_outlives_export_and_import(
    tmp_path_factory: pytest.TempPathFactory, functions: list[str], flows: Flows
):
    folder = tmp_path_factory.mktemp("any")
    write(folder, functions, flows)
    with Workspace(folder) as ws:
        listing = list_all(ws.catalog, "", 0)
    sound = [one for one in listing.pipelines if all(p.severity != "error" for p in one.problems)]
    own = [one for one in listing.capabilities if one.name.startswith("work_")]
    bundle = export(folder, listing, [one.name for one in [*sound, *own]], name="any")

    asyncio.run(taken_in(tmp_path_factory.mktemp("there"), bundle, listing))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_started_export_has_the_contracts_it_was_made_of(
    tmp_path: Path, mode: Literal["auto", "legacy"]
):
    folder = make_folder(tmp_path)
    bundle = made(folder, name="sample")
    (script, *_) = bundle.write(tmp_path / "out")
    with Workspace(folder) as ws:
        listing = list_all(ws.catalog, "", 0)

    words = command(script, "--state", str(tmp_path / "state"))
    tools = await asyncio.to_thread(
        connect, words, name="there", allow="guarded", trust=True, mode=mode
    )
    try:
        assert_same(listing, tools, {tool.item for tool in bundle.tools})
        assert await tools.guarded(text="hi") == {"loud": "HI"}
    finally:
        await asyncio.to_thread(tools.close)


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
