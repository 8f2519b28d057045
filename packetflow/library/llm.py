"""One small adapter to language models: a protocol, litellm behind it, and structured answers.

litellm is imported on first use (about two seconds), with its price list read from its own
package, not from the network. Versions 1.82.* are refused: their packages were tampered with.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

from packetflow.capabilities.context import Context
from packetflow.errors import LibraryError

MODEL_VARIABLE = "PACKETFLOW_MODEL"
"""The environment variable that names the model to use, as litellm spells it."""

_REPAIRS = 2
_TIMEOUT_SECONDS = 120.0

Format: TypeAlias = Mapping[str, Any]

Function: TypeAlias = Mapping[str, Any]
"""A tool as models are told of it; see `packetflow.library.model_tools`."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model wants a tool called; its arguments are JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: Who speaks; ``tool`` for what a tool answered.
        content: The words.
        tool_calls: What an assistant wants called.
        tool_call_id: Which call a tool answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and what it cost; ``cost_usd`` is ``None`` when its price is unknown.

    ``tool_calls`` are the tools it wants called before it answers.
    """

    text: str
    model: str = ""
    provider: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The last reply, the value it holds when a schema was asked for, and the sum of all tries."""

    reply: Reply
    value: Any = None
    tries: int = 1


class ChatModel(Protocol):
    """Anything that continues a conversation."""

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        response_format: Format | None = None,
        tools: Sequence[Function] = (),
    ) -> Reply:
        """Answer the last message, or ask for tools to be called.

        Raises:
            LibraryError: It cannot; with ``format_refused`` true when only the format is the
                reason, so that another one may be tried.
        """
        ...


def open_model(name: str = "", context: Context | None = None) -> ChatModel:
    """Give the model of that name, or the one that ``PACKETFLOW_MODEL`` names.

    Args:
        name: As litellm spells it (``anthropic/...``, ``ollama/...``), or ``scripted:FILE`` for
            answers written in a JSON file, or ``caller`` for the model of the MCP client that
            called.
        context: Of the step that asks; the caller's model needs it.

    Raises:
        LibraryError: No model is named; the message says how to name one.
    """
    chosen = name.strip() or os.environ.get(MODEL_VARIABLE, "").strip()
    if not chosen:
        raise LibraryError(
            f"no model is configured: give 'model', or set {MODEL_VARIABLE} and the provider's key "
            "in the environment (a local one such as 'ollama/llama3.2' needs no key)"
        )
    if chosen.startswith("scripted:"):
        from packetflow.library.scripted import ScriptedModel

        return ScriptedModel.from_file(chosen.removeprefix("scripted:"))
    if chosen == "caller":
        from packetflow.library.caller_model import CallerModel

        return CallerModel(context or Context())
    return LitellmModel(chosen)


@dataclass(frozen=True, slots=True)
class LitellmModel:
    """A model reached through litellm; keys come from the environment."""

    name: str

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        response_format: Format | None = None,
        tools: Sequence[Function] = (),
    ) -> Reply:
        """Answer the last message, or ask for tools to be called.

        Raises:
            LibraryError: litellm is missing or refused, no key is set, or the call failed.
        """
        litellm = await asyncio.to_thread(_litellm)
        provider = self._provider(litellm)
        said: dict[str, Any] = {"response_format": response_format} if response_format else {}
        if tools:
            said["tools"] = list(tools)
        try:
            response = await litellm.acompletion(
                model=self.name,
                messages=[_sent(one) for one in messages],
                timeout=_TIMEOUT_SECONDS,
                **said,
            )
        except (litellm.UnsupportedParamsError, litellm.BadRequestError) as error:
            raise LibraryError(
                f"model {self.name!r} refused the request: {_first_line(error)}",
                format_refused=response_format is not None,
            ) from error
        except (litellm.APIConnectionError, litellm.Timeout) as error:
            raise LibraryError(
                f"model {self.name!r} cannot be reached: {_first_line(error)}"
            ) from error
        except litellm.APIError as error:
            raise LibraryError(f"model {self.name!r} failed: {_first_line(error)}") from error
        except litellm.OpenAIError as error:
            raise LibraryError(f"model {self.name!r} failed: {_first_line(error)}") from error
        usage, message = response.usage, response.choices[0].message
        return Reply(
            text=message.content or "",
            model=response.model or self.name,
            provider=provider,
            tokens_in=usage.prompt_tokens,
            tokens_out=usage.completion_tokens,
            cost_usd=_cost(litellm, response),
            tool_calls=tuple(
                ToolCall(one.id, one.function.name or "", one.function.arguments or "{}")
                for one in message.tool_calls or ()
            ),
        )

    def _provider(self, litellm: Any) -> str:
        try:
            provider: str = litellm.get_llm_provider(self.name)[1]
        except litellm.BadRequestError as error:
            raise LibraryError(
                f"no provider is known for model {self.name!r}; write it as 'provider/model'"
            ) from error
        missing = litellm.validate_environment(self.name)["missing_keys"]
        if missing:
            raise LibraryError(
                f"model {self.name!r} needs {' and '.join(missing)} in the environment",
                missing=tuple(missing),
            )
        return provider


