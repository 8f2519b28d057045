"""The drawing of a run: what clients that show apps are given, and others are not."""

import json

import mcp_types as t
import pytest
from mcp import Client
from mcp.client import advertise

from packetflow.kernel.cards import Happening
from packetflow.mcp.apps import (
    ADDRESS,
    EXTENSION,
    GRAPH,
    MEDIA_TYPE,
    MOST_STEPS,
    RUN,
    Trail,
    graph_of,
    page,
)
from packetflow.mcp.serving import Opened

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHOWS = [advertise(EXTENSION, {"mimeTypes": [MEDIA_TYPE]})]
CHAIN = {
    "nodes": [{"id": "one", "label": "one"}, {"id": "two", "label": "two"}],
    "wires": [["one", "two"]],
}


@pytest.mark.parametrize("era", ["2026-07-28", "legacy"])
async def test_a_client_that_shows_apps_is_given_one_for_each_pipeline(shared: Opened, era: str):
    async with Client(shared.server, mode=era, extensions=SHOWS) as client:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        listed = {str(one.uri): one for one in (await client.list_resources()).resources}
        (read,) = (await client.read_resource(ADDRESS)).contents
        result = await client.call_tool("chain", {"a": 1})
        alone = await client.call_tool("add", {"a": 1})

    assert tools["chain"].meta == {"ui": {"resourceUri": ADDRESS}, GRAPH: CHAIN}
    assert tools["add"].meta is None
    assert listed[ADDRESS].mime_type == read.mime_type == MEDIA_TYPE
    assert isinstance(read, t.TextResourceContents)
    assert read.text == page()
    assert result.meta is not None
    run = result.meta[RUN]
    assert (run["name"], run["status"], run["graph"]) == ("chain", "ok", CHAIN)
    assert run["execution"] == result.meta["packetflow/execution"]
    assert {name: one["status"] for name, one in run["steps"].items()} == {"one": "ok", "two": "ok"}
    assert all(one["ms"] >= 0 for one in run["steps"].values())
    assert RUN not in (alone.meta or {})


async def test_others_see_nothing_of_it(client: Client):
    tools = (await client.list_tools()).tools
    resources = [str(one.uri) for one in (await client.list_resources()).resources]
    result = await client.call_tool("chain", {"a": 1})

    assert not any("ui" in (one.meta or {}) for one in tools)
    assert ADDRESS not in resources
    assert RUN not in (result.meta or {})


async def test_the_page_is_small_and_needs_nothing_from_outside():
    assert len(page().encode()) < 20_000
    assert "default-src 'none'; style-src 'sha256-" in page()
    assert not [word for word in ("http://", "https://", "src=", "import ") if word in outside()]


def outside() -> str:
    """The page without the name by which pictures are known."""
    return page().replace("http://www.w3.org/2000/svg", "")


async def test_a_step_that_runs_often_is_one_with_the_time_of_all():
    trail = Trail()

    for at in (5, 9):
        body = {"status": "ok", "duration_ns": 2_000_000}
        trail.take(Happening("e", "step_ended", "s", [at], at, body))
    for number in range(2 * MOST_STEPS):
        trail.take(Happening("e", "step_ended", f"s{number}", [], 10, {"status": "ok"}))

    assert trail.steps["s"] == {"ms": 4.0, "times": 2, "status": "ok"}
    assert (trail.begun, trail.ended, len(trail.steps)) == (5, 10, MOST_STEPS)


async def test_a_wire_of_a_group_is_one_of_its_ends():
    nodes = [{"id": one, "label": one, "kind": "capability"} for one in "abcd"]
    group = {"id": "g", "parent": "", "members": ["b", "c"]}
    edges = [("a", "g"), ("b", "c"), ("g", "d")]
    drawing = {
        "nodes": nodes,
        "groups": [group],
        "edges": [{"source": a, "target": b} for a, b in edges],
    }

    found = graph_of(json.loads(json.dumps(drawing)))

    assert found["wires"] == [["a", "b"], ["b", "c"], ["c", "d"]]
