"""One call of a tool, from its arguments to what the client reads.

A call is an execution like any other: it is kept, with who called, and can be looked at, cancelled,
resumed and forked as those of the studio. A call that waits for its caller leaves a `Pause`, with
which it goes on when the answers come.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import mcp_types as t
import msgspec

from packetflow.capabilities.tool_results import odd_numbers, told
from packetflow.capabilities.tool_schemas import inputs_of
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import FailureCard, Outcome
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import CapabilityRequest
from packetflow.mcp.attending import Attended, Heard
from packetflow.mcp.content import Made, made_of, whole_at
from packetflow.mcp.doors import Door
from packetflow.mcp.questions import Declined, Question, needed, read_response
from packetflow.mcp.tools import Tool
from packetflow.runner.payloads import Outputs, to_payload

TRIGGER: Final = "mcp"
TOOL_TAG: Final = "mcp.tool.name"
EXECUTION_META: Final = "packetflow/execution"
ERROR_META: Final = "packetflow/error"
STOP_SECONDS: Final = 5.0
PLAIN: Final = (
    "Let it return numbers of at most 64 bits, whole texts, lists and dicts without circles, "
    "dataclasses, models or tables"
)


class Pause(msgspec.Struct, frozen=True):
    """A run that waits for its caller: sent along, sealed, and given back with the answers."""

    execution: str
    tool: str
    questions: tuple[Question, ...] = ()
    done: int = 0  # how many of its steps


@dataclass(frozen=True)
class Caller:
    """Who calls, for the records.

    Attributes:
        name: What the client calls itself, with its version.
        transport: ``stdio``, ``http`` or ``memory``.
        protocol: The protocol's version.
        user: The name of the token it came with.
        client: What it said it can do.
    """

    name: str = ""
    transport: str = ""
    protocol: str = ""
    user: str | None = None
    client: t.ClientCapabilities | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The facts as tags of an execution."""
        facts = {
            "mcp.client": self.name,
            "mcp.transport": self.transport,
            "mcp.protocol.version": self.protocol,
        }
        return {name: value for name, value in facts.items() if value}


@dataclass(frozen=True)
class Ended:
    """How a call ended: what it made, or why it made nothing.

    Attributes:
        outcome: How the run ended; ``None`` when only questions keep it.
        values: What it made, by name.
        pause: With what it goes on, when only questions keep it.
        left: The run that goes on without its call, which had no more patience.
    """

    outcome: Outcome | None
    values: Mapping[str, Any] = field(default_factory=dict)
    pause: Pause | None = None
    left: Attended | None = None


class CannotAsk(PacketFlowError):
    """The run needs something from its caller that the client said it cannot give."""

    code = "cannot_ask"

    def __init__(self, question: Question) -> None:
        what = {"model": "asks the caller's model (sampling)", "roots": "asks for the roots"}
        said = what.get(question.of, f"asks {question.text!r}")
        super().__init__(
            f"step {question.step!r} {said}, which this client does not offer",
            needed=needed(question),
        )