def _sent(message: Message) -> dict[str, Any]:
    """A message as OpenAI's interface has it, which litellm takes for all providers."""
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        sent["content"] = message.content or None
        sent["tool_calls"] = [
            {
                "id": one.id,
                "type": "function",
                "function": {"name": one.name, "arguments": one.arguments},
            }
            for one in message.tool_calls
        ]
    if message.tool_call_id:
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _litellm() -> Any:
    from importlib import metadata

    try:
        version = metadata.version("litellm")
    except metadata.PackageNotFoundError as error:
        raise LibraryError(
            "asking a model needs litellm; install it with: pip install 'packetflow[llm]'"
        ) from error
    refuse_tampered(version)
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # Otherwise litellm reads a .env file of whatever folder the program was started in.
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def refuse_tampered(version: str) -> None:
    """Refuse litellm versions that must not be loaded.

    Raises:
        LibraryError: The version is 1.82.*.
    """
    if re.match(r"1\.82(\.|$)", version):
        raise LibraryError(
            f"litellm {version} is refused: packages of 1.82 were tampered with; install 1.100 or "
            "later",
            version=version,
        )


def _cost(litellm: Any, response: Any) -> float | None:
    try:
        return float(litellm.completion_cost(completion_response=response))
    except Exception:  # noqa: BLE001 - a border: unknown prices raise bare exceptions in litellm
        return None


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]


async def ask(
    model: ChatModel, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
) -> Answer:
    """Ask a model, for text or for a value that fits a JSON Schema.

    For a value, the provider's own schema mode is tried first, then its JSON mode, then the plain
    prompt; a reply that does not fit is sent back with what is wrong, twice at most.

    Args:
        model: The model.
        messages: The conversation so far, ending with the user's words.
        schema: The JSON Schema of the wanted value.

    Raises:
        LibraryError: The model failed, the schema is wrong, or no reply fits it.
    """
    if schema is None:
        return Answer(await model.chat(messages))
    check_schema(schema)
    asked = [*messages, Message("user", instruction(schema))]
    forms: list[Format | None] = [_schema_format(schema), {"type": "json_object"}, None]
    spent: list[Reply] = []
    complaint = ""
    for _ in range(1 + _REPAIRS):
        reply = await _first_accepted(model, asked, forms)
        spent.append(reply)
        value, complaint = fitting(reply.text, schema)
        if not complaint:
            return Answer(_summed(spent), value, len(spent))
        asked += [
            Message("assistant", reply.text),
            Message("user", f"That does not fit: {complaint}. Answer again with the JSON only."),
        ]
    raise LibraryError(
        f"the model's answer does not fit the schema after {len(spent)} tries: {complaint}; "
        "simplify the schema or take a stronger model",
        answer=spent[-1].text,
    )


async def _first_accepted(
    model: ChatModel, messages: Sequence[Message], forms: list[Format | None]
) -> Reply:
    """Try the formats left; those refused are not tried again."""
    while True:
        try:
            return await model.chat(messages, response_format=forms[0])
        except LibraryError as error:
            if forms[0] is None or not getattr(error, "format_refused", False):
                raise
            del forms[0]


def instruction(schema: Mapping[str, Any]) -> str:
    """What to tell a model whose answer is to fit a JSON Schema."""
    return (
        "Answer with one JSON value and nothing else. It must fit this JSON Schema:\n"
        f"{json.dumps(schema, ensure_ascii=False)}"
    )


def _schema_format(schema: Mapping[str, Any]) -> Format:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}


def check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse what is no JSON Schema.

    Raises:
        LibraryError: It is none.
    """
    jsonschema = _jsonschema()
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise LibraryError(f"the schema is no JSON Schema: {error.message}") from error


def _jsonschema() -> Any:
    try:
        import jsonschema
    except ImportError as error:
        raise LibraryError(
            "structured answers need jsonschema; install it with: pip install 'packetflow[llm]'"
        ) from error
    return jsonschema


def fitting(text: str, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """The value in a reply and an empty complaint, or what is wrong with it."""
    bare = re.sub(r"^\s*```\w*\s*|\s*```\s*$", "", text).strip()
    start = min((at for at in (bare.find("{"), bare.find("[")) if at >= 0), default=0)
    try:
        value, _ = json.JSONDecoder().raw_decode(bare[start:])
    except json.JSONDecodeError as error:
        return None, f"it is no JSON ({error.msg} at character {start + error.pos + 1})"
    validator = _jsonschema().Draft202012Validator(schema)
    wrong = sorted(validator.iter_errors(value), key=lambda one: list(map(str, one.path)))
    said = [f"at {'/'.join(map(str, one.path)) or 'the top'}: {one.message}" for one in wrong[:5]]
    return value, "; ".join(said)


def _summed(replies: list[Reply]) -> Reply:
    costs = [reply.cost_usd for reply in replies]
    known = [cost for cost in costs if cost is not None]
    return replace(
        replies[-1],
        tokens_in=sum(reply.tokens_in for reply in replies),
        tokens_out=sum(reply.tokens_out for reply in replies),
        cost_usd=sum(known) if len(known) == len(costs) else None,
    )
