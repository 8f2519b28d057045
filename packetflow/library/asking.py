"""Ask a language model that may call capabilities and pipelines before it answers."""

from __future__ import annotations

from typing import Any, TypedDict

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library.turns import EFFECTS


class Asked(TypedDict):
    """The answer, and how the model came to it.

    ``structured`` is ``None`` unless a schema was given. ``transcript`` holds what was said, by
    whom; a tool's entry names the step of its call. ``stopped`` is the budget that was used up
    before the model was done (``max_calls``, ...), else empty.
    """

    answer: str
    structured: Any
    transcript: list[dict[str, Any]]
    stopped: str
    model_used: str


@capability(
    effects=[*EFFECTS, Effect.calls("{tools}")],
    tags=["llm", "ai", "agent", "tools", "functions", "assistant"],
    examples=[
        {
            "question": "How hard to read is: The quick brown fox jumps over the lazy dog?",
            "tools": ["text_statistics"],
        }
    ],
    expected_seconds=10.0,
)
async def ask_with_tools(
    question: str,
    tools: list[str],
    system: str = "",
    model: str = "",
    *,
    allow: list[str] | None = None,
    schema: dict[str, Any] | None = None,
    max_calls: int = 20,
    max_seconds: float = 300.0,
    max_cost_usd: float | None = None,
    context: Context | None = None,
) -> Asked:
    """Ask a language model that may call capabilities and pipelines before it answers.

    Every call, and every turn of the model, is a step inside this one, so an interrupted question
    goes on where it was. A tool that may change something asks a person first. The model is told
    what went wrong with a call, and may mend it. When a budget is used up, it is asked once more,
    for a minute at most, to answer with what it has. Needs a model, as ask_model does, and an
    engine.

    Args:
        question: What to ask.
        tools: Names of capabilities and pipelines, or patterns such as "notes.find_*".
        system: How the model should behave.
        model: As litellm spells it: "anthropic/...", "openai/...", "ollama/..."; or "caller", the
            model of the MCP client that calls.
        allow: Names or patterns of tools that may change something without a person's word.
        schema: The JSON Schema of the wanted answer.
        max_calls: How many calls of tools may be made.
        max_seconds: So long calls and turns may take together, also those before a restart; what is
            under way then is stopped. People's time does not count.
        max_cost_usd: What the model's turns may cost together, where its price is known.
        context: Filled by the engine.

    Raises:
        UnknownName: A tool is not there.
        LibraryError: No model or key is configured, the model failed, goes round in circles,
            does not answer in time, or gives no answer that fits. What was said stands in the
            span, as ``transcript``.
    """
    from packetflow.library.budget import Budget
    from packetflow.library.tool_use import ToolUse

    if not question.strip():
        raise LibraryError("the question is empty")
    if context is None or not context.execution_id:
        raise LibraryError(
            "ask_with_tools calls others, so it needs an engine: ws.run_sync(ask_with_tools, ...)"
        )
    budget = Budget(max_calls, max_seconds, max_cost_usd)
    talk = ToolUse(context, model=model, budget=budget, allow=tuple(allow or ()), schema=schema)
    try:
        answer, value, stopped = await talk.answer(question, system, tools)
    finally:
        talk.record()
    return {
        "answer": answer,
        "structured": value,
        "transcript": talk.transcript,
        "stopped": stopped,
        "model_used": talk.model_used,
    }
