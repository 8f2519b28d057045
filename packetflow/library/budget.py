"""How much a conversation with a model may take, and the end of what takes longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final

from packetflow.capabilities.context import Context
from packetflow.engine.strands import TIME_IS_UP

LAST_SECONDS: Final = 60.0
"""So long a model may take for its last words once a budget is used up."""

LOOK_SECONDS: Final = 0.5
"""So often it is looked whether a person is asked meanwhile."""


@dataclass(frozen=True)
class Budget:
    """How much a question may take."""

    calls: int
    seconds: float
    cost_usd: float | None = None

    def used_up(self, calls: int, seconds: float, cost_usd: float) -> str:
        """The limit that is reached; empty if none is."""
        if calls >= self.calls:
            return "max_calls"
        if seconds >= self.seconds:
            return "max_seconds"
        over = self.cost_usd is not None and cost_usd >= self.cost_usd
        return "max_cost_usd" if over else ""


class Time:
    """The time of one conversation; as text, how much it was.

    Args:
        context: The step's.
        seconds: How much there is.

    Attributes:
        used: So many seconds are used, without those in which people were asked.
    """

    def __init__(self, context: Context, seconds: float) -> None:
        self._context = context
        self._given = self._limit = seconds
        self.used = 0.0

    def __str__(self) -> str:
        last = "" if self._limit == self._given else f", and {LAST_SECONDS:g} for the end"
        return f"max_seconds ({self._given:g}{last}) are used up"

    def allow_last_words(self) -> None:
        """Give a little more from now on, for the end."""
        self._limit = self.used + LAST_SECONDS

    async def limited(self, work: Awaitable[Any]) -> Any:
        """What some work gives, or ``None`` when the time is used up, which ends it."""
        task = asyncio.ensure_future(work)
        try:
            while self.used < self._limit and not task.done():
                began, asking = time.monotonic(), self._context.is_asking
                left = self._limit - self.used
                await asyncio.wait({task}, timeout=min(left, LOOK_SECONDS))
                if not (asking and self._context.is_asking):
                    self.used += time.monotonic() - began
        except asyncio.CancelledError as stopped:
            task.cancel(*stopped.args)
            await asyncio.wait({task})
            raise
        if task.done():
            return task.result()
        task.cancel(TIME_IS_UP)
        await asyncio.wait({task}, timeout=LOOK_SECONDS)
        return None