@dataclass(frozen=True)
class Calls:
    """Makes calls.

    Args:
        door: The way to the user's code.
        folder: The workspace.
        limit_bytes: The most of a result.
        stops: Runs that are being stopped, since their callers gave up.
    """

    door: Door
    folder: Path
    limit_bytes: int = 256 << 10
    stops: set[asyncio.Task[None]] = field(default_factory=set)

    async def begin(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        caller: Caller,
        heard: Heard,
        *,
        patience: float | None = None,
    ) -> Ended:
        """Run a tool to its end, or until it waits for its caller; cancelled, the run is stopped.

        Raises:
            PacketFlowError: It cannot run; nothing was started.
        """
        run, request = self.prepared(tool, arguments, caller, heard)
        with self._stopping(run.execution_id) as stopping:
            await run.start(request)
            return await self._attended(run, tool, stopping, patience)

    def prepared(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        caller: Caller,
        heard: Heard,
    ) -> tuple[Attended, CapabilityRequest]:
        """A run that has not begun, and the request that begins it."""
        chosen = new_id()
        request = CapabilityRequest(
            "",
            tool.item,
            to_payload(inputs_of(tool.takes, arguments)),
            trigger=TRIGGER,
            user=caller.user,
            agent=caller.name or None,
            tags=caller.tags | {TOOL_TAG: tool.name},
            execution_id=chosen,
            quiet=heard.progress is None and heard.seen is None,
        )
        return Attended(self.door, chosen, heard, tool.steps), request

    async def go_on(
        self,
        tool: Tool,
        pause: Pause,
        responses: Mapping[str, Any],
        heard: Heard,
        *,
        patience: float | None = None,
    ) -> Ended:
        """Give a run that waits its caller's responses; what is missing is asked again.

        Raises:
            Declined: The person at the client does not answer; the run is stopped.
            UnknownName: There is no such run any more.
        """
        answers: dict[str, Any] = {}
        for question in pause.questions:
            if question.key not in responses:
                continue
            try:
                value = read_response(question, responses[question.key])
            except Declined as error:
                await self.door.cancel(pause.execution, error.message)
                raise
            if value is not None:
                answers[question.key] = value
        if not answers:
            return Ended(None, pause=pause)
        run = Attended(self.door, pause.execution, heard, tool.steps, pause.done)
        run.questions = {question.key: question for question in pause.questions}
        with self._stopping(run.execution_id) as stopping:
            await run.follow(answers)
            return await self._attended(run, tool, stopping, patience)

    async def _attended(
        self, run: Attended, tool: Tool, stopping: _Stopping, patience: float | None
    ) -> Ended:
        if patience is not None and patience <= 0:
            stopping.is_over = True
            return Ended(None, left=run)
        left = False
        try:
            if patience is None:
                outcome = await run.attend()
            else:
                async with asyncio.timeout(patience):
                    outcome = await run.attend()
        except TimeoutError:
            left = stopping.is_over = True
            return Ended(None, left=run)
        except Declined as error:
            await self.door.cancel(run.execution_id, error.message)
            raise
        finally:
            if not left:
                run.let_go()
        stopping.is_over = True
        if outcome is not None and outcome.status != "waiting":
            return Ended(outcome, Outputs(outcome.outputs, self.folder))
        asked = tuple(run.questions.values())
        able = tuple(one for one in asked if run.heard.can_ask(one))
        if asked and not able:
            only = next((one for one in asked if one.of != "person"), None)
            if only is not None:
                await self.door.cancel(run.execution_id, "its caller cannot answer")
                raise CannotAsk(only)
        if able and run.heard.ask is None:
            return Ended(None, pause=Pause(run.execution_id, tool.name, able, run.tally.ended))
        return Ended(outcome or Outcome(run.execution_id, "waiting"), {"asked": asked})

    def result(self, tool: Tool, ended: Outcome, values: Mapping[str, Any]) -> t.CallToolResult:
        """What a client reads of a run that is over."""
        meta = {EXECUTION_META: ended.execution_id}
        if ended.status != "ok":
            return failed(ended, values)
        made = self.made(tool, ended, values)
        structured = made.structured if tool.result is not None else None
        wrong = [] if tool.result is None else tool.result.complaints(structured)
        if wrong:
            return unfit(tool, made, wrong, values=values, meta=meta)
        return t.CallToolResult(content=made.content, structured_content=structured, _meta=meta)

    def _stopping(self, execution_id: str) -> _Stopping:
        """Stop the run when the call is cancelled: by its client, or because that has gone."""
        return _Stopping(self, execution_id)

    def give_up(self, execution_id: str) -> None:
        """Have a run stopped, without waiting for it."""
        stop = asyncio.create_task(self._stop(execution_id))
        self.stops.add(stop)
        stop.add_done_callback(self.stops.discard)

    async def _stop(self, execution_id: str) -> None:
        with contextlib.suppress(PacketFlowError):
            await self.door.cancel(execution_id, "its caller gave up")

    async def close(self) -> None:
        """Wait until the runs of calls that were given up are stopped."""
        if self.stops:
            await asyncio.wait(self.stops, timeout=STOP_SECONDS)

    def made(self, tool: Tool, ended: Outcome, values: Mapping[str, Any]) -> Made:
        """What a run made, as content."""
        return made_of(
            tool.gives, values, execution_id=ended.execution_id, limit_bytes=self.limit_bytes
        )


class _Stopping:
    """Stops a run when its call is cancelled, unless that ``is_over``."""

    __slots__ = ("_calls", "_execution_id", "is_over")

    def __init__(self, calls: Calls, execution_id: str) -> None:
        self._calls = calls
        self._execution_id = execution_id
        self.is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, asyncio.CancelledError) and not self.is_over:
            self._calls.give_up(self._execution_id)  # the call itself may not wait any more


def failed(ended: Outcome, values: Mapping[str, Any]) -> t.CallToolResult:
    """What a client reads of a run that made nothing: in words, for a model to read."""
    meta: dict[str, Any] = {EXECUTION_META: ended.execution_id}
    match ended.status:
        case "waiting":
            asked = [repr(one.text) for one in values.get("asked", ())]
            asked = asked or [repr(one.question or one.event) for one in ended.waits]
            text = (
                f"The run waits for {' and '.join(asked) or 'an event'}. It goes on by itself once "
                f"that comes (`packetflow waiting` shows it); see execution://{ended.execution_id}"
            )
            return error_result(text, meta | {ERROR_META: "Waiting"})
        case "cancelled":
            return error_result("The run was stopped.", meta | {ERROR_META: "Cancelled"})
        case _:
            failure = ended.failure or FailureCard("", ended.status, f"The run is {ended.status}.")
            text = f"{failure.error_type}: {failure.message}" if failure.step else failure.message
            step = {"packetflow/step": failure.step} if failure.step else {}
            return error_result(text, meta | step | {ERROR_META: failure.error_type})


def unfit(
    tool: Tool,
    made: Made,
    wrong: Sequence[str],
    *,
    values: Mapping[str, Any],
    meta: Mapping[str, Any],
) -> t.CallToolResult:
    """What a client reads of a run whose result cannot be sent as its schema promises."""
    if made.unsent:
        text = f"{tool.item} made what cannot be sent: {'; '.join(made.unsent.values())}. {PLAIN}"
        return error_result(text, dict(meta) | {ERROR_META: "WireError"})
    if made.shortened:
        text = f"{tool.item} made more than can be sent, and a part of it would not fit its schema"
        result = error_result(text, dict(meta) | {ERROR_META: "TooLong"})
        result.content += whole_at(str(meta[EXECUTION_META]))
        return result
    odd = odd_numbers({port.name: values[port.name] for port in tool.gives if port.name in values})
    null = f" ({', '.join(odd)}: NaN and infinite numbers are null in JSON)" if odd else ""
    text = f"{tool.item} broke its contract: {'; '.join(wrong)}{null}"
    return error_result(text, dict(meta) | {ERROR_META: "WrongType"})


def error_result(text: str, meta: Mapping[str, Any]) -> t.CallToolResult:
    """A tool's error: in words, so that a model can mend its call."""
    return t.CallToolResult(
        content=[t.TextContent(text=told(text))], is_error=True, _meta=dict(meta)
    )
