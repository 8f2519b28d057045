"""The whole server in memory, asked by the protocol package's own client in both eras."""

import asyncio
import json

import mcp_types as t
import pytest
from mcp import Client, MCPError

from packetflow.mcp.serving import Opened
from tests.packetflow.mcp.desk import text_of, until, workspace_of

ERAS = ("2026-07-28", "legacy")
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_tools_are_listed_with_schemas_and_hints(client: Client):
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}

    greet, pay = tools["greet"], tools["pay"]
    assert (greet.title, greet.description) == ("Greet", "Greet somebody.\n\nKindly, as a rule.")
    assert greet.input_schema["required"] == ["person"]
    assert greet.output_schema is not None
    assert greet.annotations is not None
    assert greet.annotations.read_only_hint
    assert pay.output_schema is None
    assert pay.annotations is not None
    assert pay.annotations.destructive_hint
    assert "hidden" not in tools


async def test_the_order_of_tools_stays_the_same(client: Client):
    names = [[tool.name for tool in (await client.list_tools()).tools] for _ in range(2)]

    assert names[0] == names[1] == sorted(names[0])


@pytest.mark.parametrize(
    ("tool", "given", "made"),
    [
        ("add", {"a": 2, "b": 3}, {"total": 5}),
        ("greet", {"person": {"name": "Ada", "age": 3}}, {"greeting": "Hello Ada, 3"}),
        ("chain", {"a": 1}, {"total": 2, "sum": 3}),
        ("count_rows", {"rows": [{"a": 1}, {"a": 2}]}, {"size": 2}),
        ("table", {"count": 1}, {"rows": [{"n": 0, "word": "w"}]}),
        ("check", {"token": "open"}, {"known": True}),
        ("find_street", {"strasse": "Main"}, {"found": "Main"}),
    ],
)
async def test_a_call_gives_a_structured_result(client: Client, tool, given, made):
    result = await client.call_tool(tool, given)

    assert not result.is_error
    assert result.structured_content == made


@pytest.mark.parametrize(
    ("tool", "given", "kind"),
    [
        ("draw", {"size": 3}, t.ImageContent),
        ("sing", {}, t.AudioContent),
        ("attach", {"name": "a"}, t.EmbeddedResource),
        ("point_to", {"name": "a"}, t.ResourceLink),
        ("pay", {"amount": 1.5}, t.TextContent),
    ],
)
async def test_pictures_sounds_and_references_are_content(client: Client, tool, given, kind):
    result = await client.call_tool(tool, given)

    assert [type(one) for one in result.content] == [kind]


