"""The Tasks extension (2026-07-28): a call that takes long, or waits for people, becomes a task.

A task is an execution and has its id, so that it can be asked for, answered and cancelled after a
restart of the server or of the runner. What is heard of tasks here is only kept to answer quickly.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import mcp_types as t
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import HEADER_MISMATCH
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Outcome
from packetflow.mcp.attending import Attended, Heard
from packetflow.mcp.calls import Calls
from packetflow.mcp.questions import (
    Declined,
    Question,
    can_answer,
    needed,
    read_response,
    request_of,
)
from packetflow.mcp.tools import Tool
from packetflow.runner.payloads import Outputs

EXTENSION: Final = "io.modelcontextprotocol/tasks"
POLL_MILLISECONDS: Final = 500
TTL_MILLISECONDS: Final = 86_400_000
LOOK_SECONDS: Final = 0.2
NAME_HEADER: Final = "mcp-name"
MOST_ENDED: Final = 256
"""So many tasks that are over are kept to answer quickly; of older ones the records tell."""

Context = ServerRequestContext[Any, Any]


class TaskParams(t.RequestParams):
    """Names a task."""

    task_id: str


class UpdateParams(TaskParams):
    """Brings answers to what a task asks, by the keys of its questions."""

    input_responses: dict[str, Any] | None = None


@dataclass(eq=False)
class Task:
    """A task that is heard of.

    Attributes:
        run: The run behind it.
        tool: What it runs.
        user: The name of the token it was begun with.
        changed: When something was last heard.
        outcome: How it ended.
        error: Why it could not go on.
        is_aside: Whether it was put aside to wait.
    """

    run: Attended
    tool: Tool
    user: str | None
    changed: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    outcome: Outcome | None = None
    error: MCPError | None = None
    is_aside: bool = False
    hearing: asyncio.Task[None] | None = None

    @property
    def questions(self) -> list[Question]:
        """What it asks."""
        return list(self.run.questions.values())


def wants_tasks(context: Context) -> bool:
    """Whether the client of a request can work with tasks."""
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return False
    client = context.session.client_capabilities
    return client is not None and EXTENSION in (client.extensions or {})


def needs_tasks() -> MCPError:
    """The error that says that a client would have to work with tasks."""
    data: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
    return MCPError(t.MISSING_REQUIRED_CLIENT_CAPABILITY, "this runs as a task only", data)


class Tasks:
    """The tasks of a server.

    Args:
        calls: Makes calls.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[str, Task] = {}

    def adopt(self, run: Attended, tool: Tool, user: str | None) -> dict[str, Any]:
        """Make a run that is attended a task; the answer to the call that began it."""
        run.heard = Heard()
        task = self._keep(Task(run, tool, user))
        task.hearing = asyncio.create_task(self._attend(task))
        now = task.changed.isoformat()
        return {
            "resultType": "task",
            "taskId": run.execution_id,
            "status": "working",
            "createdAt": now,
            "lastUpdatedAt": now,
            "ttlMs": TTL_MILLISECONDS,
            "pollIntervalMs": POLL_MILLISECONDS,
        }

    def _keep(self, task: Task) -> Task:
        """Know a task, and forget those that were over first when there are too many."""
        self._known[task.run.execution_id] = task
        ended = [name for name, one in self._known.items() if one.outcome or one.error]
        for name in ended[: max(len(ended) - MOST_ENDED, 0)]:
            del self._known[name]
        return task

    async def _hear(self, task: Task) -> None:
        """Hear of a run from now on; where that cannot be now, the next request tries it again."""
        try:
            await task.run.follow({})
        except PacketFlowError:  # another process works on it, or nobody answers
            self._known.pop(task.run.execution_id, None)
            return
        task.is_aside = False
        await self._attend(task)

    async def _attend(self, task: Task) -> None:
        """Hear of a run until it is over, or until only questions keep it."""
        try:
            outcome = await task.run.attend()
        except PacketFlowError:  # as above
            task.run.let_go()
            self._known.pop(task.run.execution_id, None)
            return
        task.changed = dt.datetime.now(dt.UTC)
        if outcome is not None:
            task.run.let_go()
            task.is_aside = outcome.status == "waiting"
            task.outcome = None if task.is_aside else outcome

    async def get(self, task: Task, client: t.ClientCapabilities | None) -> dict[str, Any]:
        """How a task stands, for a client that can do so much."""
        if task.outcome is None and task.hearing is not None and task.hearing.done():
            await self._look_again(task)
        told: dict[str, Any] = {
            "taskId": task.run.execution_id,
            "createdAt": _created(task.run.execution_id, task.changed).isoformat(),
            "ttlMs": TTL_MILLISECONDS,
            "pollIntervalMs": POLL_MILLISECONDS,
        }
        told |= await self._standing(task, client)
        return told | {"lastUpdatedAt": task.changed.isoformat()}

    async def _look_again(self, task: Task) -> None:
        """Somebody else may have answered what it asked."""
        before, changed = task.questions, task.changed
        if task.is_aside:
            task.run.questions.clear()
            task.hearing = asyncio.create_task(self._hear(task))
        elif task.run.has_news:
            task.hearing = asyncio.create_task(self._attend(task))
        else:
            return
        await asyncio.wait([task.hearing], timeout=LOOK_SECONDS)
        if task.outcome is None and task.questions == before:
            task.changed = changed

    async def _standing(self, task: Task, client: t.ClientCapabilities | None) -> dict[str, Any]:
        if task.error is not None:
            error = task.error.error.model_dump(by_alias=True, exclude_none=True)
            return {"status": "failed", "error": error}
        if task.outcome is not None:
            return self._ended(task, task.outcome)
        able = [one for one in task.questions if can_answer(one, client)]
        if able:
            return {"status": "input_required", "inputRequests": requests_of(able)}
        stuck = next((one for one in task.questions if one.of != "person"), None)
        if stuck is not None:
            await self._calls.door.cancel(task.run.execution_id, "its caller cannot answer")
            wanted = needed(stuck).model_dump(by_alias=True, exclude_none=True)
            said = f"step {stuck.step!r} asks what this client cannot answer"
            code = t.MISSING_REQUIRED_CLIENT_CAPABILITY
            task.error = MCPError(code, said, {"requiredCapabilities": wanted})
            return await self._standing(task, client)
        waits = " and ".join(repr(one.text) for one in task.questions)
        about = {"statusMessage": f"waits for {waits}"} if waits else {}
        return {"status": "working", **about}

    def _ended(self, task: Task, outcome: Outcome) -> dict[str, Any]:
        if outcome.status == "cancelled":
            return {"status": "cancelled"}
        if outcome.status == "lost":
            said = outcome.failure.message if outcome.failure else "its runner is gone"
            return {"status": "failed", "error": {"code": t.INTERNAL_ERROR, "message": said}}
        values = Outputs(outcome.outputs, self._calls.folder)
        result = self._calls.result(task.tool, outcome, values)
        told = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"status": "completed", "result": told}

    async def update(self, task: Task, responses: Mapping[str, Any]) -> None:
        """Give a task's run the answers to its questions; what does not fit is left open."""
        for key, question in list(task.run.questions.items()):
            if key not in responses or task.outcome is not None:
                continue
            try:
                value = read_response(question, responses[key])
            except Declined as error:
                await self._calls.door.cancel(task.run.execution_id, error.message)
                continue
            if value is not None:
                await task.run.give(question, value)
        if task.outcome is None:
            await self._stop_hearing(task)
            again = self._hear if task.is_aside else self._attend
            task.hearing = asyncio.create_task(again(task))

    async def cancel(self, task: Task) -> None:
        """Stop a task; nothing happens when it is over."""
        with contextlib.suppress(PacketFlowError):
            await self._calls.door.cancel(task.run.execution_id, "cancelled by its client")
        if task.outcome is None and task.hearing is not None and task.hearing.done():
            task.hearing = asyncio.create_task(self._hear(task))

    async def find(self, execution_id: str, tool: Tool | None, user: str | None) -> Task | None:
        """A task by its id; one that was begun before a restart is heard of anew.

        Args:
            execution_id: The id.
            tool: What it runs, as the records say; ``None`` when they know no such execution.
            user: Who asks; of others there are no tasks.
        """
        known = self._known.get(execution_id)
        if known is not None:
            return known if known.user == user else None
        if tool is None:
            return None
        run = Attended(self._calls.door, execution_id, Heard(), tool.steps)
        task = self._keep(Task(run, tool, user))
        task.hearing = asyncio.create_task(self._hear(task))
        await asyncio.wait([task.hearing], timeout=LOOK_SECONDS)
        return task

    def knows(self, execution_id: str) -> bool:
        """Whether it is heard of."""
        return execution_id in self._known

    async def _stop_hearing(self, task: Task) -> None:
        if task.hearing is not None:
            task.hearing.cancel()
            await asyncio.wait([task.hearing])  # whoever closes may be cancelled meanwhile

    async def close(self) -> None:
        """Hear of nothing more; the runs go on."""
        for task in list(self._known.values()):
            await self._stop_hearing(task)


def requests_of(questions: list[Question]) -> dict[str, Any]:
    """Questions as they travel."""
    return {
        one.key: request_of(one).model_dump(mode="json", by_alias=True, exclude_none=True)
        for one in questions
    }


def check_header(context: Context, task_id: str) -> None:
    """Refuse a request whose header names another task.

    Raises:
        MCPError: It does, or it names none.
    """
    headers = getattr(context.request, "headers", None)
    if headers is not None and headers.get(NAME_HEADER) != task_id:
        raise MCPError(HEADER_MISMATCH, f"the header {NAME_HEADER} does not name the task")


def _created(execution_id: str, otherwise: dt.datetime) -> dt.datetime:
    """When an execution began, which its id says."""
    try:
        milliseconds = int(execution_id.replace("-", "")[:12], 16)
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    except (ValueError, OverflowError):
        return otherwise
