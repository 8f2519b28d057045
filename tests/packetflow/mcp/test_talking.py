"""Runs that ask their caller, in both eras."""

import asyncio
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp import Client, MCPError

from packetflow.kernel.records import ExecutionResumed
from packetflow.mcp.serving import Opened
from tests.packetflow.mcp.desk import serving, text_of, until, workspace_of

ERAS = ("2026-07-28", "legacy")
pytestmark = pytest.mark.asyncio(loop_scope="module")


def says(**answers: Any) -> Any:
    """Elicitation answered by the words of the question."""

    async def answer(_context: Any, params: Any) -> t.ElicitResult:
        for word, given in answers.items():
            if word in params.message:
                if given is None:
                    return t.ElicitResult(action="decline")
                return t.ElicitResult(action="accept", content=given)
        return t.ElicitResult(action="cancel")

    return answer


@pytest.fixture
def stopped(shared: Opened, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each run that is stopped, whether it was under way."""
    found: list[bool] = []
    door = shared.answers.calls.door
    stop = door.cancel

    async def noted(execution_id: str, reason: str) -> bool:
        found.append(await stop(execution_id, reason))
        return found[-1]

    monkeypatch.setattr(door, "cancel", noted)
    return found


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_at_the_client_answers_what_a_pipeline_asks(shared: Opened, era: str):
    marks: list[tuple[float, float | None]] = []

    async def heard(done: float, total: float | None, _text: str | None) -> None:
        marks.append((done, total))

    asking = says(Publish={"answer": True})
    async with Client(shared.server, mode=era, elicitation_callback=asking) as client:
        result = await client.call_tool("publish", {"a": 1}, progress_callback=heard)

    assert result.structured_content == {"total": 2, "approved": True}
    assert marks == sorted(marks), "progress went back"
    assert marks[-1] == (2, 2)


@pytest.mark.parametrize("era", ERAS)
async def test_a_step_may_ask_again_and_again(shared: Opened, era: str):
    asking = says(Who={"name": "Ada"}, colour={"answer": "red"})
    async with Client(shared.server, mode=era, elicitation_callback=asking) as client:
        result = await client.call_tool("ask_twice", {})

    assert result.structured_content == {"answer": "Ada likes red"}


@pytest.mark.parametrize("era", ERAS)
async def test_to_decline_an_approval_is_to_say_no(shared: Opened, era: str):
    async with Client(shared.server, mode=era, elicitation_callback=says(Publish=None)) as client:
        result = await client.call_tool("publish", {"a": 1})

    assert result.structured_content == {"total": 2, "approved": False}


@pytest.mark.parametrize("era", ERAS)
async def test_a_run_whose_question_is_declined_is_stopped(
    shared: Opened, stopped: list[bool], era: str
):
    async with Client(shared.server, mode=era, elicitation_callback=says(Who=None)) as client:
        result = await client.call_tool("ask_twice", {})

    assert stopped == [True]
    assert result.is_error
    assert "does not answer" in text_of(result)


@pytest.mark.parametrize("era", ERAS)
async def test_the_callers_model_and_folders_can_be_asked(shared: Opened, era: str):
    async def sample(_context: Any, params: t.CreateMessageRequestParams) -> t.CreateMessageResult:
        said = params.messages[0].content
        text = f"{said.text} in {params.max_tokens}"
        return t.CreateMessageResult(role="assistant", content=t.TextContent(text=text), model="m")

    async def roots(_context: Any) -> t.ListRootsResult:
        return t.ListRootsResult(roots=[t.Root(uri="file:///here")])

    async with Client(
        shared.server, mode=era, sampling_callback=sample, list_roots_callback=roots
    ) as client:
        gist = await client.call_tool("gist", {"text": "tea"})
        folders = await client.call_tool("folders", {})

    assert gist.structured_content == {"gist": "Gist of tea in 50"}
    assert folders.structured_content == {"folders": ["file:///here"]}


async def test_a_client_without_a_model_is_told_what_it_lacks(client: Client, stopped: list[bool]):
    with pytest.raises(MCPError) as refused:
        await client.call_tool("gist", {"text": "tea"})

    assert refused.value.code == t.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert refused.value.data == {"requiredCapabilities": {"sampling": {}}}
    assert stopped == [True]


async def test_a_run_that_this_client_cannot_answer_waits_for_somebody_else(
    client: Client, shared: Opened
):
    result = await client.call_tool("publish", {"a": 1})

    assert result.is_error
    assert "waits for 'Publish it?'" in text_of(result)
    assert result.meta is not None
    workspace = workspace_of(shared)
    await asyncio.to_thread(workspace.answer, result.meta["packetflow/execution"], "ok", True)
    await until(lambda: not workspace.engine.running)


async def test_lines_of_a_run_reach_a_client_that_wants_them(shared: Opened):
    lines: list[Any] = []

    async def hear(params: t.LoggingMessageNotificationParams) -> None:
        lines.append(params.data)

    async with Client(shared.server, mode="legacy", logging_callback=hear) as client:
        await client.call_tool("sleep", {"seconds": 0.0})
        await until(lambda: lines)

    assert lines == ["going to sleep"]


async def never(_context: Any, _params: Any) -> t.ElicitResult:
    raise AssertionError("the test itself answers")


async def raw_call(shared: Opened, tool: str, arguments: dict[str, Any], **more: Any) -> Any:
    """One request of the stateless era, of a client that could ask its person; or its error."""
    async with Client(shared.server, mode="2026-07-28", elicitation_callback=never) as client:
        try:
            return await client.session.call_tool(
                tool, arguments, allow_input_required=True, **more
            )
        except MCPError as error:
            return error


def accepted(**content: Any) -> t.ElicitResult:
    return t.ElicitResult(action="accept", content=content)


async def test_an_answer_counts_after_a_restart_of_the_server(folder: Path):
    async with serving(folder) as before:
        asked = await raw_call(before, "publish", {"a": 1})
        assert list(asked.input_requests) == ["ok"]
    async with serving(folder) as after:
        result = await raw_call(
            after,
            "publish",
            {"a": 1},
            input_responses={"ok": accepted(answer=True)},
            request_state=asked.request_state,
        )

    assert result.structured_content == {"total": 2, "approved": True}


async def test_an_answer_that_is_missing_is_asked_again(shared: Opened):
    asked = await raw_call(shared, "publish", {"a": 1})

    again = await raw_call(
        shared,
        "publish",
        {"a": 1},
        input_responses={"other": accepted(answer=True), "ok": accepted(answer="perhaps")},
        request_state=asked.request_state,
    )

    assert list(again.input_requests) == ["ok"]


@pytest.mark.parametrize("how", ["forged", "of another tool"])
async def test_a_state_that_is_not_of_this_request_is_refused(shared: Opened, how: str):
    asked = await raw_call(shared, "publish", {"a": 1})
    state = asked.request_state if how != "forged" else asked.request_state[:-4] + "AAAA"
    tool = "publish" if how == "forged" else "ask_twice"

    refused = await raw_call(shared, tool, {"a": 1}, input_responses={}, request_state=state)

    assert isinstance(refused, MCPError)
    assert refused.code == t.INVALID_PARAMS


ADVISE = """pipeline: advise
exposed: true
requires: [question]
provides: [answer]
steps:
  - use: ask_with_tools
    set: {tools: [add, pay], model: caller}
    to: [answer]
"""


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_thinks_with_its_callers_model_and_calls_others(folder: Path, era: str):
    (folder / "pipelines" / "advise.yaml").write_text(ADVISE)
    asked: list[str] = []

    async def sample(_context: Any, params: t.CreateMessageRequestParams) -> t.CreateMessageResult:
        said = params.messages[0].content
        assert isinstance(said, t.TextContent)
        asked.append(said.text)
        call = '{"tool_calls": [{"name": "add", "arguments": {"a": 20, "b": 22}}]}'
        text = call if len(asked) == 1 else '{"answer": "It is 42."}'
        return t.CreateMessageResult(role="assistant", content=t.TextContent(text=text), model="m")

    async with (
        serving(folder) as ready,
        Client(ready.server, mode=era, sampling_callback=sample) as client,
    ):
        result = await client.call_tool("advise", {"question": "What is 20 and 22?"})
        records = workspace_of(ready).archive.records(result.meta["packetflow/execution"])

    assert result.structured_content == {"answer": "It is 42."}
    assert 'tool call_1_1: {"total": 42}' in asked[1]
    assert not [one for one in records if isinstance(one, ExecutionResumed)]  # it never was aside
