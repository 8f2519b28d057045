"""One studio for the tests of the canvas's socket, over a workspace of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kit import studio_of

from packetflow.runner.card import read_card
from packetflow.runner.launch import end_runner
from packetflow.workspace.folder import make_folder
from packetflow.workspace.presence import state_of

CODE = '''"""Capabilities for tests."""
import asyncio
from pathlib import Path
from packetflow import Context, capability

@capability(provides="doubled")
async def double(number: int) -> int:
    """Double a number."""
    count = Path(__file__).with_suffix(".count")
    count.write_text(str(int(count.read_text() if count.exists() else 0) + 1))
    return 2 * number

@capability(provides="sum")
def add(doubled: int, more: int = 1) -> int:
    """Add two numbers."""
    return doubled + more

@capability(provides="said")
async def ask(sum: int, context: Context) -> str:
    """Ask a person."""
    return str(await context.ask(f"Is {sum} right?", ["yes", "no"]))

@capability(provides="never")
async def wait_long(number: int) -> int:
    """Wait."""
    await asyncio.sleep(3600)
    return number

@capability(provides="rest")
async def linger(doubled: int) -> int:
    """Go on when told to."""
    while not Path(__file__).with_suffix(".go").exists():
        await asyncio.sleep(0.02)
    return doubled

@capability(provides="rows")
def list_rows(number: int) -> list[dict[str, int]]:
    """Make a table."""
    return [{"n": n} for n in range(number)]

@capability(provides="nothing", run_in="loop")
def hang(number: int) -> int:
    """Stand still on the runner's loop."""
    import time
    time.sleep(number)
    return 0
'''
FLOW = """\
pipeline: sums
steps:
  - id: graph
    graph:
      - use: double
        id: double
      # the sum
      - use: add
        id: add
"""


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = make_folder(tmp_path_factory.mktemp("canvas") / "work")
    (made.capabilities / "numbers.py").write_text(CODE)
    for name in ("sums", "twice", "runs", "parts", "asks", "files", "conflict", "slow", "renewed"):
        (made.pipelines / f"{name}.yaml").write_text(FLOW.replace("sums", name))
    yield made.path
    for path in (state_of(made.path) / "runners").glob("*.json"):
        card = read_card(path)
        if card is not None:
            end_runner(made.path, card)


@pytest.fixture(scope="package")
def address(folder: Path) -> Iterator[str]:
    with studio_of(folder) as url:
        yield url
