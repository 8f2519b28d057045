"""What a step says and hears while a tool works; the connection itself is tried elsewhere."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace
from packetflow.capabilities.context import Context
from packetflow.engine.execution import Execution
from packetflow.errors import TimedOut
from packetflow.mcp.client.calls import CONTEXT
from packetflow.mcp.client.connecting import Tools, connect
from packetflow.mcp.client.failures import ToolFailed
from packetflow.testing import FakeClock
from tests.packetflow.mcp.client.conftest import until
from tests.packetflow.mcp.client.notes_server import make_server

FOREVER = 100
"""The tool `slow` never ends with so many steps."""


class Person:
    """A reporter that answers questions in order, and remembers what it was told."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.said: list[str] = []
        self.fractions: list[float] = []
        self.facts: dict[str, Any] = {}

    async def ask(self, question: str, choices: Sequence[str], *_: object) -> Any:
        self.asked.append((question, tuple(choices)))
        return self.answers.pop(0)

    def log(self, level: str, text: str, fields: object) -> None:
        self.said.append(text)

    def progress(self, fraction: float, text: str) -> None:
        self.fractions.append(fraction)

    def record(self, attributes: dict[str, Any]) -> None:
        self.facts |= attributes


def spoken(tool: Any, person: Person, **given: Any) -> Any:
    context = Context(reporter=person)
    return asyncio.run(tool.fn(**given, **{CONTEXT: context}))


@pytest.fixture(params=["tools", "old_tools"])
def both(request: pytest.FixtureRequest) -> Tools:
    """The tools of the shared server, in either era of the protocol."""
    found: Tools = request.getfixturevalue(request.param)
    return found


def test_a_question_of_the_server_is_put_to_a_person(both: Tools):
    person = Person("yes")

    made = spoken(both.ask, person)

    assert made["ask_result"] == {"action": "accept", "content": {"sure": True}}
    assert person.asked == [("Go on? (Sure?)", ("yes", "no", "decline"))]


def test_a_person_may_decline_to_answer(both: Tools):
    assert spoken(both.ask, Person("decline"))["ask_result"]["action"] == "decline"


def test_how_far_a_tool_is_is_told(both: Tools):
    person = Person()

    spoken(both.slow, person, steps=4)

    assert person.fractions == [0.25, 0.5, 0.75, 1.0]


def test_the_span_says_whom_it_called_by_the_names_of_opentelemetry(tools: Tools):
    person = Person()

    spoken(tools.add, person, a=1, b=2)

    assert person.facts == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "mcp.server.name": "notes",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "add",
        "network.transport": "pipe",
    }


def test_the_span_of_a_tool_that_failed_says_so(tools: Tools):
    person = Person()

    with pytest.raises(ToolFailed):
        spoken(tools.fail, person)

    assert person.facts["error.type"] == "tool_error"


@pytest.fixture
def ws() -> Iterator[Workspace]:
    with Workspace(":memory:") as opened:
        yield opened


def test_a_run_waits_for_the_answer_and_goes_on(ws: Workspace, both: Tools):
    run = ws.run_sync(both.ask)
    assert run.status == "waiting"

    ws.answer(run.id, run.waits[0].step, "yes")
    ended = ws.outcome(run.id)

    assert ended["ask_result"]["content"] == {"sure": True}


@pytest.fixture(params=["auto", "legacy"])
def stoppable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tools]:
    server = make_server(tmp_path)
    with connect(server, allow="*", trust=True, mode=request.param) as found:
        yield found


def test_a_run_that_is_stopped_stops_the_tool(ws: Workspace, stoppable: Tools, tmp_path: Path):
    handle = ws.start(stoppable.slow, steps=FOREVER)
    until(lambda: (tmp_path / "calls").exists())

    handle.cancel()
    ended: Execution = handle.result(60)

    assert ended.status == "cancelled"
    until(lambda: (tmp_path / "cancelled").exists())


def test_a_time_limit_stops_the_tool(ws: Workspace, stoppable: Tools, tmp_path: Path):
    ws.engine.clock = clock = FakeClock()
    with clock.working():  # no time passes but by hand
        handle = ws.start(stoppable.slow.timeout(3), steps=FOREVER)
        until(lambda: (tmp_path / "calls").exists())

        ws.thread.call(lambda: clock.advance(4))
        ended: Execution = handle.result(60)

    assert ended.failure is not None
    assert isinstance(ended.failure.cause, TimedOut)
    until(lambda: (tmp_path / "cancelled").exists())


def test_calls_run_side_by_side(ws: Workspace, tools: Tools):
    flow = tools.add.writing(sum="one") & tools.add.writing(sum="two")

    run = ws.run_sync(flow, a=1, b=2)

    assert (run["one"], run["two"]) == (3, 3)