async def test_an_unknown_tool_is_an_error_of_the_protocol(client: Client):
    with pytest.raises(MCPError, match="Unknown tool: ad; did you mean 'add'") as refused:
        await client.call_tool("ad", {})

    assert refused.value.code == t.INVALID_PARAMS


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("add", {"a": "x"}, "a: 'x' is not of type 'integer'"),
        ("add", {}, "'a' is a required property"),
        ("greet", {"person": {"name": 1}}, "person.name: 1 is not of type 'string'"),
        ("check", {"token": 4711}, "its value is secret"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_by_field(client: Client, tool, given, said):
    result = await client.call_tool(tool, given)

    assert result.is_error
    assert said in text_of(result)
    assert "4711" not in text_of(result)


async def test_a_tool_that_fails_says_why_and_its_span_knows_the_error(
    client: Client, shared: Opened
):
    result = await client.call_tool("divide", {"number": 1, "by": 0})

    assert result.is_error
    assert text_of(result) == "ZeroDivisionError: division by zero"
    assert result.meta is not None
    execution = workspace_of(shared).execution(result.meta["packetflow/execution"])
    (span,) = execution.spans
    assert span.error_type == "ZeroDivisionError"


async def test_a_call_is_an_execution_that_knows_its_caller(client: Client, shared: Opened):
    result = await client.call_tool("add", {"a": 1})

    assert result.meta is not None
    identity = result.meta["packetflow/execution"]
    read = await client.read_resource(f"execution://{identity}")
    facts = json.loads(read.contents[0].text)
    assert (facts["name"], facts["status"], facts["outputs"]) == ("add", "ok", {"total": 2})
    assert facts["client"].startswith("mcp ")
    started = workspace_of(shared).archive.records(identity)[0]
    assert started.trigger == "mcp"
    assert started.tags["mcp.transport"] == "memory"
    assert started.tags["mcp.tool.name"] == "add"


async def test_a_long_result_is_bounded_and_its_whole_can_be_read(client: Client):
    result = await client.call_tool("write", {"letters": 100_000})

    assert len(result.structured_content["text"]) < 8192
    link = result.content[-1]
    assert isinstance(link, t.ResourceLink)
    whole = await client.read_resource(f"{link.uri}/text")
    assert whole.contents[0].text == "x" * 100_000


@pytest.mark.parametrize("what", ["circle", "half", "lock", "large"])
async def test_a_result_that_cannot_be_sent_is_told_as_that(client: Client, what: str):
    result = await client.call_tool("give", {"what": what})

    assert result.is_error
    assert "give made what cannot be sent: 'given'" in text_of(result)


async def test_a_number_that_json_does_not_know_breaks_the_contract_in_words(client: Client):
    result = await client.call_tool("give_number", {"what": "nan"})

    assert result.is_error
    assert "NaN and infinite numbers are null in JSON" in text_of(result)


async def test_too_many_fields_are_fewer(client: Client):
    result = await client.call_tool("give_fields", {"count": 20_000})

    assert len(result.structured_content["fields"]) < 1000
    assert isinstance(result.content[-1], t.ResourceLink)


async def test_a_result_of_which_no_part_fits_its_schema_leads_to_the_whole(client: Client):
    result = await client.call_tool("give_seal", {})

    assert result.is_error
    assert "a part of it would not fit" in text_of(result)
    link = result.content[-1]
    assert isinstance(link, t.ResourceLink)
    read = await client.read_resource(link.uri)
    assert "x" * 50_000 in read.contents[0].text


async def test_a_name_that_nothing_has_is_not_repeated_at_length(client: Client):
    with pytest.raises(MCPError) as refused:
        await client.call_tool("x" * 100_000, {})

    assert len(str(refused.value)) < 1000


async def test_names_with_halves_of_characters_are_kept_as_words(shared: Opened):
    half = t.Implementation(name="half \ud800", version="1" * 1000)
    async with Client(shared.server, client_info=half) as client:
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("nothing", {})
        result = await client.call_tool("add", {"a": 1})

    assert result.meta is not None
    started = workspace_of(shared).archive.records(result.meta["packetflow/execution"])[0]
    assert started.tags["mcp.client"].startswith("half \\ud800 111")
    assert len(started.tags["mcp.client"]) < 300


async def test_progress_comes_step_by_step(client: Client):
    marks: list[tuple[float, float | None]] = []

    async def heard(done: float, total: float | None, _text: str | None) -> None:
        marks.append((done, total))

    await client.call_tool("chain", {"a": 1}, progress_callback=heard)

    assert marks == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_its_client_gives_up_stops_the_run(shared: Opened, era: str):
    folder = shared.shelf.folder
    for mark in ("began", "stopped"):
        (folder / mark).unlink(missing_ok=True)
    async with Client(shared.server, mode=era) as client:
        call = asyncio.create_task(client.call_tool("sleep", {"seconds": 600}))
        await until((folder / "began").exists)
        call.cancel()
        await until((folder / "stopped").exists)
        await until(lambda: not workspace_of(shared).engine.running)


async def test_a_client_that_vanishes_stops_its_run(shared: Opened):
    folder = shared.shelf.folder
    for mark in ("began", "stopped"):
        (folder / mark).unlink(missing_ok=True)
    async with Client(shared.server, mode="legacy") as client:
        call = asyncio.create_task(client.call_tool("sleep", {"seconds": 600}))
        await until((folder / "began").exists)
    await until((folder / "stopped").exists)
    await asyncio.gather(call, return_exceptions=True)


async def test_a_resource_is_found_by_its_address(client: Client):
    read = await client.read_resource("pipeline://chain")
    drawn = await client.read_resource("pipeline://chain/mermaid")
    own = await client.read_resource("texts://7")
    registry = await client.read_resource("capability://registry")

    assert read.contents[0].text.startswith("pipeline: chain")
    assert "flowchart" in drawn.contents[0].text
    assert own.contents[0].text == "x" * 7
    assert "add" in json.loads(registry.contents[0].text)["tools"]


@pytest.mark.parametrize(
    "uri", ["pipeline://hidden", "pipeline://chain/svg", "execution://none", "else://where"]
)
async def test_what_is_not_there_is_no_resource(client: Client, uri: str):
    with pytest.raises(MCPError) as refused:
        await client.read_resource(uri)

    assert (refused.value.code, refused.value.data) == (t.INVALID_PARAMS, {"uri": uri})


async def test_resources_and_their_patterns_are_listed(client: Client):
    found = {one.uri for one in (await client.list_resources()).resources}
    patterns = {
        one.uri_template for one in (await client.list_resource_templates()).resource_templates
    }

    assert found == {
        "capability://registry", "pipeline://chain", "pipeline://publish", "tune://one",
    }  # fmt: skip
    assert {"texts://{letters}", "execution://{id}", "pipeline://{name}"} <= patterns


async def test_a_prompt_is_made_of_what_a_run_makes(client: Client):
    listed = {one.name: one for one in (await client.list_prompts()).prompts}
    found = await client.get_prompt("greet", {"person": '{"name": "Bo"}', "mood": "formal"})

    assert [one.name for one in listed["greet"].arguments or ()] == ["person", "mood"]
    (message,) = found.messages
    assert message.content == t.TextContent(text="Good day, Bo")


async def test_arguments_of_a_prompt_are_checked(client: Client):
    with pytest.raises(MCPError, match="required property"):
        await client.get_prompt("greet", {})


async def test_a_server_pages_through_its_lists(shared: Opened, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("packetflow.mcp.replies.PAGE", 5)
    async with Client(shared.server) as client:
        names, cursor = [], None
        while True:
            page = await client.list_tools(cursor=cursor)
            names += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break

        assert names == sorted(shared.shelf.offers.tools)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_tools(cursor="nonsense")
