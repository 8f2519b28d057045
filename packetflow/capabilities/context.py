"""What the engine hands to a capability that asks for it.

A parameter annotated `Context` is not part of the contract: the engine fills it.

```python
@capability(provides="rows")
async def load(path: str, context: Context) -> int:
    context.log("reading", path=path)
    context.progress(0.5, "half way")
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class Reporter(Protocol):
    """Where a context's words go; the engine implements it."""

    def log(self, level: str, text: str, fields: Mapping[str, Any]) -> None:
        """Keep a line."""
        ...

    def progress(self, fraction: float, text: str) -> None:
        """Show how far the step is."""
        ...

    def partial(self, value: Any) -> None:
        """Show a piece of the output before the whole is there."""
        ...

    def ask(self, question: str, choices: Sequence[str], form: Mapping[str, Any]) -> Awaitable[Any]:
        """Wait for a person's answer."""
        ...

    def record(self, attributes: Mapping[str, Any]) -> None:
        """Add facts to the step's span."""
        ...

    def post(self, room: str, content: str, author: str, role: str) -> str:
        """Keep a message in a room; answers its id."""
        ...

    def emit(self, event: str, payload: Mapping[str, Any], key: str) -> str:
        """Send a named event to whoever waits for it; answers its id."""
        ...

    def find(self, names: Sequence[str]) -> list[Any]:
        """Capabilities and pipelines by names and patterns."""
        ...

    def call(self, what: Any, inputs: Mapping[str, Any]) -> Awaitable[Called]:
        """Call a capability or pipeline as a step inside this one."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether the execution waits for a person's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Called:
    """What a call gave: ``called["summary"]``.

    Attributes:
        outputs: By name.
        step: The id of the call among the steps of the execution.
        path: Its item and pass indexes; the last one counts the calls of the step.
        past_seconds: How long it took in an earlier life of the execution, of which this is the
            result; 0 if it was made now, or waited for somebody then.
    """

    outputs: dict[str, Any]
    step: str = ""
    path: tuple[int, ...] = ()
    past_seconds: float = 0.0

    def __getitem__(self, name: str) -> Any:
        """An output by name."""
        return self.outputs[name]


class _Silent:
    is_asking = False

    def log(self, level: str, text: str, fields: Mapping[str, Any]) -> None: ...
    def progress(self, fraction: float, text: str) -> None: ...
    def partial(self, value: Any) -> None: ...
    def record(self, attributes: Mapping[str, Any]) -> None: ...

    async def ask(
        self,
        question: str,
        choices: Sequence[str],  # noqa: ARG002 - the protocol's
        form: Mapping[str, Any],  # noqa: ARG002 - the protocol's
    ) -> Any:
        message = f"nobody can answer {question!r}: this capability was called without an engine"
        raise RuntimeError(message)

    def post(self, room: str, content: str, author: str, role: str) -> str:  # noqa: ARG002 - the protocol's
        return ""

    def emit(self, event: str, payload: Mapping[str, Any], key: str) -> str:  # noqa: ARG002 - the protocol's
        return ""

    def find(self, names: Sequence[str]) -> list[Any]:
        message = f"nobody knows {', '.join(names)}: this capability was called without an engine"
        raise RuntimeError(message)

    def call(self, what: Any, inputs: Mapping[str, Any]) -> Awaitable[Called]:  # noqa: ARG002 - the protocol's
        message = f"nobody can call {what!r}: this capability was called without an engine"
        raise RuntimeError(message)


class Stop:
    """Whether somebody stopped a call; set and read from any thread, and waited for by none."""

    __slots__ = ("is_set",)

    def __init__(self) -> None:
        self.is_set = False


@dataclass(slots=True)
class Context:
    """Where a call stands, and how it talks to people while it runs.

    Made without arguments it is silent, so that a capability can be called as a plain function.

    Attributes:
        execution_id: The execution the call belongs to.
        step: The id of its step in the composition.
        path: Item and pass indexes, from the outside in.
        attempt: 1 for the first try.
        idempotency_key: The same for every try of this step in this execution; hand it to
            services that drop repeated requests.
        user: Who asked for the execution, where known.
        agent: Which agent asked for it, where known.
        workspace: The workspace folder, where there is one.
    """

    execution_id: str = ""
    step: str = ""
    path: tuple[int, ...] = ()
    attempt: int = 1
    idempotency_key: str = ""
    user: str | None = None
    agent: str | None = None
    workspace: str = ""
    reporter: Reporter = field(default_factory=_Silent, repr=False)
    _stop: Stop = field(default_factory=Stop, repr=False)

    @property
    def cancelled(self) -> bool:
        """True once somebody stopped the execution: return soon, the result is discarded."""
        return self._stop.is_set

    def log(self, text: str, level: str = "info", **fields: Any) -> None:
        """Keep a line with the execution."""
        self.reporter.log(level, text, fields)

    def progress(self, fraction: float, text: str = "") -> None:
        """Show how far the step is, from 0 to 1."""
        self.reporter.progress(min(1.0, max(0.0, fraction)), text)

    def partial(self, value: Any) -> None:
        """Show a piece of the output before the whole is there."""
        self.reporter.partial(value)

    async def ask(
        self, question: str, choices: Sequence[str] = (), *, form: Mapping[str, Any] | None = None
    ) -> Any:
        """Wait for a person's answer; the execution may be put aside meanwhile and come back.

        After a restart the capability runs again from its start and gets the answer at once,
        so ask before anything that must not happen twice.

        Args:
            question: In words.
            choices: The answers to choose from, if there are some.
            form: What the answer looks like, as a JSON Schema, for whoever can show a form. The
                answer is not held against it.
        """
        return await self.reporter.ask(question, choices, form or {})

    def record(self, **attributes: Any) -> None:
        """Add facts to the step's span, such as ``tokens_in`` or ``cost_usd``."""
        self.reporter.record(attributes)

    def post(self, room: str, content: str, *, author: str = "", role: str = "assistant") -> str:
        """Keep a message in a room; answers its id."""
        return self.reporter.post(room, content, author, role)

    def emit(self, event: str, payload: Mapping[str, Any] | None = None, *, key: str = "") -> str:
        """Send a named event to whoever waits for it; answers its id."""
        return self.reporter.emit(event, payload or {}, key)

    def find(self, *names: str) -> list[Any]:
        """The capabilities and pipelines of those names; ``*`` in a name stands for any letters.

        Raises:
            UnknownName: There is none of a name, or none that fits a pattern.
        """
        return self.reporter.find(names)

    @property
    def is_asking(self) -> bool:
        """Whether the execution waits for a person's answer, here or elsewhere in it."""
        return self.reporter.is_asking

    def call(self, what: Any, inputs: Mapping[str, Any] | None = None) -> Awaitable[Called]:
        """Call a capability or pipeline as a step inside this one; several at once if you like.

        The call is checked, traced, kept and cancelled like any step. A call that is done is not
        made again when this step is tried again or its execution is resumed, as long as the step
        makes the same calls in the same order. What has effects that this capability does not
        have must be declared: ``Effect.calls("pay")``.

        ```python
        found = await context.call("find_notes", {"query": "bread"})
        found["notes"]
        ```

        Args:
            what: Its name, or the capability or pipeline itself.
            inputs: By name.

        Raises:
            UnknownName: There is none of that name, or it has no such input.
            RunError: It is not declared, or the step is over.
            MissingInput: (awaited) A needed input is not given.
            WrongType: (awaited) An input does not fit.
            CapabilityFailed: (awaited) It failed; ``error_type`` and ``error`` say how.
        """
        return self.reporter.call(what, inputs or {})
