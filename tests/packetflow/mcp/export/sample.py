"""A workspace with a pipeline of every kind of step, exported; and the export, started."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from packetflow.mcp.export.bundle import Bundle, export
from packetflow.runner.present import list_all
from packetflow.workspace.workspace import Workspace

WORDS = '''"""Words."""

import asyncio
import os
import sys
from pathlib import Path

from packetflow import Context, capability


@capability(provides="loud")
def shout(text: str) -> str:
    """Write it large."""
    print("never seen by clients")
    return text.upper()


@capability(provides="size")
async def measure(text: str) -> int:
    """Count its letters."""
    return len(text)


@capability(provides="size", run_in="process")
def count_slowly(text: str) -> int:
    """Count its letters elsewhere."""
    return len(text)


@capability(provides="grown")
def grow(grown: str) -> str:
    """Add a letter."""
    return grown + "a"


@capability(provides="loud")
def fail(text: str) -> str:
    """Fail."""
    raise OSError("no line")


@capability(provides="home")
def where(context: Context) -> list[str]:
    """Say from where it runs: PacketFlow, this file, its process's folder."""
    import packetflow

    return [packetflow.__file__, __file__, os.getcwd()]


@capability(provides="slept")
async def slow(context: Context, seconds: float = 60.0) -> int:
    """Sleep the first time; say the second time that it is the second."""
    mark = Path(context.workspace, "begun")
    times = len(mark.read_text()) if mark.exists() else 0
    mark.write_text("x" * (times + 1))
    if not times:
        await asyncio.sleep(seconds)
    return times + 1
'''

SENTENCES = {
    "in_order": "[{use: shout}, {use: measure}]",
    "together": "[{parallel: [{use: shout}, {use: measure}]}]",
    "as_graph": "[{graph: [{use: shout}, {use: measure, from: {text: loud}}]}]",
    "in_two_ways": (
        "[{use: measure}, {when: size > 3, then: [{use: shout}], "
        "otherwise: [{use: fail, id: not_loud}]}]"
    ),
    "each_one": "[{each: [{use: measure}], over: {text: texts}, into: {size: sizes}}]",
    "in_a_race": "[{race: [{use: measure}, {use: measure, id: again}]}]",
    "after_a_failure": "[{fallback: [{use: fail}, {use: shout}]}]",
    "again": "[{repeat: [{use: grow}], until: size(grown) > 5, at_most: 9}]",
    "calling": "[{call: in_order}]",
    "guarded": "[{use: shout, with: [{timeout: 10}, {retry: {attempts: 2}}]}]",
    "elsewhere": "[{use: count_slowly}]",
    "ready_made": "[{use: keywords}]",
    "asked": "[{use: measure}, {approve: 'Is it right?', into: right}]",
    "lasting": "[{use: measure}, {use: slow}]",
    "placed": "[{use: where}]",
}
"""The pipelines of the workspace: their steps by name."""


SETTINGS = """name = "sample"

[mcp]
expose = ["grow"]

[mcp.tasks]
asked = {}
lasting = {}
"""


def make_folder(place: Path) -> Path:
    """The workspace."""
    folder = place / "sample"
    for part in ("capabilities", "pipelines"):
        (folder / part).mkdir(parents=True)
    (folder / "packetflow.toml").write_text(SETTINGS)
    (folder / "capabilities" / "words.py").write_text(WORDS)
    for name, steps in SENTENCES.items():
        text = f"pipeline: {name}\nversion: 1\nintent: Show {name}\nexposed: true\nsteps: {steps}\n"
        (folder / "pipelines" / f"{name}.yaml").write_text(text)
    return folder


def made(folder: Path, *names: str, **options: Any) -> Bundle:
    """An export of a workspace, by default of all that is in it."""
    with Workspace(folder) as ws:
        listing = list_all(ws.catalog, "", 0)
    wanted = names or [one.name for one in listing.pipelines]
    return export(folder, listing, wanted, **options)


def site_packages() -> str:
    """The folder where the packages that an export needs are installed."""
    import mcp

    return str(Path(mcp.__file__).parents[1])


ALONE = """
import importlib.util, runpy, sys
sys.path.append(sys.argv.pop(1))
del sys.argv[0]
found = importlib.util.find_spec("packetflow")
if found is not None and found.origin is not None:
    sys.exit("a PacketFlow is installed here: " + found.origin)
sys.modules["rfc3987_syntax"] = None  # a second for jsonschema, which a plain install has not
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def command(script: Path, *words: str) -> list[str]:
    """Starts an export where no PacketFlow can be imported: `.pth` files do not count."""
    return [sys.executable, "-I", "-S", "-c", ALONE, site_packages(), str(script), *words]


def environment(home: Path) -> dict[str, str]:
    """All that an export is given to know of this machine."""
    home.mkdir(exist_ok=True)
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "PACKETFLOW_STATE": str(home / "state")}


@contextlib.asynccontextmanager
async def started(script: Path, home: Path, **options: Any) -> AsyncIterator[Client]:
    """A client of an export that runs in its own process."""
    program, *words = command(script)
    parameters = StdioServerParameters(
        command=program, args=words, env=environment(home), cwd=str(home)
    )
    async with asyncio.timeout(120) as limit, Client(parameters, **options) as client:
        limit.reschedule(None)  # it is for the start: many tests may share one client
        yield client


@contextlib.asynccontextmanager
async def listening(script: Path, home: Path) -> AsyncIterator[tuple[Process, str]]:
    """An export that serves over HTTP in its own process, and its address."""
    process = await asyncio.create_subprocess_exec(
        *command(script, "--http", "0"), env=environment(home), cwd=home, stderr=PIPE
    )
    said = process.stderr
    assert said is not None
    first = (await asyncio.wait_for(said.readline(), 120)).decode()
    draining = asyncio.create_task(said.read())
    try:
        assert " at http" in first, first + (await draining).decode()
        yield process, first.split(" at ")[1].split()[0]
    finally:
        if process.returncode is None:
            process.terminate()
        await draining
        await process.wait()
