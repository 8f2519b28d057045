"""Stopping an execution, also one that was put aside to wait."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from packetflow.engine.execution import Running

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace


async def stop(workspace: Workspace, execution_id: str, reason: str) -> bool:
    """Stop an execution, on the workspace's loop; false when it was over already.

    Args:
        workspace: Where it runs, or was put aside.
        execution_id: Its id, or its first or last characters.
        reason: Why, for its records.

    Raises:
        UnknownName: There is no such execution.
        RunElsewhere: Another living process works on it.
    """
    whole = await asyncio.to_thread(workspace.full_id, execution_id)
    running = workspace.engine.running.get(whole)
    if running is not None and running.is_put_aside:
        await running
    elif running is not None:
        running.cancel(reason)
        return True
    story = await asyncio.to_thread(workspace.archive.story, whole)
    if story.ended is not None:
        return False
    take = partial(workspace.ready_to_resume, whole, if_changed="ask")
    found = await asyncio.to_thread(workspace.hearing.woken_or, whole, take)
    if not isinstance(found, Running):
        found = found.resume(workspace.engine, "taken up to be cancelled")
    found.cancel(reason)
    return True
