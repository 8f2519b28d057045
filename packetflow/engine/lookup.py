"""Looking up the events that came before a step waited for them.

The step waits already while it looks, so nothing that comes meanwhile is missed. When the store
cannot be reached it goes on to wait, and looks as soon as the store is back.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from packetflow.engine.deadlines import Deadline
from packetflow.engine.ports import Inbox
from packetflow.engine.waiters import Waiter
from packetflow.errors import StoreError
from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived

AGAIN_SECONDS: Final = 1.0
SELDOM_SECONDS: Final = 30.0
"""The pause between two looks doubles up to this."""


async def look_up(waiter: Waiter, began: Moment, around: Deadline | None) -> EventArrived | None:
    """Take an event that came before; no time limit around ends before it has looked once.

    An answer counts from when its question was asked, at *began*. An event from before the
    execution counts for a wait with its key, if no other execution has taken it.

    Raises:
        StoreError: The store cannot be asked now.
    """
    if around is None:
        return await _early(waiter, began)
    around.look(1)
    try:
        return await _early(waiter, began)
    finally:
        around.look(-1)


def look_later(waiter: Waiter, began: Moment, error: StoreError) -> asyncio.Task[None]:
    """Say why nothing could be looked up, and do it as soon as that is possible."""
    run = waiter.run
    text = f"earlier events are looked up later: {error}"
    with suppress(StoreError):  # on a full disk there is no room for this line either
        run.engine.note(run, "warning", text, {"event": waiter.event})
    return asyncio.get_running_loop().create_task(_look_until_done(waiter, began))


async def _look_until_done(waiter: Waiter, began: Moment) -> None:
    pause = AGAIN_SECONDS
    while True:
        await waiter.run.engine.clock.sleep(pause)
        pause = min(2 * pause, SELDOM_SECONDS)
        with suppress(StoreError):
            early = await _early(waiter, began)
            if early is not None:
                waiter.give(early)
            return


async def _early(waiter: Waiter, began: Moment) -> EventArrived | None:
    """The first event that this wait may take, taken; ``None`` also when one came meanwhile."""
    run, inbox = waiter.run, waiter.run.engine.inbox
    if inbox is None:
        return None
    found = await inbox.find(waiter.answer, "", began)
    is_answered = any(one.event_id not in run.taken for one in found)
    if waiter.event != waiter.answer:
        found += await inbox.find(waiter.event, waiter.key, run.began)
    if waiter.key and not is_answered:
        left = await _left_over(waiter, inbox)
        if left is not None:
            return left
    if waiter.future.done():
        return None
    first = next((one for one in found if one.event_id not in run.taken), None)
    if first is not None:
        run.take(first.event_id)
    return first


async def _left_over(waiter: Waiter, inbox: Inbox) -> EventArrived | None:
    """The oldest event from before the execution that no other has claimed, taken."""
    run = waiter.run
    for one in await inbox.left_over(waiter.event, waiter.key, run.began, run.id):
        if waiter.future.done():
            break
        if one.event_id in run.taken or not await inbox.claim(one, run.began, run.id):
            continue
        if one.event_id in run.taken:  # another wait of this execution was quicker
            continue
        if not waiter.future.done():
            run.take(one.event_id)
            return one
        inbox.give_back(one.event_id, run.id)
    return None
