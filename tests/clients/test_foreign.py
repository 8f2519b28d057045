"""Clients that others wrote list and call our tools, over both transports."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.packetflow.mcp.client.conftest import until

HERE = Path(__file__).parent
SECONDS = 120
TYPESCRIPT = str(HERE / "typescript.mjs")
INSPECTOR = HERE / "node_modules" / "@modelcontextprotocol" / "inspector"


def played(command: Sequence[str], folder: Path) -> Any:
    """What a client has seen; the list is changed under it once it listens."""
    for mark in ("began", "stopped"):
        (folder / mark).unlink(missing_ok=True)
    hidden = folder / "pipelines" / "hidden.yaml"
    before = hidden.read_text()
    process = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    limit = threading.Timer(SECONDS, process.kill)
    limit.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if "listening" in first:
            hidden.write_text(before.replace("version: 1\n", "version: 1\nexposed: true\n"))
        rest, wrong = process.communicate()
        assert process.returncode == 0, first + rest + wrong
        until((folder / "stopped").exists)  # the call that was cancelled
        return json.loads(rest or first)
    finally:
        limit.cancel()
        process.kill()
        process.communicate()
        hidden.write_text(before)


def check(seen: Any, *, hears: bool = True) -> None:
    """All that a client should have seen; of changes only one that hears of them."""
    assert {"add", "chain", "sleep"} <= set(seen["tools"])
    assert len(set(seen["tools"])) == len(seen["tools"])
    assert seen["sum"] == {"total": 5}
    assert seen["failed"]["isError"]
    assert "division by zero" in seen["failed"]["content"][0]["text"]
    assert seen["invalid"]["isError"]
    assert "a: 'x' is not of type 'integer'" in seen["invalid"]["content"][0]["text"]
    assert seen["unknown"] == {"code": -32602}
    assert "part 5" in " ".join(filter(None, seen["progress"]))
    assert seen["answered"] == {"answer": "Ada likes red"}
    assert seen["cancelled"]
    assert set(seen["later"]) - set(seen["tools"]) == ({"hidden"} if hears else set())


@pytest.mark.parametrize("version", ["v1", "v2", "v2-modern"])
def test_the_typescript_sdk_does_everything(
    node: str, version: str, target: dict[str, object], folder: Path
):
    check(played([node, TYPESCRIPT, version, json.dumps(target)], folder))


def test_fastmcp_does_everything(node: str, target: dict[str, object], folder: Path):
    assert node, "it runs beside the others"
    mode = "auto" if "url" in target else "legacy"
    command = [sys.executable, str(HERE / "fastmcp_client.py"), mode, json.dumps(target)]

    check(played(command, folder), hears=mode == "legacy")


def inspected(node: str, target: dict[str, Any], *words: str) -> Any:
    """What the Inspector's command line prints."""
    reached = [target["url"]] if "url" in target else [target["command"], *target["args"]]
    cli = INSPECTOR / "clients" / "launcher" / "build" / "index.js"
    said = subprocess.run(
        [node, str(cli), "--cli", *reached, "--connect-timeout", str(SECONDS * 1000), *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout)


def test_the_inspector_lists(node: str, address: str):
    listed = inspected(node, {"url": address}, "--method", "tools/list")

    assert "add" in {tool["name"] for tool in listed["tools"]}


def test_the_inspector_calls(node: str, target: dict[str, Any]):
    words = ["--method", "tools/call", "--tool-name", "add", "--tool-arg", "a=2", "b=3"]

    assert inspected(node, target, *words)["structuredContent"] == {"total": 5}
