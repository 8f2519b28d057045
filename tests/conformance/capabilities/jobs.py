"""Tools that run as tasks."""

import asyncio
from typing import Any

from packetflow import Context, capability
from packetflow.mcp.caller import ask_roots


@capability(provides="text")
def greet(name: str) -> str:
    """Greet, at once."""
    return f"Hello, {name}!"


@capability(provides="text")
async def slow_compute(seconds: float, label: str = "") -> str:
    """Take its time."""
    await asyncio.sleep(seconds)
    return f"{label} done after {seconds:g} s"


@capability(provides="text")
async def failing_job() -> str:
    """Fail after a while."""
    await asyncio.sleep(1)
    raise RuntimeError("This job fails on purpose")


@capability(provides="folders")
async def protocol_error_job(context: Context) -> list[str]:
    """Ask for what the caller does not have."""
    return await ask_roots(context)


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean"}},
    "required": ["confirm"],
}


@capability(provides="text")
async def confirm_delete(filename: str, context: Context) -> str:
    """Delete nothing, once a person agrees."""
    answer = await context.ask(f"Delete {filename}?", form=FORM)
    return f"{filename} {'deleted' if answer['confirm'] else 'kept'}"


@capability(provides="one")
async def ask_one(context: Context) -> bool:
    """Ask."""
    return bool((await context.ask("The one?", form=FORM))["confirm"])


@capability(provides="other")
async def ask_other(context: Context) -> bool:
    """Ask something else."""
    return bool((await context.ask("The other?", form=FORM))["confirm"])
