"""Times that come due, also while no runner lived."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from packetflow.runner.files import Triggers
from packetflow.runner.remembered import Remembered
from packetflow.runner.starts import Cause, cause_of

LOOK_SECONDS: Final = 1.0
"""A schedule that is new, or has changed, counts from the next look on."""
AHEAD_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


class Schedules:
    """Starts pipelines at the times of their schedules.

    The last due time that was served is kept for each schedule. After a time without a runner, or
    a machine's sleep, a pipeline is started once, for the latest due time that was missed; those
    before it are left out. A schedule that is seen for the first time has missed nothing.

    Args:
        state: The workspace's state folder.
        triggers: The pipelines and their triggers of a kind.
        begin: Starts a pipeline.
        now: The local time.
    """

    def __init__(
        self,
        state: Path,
        triggers: Triggers,
        begin: Callable[[Cause], int],
        *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
    ) -> None:
        self._triggers = triggers
        self._begin = begin
        self._now = now
        self._served = Remembered(state / "triggered" / "times.json")
        self._reported: set[str] = set()

    async def watch(self) -> None:
        """Look at every due time, and every second for schedules that are new."""
        while True:
            await asyncio.sleep(self.look())

    def look(self) -> float:
        """Start what is due; answers the seconds to the next look."""
        now = self._now()
        known = self._served.read()
        served: dict[str, float] = {}
        pause = LOOK_SECONDS
        for pipeline, trigger in self._triggers("schedule"):
            try:
                due, following = around(trigger.what, now)
            except (ValueError, KeyError) as error:
                self._report(f"{pipeline.name}: schedule {trigger.what!r}: {error}")
                continue
            pause = min(pause, (following - now).total_seconds())
            key = f"{pipeline.name}: {trigger.what}"
            last = known.get(key)
            if last is None or last > now.timestamp() + AHEAD_SECONDS:  # new, or a clock set back
                served[key] = now.timestamp()
            elif due.timestamp() > last:
                mark = f"schedule:{due.astimezone(dt.UTC).isoformat()}"
                self._begin(cause_of(pipeline, trigger, mark, {}))
                served[key] = due.timestamp()
        if served:
            self._served.change(lambda facts: facts.update(served))
        return max(0.01, pause)

    def _report(self, problem: str) -> None:
        if problem not in self._reported:
            self._reported.add(problem)
            log.warning("a trigger is never heeded: %s", problem)


def around(schedule: str, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The latest due time up to now and the next one, in local time.

    In the hour that a clock set back repeats, a due time counts once, at its first pass.

    Raises:
        ValueError, KeyError: *schedule* is none that can be read.
    """
    from croniter import croniter

    wall = now.replace(tzinfo=None)  # the rules of the place turn it into a moment, not an offset
    times: Any = croniter(schedule, wall)
    following: dt.datetime = times.get_next(dt.datetime)
    times.set_current(following)
    before: dt.datetime = times.get_prev(dt.datetime)
    return before.astimezone(), following.astimezone()
