"""What we export is taken and run by tools that others wrote."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from packetflow.mcp import export_tools
from packetflow.workspace.workspace import Workspace
from tests.clients.test_foreign import HERE, SECONDS, inspected

CALL = ("--method", "tools/call", "--tool-name", "chain", "--tool-arg", "a=2")
MCPB = HERE / "node_modules" / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js"


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an export."""
    place = tmp_path_factory.mktemp("out")
    with Workspace(folder) as ws:
        export_tools(ws, "chain").write(place)
    return place


def mcpb(node: str, *words: str | Path) -> str:
    """What the tool for bundles says."""
    command = [node, str(MCPB), *map(str, words)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def launched(program: Path, tmp_path: Path) -> dict[str, Any]:
    """The export as the Inspector starts it, with a state folder of its own."""
    words = ["-e", f"XDG_STATE_HOME={tmp_path}", "-e", f"PATH={os.environ['PATH']}"]
    return {"command": sys.executable, "args": [str(program), *words]}


def test_a_bundle_is_valid_unpacks_packs_and_answers_a_call(node: str, out: Path, tmp_path: Path):
    inside, again = tmp_path / "inside", tmp_path / "again.mcpb"
    mcpb(node, "unpack", out / "chain.mcpb", inside)

    assert "passes" in mcpb(node, "validate", inside / "manifest.json")
    mcpb(node, "pack", inside, again)
    with zipfile.ZipFile(out / "chain.mcpb") as first, zipfile.ZipFile(again) as second:
        assert set(first.namelist()) == set(second.namelist())
    entry = json.loads((inside / "manifest.json").read_text())["server"]["entry_point"]
    called = inspected(node, launched(inside / entry, tmp_path / "state"), *CALL)
    assert called["structuredContent"] == {"total": 3, "sum": 4}


def test_a_script_answers_a_call(node: str, out: Path, tmp_path: Path):
    called = inspected(node, launched(out / "chain.py", tmp_path / "state"), *CALL)

    assert called["structuredContent"] == {"total": 3, "sum": 4}
