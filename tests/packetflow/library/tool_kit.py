"""A model, scripted, and the tools that it may call."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

from packetflow import Effect, capability, pipeline, secret, then
from packetflow.discovery.catalog import Catalog
from packetflow.engine.engine import Engine
from packetflow.library.asking import ask_with_tools
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink

MADE: list[Any] = []


@capability(provides="notes")
async def find_notes(query: str, limit: int = 5) -> list[str]:
    """Find notes with a word in them."""
    MADE.append(("find", query))
    return [f"{query} {number}" for number in range(limit)]


@capability(provides="receipt", effects=[Effect.writes("payments")])
async def pay(amount: int, token: Annotated[str, secret] = "") -> str:
    """Pay."""
    MADE.append(("pay", amount))
    return f"paid {amount}"


@capability(provides="n")
async def fail(n: int) -> int:
    """Fail."""
    raise ValueError(f"no {n}")


@capability(provides="count")
async def count(notes: list[str]) -> int:
    """Count."""
    return len(notes)


@capability(provides="never")
async def hang() -> int:
    """Hang."""
    await asyncio.Event().wait()
    return 1


how_many = pipeline("how_many", then(find_notes, count), intent="Count notes", provides=["count"])


def catalog() -> Catalog:
    made = Catalog()
    made.add(find_notes, pay, fail, count, hang, how_many)
    return made


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def calls(*wanted: dict[str, Any]) -> dict[str, Any]:
    return {"tool_calls": list(wanted)}


def script(folder: Path, *answers: Any) -> str:
    (folder / "script.json").write_text(json.dumps(answers))
    return f"scripted:{folder / 'script.json'}"


async def asked(folder: Path, *answers: Any, tools: Any = ("find_notes",), **said: Any):
    engine = Engine(RecordingSink(), clock=FakeClock(), catalog=catalog(), inbox=Box())
    inputs = {
        "question": "How many?",
        "tools": list(tools),
        "model": script(folder, *answers),
        **said,
    }
    execution = await engine.run(ask_with_tools, inputs)
    await engine.close()
    return execution


def told(execution: Any) -> list[str]:
    """What tools answered the model."""
    return [one["content"] for one in execution["transcript"] if one["role"] == "tool"]
