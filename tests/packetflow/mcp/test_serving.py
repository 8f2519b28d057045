"""A server process over standard input and output, as desktop clients start it."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from packetflow.errors import WorkspaceError
from packetflow.mcp.serving import sealing_key
from tests.packetflow.mcp.desk import until


async def test_a_client_starts_a_server_and_calls_a_tool(folder: Path):
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write("\n[store]\nlinger_seconds = 0.5\n")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "packetflow", "mcp", "serve", "--stdio", "--workspace", str(folder)],
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )

    async with asyncio.timeout(120), Client(parameters) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("greet", {"person": {"name": "Ada"}})
        call = asyncio.create_task(client.call_tool("sleep", {"seconds": 600}))
        await until((folder / "began").exists)

    assert "chain" in tools
    assert result.structured_content == {"greeting": "Hello Ada, 0"}
    await until((folder / "stopped").exists)  # its client has gone
    await asyncio.gather(call, return_exceptions=True)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path):
    key = sealing_key(tmp_path)

    assert sealing_key(tmp_path) == key
    assert len(key) == 32
    (path,) = (tmp_path / ".packetflow").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_a_key_that_cannot_be_kept_is_told(tmp_path: Path):
    (tmp_path / ".packetflow").write_text("a file")

    with pytest.raises(WorkspaceError, match=r"mcp\.key"):
        sealing_key(tmp_path)


def test_threads_that_need_a_key_at_once_get_the_same(tmp_path: Path):
    for number in range(20):
        folder = tmp_path / str(number)
        (folder / ".packetflow").mkdir(parents=True)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(sealing_key, [folder] * 8))) == 1
