"""One turn of a model in a conversation with tools, as a capability.

`ask_with_tools` calls it as a step inside its own. So what the model said is kept and shows in the
run, and is not asked for again after an interruption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypedDict

from packetflow import Context, Effect, capability
from packetflow.library.llm import Message, ToolCall, open_model

EFFECTS = (Effect.model(), Effect.reads("network"))
"""What asking a model touches."""


class Turn(TypedDict):
    """What the model said; ``calls`` are the tools that it wants called, with their arguments."""

    text: str
    calls: list[dict[str, str]]
    model_used: str
    tokens_in: int
    tokens_out: int
    cost_usd: float | None


@capability(effects=EFFECTS, tags=["llm"], expected_seconds=3.0)
async def model_turn(
    messages: list[dict[str, Any]],
    functions: list[dict[str, Any]],
    model: str,
    context: Context,
) -> Turn:
    """Ask a language model for its next words, or for the tools it wants called.

    Args:
        messages: The conversation so far, as `written` writes it.
        functions: The tools it may call, in the form that OpenAI's interface has.
        model: As litellm spells it; empty for the one that PACKETFLOW_MODEL names.
        context: Filled by the engine.

    Raises:
        LibraryError: No model or key is configured, or the model failed.
    """
    said = [_read(one) for one in messages]
    reply = await open_model(model, context).chat(said, tools=functions)
    context.record(
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        cost_usd=reply.cost_usd,
        model=reply.model,
        provider=reply.provider,
    )
    return {
        "text": reply.text,
        "calls": [asdict(one) for one in reply.tool_calls],
        "model_used": reply.model,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "cost_usd": reply.cost_usd,
    }


def written(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as plain values, of lists and dicts only, so that they can be kept."""
    return [_plain(one) for one in messages]


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        plain["tool_calls"] = [asdict(one) for one in message.tool_calls]
    if message.tool_call_id:
        plain["tool_call_id"] = message.tool_call_id
    return plain


def _read(one: Mapping[str, Any]) -> Message:
    calls = tuple(ToolCall(**call) for call in one.get("tool_calls", ()))
    return Message(one["role"], one["content"], calls, one.get("tool_call_id", ""))
