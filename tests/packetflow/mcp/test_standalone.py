import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
import pytest_asyncio
from mcp import Client

from tests.packetflow.mcp.desk import held
from tests.packetflow.mcp.export.sample import made, make_folder, started


async def says_yes(_: Any, params: t.ElicitRequestParams) -> t.ElicitResult:
    """A person who agrees."""
    assert isinstance(params, t.ElicitRequestFormParams)
    assert params.message == "Is it right?"
    return t.ElicitResult(action="accept", content={"answer": True})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of one script with all tools, in its own process without an installed PacketFlow."""
    place = tmp_path_factory.mktemp("alone")
    bundle = made(make_folder(place))
    bundle.write(place / "out")
    script, home = place / "out" / "sample.py", place / "home"
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
    ours, theirs, _ = result.structured_content["home"]
    state = Path(ours).parents[2]
    assert state.name.startswith("sample-")
    assert state.parent.name == "state"
    assert Path(theirs) == state / "workspace" / "capabilities" / "words.py"
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
