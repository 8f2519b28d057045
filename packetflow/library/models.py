"""Ask a language model."""

from __future__ import annotations

from typing import Any, TypedDict

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library.llm import Message, ask, open_model


class Answered(TypedDict):
    """The model's answer; ``structured`` is ``None`` unless a schema was given."""

    answer: str
    structured: Any
    model_used: str


@capability(
    effects=[Effect.model(), Effect.reads("network")],
    tags=["llm", "ai", "chat", "gpt", "claude", "generate"],
    examples=[{"prompt": "Say in one sentence what a histogram shows."}],
    expected_seconds=3.0,
)
async def ask_model(
    prompt: str,
    system: str = "",
    model: str = "",
    *,
    schema: dict[str, Any] | None = None,
    context: Context | None = None,
) -> Answered:
    """Ask a language model, for text or for a value that fits a JSON Schema.

    Works only when configured: the model from the argument or from PACKETFLOW_MODEL, its key
    from the environment under the provider's usual name. Tokens and cost go to the step's span.

    Args:
        prompt: What to ask.
        system: How the model should behave.
        model: As litellm spells it: "anthropic/...", "openai/...", "ollama/..."; or "caller", the
            model of the MCP client that calls.
        schema: The JSON Schema of the wanted value; a reply that does not fit is sent back.
        context: Filled by the engine.

    Raises:
        LibraryError: No model or key is configured, the model failed, or no reply fits the schema.
    """
    if not prompt.strip():
        raise LibraryError("the prompt is empty")
    messages = [Message("system", system)] if system.strip() else []
    messages.append(Message("user", prompt))
    answer = await ask(open_model(model, context), messages, schema=schema)
    reply = answer.reply
    if context is not None:
        context.record(
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_usd=reply.cost_usd,
            model=reply.model,
            provider=reply.provider,
        )
    return {"answer": reply.text, "structured": answer.value, "model_used": reply.model}
