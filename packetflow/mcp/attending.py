"""Attend a run: hear its events until it is over, or until nothing but questions keeps it.

Questions that the client can be asked meanwhile are put to it while the run goes on; others are
answered between two requests, by whoever resumes the run with `Attended.follow`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from packetflow.errors import PacketFlowError, UnknownName
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.mcp.doors import Door
from packetflow.mcp.progress import Mark, Tally
from packetflow.mcp.questions import Question, question_of
from packetflow.runner.outcomes import lost

QUIET_SECONDS: Final = 0.15
"""A run of which nothing but questions is heard for so long has nothing else to do.

A step that begins beside them only later is asked about in the next round.
"""

TAKEN_SECONDS: Final = 10.0
"""So long a run that was put aside may take to go on after its answers."""

LOOK_SECONDS: Final = 0.02

log = logging.getLogger(__name__)

AskClient: TypeAlias = Callable[[Question], Awaitable[Any]]
Place: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass
class Heard:
    """Who is told what a run does.

    Attributes:
        progress: Told how far it is.
        log: Told its lines, by level and text.
        ask: Puts a question to the client now and answers with the value; ``None`` where that
            cannot be done while a request is under way.
        can_ask: Whether the client could answer a question.
        seen: Told each event, as it is.
    """

    progress: Callable[[Mark], Awaitable[None]] | None = None
    log: Callable[[str, str], Awaitable[None]] | None = None
    ask: AskClient | None = None
    can_ask: Callable[[Question], bool] = lambda _: False
    seen: Callable[[Happening], None] | None = None


@dataclass(eq=False)
class Attended:
    """A run that is attended.

    Args:
        door: The way to it.
        execution_id: Which.
        heard: Who is told.
        steps: How many steps it has; 0 where nobody knows.
        done: How many of them were done before.

    Attributes:
        questions: What it asks and nobody has answered, by key.
        tally: How far it is.
    """

    door: Door
    execution_id: str
    heard: Heard
    steps: int = 0
    done: int = 0
    questions: dict[str, Question] = field(default_factory=dict)
    tally: Tally = field(init=False)
    _events: deque[Happening | Outcome] = field(default_factory=deque)
    _news: asyncio.Future[None] | None = None
    _working: set[Place] = field(default_factory=set)
    _asking: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _refused: list[BaseException] = field(default_factory=list)
    _given: dict[str, Question] = field(default_factory=dict)
    _answered: float = 0.0

    def __post_init__(self) -> None:
        self.tally = Tally(self.steps, self.done)

    async def start(self, request: CapabilityRequest) -> None:
        """Begin it.

        Raises:
            PacketFlowError: It cannot run; nothing was started.
        """
        await self.door.start(request, self._tell)

    async def follow(self, answers: Mapping[str, Any]) -> None:
        """Hear it from now on, and give it answers, by the key of their questions."""
        await self.door.follow(self.execution_id, self._tell)
        for key, value in answers.items():
            await self.give(self.questions[key], value)

    @property
    def has_news(self) -> bool:
        """Whether something was heard that nobody has attended to."""
        return bool(self._events)

    async def attend(self) -> Outcome | None:
        """Wait until it is over; ``None`` when only `questions` keep it.

        Raises:
            PacketFlowError: The client refused to answer a question, or nobody can be heard.
        """
        while True:
            event = await self._next()
            if self._refused:
                raise self._refused[0]
            if event is None:
                return None
            if not isinstance(event, Outcome):
                await self._told(event)
            elif await self._is_over(event):
                return event

    async def _next(self) -> Happening | Outcome | None:
        """The next event; ``None`` when it has nothing to do but to wait for answers."""
        while not self._events:
            settled = bool(self.questions) and not self._asking and not self._is_busy()
            self._news = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(QUIET_SECONDS if settled else None):
                    await self._news
            except TimeoutError:
                if not self._asking:
                    return None
        return self._events.popleft()

    def _is_busy(self) -> bool:
        """Whether a step works; one that waits for what it called, which asks, does not."""
        asking = self.questions.values()
        return any(
            not any(_is_inside(one, step, path) for one in asking) for step, path in self._working
        )

    async def _told(self, event: Happening) -> None:
        if self.heard.seen is not None:
            self.heard.seen(event)
        place: Place = event.step, tuple(event.path)
        match event.kind:
            case "step_started":
                if place not in {(one.step, one.path) for one in self.questions.values()}:
                    self._working.add(place)
            case "step_ended":
                self._working.discard(place)
                self._forget(place)
            case "answered":
                self._forget(place)
                self._given = {k: one for k, one in self._given.items() if _at(one) != place}
                self._working.add(place)
            case "waits":
                self._working.discard(place)
                question = question_of(event)
                if question is not None:
                    self._open(question)
            case "logged":
                if self.heard.log is not None:
                    body = event.body
                    await self.heard.log(str(body.get("level", "info")), str(body.get("text", "")))
            case _:
                pass
        mark = self.tally.take(event)
        if mark is not None and self.heard.progress is not None:
            await self.heard.progress(mark)

    async def _is_over(self, outcome: Outcome) -> bool:
        """Whether that is its end; one that was put aside may go on."""
        if outcome.status != "waiting":
            return True
        asked = {one.key: one for one in map(question_of, outcome.waits) if one is not None}
        for key, question in asked.items():
            if key not in self.questions and key not in self._given:
                self._open(question)  # it was put aside before anybody could hear it
        if self._asking:
            await asyncio.wait(self._asking.values())
        if self._refused:
            raise self._refused[0]
        if self._is_taking():
            if asked and not asked.keys() & self._given.keys():
                self.questions = asked
                return True
            await asyncio.sleep(LOOK_SECONDS)
            await self.door.follow(self.execution_id, self._tell)
            return False
        self.questions |= asked
        return True

    def _is_taking(self) -> bool:
        """Whether it was answered so lately that it may not have heard of it yet."""
        return bool(self._answered) and time.monotonic() - self._answered < TAKEN_SECONDS

    def _open(self, question: Question) -> None:
        if self._given.pop(question.key, None) == question and self._is_taking():
            self._given[question.key] = question  # it is on its way to take the answer
            return
        self.questions[question.key] = question
        ask = self.heard.ask
        if ask is not None and self.heard.can_ask(question):
            task = asyncio.create_task(self._put(question, ask))
            self._asking[question.key] = task

    async def _put(self, question: Question, ask: AskClient) -> None:
        """Put a question to the client, and its answer to the run."""
        try:
            await self.give(question, await ask(question))
        except UnknownName:  # somebody else has answered it meanwhile
            log.info("question %s of run %s was answered before", question.key, self.execution_id)
        except PacketFlowError as error:
            self._refused.append(error)
            self._tell(lost(self.execution_id, error))
        finally:
            self._asking.pop(question.key, None)
            self._tell(Happening(self.execution_id, "heard"))

    async def give(self, question: Question, value: Any) -> None:
        """Answer one of its questions."""
        self._answered = time.monotonic()
        self._given[question.key] = question
        self.questions.pop(question.key, None)
        self._working.add((question.step, question.path))
        step, path = question.step, list(question.path)
        await self.door.answer(AnswerStep("", self.execution_id, step, path, value))

    def _forget(self, place: Place) -> None:
        for key, question in list(self.questions.items()):
            if (question.step, question.path) == place:
                del self.questions[key]
                asking = self._asking.get(key)
                if asking is not None:
                    asking.cancel()

    def _tell(self, event: Happening | Outcome) -> None:
        self._events.append(event)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def let_go(self) -> None:
        """Hear of it no more; it goes on."""
        for task in self._asking.values():
            task.cancel()
        self.door.unfollow(self.execution_id, self._tell)


def _at(question: Question) -> Place:
    return question.step, question.path


def _is_inside(question: Question, step: str, path: tuple[int, ...]) -> bool:
    inside = question.step.startswith(f"{step}/")
    return inside and question.path[: len(path)] == path
