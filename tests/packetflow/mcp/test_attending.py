"""A run is attended through what happens to it beside its questions, without a runner."""

from __future__ import annotations

from typing import Any

import pytest

from packetflow.errors import UnknownName
from packetflow.kernel.cards import Happening, Outcome, WaitCard
from packetflow.kernel.messages import AnswerStep
from packetflow.mcp.attending import Attended, Heard
from packetflow.mcp.questions import Declined, Question
from packetflow.runner.port import Tell

ASIDE = Outcome("run", "waiting", waits=[WaitCard("ask", question="Sure?", choices=["yes"])])
OVER = Outcome("run", "ok")


class Door:
    """A run that was put aside before it could tell what it asks; it goes on once answered."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    async def follow(self, execution_id: str, tell: Tell) -> None:
        tell(OVER if self.given else ASIDE)

    async def answer(self, request: AnswerStep) -> None:
        self.given.append(request.value)


async def test_a_question_that_only_the_end_tells_of_is_put_to_the_client():
    door = Door()

    async def ask(question: Question) -> str:
        return question.choices[0]

    run = Attended(door, "run", Heard(ask=ask, can_ask=lambda _: True))
    await run.follow({})

    assert await run.attend() == OVER
    assert door.given == ["yes"]


async def test_a_question_of_a_run_put_aside_that_is_declined_is_not_left_open():
    async def ask(question: Question) -> str:
        raise Declined("no")

    run = Attended(Door(), "run", Heard(ask=ask, can_ask=lambda _: True))
    await run.follow({})

    with pytest.raises(Declined):
        await run.attend()


class Resumed(Door):
    """A run that says once more what it asks before it finds its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Happening("run", "waits", "ask", body={"question": "Sure?"})

    async def follow(self, execution_id: str, tell: Tell) -> None:
        self.tell = tell
        tell(self.asked)

    async def answer(self, request: AnswerStep) -> None:
        if self.given:
            raise UnknownName("waiting step", request.step)
        await super().answer(request)
        self.tell(self.asked)
        self.tell(OVER)


async def test_a_question_is_asked_once_though_its_run_was_taken_up_anew():
    asked: list[str] = []

    async def ask(question: Question) -> str:
        asked.append(question.text)
        return "yes"

    run = Attended(Resumed(), "run", Heard(ask=ask, can_ask=lambda _: True))
    await run.follow({})

    assert await run.attend() == OVER
    assert asked == ["Sure?"]


async def test_a_question_that_somebody_else_answers_first_does_no_harm():
    door = Resumed()
    run = Attended(door, "run", Heard(can_ask=lambda _: True))

    async def ask(question: Question) -> str:
        door.given.append("by somebody else")
        run._tell(OVER)
        return "yes"

    run.heard.ask = ask
    await run.follow({})

    assert await run.attend() == OVER


async def test_who_cannot_be_asked_now_is_told_what_a_run_put_aside_asks():
    run = Attended(Door(), "run", Heard())
    await run.follow({})

    assert await run.attend() == ASIDE
    assert list(run.questions) == ["ask"]
