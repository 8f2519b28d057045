"""One call of a tool by a real client, from begin to end, while a page looks on.

The client is the protocol package's own; the server is the one that other clients get, in this
process. What the client hears is kept here: progress, questions, the result as a model reads it.
The call lives on an event loop in a thread of its own; a page asks from another.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_jsonable_python

from packetflow.errors import PacketFlowError
from packetflow.mcp.calls import EXECUTION_META
from packetflow.version import VERSION

if TYPE_CHECKING:
    import mcp_types as t

TRANSPORT: Final = "studio"
ANSWER_SECONDS: Final = 1800.0
"""Who does not answer for so long declines."""

END_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Asked:
    """What the server wants to know now.

    Attributes:
        number: Counts the questions of a call, from 1.
        text: The question.
        schema: The form of its answer, a JSON Schema of an object.
    """

    number: int
    text: str
    schema: Mapping[str, Any]


@dataclass(eq=False)
class Trial:
    """A call of a tool.

    Args:
        folder: The workspace.
        tool: The tool, by the name that clients use.
        arguments: What it is called with.

    Attributes:
        progress: How far it is, from 0 to 1; ``None`` where that is not said.
        said: What was said of the progress, oldest first.
        asked: The question that waits for an answer.
        result: How it ended, as the client got it.
        error: Why there is no result; empty if there is one, or none yet.
        was_cancelled: Whether its client gave up.
        was_refused: Whether the server refused it before a run began.
    """

    folder: Path
    tool: str
    arguments: Mapping[str, Any]
    progress: float | None = None
    said: list[str] = field(default_factory=list)
    asked: Asked | None = None
    result: t.CallToolResult | None = None
    error: str = ""
    was_cancelled: bool = False
    was_refused: bool = False
    protocol: str = ""
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    _questions: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _task: asyncio.Task[None] | None = None
    _answer: asyncio.Future[tuple[str, dict[str, Any]]] | None = None
    _thread: threading.Thread | None = None

    def begin(self) -> Trial:
        """Call."""
        self._thread = threading.Thread(target=self._run, name="tool-trial", daemon=True)
        self._thread.start()
        return self

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.ended is not None

    @property
    def has_failed(self) -> bool:
        """Whether it is over without a result that the tool meant to give."""
        told = self.result is None or bool(self.result.is_error)
        return self.is_over and not self.was_cancelled and told

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        return (self.ended or time.monotonic()) - self.began

    def cancel(self) -> None:
        """Give up, as a client does; waits until the server has heard of it."""
        loop, task, thread = self._loop, self._task, self._thread
        if loop is None or task is None or self.is_over:
            return
        self.was_cancelled = True
        loop.call_soon_threadsafe(task.cancel)
        if thread is not None:
            thread.join(END_SECONDS)

    def answer(self, action: str, content: Mapping[str, Any] | None = None) -> None:
        """Answer the question that waits.

        Args:
            action: ``accept``, ``decline`` or ``cancel``.
            content: With ``accept``, the form filled in.
        """
        loop, waiting = self._loop, self._answer
        self.asked = None
        if loop is None or waiting is None:
            return

        def give() -> None:
            if not waiting.done():
                waiting.set_result((action, dict(content or {})))

        loop.call_soon_threadsafe(give)

    def _run(self) -> None:
        from mcp import MCPError

        try:
            asyncio.run(self._called())
        except Exception as error:  # noqa: BLE001 - a border: a page tells what went wrong
            first = _first(error)
            self.was_refused = isinstance(first, MCPError)
            self.error = str(first) or type(first).__name__
        finally:
            self.asked = None
            self.ended = time.monotonic()

    async def _called(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._call())
        try:
            await self._task
        except asyncio.CancelledError:
            if not self.was_cancelled:
                raise

    async def _call(self) -> None:
        import mcp_types as t
        from mcp import Client

        from packetflow.mcp.doors import RunnerDoor
        from packetflow.mcp.serving import opened
        from packetflow.workspace.folder import open_folder

        door = RunnerDoor(self.folder)
        about = t.Implementation(name="packetflow-studio", version=VERSION)
        workspace = open_folder(self.folder)
        try:
            async with (
                opened(workspace, door, transport=TRANSPORT, follow=False) as ready,
                Client(ready.server, client_info=about, elicitation_callback=self._ask) as client,
            ):
                self.protocol = client.protocol_version
                self.began = time.monotonic()
                result = await client.call_tool(
                    self.tool, dict(self.arguments), progress_callback=self._heard
                )
                has_run = EXECUTION_META in (result.meta or {})
                self.was_refused = bool(result.is_error) and not has_run
                self.result = result
        finally:
            await asyncio.shield(door.close())

    async def _heard(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress = min(1.0, progress / total) if total else self.progress
        if message:
            self.said.append(message)

    async def _ask(
        self,
        context: Any,  # noqa: ARG002 - the protocol's
        params: t.ElicitRequestParams,
    ) -> t.ElicitResult:
        import mcp_types as t

        self._answer = asyncio.get_running_loop().create_future()
        self._questions += 1
        self.asked = Asked(
            self._questions, params.message, getattr(params, "requested_schema", None) or {}
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                action, content = await self._answer
        except TimeoutError:
            action, content = "cancel", {}
        finally:
            self.asked = None
        return t.ElicitResult.model_validate({
            "action": action, "content": content if action == "accept" else None,
        })  # fmt: skip


def _first(error: BaseException) -> BaseException:
    """The error itself, where tasks have wrapped it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def arguments_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a form as a client sends them: plain JSON, a table as its rows.

    Raises:
        PacketFlowError: One of them cannot be said in JSON.
    """

    def plain(value: Any) -> Any:
        if hasattr(value, "to_pylist"):  # a table
            return value.to_pylist()
        raise PacketFlowError(f"a {type(value).__name__} cannot be sent to a tool")

    found: dict[str, Any] = to_jsonable_python(dict(values), fallback=plain)
    return found
