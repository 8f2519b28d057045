"""A workspace with tools of every kind, and its server in this process: no runner, no sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import mcp_types as t

from packetflow.kernel.ids import new_id
from packetflow.mcp.http import endpoint
from packetflow.mcp.serving import Opened, opened
from packetflow.runner.host import Host
from packetflow.workspace.folder import open_folder

Held = TypeVar("Held")

CODE = '''
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from packetflow import (
    Audio, Context, Effect, Image, Markdown, Resource, Table, capability, secret,
)


@dataclass
class Person:
    """Somebody.

    Attributes:
        name: What they are called.
        age: In years.
    """

    name: str
    age: int = 0


@capability(provides="greeting")
def greet(person: Person, mood: str = "warm") -> str:
    """Greet somebody.

    Kindly, as a rule.

    Args:
        person: Whom to greet.
        mood: ``warm`` or ``formal``.
    """
    return f"Hello {person.name}, {person.age}" if mood == "warm" else f"Good day, {person.name}"


@capability(provides="total", run_in="loop")
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@capability(provides="part")
def divide(number: int, by: int) -> float:
    """Divide."""
    return number / by


@capability(provides="known")
def check(token: Annotated[str, secret]) -> bool:
    """Tell whether a token is known."""
    return token == "open"


@capability(provides="picture", effects=[Effect.reads("network")])
def draw(size: int) -> Image:
    """Draw something."""
    return Image(b"x" * size, "image/png")


@capability(provides="rows", effects=[Effect.reads("files")])
def table(count: int) -> Table:
    """Make a table."""
    import pyarrow as pa
    return pa.table({"n": list(range(count)), "word": ["w"] * count})


@capability(provides="size")
def count_rows(rows: Table) -> int:
    """Count the rows of a table."""
    return rows.num_rows


@capability(provides="note", effects=[Effect.writes("payments")])
def pay(amount: float) -> Markdown:
    """Pay."""
    return Markdown(f"**{amount:g}** paid")


@capability(provides="sheet")
def attach(name: str) -> Resource:
    """Attach a sheet."""
    return Resource(f"sheet://{name}", media_type="text/csv", content="a,b")


@capability(provides="place")
def point_to(name: str) -> Resource:
    """Point to a sheet."""
    return Resource(f"sheet://{name}", name)


@capability(provides="tune")
def sing() -> Audio:
    """Sing."""
    return Audio(b"la", "audio/wav")


@capability(provides="text")
def write(letters: int) -> str:
    """Write a long text."""
    return "x" * letters


@capability(provides="slept")
async def sleep(seconds: float, context: Context) -> float:
    """Sleep, and say how far it is."""
    Path(context.workspace, "began").touch()
    context.log("going to sleep")
    try:
        for part in range(10):
            context.progress(part / 10, f"part {part}")
            await asyncio.sleep(seconds / 10)
    except asyncio.CancelledError:
        Path(context.workspace, "stopped").touch()
        raise
    return seconds


@capability(provides="answer")
async def ask_twice(context: Context) -> str:
    """Ask for a name, then for a colour."""
    first = await context.ask("Who are you?", form={
        "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
    })
    second = await context.ask("Which colour?", choices=["red", "blue"])
    return f"{first['name']} likes {second}"


@capability(provides="gist")
async def gist(text: str, context: Context) -> str:
    """Ask the caller's model."""
    from packetflow.mcp.caller import ask_model
    return await ask_model(context, f"Gist of {text}", max_tokens=50)


@capability(provides="folders")
async def folders(context: Context) -> list[str]:
    """Ask where the caller works."""
    from packetflow.mcp.caller import ask_roots
    return await ask_roots(context)


@capability(provides="given")
def give(what: str) -> Any:
    """Give what cannot be sent."""
    circle: list[Any] = []
    circle.append(circle)
    return {"circle": circle, "half": "\\ud800", "lock": object(), "large": 2**70}[what]


@capability(provides="given")
def give_number(what: str) -> float:
    """Give a number that JSON does not know."""
    return float(what)


@capability(provides="fields")
def give_fields(count: int) -> dict[str, int]:
    """Give many fields."""
    return {f"field_{number}": number for number in range(count)}


