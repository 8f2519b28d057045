"""A declared function: everything PacketFlow knows of a capability, without behaviour."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

from packetflow.capabilities.code import code_digest
from packetflow.capabilities.contract import Contract
from packetflow.capabilities.effects import Effect, Safety, safety
from packetflow.capabilities.signature import Mode, Shape, read_signature
from packetflow.errors import DeclarationError, did_you_mean

Place: TypeAlias = Literal["loop", "thread", "process"]
"""Where a call runs: on the event loop itself, in a thread, in another process."""

Migrate: TypeAlias = Callable[[Mapping[str, Any], str], Mapping[str, Any] | None] | Literal["keep"]
"""What to do with outputs that an earlier version or code made; see `Declaration`."""

WORDS = (
    "effects",
    "enabled",
    "examples",
    "expected_seconds",
    "migrate",
    "name",
    "reconcile",
    "tags",
    "version",
)
"""What may be said in ``@capability`` besides ``provides`` and ``run_in``."""

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.\-]*$")


@dataclass(frozen=True, eq=False)
class Declaration:
    """What was said with ``@capability``.

    Attributes:
        name: Unique in a catalog.
        fn: The function itself.
        contract: What it requires and provides.
        intent: The docstring's first sentence: what it gives, in words.
        shape: How the outputs come out of the returned object.
        mode: Plain, async or generator.
        place: Where calls run.
        context: The parameter that takes a `Context`, if any.
        effects: What it touches besides its outputs.
        reconcile: Called with the same inputs after an interruption of a guarded effect declared
            ``reconcile``; answers the outputs if it happened, ``None`` if it did not.
        version: Any text; a run that is resumed with another version asks, or migrates.
        migrate: What a resumed run does with outputs that an earlier version, or other code of
            this version, has made: ``keep`` them, or call this function with them (by name, as
            plain data: a dataclass or model is a dict) and the version that made them. It answers
            the outputs as this version makes them, or ``None`` to have the step done again.
            Without it, a run whose code has changed is not resumed unasked.
        enabled: A disabled capability is listed but refuses to run.
        closed: What a disabled one is, and what to do about it: ``not allowed; ...``.
        help: The whole docstring.
        tags: Free words for search.
        examples: Inputs that work, for forms and documentation.
        expected_seconds: How long a call usually takes; long ones are started first.
    """

    name: str
    fn: Callable[..., Any]
    contract: Contract
    intent: str = ""
    shape: Shape = "value"
    mode: Mode = "sync"
    place: Place = "thread"
    context: str | None = None
    effects: tuple[Effect, ...] = ()
    reconcile: Callable[..., Any] | None = None
    version: str = "1"
    migrate: Migrate | None = None
    enabled: bool = True
    closed: str = ""
    help: str = ""
    tags: tuple[str, ...] = ()
    examples: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    expected_seconds: float | None = None

    def __repr__(self) -> str:
        return f"<declaration {self.name}{self.contract}>"

    @cached_property
    def safety(self) -> Safety:
        """How freely a call may be repeated, from the effects."""
        return safety(self.effects)

    @cached_property
    def form(self) -> tuple[str, str, str]:
        """Version, digest of the contract, and digest of the code: what a resumed run compares."""
        contract = hashlib.sha256(str(self.contract).encode("utf-8", "surrogatepass"))
        return self.version, contract.hexdigest()[:16], code_digest(self.fn)

    @cached_property
    def source(self) -> tuple[str, int]:
        """File and line of the function; empty and 0 when it has none."""
        try:
            code = inspect.unwrap(self.fn).__code__
        except AttributeError:
            return "", 0
        return code.co_filename, code.co_firstlineno

    @property
    def address(self) -> str:
        """``module:qualname``, by which another process finds the function."""
        return f"{self.fn.__module__}:{self.fn.__qualname__}"


def read_declaration(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    provides: str | None = None,
    contract: Contract | None = None,
    place: Place | None = None,
    **rest: Any,
) -> Declaration:
    """Build a declaration from a function and what was said about it.

    Args:
        fn: The function.
        name: Defaults to the function's own name.
        provides: The name of its one returned value.
        contract: Given instead of read: then *fn* takes keyword arguments by the names required
            and returns a mapping of the names provided.
        place: Defaults to the loop for async functions and to a thread for others.
        **rest: Other attributes of `Declaration`.

    Raises:
        DeclarationError: The function cannot be declared as written.
    """
    called = str(name or getattr(fn, "__name__", ""))
    if not NAME.match(called):
        raise DeclarationError(
            f"{called!r} cannot name a capability; use letters, digits, '_', '.' and '-', or give "
            "it another name with name=",
            capability=called,
        )
    _check_words(called, place, provides, rest)
    effects = tuple(rest.pop("effects", ()))
    _check_effects(called, effects, rest.get("reconcile"))
    if contract is None:
        read = read_signature(fn, name=called, provides=provides)
        facts: dict[str, Any] = {
            "contract": read.contract,
            "shape": read.shape,
            "mode": read.mode,
            "context": read.context,
            "intent": read.intent,
            "help": read.help,
        }
    else:
        facts = {
            "contract": contract,
            "shape": "mapping",
            "mode": "async" if inspect.iscoroutinefunction(fn) else "sync",
            "intent": inspect.cleandoc(fn.__doc__ or "").split("\n\n")[0],
            "help": inspect.cleandoc(fn.__doc__ or ""),
        }
    facts |= {key: value for key, value in rest.items() if value is not None}
    facts["tags"] = tuple(facts.get("tags", ()))
    facts["examples"] = tuple(facts.get("examples", ()))
    is_async = facts["mode"] in {"async", "async_generator"}
    if is_async and place not in {None, "loop"}:
        raise DeclarationError(
            f"capability {called!r} is async, so it runs on the loop; drop run_in={place!r}",
            capability=called,
        )
    where: Place = place or ("loop" if is_async else "thread")
    if where == "process":
        _check_importable(called, fn, facts["context"])
    return Declaration(name=called, fn=fn, place=where, effects=effects, **facts)


def _check_words(name: str, place: object, provides: object, rest: Mapping[str, Any]) -> None:
    """Refuse words that nobody knows, and values that make no sense."""
    if provides is not None and not isinstance(provides, str):
        raise DeclarationError(
            f"capability {name!r}: provides names its one value, so it is a text; to provide "
            "several, return a TypedDict, a dataclass or a pydantic model",
            capability=name,
        )
    if place is not None and place not in get_args(Place):
        known = ", ".join(repr(one) for one in get_args(Place))
        raise DeclarationError(
            f"capability {name!r}: run_in is {place!r}; it must be one of {known}", capability=name
        )
    migrate = rest.get("migrate")
    if migrate is not None and migrate != "keep" and not callable(migrate):
        raise DeclarationError(
            f"capability {name!r}: migrate is {migrate!r}; it must be 'keep' or a function of the "
            "recorded outputs and the version that made them",
            capability=name,
        )
    for word in rest:
        if word not in WORDS:
            near = did_you_mean(get_close_matches(word, [*WORDS, "provides", "run_in"], 1))
            raise DeclarationError(
                f"capability {name!r}: @capability knows no {word!r}{near}", capability=name
            )


def _check_effects(name: str, effects: tuple[Effect, ...], reconcile: object) -> None:
    for effect in effects:
        if not isinstance(effect, Effect):
            raise DeclarationError(
                f"capability {name!r}: {effect!r} is no effect; write Effect.reads('network')",
                capability=name,
            )
        if effect.on_ambiguous == "reconcile" and reconcile is None:
            raise DeclarationError(
                f"capability {name!r} wants to reconcile {effect.target!r}; pass reconcile=",
                capability=name,
            )


def _check_importable(name: str, fn: Callable[..., Any], context: str | None) -> None:
    if "<locals>" in fn.__qualname__ or fn.__name__ == "<lambda>":
        raise DeclarationError(
            f"capability {name!r} runs in a process, so another process must find it by name; "
            "define it at the top level of a module",
            capability=name,
        )
    if context is not None:
        raise DeclarationError(
            f"capability {name!r} runs in a process and cannot take a Context; "
            "run it in a thread instead",
            capability=name,
        )
