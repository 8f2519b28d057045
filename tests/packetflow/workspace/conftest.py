"""A workspace folder with capabilities of its own, opened for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from packetflow import Workspace

STEPS = '''
from dataclasses import dataclass
from typing import Annotated

from packetflow import Effect, capability, secret


@dataclass
class Point:
    x: int
    y: int


@capability(provides="point")
def place(x: int, y: int = 2) -> Point:
    """Put a point somewhere."""
    return Point(x, y)


@capability(provides="far", run_in="loop")
def measure(point: Point) -> float:
    """Tell how far it is from the origin."""
    return (point.x**2 + point.y**2) ** 0.5


@capability(provides="part")
def divide(number: int, by: int) -> float:
    """Divide."""
    return number / by


@capability(provides="part")
async def divide_later(number: int, by: int) -> float:
    """Divide, on the loop."""
    return number / by


@capability(provides="greeting")
def greet(name: str, token: Annotated[str, secret]) -> str:
    """Greet somebody known."""
    if name == "nobody":
        raise ValueError(f"no greeting for {name} with {token}")
    return f"Hello {name}"
'''

ASK = """pipeline: ask
version: 1
requires: [x]
provides: [point, allowed]
steps:
  - {use: place, id: place}
  - {approve: Is this right?, id: approve, into: allowed}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a file of capabilities and a pipeline that asks a person."""
    place = tmp_path / "home"
    for part in ("capabilities", "pipelines"):
        (place / part).mkdir(parents=True)
    (place / "packetflow.toml").write_text('name = "home"\n')
    (place / "capabilities" / "steps.py").write_text(STEPS)
    (place / "pipelines" / "ask.yaml").write_text(ASK)
    return place


@pytest.fixture
def ws(folder: Path) -> Iterator[Workspace]:
    """That folder, open."""
    with Workspace(folder) as opened:
        yield opened


@pytest.fixture
def memory() -> Iterator[Workspace]:
    """A workspace that leaves nothing behind."""
    with Workspace(":memory:") as opened:
        yield opened