@capability(provides="seal")
def give_seal() -> Annotated[str, Field(min_length=50_000)]:
    """Give what is no seal any more when it is shortened."""
    return "x" * 50_000


@capability(provides="found")
def find_street(straße: str) -> str:
    """Find a street."""
    return straße


@capability(enabled=False)
def off(n: int) -> Person:
    """Do nothing."""
    return Person("nobody", n)
'''

PUBLISH = """pipeline: publish
version: 1
intent: Add up, and publish the sum once a person agrees
exposed: true
requires: [a]
provides: [total, approved]
steps:
  - {use: add, id: add}
  - {approve: Publish it?, id: ok, into: approved}
"""

CHAIN = """pipeline: chain
version: 1
intent: Add twice
exposed: true
requires: [a]
provides: [total, sum]
steps:
  - {use: add, id: one}
  - {use: add, id: two, from: {a: total}, to: {total: sum}}
"""

HIDDEN = CHAIN.replace("chain", "hidden").replace("exposed: true\n", "")

SETTINGS = """name = "desk"
intent = "Tools to test with"

[mcp]
expose = [
    "greet", "add", "divide", "check", "draw", "table", "count_rows", "pay", "attach", "point_to",
    "sing", "write", "sleep", "ask_twice", "gist", "folders",
    "give", "give_number", "give_fields", "give_seal", "find_street",
]
prompts = ["greet", "write", "ask_twice"]
result_kilobytes = 8

[mcp.resources]
"texts://{letters}" = "write"
"tune://one" = "sing"
"""


def make_folder(tmp_path: Path) -> Path:
    """A workspace with tools of every kind."""
    place = tmp_path / "desk"
    for part in ("capabilities", "pipelines"):
        (place / part).mkdir(parents=True)
    (place / "packetflow.toml").write_text(SETTINGS)
    (place / "capabilities" / "tools.py").write_text(CODE)
    for name, text in (("publish", PUBLISH), ("chain", CHAIN), ("hidden", HIDDEN)):
        (place / "pipelines" / f"{name}.yaml").write_text(text)
    return place


@contextlib.asynccontextmanager
async def serving(folder: Path, *, follow: bool = False) -> AsyncIterator[Opened]:
    """The server of a workspace whose code runs in this process."""
    workspace = open_folder(folder)
    host = Host(folder, runner=new_id())
    await host.open()
    try:
        async with opened(workspace, host, transport="memory", follow=follow) as ready:
            yield ready
    finally:
        await host.close()


@contextlib.asynccontextmanager
async def app_of(folder: Path, *, follow: bool = False) -> AsyncIterator[Any]:
    """The endpoint, without a socket and without a runner of its own."""
    workspace = open_folder(folder)
    host = Host(folder, runner=new_id())
    await host.open()
    try:
        async with endpoint(workspace, host, follow=follow) as app:
            yield app
    finally:
        await host.close()


@contextlib.asynccontextmanager
async def held(what: contextlib.AbstractAsyncContextManager[Held]) -> AsyncIterator[Held]:
    """Enter and leave it in one task, which fixtures are not."""
    loop = asyncio.get_running_loop()
    entered: asyncio.Future[Held] = loop.create_future()
    over = asyncio.Event()

    async def hold() -> None:
        async with what as one:
            entered.set_result(one)
            await over.wait()

    holding = asyncio.create_task(hold())
    await asyncio.wait([entered, holding], return_when=asyncio.FIRST_COMPLETED)
    if not entered.done():
        await holding
    try:
        yield entered.result()
    finally:
        over.set()
        await holding


async def until(holds: Callable[[], Any], *, seconds: float = 60.0) -> Any:
    """Wait until something holds; answers what it gave."""
    async with asyncio.timeout(seconds):
        while not (found := holds()):
            await asyncio.sleep(0.01)
    return found


def text_of(result: t.CallToolResult) -> str:
    """The words of a result."""
    return " ".join(one.text for one in result.content if isinstance(one, t.TextContent))


def workspace_of(ready: Opened) -> Any:
    """The workspace behind a server."""
    door: Any = ready.answers.calls.door
    return door.workspace
