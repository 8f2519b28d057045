import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import mcp_types as t
import pytest
import pytest_asyncio
from mcp import Client

from packetflow.errors import WorkspaceError
from packetflow.mcp.standalone import asked
from tests.packetflow.mcp.asking import Caller
from tests.packetflow.mcp.desk import held, until
from tests.packetflow.mcp.export.sample import listening, made, make_folder, started


async def says_yes(_: Any, params: t.ElicitRequestParams) -> t.ElicitResult:
    """A person who agrees."""
    assert isinstance(params, t.ElicitRequestFormParams)
    assert params.message == "Is it right?"
    return t.ElicitResult(action="accept", content={"answer": True})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export of all that is in the sample."""
    place = tmp_path_factory.mktemp("alone")
    made(make_folder(place)).write(place / "out")
    return place / "out"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(exported: Path) -> AsyncIterator[Client]:
    """A client of the script, which runs in its own process without an installed PacketFlow."""
    script, home = exported / "sample.py", exported.parent / "home"
    async with held(started(script, home, elicitation_callback=says_yes)) as one:
        yield one


CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "in_order": ({"text": "word"}, {"loud": "WORD", "size": 4}),
    "together": ({"text": "word"}, {"loud": "WORD", "size": 4}),
    "as_graph": ({"text": "word"}, {"loud": "WORD", "size": 4}),
    "in_two_ways": ({"text": "word"}, {"loud": "WORD", "size": 4}),
    "each_one": ({"texts": ["a", "bc"]}, {"sizes": [1, 2]}),
    "in_a_race": ({"text": "word"}, {"size": 4}),
    "after_a_failure": ({"text": "word"}, {"loud": "WORD"}),
    "again": ({"grown": "a"}, {"grown": "aaaaaa"}),
    "calling": ({"text": "word"}, {"loud": "WORD", "size": 4}),
    "guarded": ({"text": "word"}, {"loud": "WORD"}),
    "elsewhere": ({"text": "word"}, {"size": 4}),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("tool", CALLS)
async def test_every_kind_of_step_runs_in_an_export(client: Client, tool: str):
    given, expected = CALLS[tool]

    result = await client.call_tool(tool, given)

    assert not result.is_error, result.content
    assert result.structured_content == expected


@pytest.mark.asyncio(loop_scope="module")
async def test_an_export_brings_what_it_uses_of_the_library(client: Client):
    result = await client.call_tool("ready_made", {"text": "The tide of the sea. The sea rises."})

    assert not result.is_error, result.content


@pytest.mark.asyncio(loop_scope="module")
async def test_an_export_runs_on_the_packetflow_it_carries(client: Client, tmp_path: Path):
    result = await client.call_tool("placed", {})

    assert result.structured_content is not None
    ours, theirs, here = result.structured_content["home"]
    state = Path(ours).parents[2]
    assert state.name.startswith("sample-")
    assert state.parent.name == "state"
    assert Path(theirs) == state / "workspace" / "capabilities" / "words.py"
    assert Path(here) == state / "workspace"
    assert state.stat().st_mode & 0o077 == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_an_export_asks_the_person_at_its_client(client: Client):
    result = await client.call_tool("asked", {"text": "word"})

    assert result.structured_content == {"size": 4, "right": True}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_an_export_keeps_of_a_call_can_be_read(client: Client):
    called = await client.call_tool("in_order", {"text": "word"})
    assert called.meta is not None
    found = await client.read_resource(f"execution://{called.meta['packetflow/execution']}")

    assert json.loads(found.contents[0].text)["outputs"] == {"loud": "WORD", "size": 4}


@pytest.mark.asyncio(loop_scope="module")
async def test_tasks_outlive_the_process_they_ran_in(client: Client, exported: Path):
    """Over HTTP, beside the other process that uses the same state; then as an unpacked bundle."""
    script, home = exported / "sample.py", exported.parent / "home"
    (mark,) = (home / "state").glob("sample-*/workspace")
    async with httpx.AsyncClient(timeout=60) as http, listening(script, home) as (process, url):
        caller = Caller(http, url)
        forged = await http.post(url, json={}, headers={"origin": "https://evil.example"})
        asked = await caller.call("asked", text="word")
        await caller.settled(asked["taskId"], "input_required")
        lasting = await caller.call("lasting", text="word")
        begun = mark / "begun"  # there a moment before anything stands in it
        await until(lambda: begun.exists() and begun.read_text())
        process.kill()

    with zipfile.ZipFile(exported / "sample.mcpb") as archive:
        archive.extractall(exported / "unpacked")
    main = exported / "unpacked" / "server" / "main.py"
    async with httpx.AsyncClient(timeout=60) as http, listening(main, home) as (process, url):
        caller = Caller(http, url)
        found = await caller.settled(asked["taskId"], "input_required")
        (key,) = found["inputRequests"]
        answer = {key: {"action": "accept", "content": {"answer": True}}}
        await caller.ask("tasks/update", taskId=asked["taskId"], inputResponses=answer)
        answered = await caller.settled(asked["taskId"], "completed", "failed")
        slept = await caller.settled(lasting["taskId"], "completed", "failed")
        process.terminate()
        code = await process.wait()

    assert forged.status_code == 403
    assert not (mark / ".packetflow" / "triggered").exists()  # nobody heeds triggers
    assert answered["result"]["structuredContent"] == {"size": 4, "right": True}
    assert slept["result"]["structuredContent"] == {"size": 4, "slept": 2}
    assert code == 0


async def test_a_call_from_the_shell_is_told_why_it_is_refused(tmp_path: Path):
    folder = make_folder(tmp_path)

    with pytest.raises(WorkspaceError, match="Unknown tool: nope"):
        await asked(folder, [], lambda client: client.call_tool("nope", {}))
