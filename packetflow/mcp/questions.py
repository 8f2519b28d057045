"""What a run asks, as a request that a client can answer, and the answer as a value.

A step that waits for a person asks the person at the client (elicitation). A step may also ask for
what only the caller has: its model (sampling), or the folders it works in (roots); see `caller`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import mcp_types as t
import msgspec
from pydantic import ValidationError

from packetflow.capabilities.asked import OF
from packetflow.capabilities.tool_schemas import Check
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Happening, WaitCard

ANSWER: Final = "answer"
"""The field of a form that asks for a single value."""

MODEL_TOKENS: Final = 1024

Request: TypeAlias = t.ElicitRequest | t.CreateMessageRequest | t.ListRootsRequest
Response: TypeAlias = t.ElicitResult | t.CreateMessageResult | t.ListRootsResult


class Declined(PacketFlowError):
    """The person at the client does not answer."""

    code = "declined"


class Question(msgspec.Struct, frozen=True):
    """What one step of a run asks.

    Attributes:
        key: Names the question among those of its run.
        step: Which step asks.
        path: Its item and pass indexes.
        text: The question.
        choices: The answers to choose from.
        form: What the answer looks like, a JSON Schema as text.
    """

    key: str
    step: str
    path: tuple[int, ...] = ()
    text: str = ""
    choices: tuple[str, ...] = ()
    form: str = ""

    @property
    def of(self) -> str:
        """Who can answer: ``person``, ``model`` or ``roots``."""
        return str(self.shape.get(OF, "person"))

    @property
    def shape(self) -> dict[str, Any]:
        """What the answer looks like."""
        found = json.loads(self.form) if self.form else {}
        return found if isinstance(found, dict) else {}

    @property
    def schema(self) -> dict[str, Any]:
        """The form to fill in: an object with fields."""
        form = self.shape
        if form.get("type") == "object":
            return form
        if self.choices:
            form = {"type": "string", "enum": list(self.choices)}
        return {
            "type": "object",
            "properties": {ANSWER: form or {"type": "string"}},
            "required": [ANSWER],
        }


def question_of(asked: Happening | WaitCard) -> Question | None:
    """The question that a wait puts; ``None`` when it waits for an event."""
    if isinstance(asked, Happening):
        body = asked.body
        text, choices = str(body.get("question", "")), tuple(body.get("choices", ()))
        form = str(body.get("form", ""))
    else:
        text, choices, form = asked.question, tuple(asked.choices), asked.form
    if not text:
        return None
    place = ".".join(str(index) for index in asked.path if index >= 0)
    key = f"{asked.step}[{place}]" if place else asked.step
    return Question(key, asked.step, tuple(asked.path), text, choices, form)


def can_answer(question: Question, client: t.ClientCapabilities | None) -> bool:
    """Whether a client said that it can answer such a question."""
    if client is None:
        return False
    match question.of:
        case "model":
            return client.sampling is not None
        case "roots":
            return client.roots is not None
        case _:
            able = client.elicitation
            return able is not None and (able.form is not None or able.url is None)


def needed(question: Question) -> t.ClientCapabilities:
    """What a client must be able to do to answer it."""
    match question.of:
        case "model":
            return t.ClientCapabilities(sampling=t.SamplingCapability())
        case "roots":
            return t.ClientCapabilities(roots=t.RootsCapability())
        case _:
            return t.ClientCapabilities(elicitation=t.ElicitationCapability())


def request_of(question: Question) -> Request:
    """The request that puts the question to a client."""
    match question.of:
        case "model":
            said = t.SamplingMessage(role="user", content=t.TextContent(text=question.text))
            most = int(question.shape.get("max_tokens", MODEL_TOKENS))
            return t.CreateMessageRequest(
                params=t.CreateMessageRequestParams(messages=[said], max_tokens=most)
            )
        case "roots":
            return t.ListRootsRequest()
        case _:
            return t.ElicitRequest(
                params=t.ElicitRequestFormParams(
                    message=question.text, requested_schema=question.schema
                )
            )


RESULTS: Final[Mapping[str, type[Response]]] = {
    "person": t.ElicitResult,
    "model": t.CreateMessageResult,
    "roots": t.ListRootsResult,
}


def read_response(question: Question, given: Any) -> Any | None:
    """The value that a client's response gives; ``None`` when it is no answer to the question.

    Raises:
        Declined: The person does not want to answer.
    """
    kind = RESULTS[question.of]
    if isinstance(given, Mapping):
        try:
            given = kind.model_validate(given, by_name=False)
        except ValidationError:
            return None
    if not isinstance(given, kind):
        return None
    match given:
        case t.ElicitResult():
            return _of_person(question, given)
        case t.CreateMessageResult(content=content):
            return getattr(content, "text", None)
        case t.ListRootsResult(roots=roots):
            return [str(root.uri) for root in roots]


def _of_person(question: Question, given: t.ElicitResult) -> Any | None:
    if given.action != "accept":
        if given.action == "decline" and question.shape == {"type": "boolean"}:
            return False
        raise Declined(f"the person at the client does not answer {question.text!r}")
    content = dict(given.content or {})
    if Check(question.schema).complaints(content):
        return None
    return content if question.shape.get("type") == "object" else content[ANSWER]
