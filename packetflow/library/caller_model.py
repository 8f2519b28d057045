"""The language model of whoever called a tool: an MCP client that offers sampling.

Such a model takes a text and gives a text. So the conversation is written out, and what tools it
may call; it asks for calls in JSON. The run waits meanwhile, as for a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from packetflow.capabilities.asked import of_model
from packetflow.capabilities.context import Context
from packetflow.library.llm import Format, Function, Message, Reply, ToolCall, fitting

CALLER: Final = "caller"
"""The name of this model."""

MOST_TOKENS: Final = 4096

_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "tool_calls": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
                "required": ["name"],
            },
        },
        "answer": {},
    },
    "anyOf": [{"required": ["tool_calls"]}, {"required": ["answer"]}],
}

_HOW: Final = (
    "Before you answer you may call tools. Then say only this JSON: "
    '{"tool_calls": [{"name": "...", "arguments": {...}}]} and you are told what they gave. '
    'When you can answer, say {"answer": "..."}. The tools, each with its JSON Schema:'
)


class CallerModel:
    """Asks the caller's model; tokens and cost are the caller's.

    Args:
        context: The context of the step that asks.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        response_format: Format | None = None,  # noqa: ARG002 - the protocol's; the prompt says it
        tools: Sequence[Function] = (),
    ) -> Reply:
        """Answer the last message, or ask for tools to be called."""
        form = of_model(MOST_TOKENS)
        text = str(await self._context.ask(prompt_of(messages, tools), form=form))
        if not tools:
            return Reply(text, CALLER, CALLER)
        said, complaint = fitting(text, _FORM)
        if complaint:
            return Reply(text, CALLER, CALLER)
        calls = tuple(
            ToolCall(
                f"call_{len(messages)}_{at}", one["name"], json.dumps(one.get("arguments", {}))
            )
            for at, one in enumerate(said.get("tool_calls", ()), 1)
        )
        answer = said.get("answer", "")
        words = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return Reply(words, CALLER, CALLER, tool_calls=tuple(calls))


def prompt_of(messages: Sequence[Message], tools: Sequence[Function] = ()) -> str:
    """A conversation as one text.

    >>> print(prompt_of([Message("system", "Be brief."), Message("user", "Well?")]))
    Be brief.
    <BLANKLINE>
    Well?
    """
    parts = [one.content for one in messages if one.role == "system"]
    if tools:
        listed = (json.dumps(one["function"], ensure_ascii=False) for one in tools)
        parts.append("\n".join([_HOW, *listed]))
    spoken = [one for one in messages if one.role != "system"]
    if len(spoken) == 1:
        return "\n\n".join([*parts, spoken[0].content])
    return "\n\n".join([*parts, *map(_line, spoken), "assistant:"])


def _line(message: Message) -> str:
    if message.role == "tool":
        return f"tool {message.tool_call_id}: {message.content}"
    wanted = [
        {"id": one.id, "name": one.name, "arguments": one.arguments} for one in message.tool_calls
    ]
    calls = f" {json.dumps({'tool_calls': wanted}, ensure_ascii=False)}" if wanted else ""
    return f"{message.role}: {message.content}{calls}"
