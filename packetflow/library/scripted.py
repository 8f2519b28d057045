"""A model whose answers are written down: for tests and for working without a network.

>>> import asyncio
>>> from packetflow.library.llm import Message
>>> model = ScriptedModel({"capital of France": "Paris"})
>>> asyncio.run(model.chat([Message("user", "What is the capital of France?")])).text
'Paris'
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from packetflow.errors import LibraryError
from packetflow.library.llm import Format, Function, Message, Reply, ToolCall


class ScriptedModel:
    """Answers from a script, and remembers what it was asked.

    Tokens are counted as words; the cost is 0. An answer ``{"tool_calls": [{"name": ...,
    "arguments": {...}}]}`` asks for tools to be called, where there are some.

    Attributes:
        asked: The conversations so far, oldest first.
        formats: The response format of each of them.
    """

    def __init__(
        self,
        answers: Sequence[str | Mapping[str, Any]] | Mapping[str, str | Mapping[str, Any]],
        *,
        refuses: Sequence[str] = (),
    ) -> None:
        """Take the script.

        Args:
            answers: A list is answered in order, beginning behind the answers that stand in the
                conversation already; of a mapping, the first key that stands in the
                last user message wins, "*" fits all. Answers that are no text are sent as JSON.
            refuses: Response formats to refuse (``json_schema``, ``json_object``), as some
                providers do.
        """
        self._answers = answers
        self._refuses = frozenset(refuses)
        self._next = 0
        self.asked: list[list[Message]] = []
        self.formats: list[Format | None] = []

    @classmethod
    def from_file(cls, path: str) -> ScriptedModel:
        """Read the script from a JSON file: a list or an object.

        Raises:
            LibraryError: There is no such file or it is no JSON list or object.
        """
        try:
            script = json.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise LibraryError(f"cannot read the script {path!r}: {error.strerror}") from error
        except ValueError as error:
            raise LibraryError(f"the script {path!r} is no JSON: {error}") from error
        if not isinstance(script, (list, dict)):
            raise LibraryError(f"the script {path!r} must be a JSON list or object of answers")
        return cls(script)

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        response_format: Format | None = None,
        tools: Sequence[Function] = (),
    ) -> Reply:
        """Answer by the script.

        Raises:
            LibraryError: The script has no (further) answer, or refuses the format.
        """
        kind = str((response_format or {}).get("type", ""))
        if kind in self._refuses:
            raise LibraryError(f"the scripted model refuses {kind}", format_refused=True)
        self.asked.append(list(messages))
        self.formats.append(response_format)
        answer = self._answer(messages)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        read = sum(len(message.content.split()) for message in messages)
        reply = Reply(text, "scripted", "scripted", read, len(text.split()), 0.0)
        if isinstance(answer, str) or not tools or "tool_calls" not in answer:
            return reply
        calls = enumerate(answer["tool_calls"], 1)
        wanted = [_tool_call(one, f"call_{len(messages)}_{number}") for number, one in calls]
        return replace(reply, text=str(answer.get("content", "")), tool_calls=tuple(wanted))

    def _answer(self, messages: Sequence[Message]) -> str | Mapping[str, Any]:
        if isinstance(self._answers, Mapping):
            asked = "\n".join(one.content for one in messages if one.role == "user")
            for key, answer in self._answers.items():
                if key == "*" or key in asked:
                    return answer
            raise LibraryError(f"the script has no answer to {asked[:80]!r}")
        said = sum(message.role == "assistant" for message in messages)
        self._next = max(self._next, said)
        if self._next >= len(self._answers):
            raise LibraryError(f"the script has only {len(self._answers)} answers")
        self._next += 1
        return self._answers[self._next - 1]


def _tool_call(written: Mapping[str, Any], own: str) -> ToolCall:
    arguments = written.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(str(written.get("id", own)), str(written.get("name", "")), text)
