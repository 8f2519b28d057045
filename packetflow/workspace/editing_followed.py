"""One execution as editors are told of it, through all the processes that it goes on in.

What happens is heard from the process that runs it. An execution that was put aside to wait goes on
wherever somebody wakes it, perhaps in another process; one that was lost may be taken up again; one
that a notebook runs cannot be listened to from outside. The journals tell of all of them, so while
nobody can be heard they are looked at, and whenever they have more, somebody to hear is sought.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from packetflow import errors, frames
from packetflow.engine import trail
from packetflow.engine.past import Story
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.records import ExecutionEnded
from packetflow.store.files import places
from packetflow.store.frames import has_grown, sizes_of
from packetflow.workspace.editing_messages import mishap, written
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.editing_runs import Tally
from packetflow.workspace.editing_versions import happened, story_of
from packetflow.workspace.presence import is_alive

TELL_SECONDS: Final = 0.05
"""Between two messages about one run."""

LOOK_SECONDS: Final = 0.2
RUNNING: Final = "running"
RESTS: Final = frozenset({"waiting", "lost"})
"""Nothing happens in it now, but it may go on."""

GONE: Final = "The process that ran it is gone; resume it on the page Runs."


class Followed:
    """An execution that is followed, or was.

    Args:
        folder: Of the workspace.
        execution: Its id.
        tell: Takes messages to all editors.

    Attributes:
        tally: How its steps stand.
        status: How it stands as a whole.
        message: Why it failed, or was lost; else empty.
    """

    def __init__(self, folder: Path, execution: str, tell: Callable[[bytes], None]) -> None:
        self.tally = Tally()
        self.status = RUNNING
        self.message = ""
        self._journal = places(folder).journal
        self._folder = folder
        self._execution = execution
        self._tell = tell
        self._sizes: dict[str, int] = {}
        self._runner = ""

    @property
    def is_over(self) -> bool:
        """True once nothing can come any more."""
        return self.status != RUNNING and self.status not in RESTS

    @property
    def rests(self) -> bool:
        """True while nothing happens, but may."""
        return self.status in RESTS

    async def load(self) -> Story:
        """Read how it went so far; nobody is told."""
        story = await self._read()
        self.tally.news()
        self.tally.questions.clear()
        if story.ended is not None:
            self.status, self.message = _end_of(story.ended)
        return story

    async def follow(self, code: UserCode, rested: Callable[[], None], *, is_new: bool) -> None:
        """Tell what happens until it is over.

        Args:
            code: Who can be heard.
            rested: Called whenever nothing happens any more, at the end too.
            is_new: Whether *code* began it just now, and tells everything from the first on.
        """
        while True:
            status, message = await self._hear(code, is_new=is_new)
            goes_on = False
            if not is_new or status in RESTS:
                with contextlib.suppress(PacketFlowError, OSError):
                    story = await self._read()  # of what came after whoever was asked looked
                    if story.ended is not None:
                        status, message = _end_of(story.ended)
                    elif status == "waiting":
                        goes_on = not story.parked and self._is_alive()
                self._bundle()
            is_new = False
            if goes_on:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self.say(status, message)
            if self.is_over:
                rested()
                return
            if self.rests:
                rested()
            await self._more()

    def say(self, status: str, message: str = "") -> None:
        """Tell how it stands as a whole, where that is news."""
        if (status, message) != (self.status, self.message):
            self.status, self.message = status, message
            said = {"execution": self._execution, "status": status, "message": message}
            self._tell(written("run", ask=None, **said))

    async def _hear(self, code: UserCode, *, is_new: bool) -> tuple[str, str]:
        """Tell what happens for as long as it can be heard; answers how it stands then."""
        try:
            events = await code.follow(self._execution)
            if not is_new:  # what came before, now that nothing more is missed
                story = await self._read()
                self._bundle()
                if story.ended is None and not story.parked and self._is_alive():
                    self.say(RUNNING)
            outcome = await self._heard(events)
        except (PacketFlowError, OSError) as error:
            return "lost", str(error)
        except Exception as error:  # noqa: BLE001 - supervision border: its end is told
            return "lost", mishap(error)
        if outcome is None:
            return "lost", "nobody tells how it ended"
        if outcome.status == RUNNING:
            return (RUNNING, "") if self._is_alive() else ("lost", GONE)
        if (why := outcome.failure) is None:
            return outcome.status, ""
        return outcome.status, _why(why.step, why.error_type, why.message, why.traceback)

    async def _heard(self, events: AsyncIterator[Happening | Outcome]) -> Outcome | None:
        """Take what is heard, told in bundles; answers its end."""
        news = asyncio.Event()
        outcome: list[Outcome] = []

        async def listen() -> None:
            async for event in events:
                if isinstance(event, Outcome):
                    outcome.append(event)
                else:
                    self.tally.take(event)
                    news.set()

        listening = asyncio.create_task(listen())
        try:
            while not listening.done():
                waiting = asyncio.create_task(news.wait())
                await asyncio.wait({listening, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                news.clear()
                self._bundle()
                await asyncio.sleep(TELL_SECONDS)
            await listening
        finally:
            listening.cancel()
            self._bundle()
        return outcome[0] if outcome else None

    def _bundle(self) -> None:
        steps = self.tally.news()
        if steps:
            self._tell(written("steps", execution=self._execution, steps=steps))
        for question in self.tally.questions:
            self._tell(written("question", execution=self._execution, **question))
        self.tally.questions.clear()

    async def _read(self) -> Story:
        """Take what the journals tell."""
        sizes = await asyncio.to_thread(sizes_of, self._journal)
        story = await asyncio.to_thread(story_of, self._folder, self._execution)
        self._sizes = sizes
        if story.started is not None:
            self._runner = story.runner
            self.tally.catch_up(happened(story))
        return story

    async def _more(self) -> None:
        """Wait until the journals may tell more, or whoever runs it is gone."""
        while not await asyncio.to_thread(self._has_more):
            await asyncio.sleep(LOOK_SECONDS)

    def _has_more(self) -> bool:
        if has_grown(self._journal, self._sizes, self._execution):
            return True
        return self.status == RUNNING and not self._is_alive()

    def _is_alive(self) -> bool:
        return bool(self._runner) and is_alive(self._folder, self._runner)


def _end_of(ended: ExecutionEnded) -> tuple[str, str]:
    """The status and the message of an end in the journals."""
    if not ended.error_type:
        return ended.status, ""
    return ended.status, _why(ended.failed_step, ended.error_type, ended.error)


def _why(step: str, kind: str, said: str, traceback: str = "") -> str:
    """What failed, in a line; an error not of PacketFlow's with its type and the user's line."""
    if hasattr(errors, kind):  # its words say what to do
        return f"{step}: {said}"
    own = [place for place in trail.places(traceback) if not frames.is_installed(place.file)]
    where = f" ({Path(own[-1].file).name}, line {own[-1].line})" if own else ""
    words = ": ".join(part for part in (kind, said) if part)
    return f"{step}: {words}{where}"
