"""One call of a tool, from the arguments to the outputs: what a step does when it runs."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from packetflow.capabilities.context import Context
from packetflow.mcp.client.arguments import arguments_of
from packetflow.mcp.client.connection import Connection
from packetflow.mcp.client.content import complaint, left_out, values_of
from packetflow.mcp.client.contracts import Shape
from packetflow.mcp.client.facts import ToolFacts
from packetflow.mcp.client.failures import ToolError, ToolFailed, ToolRefused
from packetflow.mcp.client.questions import (
    Question,
    Unaskable,
    is_declined,
    questions_of,
    read_answer,
)

if TYPE_CHECKING:
    import mcp_types as t

CONTEXT: Final = "the context of the call"
"""The name by which the engine hands the context over: no argument can have it."""

TRIES: Final = 3


class ToolCall:
    """Calls a tool with inputs by name and answers the outputs by name.

    Args:
        connection: The server.
        tool: The tool as it was listed when this was made.
        shape: How its arguments and result are inputs and outputs.
        closed: Why it must not be called; empty if it may.
    """

    def __init__(
        self, connection: Connection, tool: ToolFacts, shape: Shape, *, closed: str = ""
    ) -> None:
        self._connection = connection
        self._tool = tool
        self._shape = shape
        self._closed = closed
        self.__name__ = tool.name
        self.__doc__ = tool.description
        self.__module__ = f"MCP server {connection.name}"

    async def __call__(self, **given: Any) -> dict[str, Any]:
        """Call it.

        Raises:
            ToolRefused: Nobody has allowed it.
            ToolFailed: The arguments do not fit, the server refuses them, or the tool failed.
            ToolChanged: It is not the tool any more that this was made for.
            ServerLost: The server cannot be reached, or died in the midst of the call.
        """
        context = given.pop(CONTEXT, None) or Context()
        server, tool = self._connection.name, self._tool.name
        if self._closed:
            raise ToolRefused(
                f"tool {tool!r} of server {server!r} is {self._closed}", server=server, tool=tool
            )
        facts = {
            "mcp.method.name": "tools/call",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "mcp.server.name": server,
        }
        try:
            return await self._called(context, given)
        except ToolError as error:
            facts["error.type"] = "tool_error" if isinstance(error, ToolFailed) else error.code
            if "server" in error.__dict__:
                raise
            said = f"tool {tool!r} of server {server!r}: {error.message}"
            raise type(error)(said, server=server, tool=tool) from error
        finally:
            context.record(**facts, **self._connection.attributes)

    async def _called(self, context: Context, given: dict[str, Any]) -> dict[str, Any]:
        arguments = partial(arguments_of, self._tool, self._shape.arguments, given)
        conversation = Conversation(context)
        result = await conversation.until(
            self._connection.call(self._tool, arguments, conversation)
        )
        if result.is_error:
            raise ToolFailed(complaint(result))
        outputs = values_of(self._shape, result)
        beside = left_out(self._shape, result)
        if beside:
            kinds = ", ".join(sorted(set(beside)))
            context.log(f"the tool gave more than its output schema says: {kinds}", "warning")
        return outputs


class Conversation:
    """What a server says to a step while it works, handed over from the connection's thread.

    Implements `packetflow.mcp.client.session.Caller`. Questions are asked by the step itself, on
    its own loop, so that its run can be put aside while it waits for a person.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[tuple[t.ElicitRequestParams, Future[t.ElicitResult]] | None]
        self._news = asyncio.Queue()
        self._open: list[Future[t.ElicitResult]] = []

    @property
    def is_asked(self) -> bool:
        """Whether a question has not been answered yet."""
        return any(not reply.done() for reply in self._open)

    def progressed(self, fraction: float, text: str) -> None:
        """How far the tool is; from any thread."""
        self._context.progress(fraction, text)

    async def asked(self, params: t.ElicitRequestParams) -> t.ElicitResult:
        """What the server wants to know; in the connection's thread."""
        reply: Future[t.ElicitResult] = Future()
        self._open.append(reply)
        self._loop.call_soon_threadsafe(self._news.put_nowait, (params, reply))
        return await asyncio.wrap_future(reply)

    async def until(self, calling: Future[t.CallToolResult]) -> t.CallToolResult:
        """Wait for the result, and answer questions meanwhile; stopped, it stops the call."""
        calling.add_done_callback(self._done)
        try:
            while (news := await self._news.get()) is not None:
                params, reply = news
                reply.set_result(await self._answered(params))
            return calling.result()
        finally:
            calling.cancel()
            self._give_up()

    def _give_up(self) -> None:
        """Answer what is open with a word: the protocol's own tasks must not be cancelled."""
        for reply in self._open:
            if not reply.done():
                import mcp_types as t

                reply.set_result(t.ElicitResult(action="cancel"))

    def _done(self, _: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.put_nowait, None)

    async def _answered(self, params: t.ElicitRequestParams) -> t.ElicitResult:
        import mcp_types as t

        try:
            questions = questions_of(params.message, getattr(params, "requested_schema", None))
        except Unaskable as error:
            said = f"the server asks {params.message!r}, which was declined: {error}"
            self._context.log(said, "warning")
            return t.ElicitResult(action="decline")
        content: dict[str, Any] = {}
        for question in questions:
            answer = await self._ask(question)
            if is_declined(answer):
                return t.ElicitResult(action="decline")
            value = read_answer(question, answer)
            if value is not None:
                content[question.field] = value
        return t.ElicitResult(action="accept", content=content)

    async def _ask(self, question: Question) -> Any:
        """Ask until the answer can be read; after some tries it counts as declined."""
        text = question.text
        for _ in range(TRIES):
            answer = await self._context.ask(text, question.choices)
            if is_declined(answer):
                return answer
            try:
                read_answer(question, answer)
            except ValueError as error:
                text = f"{question.text}; {error}"
            else:
                return answer
        self._context.log(f"no answer could be read: {question.text}", "warning")
        return "decline"
