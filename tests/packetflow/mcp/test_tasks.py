"""Calls that become tasks, asked for by hand over the endpoint, without a socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest

from packetflow import Workspace
from packetflow.errors import NoRunner, RunElsewhere
from packetflow.mcp.attending import Attended
from packetflow.mcp.reading import Library
from packetflow.mcp.tasks import EXTENSION
from packetflow.runner.host import Host
from tests.packetflow.mcp.asking import Caller, caller_of
from tests.packetflow.mcp.desk import app_of, held, until

TASKS = """
[mcp.tasks]
add = {required = true}
ask_twice = {}
divide = {}
gist = {}
publish = {questions_first = true}
"""


@pytest.fixture
def desk(folder: Path) -> Path:
    """The workspace, with tools that are tasks."""
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write(TASKS)
    return folder


@pytest.fixture
async def client(desk: Path) -> AsyncIterator[Caller]:
    """A client that works with tasks and can ask its person."""
    async with held(app_of(desk)) as app:
        yield caller_of(app)


ACCEPT = {"action": "accept"}


async def test_a_tool_that_is_a_task_gives_its_result_later(client: Caller):
    task = await client.call("add", a=1)

    assert task["resultType"] == "task"
    assert task["status"] == "working"
    done = await client.settled(task["taskId"], "completed")
    assert done["result"]["structuredContent"] == {"total": 2}
    assert "result" not in task


async def test_a_tool_that_fails_has_completed_with_an_error(client: Caller):
    task = await client.call("divide", number=1, by=0)

    done = await client.settled(task["taskId"], "completed", "failed")
    assert (done["status"], done["result"]["isError"]) == ("completed", True)


async def test_a_call_that_takes_long_becomes_a_task_and_can_be_cancelled(folder: Path):
    path = folder / "packetflow.toml"
    path.write_text(path.read_text().replace("[mcp]\n", "[mcp]\ntask_seconds = 0.2\n"))
    async with app_of(folder) as app:
        client = caller_of(app)
        task = await client.call("sleep", seconds=600)

        assert task["resultType"] == "task"
        await until((folder / "began").exists)
        acknowledged = await client.ask("tasks/cancel", taskId=task["taskId"])
        assert acknowledged["result"]["resultType"] == "complete"
        await client.settled(task["taskId"], "cancelled")
        await until((folder / "stopped").exists)


async def test_a_quick_call_is_no_task(client: Caller):
    assert (await client.call("chain", a=1))["structuredContent"] == {"total": 2, "sum": 3}


async def test_what_a_task_asks_is_answered_by_updates(client: Caller):
    task = (await client.call("ask_twice"))["taskId"]
    asked = await client.settled(task, "input_required")
    (key,) = asked["inputRequests"]
    wrong = {key: {**ACCEPT, "content": {"name": 3}}}
    await client.ask("tasks/update", taskId=task, inputResponses=wrong)
    assert (await client.settled(task, "input_required"))["inputRequests"] == asked["inputRequests"]

    answers = {key: {**ACCEPT, "content": {"name": "Ada"}}}
    await client.ask("tasks/update", taskId=task, inputResponses=answers)
    async with asyncio.timeout(60):
        while True:
            again = await client.settled(task, "input_required")
            if "colour" in again["inputRequests"][key]["params"]["message"]:
                break
            await asyncio.sleep(0.01)
    answers = {key: {**ACCEPT, "content": {"answer": "red"}}}
    await client.ask("tasks/update", taskId=task, inputResponses=answers)

    done = await client.settled(task, "completed")
    assert done["result"]["structuredContent"] == {"answer": "Ada likes red"}


async def test_a_task_may_begin_after_its_callers_answers(client: Caller):
    first = await client.call("publish", a=1)
    assert first["resultType"] == "input_required"

    answer = await client.ask(
        "tools/call",
        name="publish",
        arguments={"a": 1},
        requestState=first["requestState"],
        inputResponses={"ok": {**ACCEPT, "content": {"answer": True}}},
    )

    task = answer["result"]
    assert task["resultType"] == "task"
    assert "requestState" not in task
    done = await client.settled(task["taskId"], "completed")
    assert done["result"]["structuredContent"] == {"total": 2, "approved": True}


async def test_a_task_that_needs_what_its_client_lacks_has_failed(client: Caller):
    task = (await client.call("gist", text="tea"))["taskId"]

    failed = await client.settled(task, "failed")
    assert failed["error"]["code"] == t.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert "result" not in failed


async def test_a_client_that_knows_no_tasks_is_answered_at_once_or_refused(client: Caller):
    plain = Caller(client.http, able={})

    divided = await plain.call("divide", number=1, by=2)
    refused = await plain.ask("tools/call", name="add", arguments={"a": 1})
    gated = await plain.ask("tasks/get", taskId="any")

    assert divided["structuredContent"] == {"part": 0.5}
    for answer in (refused, gated):
        assert answer["error"]["code"] == t.MISSING_REQUIRED_CLIENT_CAPABILITY
        assert EXTENSION in answer["error"]["data"]["requiredCapabilities"]["extensions"]


async def test_a_task_that_is_not_there_or_not_named_is_refused(client: Caller):
    unknown = await client.ask("tasks/get", taskId="none")
    other = await client.ask("tasks/get", name="another", taskId="none")

    assert unknown["error"]["code"] == t.INVALID_PARAMS
    assert other["error"]["code"] == t.HEADER_MISMATCH


async def test_a_task_goes_on_after_a_restart_of_the_server(desk: Path):
    async with app_of(desk) as app:
        before = caller_of(app)
        done = (await before.call("add", a=1))["taskId"]
        await before.settled(done, "completed")
        waiting = (await before.call("ask_twice"))["taskId"]
        asked = await before.settled(waiting, "input_required")
    async with app_of(desk) as app:
        after = caller_of(app)

        assert (await after.settled(done, "completed"))["result"]["structuredContent"] == {
            "total": 2
        }
        again = await after.settled(waiting, "input_required")
        assert again["inputRequests"] == asked["inputRequests"]


async def test_what_a_task_asks_may_be_answered_by_others(desk: Path):
    async with app_of(desk) as app:
        task = (await caller_of(app).call("ask_twice"))["taskId"]
        await caller_of(app).settled(task, "input_required")

    def reply(value: object) -> None:
        with Workspace(desk) as ws:
            ws.answer(task, "ask_twice", value)

    async with app_of(desk) as app:
        client = caller_of(app)
        await client.settled(task, "input_required")  # it was put aside
        await asyncio.to_thread(reply, {"name": "Ada"})
        async with asyncio.timeout(60):
            while True:
                asked = await client.settled(task, "input_required", "working")
                if "colour" in str(asked.get("inputRequests")):  # it waits in memory
                    break
                await asyncio.sleep(0.01)
        await asyncio.to_thread(reply, "red")
        done = await client.settled(task, "completed")

    assert done["result"]["structuredContent"] == {"answer": "Ada likes red"}


async def test_a_task_of_which_nobody_can_tell_now_is_heard_of_later(
    desk: Path, monkeypatch: pytest.MonkeyPatch
):
    async with app_of(desk) as app:
        client = caller_of(app)
        task = (await client.call("ask_twice"))["taskId"]
        asked = await client.settled(task, "input_required")
        with monkeypatch.context() as patch:
            patch.setattr(Attended, "attend", lambda _: nobody())
            await client.ask("tasks/update", taskId=task, inputResponses={})
            await client.settled(task, "working")
        again = await client.settled(task, "input_required")

    assert again["inputRequests"] == asked["inputRequests"]


async def nobody() -> None:
    raise NoRunner("nobody answers")


async def test_of_tasks_that_are_long_over_the_records_tell(
    client: Caller, monkeypatch: pytest.MonkeyPatch
):
    looked_up, look_up = [], Library.tool_name_of

    async def spy(library: Library, execution_id: str, *, user: str | None) -> str:
        looked_up.append(execution_id)
        return await look_up(library, execution_id, user=user)

    monkeypatch.setattr(Library, "tool_name_of", spy)
    monkeypatch.setattr("packetflow.mcp.tasks.MOST_ENDED", 0)
    first = (await client.call("add", a=1))["taskId"]
    await client.settled(first, "completed")

    second = (await client.call("add", a=2))["taskId"]

    assert (await client.settled(second, "completed"))["result"]["structuredContent"] == {
        "total": 3
    }
    assert looked_up == []
    told = await client.settled(first, "completed")
    assert told["result"]["structuredContent"] == {"total": 2}
    assert looked_up == [first]


async def test_a_task_that_runs_in_another_process_is_heard_of_once_that_leaves_it(
    desk: Path, monkeypatch: pytest.MonkeyPatch
):
    async with app_of(desk) as app:
        task = (await caller_of(app).call("ask_twice"))["taskId"]
        await caller_of(app).settled(task, "input_required")

    async def elsewhere(*_: object) -> None:
        raise RunElsewhere(task, "r-2")

    async with app_of(desk) as app:
        client = caller_of(app)
        with monkeypatch.context() as patch:
            patch.setattr(Host, "follow", elsewhere)
            for _ in range(2):
                await client.settled(task, "working")
        await client.settled(task, "input_required")


TWO = """
[mcp.tokens.ada]
env = "ADAS_TOKEN"
[mcp.tokens.bob]
env = "BOBS_TOKEN"
"""


async def test_what_one_token_began_is_not_there_for_another(
    desk: Path, monkeypatch: pytest.MonkeyPatch
):
    tokens = {"ADAS_TOKEN": "a" * 20, "BOBS_TOKEN": "b" * 20}
    for name, token in tokens.items():
        monkeypatch.setenv(name, token)
    with (desk / "packetflow.toml").open("a") as settings:
        settings.write(TWO)

    def both(app: Any) -> list[Caller]:
        found = [caller_of(app), caller_of(app)]
        for one, token in zip(found, tokens.values(), strict=True):
            one.http.headers["authorization"] = f"Bearer {token}"
        return found

    async with app_of(desk) as app:
        ada, bob = both(app)
        task = (await ada.call("add", a=1))["taskId"]
        await ada.settled(task, "completed")
        known = await bob.ask("tasks/get", taskId=task)
    async with app_of(desk) as app:
        ada, bob = both(app)
        of_records = await bob.ask("tasks/get", taskId=task)
        uri = f"execution://{task}"
        theirs, own = [await one.ask("resources/read", name=uri, uri=uri) for one in (bob, ada)]
        await ada.settled(task, "completed")

    for refused in (known, of_records):
        assert f"Unknown task: {task}" in refused["error"]["message"]
    assert "Resource not found" in theirs["error"]["message"]
    assert '"total": 2' in own["result"]["contents"][0]["text"]
