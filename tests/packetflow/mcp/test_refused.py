"""Calls that never became a run leave a line that a person can look at."""

from pathlib import Path

import httpx
import pytest
from mcp import Client, MCPError

from packetflow.mcp.refused import MOST_BYTES, Refusal, Refusals, read_refusals, refusals_path
from tests.packetflow.mcp.desk import app_of, serving


async def test_what_is_refused_is_kept_with_its_reason_and_without_secrets(folder: Path):
    async with serving(folder) as ready, Client(ready.server) as client:
        with pytest.raises(MCPError):
            await client.call_tool("no_such_tool", {"x": "private"})
        await client.call_tool("add", {"a": "private"})
        await client.call_tool("check", {"token": ["hunter2"], "more": "hunter2"})
        await client.call_tool("divide", {"number": 1, "by": 0})
        await client.call_tool("add", {"a": 1})

    secret, wrong, unknown = read_refusals(folder)
    assert (unknown.tool, wrong.tool) == ("no_such_tool", "add")
    assert "Unknown tool" in unknown.why
    assert "token: does not fit (its value is secret)" in secret.why
    assert "hunter2" not in refusals_path(folder).read_text()
    assert "arguments of add do not fit" in wrong.why
    assert wrong.client.startswith("mcp ")
    assert wrong.transport == "memory"


async def test_who_is_turned_away_at_the_door_is_kept(folder: Path):
    async with app_of(folder) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
            await client.post("/mcp", json={}, headers={"origin": "https://evil.example"})

    (found,) = read_refusals(folder)
    assert found.why == "asked from another site"
    assert found.transport == "http"


def test_only_the_last_ones_are_kept_and_lines_of_others_do_no_harm(tmp_path: Path):
    kept = Refusals(tmp_path, "stdio")
    long = Refusal(1.0, "x" * 300)

    for count in range(3 * MOST_BYTES // 300):
        kept.note(Refusal(float(count), long.why))
    with refusals_path(tmp_path).open("ab") as file:
        file.write(b"\xff not ours\n")

    sizes = [path.stat().st_size for path in refusals_path(tmp_path).parent.iterdir()]
    found = read_refusals(tmp_path, most=1000)
    assert sum(sizes) < 2 * MOST_BYTES + 1000
    assert len(found) > 700
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
