"""A model that calls tools until it can answer: the conversation behind `ask_with_tools`."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from packetflow.capabilities.context import Context
from packetflow.errors import (
    CapabilityFailed,
    CompositionError,
    LibraryError,
    MissingInput,
    UnknownName,
    WireError,
    WrongType,
)
from packetflow.kernel.records import place_text
from packetflow.library.budget import Budget, Time
from packetflow.library.llm import Message, ToolCall, check_schema, fitting, instruction
from packetflow.library.model_tools import ModelTool, offered
from packetflow.library.turns import Turn, model_turn, written

MENDS: Final = 3
"""So often in a row a model may get everything wrong: calls, or an answer that does not fit."""

SAME: Final = 2
"""So often it may make the very same call."""

ITSELF: Final = "ask_with_tools"
"""No pattern offers it to its own model."""

ALLOW, REFUSE = "allow", "refuse"

FINISH: Final = "No more tools may be called. Answer now, with what you have."

_SHOWN: Final = 400
_KEPT: Final = 20_000


@dataclass
class _Wanted:
    """A call that the model wants: what it is, and what to tell the model of it."""

    call: ToolCall
    tool: ModelTool | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    told: str = ""
    step: str = ""
    status: str = "refused"

    took: float = 0.0

    @property
    def shown(self) -> str:
        """Its arguments for a person."""
        text = json.dumps(self.arguments, ensure_ascii=False)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


class ToolUse:
    """One conversation.

    Args:
        context: The step's.
        model: As litellm spells it; empty for the one that is configured.
        budget: How much it may take.
        allow: Names and patterns of tools that need no person's word.
        schema: The JSON Schema of the wanted answer.

    Attributes:
        transcript: What was said, by whom.
        model_used: The model that said it.
    """

    def __init__(
        self,
        context: Context,
        *,
        model: str,
        budget: Budget,
        allow: Sequence[str] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> None:
        self._context = context
        self._model = model
        self._budget = budget
        self._allow = tuple(allow)
        self._schema = schema
        self._messages: list[Message] = []
        self._tools: dict[str, ModelTool] = {}
        self._seen: Counter[str] = Counter()
        self._calls, self._turns, self._wrong = 0, 0, 0
        self._time = Time(context, budget.seconds)
        self._cost = 0.0
        self._tokens = [0, 0]
        self.transcript: list[dict[str, Any]] = []
        self.model_used = ""

    async def answer(
        self, question: str, system: str, tools: Sequence[str]
    ) -> tuple[str, Any, str]:
        """The answer, its value where a schema was given, and the budget that was used up.

        Raises:
            UnknownName: A tool is not there.
            LibraryError: The model failed, or gives no answer.
        """
        if self._schema is not None:
            check_schema(self._schema)
            question = f"{question}\n\n{instruction(self._schema)}"
        self._tools = await asyncio.to_thread(self._offered, tools)
        if system.strip():
            self._say(Message("system", system))
        self._say(Message("user", question))
        stopped = ""
        while True:
            turn = await self._turn()
            if turn["calls"]:
                await self._use(turn, spent=stopped)
                if not stopped:
                    stopped = self._budget.used_up(self._calls, self._time.used, self._cost)
                    if stopped:
                        self._time.allow_last_words()
                        self._say(Message("user", FINISH))
                continue
            complaint, value = self._judged(turn["text"])
            if not complaint:
                return turn["text"], value, stopped
            self._mend(complaint)
            self._say(Message("user", f"{complaint}. Answer again."))

    def _offered(self, names: Sequence[str]) -> dict[str, ModelTool]:
        """The tools, all but itself; reading their schemas holds nobody up in a thread."""
        tools = offered(one for one in self._context.find(*names) if one.name != ITSELF)
        for tool in tools.values():
            _ = tool.function, tool.check
        return tools

    def record(self) -> None:
        """Put totals on the span, and what was said, so that it is there after a failure too."""
        said = json.dumps(self.transcript, ensure_ascii=False)
        self._context.record(
            turns=self._turns,
            tool_calls=self._calls,
            total_tokens_in=self._tokens[0],
            total_tokens_out=self._tokens[1],
            total_cost_usd=self._cost,
            transcript=said if len(said) <= _KEPT else f"{said[:_KEPT]} ...",
        )

    def _say(self, *messages: Message, **facts: Any) -> None:
        self._messages += messages
        self.transcript += [one | facts for one in written(messages)]

    async def _turn(self) -> Turn:
        given = {
            "messages": written(self._messages),
            "functions": [tool.function for tool in self._tools.values()],
            "model": self._model,
        }
        try:
            called = await self._time.limited(self._context.call(model_turn, given))
        except CapabilityFailed as error:
            raise self._failed(str(error.__dict__["error"])) from error
        if called is None:
            raise self._failed(f"the model did not answer in time: {self._time}")
        self._time.used += called.past_seconds
        turn: Turn = called.outputs
        self._turns += 1
        self._tokens[0] += turn["tokens_in"]
        self._tokens[1] += turn["tokens_out"]
        self._cost += turn["cost_usd"] or 0.0
        self.model_used = turn["model_used"]
        calls = tuple(ToolCall(**one) for one in turn["calls"])
        self._say(Message("assistant", turn["text"], calls))
        return turn

    def _judged(self, text: str) -> tuple[str, Any]:
        """What is wrong with an answer, and its value."""
        if self._schema is not None:
            value, complaint = fitting(text, self._schema)
            return f"That does not fit: {complaint}" if complaint else "", value
        return ("" if text.strip() else "The answer is empty"), None

    def _mend(self, complaint: str) -> None:
        """Count a turn that was all wrong.

        Raises:
            LibraryError: It was one too many.
        """
        self._wrong += 1
        if self._wrong > MENDS:
            raise self._failed(f"the model got it wrong {self._wrong} times in a row: {complaint}")

    def _failed(self, said: str) -> LibraryError:
        return LibraryError(said, transcript=self.transcript)

    async def _use(self, turn: Turn, *, spent: str) -> None:
        """Make the calls of a turn, side by side, and tell the model what came of them."""
        wanted = [self._read(ToolCall(**one), spent=spent) for one in turn["calls"]]
        for one in wanted:
            await self._let(one)
        await self._time.limited(_together(self._made(one) for one in wanted if not one.told))
        self._time.used += max(one.took for one in wanted)
        for one in wanted:
            if not one.told:
                one.status, one.told = "stopped", f"Error: it was stopped: {self._time}"
            answered = Message("tool", one.told, tool_call_id=one.call.id)
            self._say(answered, name=one.call.name, step=one.step, status=one.status)
        if all(one.status == "refused" for one in wanted):
            self._mend(wanted[-1].told)
        else:
            self._wrong = 0

    def _read(self, call: ToolCall, *, spent: str) -> _Wanted:
        """What a call is, with a complaint if it cannot be made so."""
        wanted = _Wanted(call, self._tools.get(call.name))
        if wanted.tool is None:
            there = ", ".join(self._tools) or "none"
            wanted.told = f"Error: there is no tool {call.name!r}; the tools are: {there}"
            return wanted
        try:
            arguments = json.loads(call.arguments or "{}")
        except json.JSONDecodeError as error:
            where = f"{error.msg} at character {error.pos + 1}"
            wanted.told = f"Error: the arguments are no JSON: {where}"
            return wanted
        complaints = wanted.tool.check.complaints(arguments)
        if complaints:
            wanted.told = f"Error: the arguments do not fit: {'; '.join(complaints)}"
            return wanted
        wanted.arguments = arguments
        same = f"{call.name} {json.dumps(arguments, sort_keys=True)}"
        self._seen[same] += 1
        if self._seen[same] > SAME:
            wanted.told = "Error: this very call was made before; use what it gave, or do otherwise"
        elif spent or self._calls >= self._budget.calls:
            wanted.told = f"Error: {FINISH}"
        else:
            self._calls += 1
        return wanted

    async def _let(self, wanted: _Wanted) -> None:
        """Ask a person about a call that may change something."""
        tool = wanted.tool
        if wanted.told or tool is None or not tool.asks_first:
            return
        name = tool.item.name
        if any(fnmatchcase(name, pattern) for pattern in self._allow):
            return
        question = f"The model wants to call {name!r} with {wanted.shown}. Let it?"
        if await self._context.ask(question, (ALLOW, REFUSE)) != ALLOW:
            wanted.told = "Error: a person has refused this call"
            wanted.status = "declined"

    async def _made(self, wanted: _Wanted) -> None:
        tool = wanted.tool
        if tool is None:
            raise AssertionError("only calls of tools that are there are made")
        try:
            called = await self._context.call(tool.item, tool.inputs(wanted.arguments))
        except CapabilityFailed as error:
            facts = error.__dict__
            wanted.status, wanted.step = "failed", str(facts["step"])
            wanted.told = f"Error: {facts['error_type']}: {facts['error']}"
        except (CompositionError, MissingInput, WireError, WrongType, UnknownName) as error:
            wanted.status, wanted.told = "failed", f"Error: {error}"
        else:
            wanted.status, wanted.step = "ok", place_text(called.step, called.path)
            wanted.told, wanted.took = tool.told(called.outputs), called.past_seconds


async def _together(work: Iterable[Any]) -> None:
    """Wait for several; when one breaks off, the others do."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
