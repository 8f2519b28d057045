"""Answers a client's requests for tools, prompts and resources.

One server serves both eras: sessions that begin with a handshake (2025-11-25 and before), and
requests that stand alone (2026-07-28). What differs is how a run asks its caller: in the first era
the question goes to the client while the call is open; in the second the call is answered with the
questions, and asked again with their answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import mcp_types as t
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from packetflow.capabilities.tool_schemas import as_called
from packetflow.errors import PacketFlowError
from packetflow.mcp import apps, sessions
from packetflow.mcp.apps import Apps, Trail
from packetflow.mcp.calls import (
    ERROR_META,
    Calls,
    CannotAsk,
    Ended,
    error_result,
)
from packetflow.mcp.identity import caller_of, scopes
from packetflow.mcp.offers import Offers, allowed
from packetflow.mcp.prompts import arguments_of, messages_of
from packetflow.mcp.reading import Library
from packetflow.mcp.replies import PAGE, missing_capability, named, page, pause_of, paused
from packetflow.mcp.shelf import Shelf
from packetflow.mcp.talking import gives_back, heard_on
from packetflow.mcp.tasks import (
    Task,
    TaskParams,
    Tasks,
    UpdateParams,
    check_header,
    needs_tasks,
    wants_tasks,
)
from packetflow.mcp.tools import Tool

Context = ServerRequestContext[Any, Any]
Paged = TypeVar("Paged")


@dataclass(frozen=True)
class Answers:
    """What is answered to each request.

    Attributes:
        shelf: What is offered.
        calls: Makes calls.
        library: Reads resources.
        transport: How clients come in, for the records.
        stream_seconds: A call over HTTP that runs longer gives its connection back.
        task_seconds: A call that takes longer becomes a task, where its client works with tasks.
        tasks: The tasks.
        drawings: Draws runs, for clients that show that.
    """

    shelf: Shelf
    calls: Calls
    library: Library
    transport: str = "memory"
    stream_seconds: float | None = None
    task_seconds: float = 10.0
    tasks: Tasks = field(init=False)
    drawings: Apps = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", Tasks(self.calls))
        object.__setattr__(self, "drawings", Apps(self.calls.door))

    @property
    def offers(self) -> Offers:
        """What is offered to whoever asks now."""
        return allowed(self.shelf.offers, scopes())

    async def list_tools(
        self, context: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListToolsResult:
        """The tools, page by page."""
        offers = self.offers
        found, cursor = page(offers.tool_list(), params)
        if apps.shows_apps(context):
            found = await self.drawings.dressed(found, offers)
        return t.ListToolsResult(tools=found, next_cursor=cursor)

    async def call_tool(
        self, context: Context, params: t.CallToolRequestParams
    ) -> t.CallToolResult | t.InputRequiredResult | dict[str, Any]:
        """Run a tool; what goes wrong in it is told in words, for a model to mend.

        Raises:
            MCPError: There is no such tool, or the client cannot give what it needs.
        """
        offers = self.offers
        tool = named(offers.tools, params.name, "tool")
        arguments = as_called(tool.takes, params.arguments or {})
        as_task = wants_tasks(context)
        if tool.as_task is not None and tool.as_task.required and not as_task:
            raise needs_tasks()
        if not params.request_state:
            wrong = tool.arguments.complaints(arguments)
            if wrong:
                text = f"The arguments of {tool.name} do not fit: " + "; ".join(wrong)
                return error_result(text, {ERROR_META: "InvalidArguments"})
        is_drawn = tool.item in offers.pipelines and apps.shows_apps(context)
        trail = Trail() if is_drawn else None
        try:
            ended = await self._ran(context, tool, arguments, params, as_task=as_task, trail=trail)
        except CannotAsk as error:
            raise missing_capability(error) from error
        except PacketFlowError as error:
            return error_result(error.message, {ERROR_META: type(error).__name__})
        if ended.pause is not None:
            return paused(ended.pause)
        if ended.left:
            user = caller_of(context, self.transport).user
            return self.tasks.adopt(ended.left, tool, user)
        if ended.outcome is None:
            raise AssertionError("a call ends with an outcome or a pause")
        result = self.calls.result(tool, ended.outcome, ended.values)
        if trail is not None:
            drawn = await self.drawings.told(tool.item, trail, ended.outcome, self.offers)
            result.meta = {**(result.meta or {}), **drawn}
        return result

    async def _ran(
        self,
        context: Context,
        tool: Tool,
        arguments: Mapping[str, Any],
        params: t.InputResponseRequestParams,
        *,
        as_task: bool = False,
        trail: Trail | None = None,
    ) -> Ended:
        heard = heard_on(context)
        heard.seen = None if trail is None else trail.take
        patience = self._patience(tool, params) if as_task else None
        with gives_back(context, self.stream_seconds):
            if params.request_state:
                pause = pause_of(params.request_state)
                if pause is None or pause.tool != tool.name:
                    raise MCPError(t.INVALID_PARAMS, "the request state is not of this request")
                return await self.calls.go_on(
                    tool, pause, params.input_responses or {}, heard, patience=patience
                )
            caller = caller_of(context, self.transport)
            return await self.calls.begin(tool, arguments, caller, heard, patience=patience)

    def _patience(self, tool: Tool, params: t.InputResponseRequestParams) -> float | None:
        """So long a call may take before it becomes a task; ``None`` if it does not yet."""
        if tool.as_task is None:
            return self.task_seconds
        first = tool.as_task.questions_first and not params.request_state
        return None if first else 0.0

    async def _task(self, context: Context, task_id: str) -> Task:
        """The task that a request names.

        Raises:
            MCPError: The client does not work with tasks, or there is no such task.
        """
        if not wants_tasks(context):
            raise needs_tasks()
        check_header(context, task_id)
        user = caller_of(context, self.transport).user
        tool = None
        if not self.tasks.knows(task_id):
            name = await self.library.tool_name_of(task_id, user=user)
            tool = self.offers.tools.get(name)
        task = await self.tasks.find(task_id, tool, user)
        if task is None:
            raise MCPError(t.INVALID_PARAMS, f"Unknown task: {task_id}")
        return task

    async def get_task(self, context: Context, params: TaskParams) -> dict[str, Any]:
        """How a task stands."""
        task = await self._task(context, params.task_id)
        return await self.tasks.get(task, context.session.client_capabilities)

    async def update_task(self, context: Context, params: UpdateParams) -> dict[str, Any]:
        """Take answers to what a task asks."""
        task = await self._task(context, params.task_id)
        await self.tasks.update(task, params.input_responses or {})
        return {}

    async def cancel_task(self, context: Context, params: TaskParams) -> dict[str, Any]:
        """Stop a task."""
        await self.tasks.cancel(await self._task(context, params.task_id))
        return {}

    async def list_prompts(
        self, _: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListPromptsResult:
        """The prompts, page by page."""
        found, cursor = page(self.offers.prompt_list(), params)
        return t.ListPromptsResult(prompts=found, next_cursor=cursor)

    async def get_prompt(
        self, context: Context, params: t.GetPromptRequestParams
    ) -> t.GetPromptResult | t.InputRequiredResult:
        """Run what a prompt stands for; what it makes becomes messages.

        Raises:
            MCPError: There is no such prompt, its arguments do not fit, or its run failed.
        """
        tool = named(self.offers.prompts, params.name, "prompt")
        arguments = arguments_of(tool, params.arguments or {})
        wrong = tool.arguments.complaints(arguments)
        if wrong:
            raise MCPError(t.INVALID_PARAMS, f"{tool.name}: " + "; ".join(wrong))
        ended = await self._answered(context, tool, arguments, params)
        if isinstance(ended, t.InputRequiredResult):
            return ended
        return t.GetPromptResult(
            description=tool.shown.description, messages=messages_of(ended.content)
        )

    async def _answered(
        self,
        context: Context,
        tool: Tool,
        arguments: Mapping[str, Any],
        params: t.InputResponseRequestParams,
    ) -> t.CallToolResult | t.InputRequiredResult:
        """A run whose failure is an error of the protocol."""
        try:
            ended = await self._ran(context, tool, arguments, params)
        except CannotAsk as error:
            raise missing_capability(error) from error
        except PacketFlowError as error:
            raise MCPError(t.INTERNAL_ERROR, error.message) from error
        if ended.pause is not None:
            return paused(ended.pause)
        if ended.outcome is None:
            raise AssertionError("a call ends with an outcome or a pause")
        result = self.calls.result(tool, ended.outcome, ended.values)
        if result.is_error:
            said = " ".join(one.text for one in result.content if isinstance(one, t.TextContent))
            raise MCPError(t.INTERNAL_ERROR, said)
        return result

    async def list_resources(
        self, context: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListResourcesResult:
        """The resources that have an address of their own, page by page."""
        shown = [apps.resource()] if apps.shows_apps(context) else []
        found, cursor = page([*self.library.resources(self.offers), *shown], params)
        return t.ListResourcesResult(resources=found, next_cursor=cursor)

    async def list_templates(
        self, _: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListResourceTemplatesResult:
        """The patterns of addresses, page by page."""
        found, cursor = page(self.library.templates(self.offers), params)
        return t.ListResourceTemplatesResult(resource_templates=found, next_cursor=cursor)

    async def read_resource(
        self, context: Context, params: t.ReadResourceRequestParams
    ) -> t.ReadResourceResult | t.InputRequiredResult:
        """Read one resource.

        Raises:
            MCPError: There is none at that address, or it could not be made.
        """
        uri, offers = str(params.uri), self.offers
        if uri == apps.ADDRESS and apps.shows_apps(context):
            return apps.read()
        for address in offers.addresses:
            found = address.match(uri)
            if found is None:
                continue
            arguments = arguments_of(address.tool, found)
            ended = await self._answered(context, address.tool, arguments, params)
            if isinstance(ended, t.InputRequiredResult):
                return ended
            return self.library.contents_of(uri, ended)
        user = caller_of(context, self.transport).user
        read = await self.library.read(uri, offers, user=user)
        if read is None:
            raise MCPError(t.INVALID_PARAMS, f"Resource not found: {uri}", {"uri": uri})
        return read

    async def subscribe(self, context: Context, params: t.SubscribeRequestParams) -> t.EmptyResult:
        """Remember that a client of the handshake era wants to hear of a resource."""
        sessions.watch(context, str(params.uri), wanted=True)
        return t.EmptyResult()

    async def unsubscribe(
        self, context: Context, params: t.UnsubscribeRequestParams
    ) -> t.EmptyResult:
        """Forget it."""
        sessions.watch(context, str(params.uri), wanted=False)
        return t.EmptyResult()

    async def set_level(self, context: Context, params: t.SetLevelRequestParams) -> t.EmptyResult:
        """Remember which lines a client of the handshake era wants."""
        sessions.set_log_level(context, params.level)
        return t.EmptyResult()

    async def complete(self, _: Context, params: t.CompleteRequestParams) -> t.CompleteResult:
        """Values that an argument of a prompt or of an address may have."""
        values = self.library.completions(self.offers, params.ref, params.argument)
        some = values[:PAGE]
        more = len(values) > len(some)
        return t.CompleteResult(
            completion=t.Completion(values=some, total=len(values), has_more=more)
        )
