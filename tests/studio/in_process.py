"""A workspace with a tool of each temper, whose code runs in the test's own process."""

from pathlib import Path
from typing import Any

from packetflow.kernel.ids import new_id
from packetflow.runner.host import Host
from packetflow.workspace.folder import make_folder

HELLO = """pipeline: hello
version: 1
exposed: true
requires: [name?]
provides: [word]
steps:
  - {use: "word", id: word}
"""
ASKS = """pipeline: asks
version: 1
exposed: true
requires: [name?]
provides: [word, approved]
steps:
  - {use: "word", id: word}
  - {approve: Say it?, id: ok, into: approved}
"""
CODE = '''import asyncio

from packetflow import capability


@capability(provides="word")
def word(name: str = "you") -> str:
    """Say it."""
    return f"Hello {name}"


@capability(provides="rested")
async def rest(seconds: float) -> float:
    """Rest a while."""
    await asyncio.sleep(seconds)
    return seconds
'''
SETTINGS = '\n[mcp]\nexpose = ["rest"]\n'


class HostDoor:
    """A runner in this process, in place of the door to one in another."""

    def __init__(self, folder: Path) -> None:
        self._host = Host(folder, runner=new_id())
        self._is_open = False

    async def listing(self, query: str, limit: int) -> Any:
        if not self._is_open:
            self._is_open = True
            await self._host.open()
        return await self._host.listing(query, limit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)


def make_workspace(tmp_path: Path) -> Path:
    """The workspace."""
    place = make_folder(tmp_path / "work").path
    for path in (place / "pipelines").glob("*.yaml"):
        path.unlink()
    (place / "pipelines" / "hello.yaml").write_text(HELLO)
    (place / "pipelines" / "asks.yaml").write_text(ASKS)
    (place / "capabilities" / "words.py").write_text(CODE)
    with (place / "packetflow.toml").open("a") as settings:
        settings.write(SETTINGS)
    return place
