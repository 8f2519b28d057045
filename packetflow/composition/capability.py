"""``@capability``: an ordinary function that is also the simplest composition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, overload

from packetflow.capabilities.calling import shows_how
from packetflow.capabilities.contract import Contract
from packetflow.capabilities.declaration import Declaration, Migrate, Place, read_declaration
from packetflow.capabilities.effects import Effect
from packetflow.composition.composable import Composable
from packetflow.composition.steps import Use
from packetflow.errors import DeclarationError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Capability(Composable, Generic[P, R]):
    """A declared function. Called, it runs as a plain function; composed, it becomes a step."""

    declaration: Declaration
    fn: Callable[P, R]

    def __post_init__(self) -> None:
        self.__dict__["__name__"] = self.declaration.name
        self.__dict__["__doc__"] = self.fn.__doc__
        self.__dict__["__wrapped__"] = self.fn

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, with nothing added."""
        return self.fn(*args, **kwargs)

    @property
    def name(self) -> str:
        """Its name in a catalog."""
        return self.declaration.name

    @property
    def contract(self) -> Contract:
        """What it requires and provides."""
        return self.declaration.contract

    def as_step(self) -> Use:
        """Use it, with every name as declared."""
        return Use(self)

    def _repr_html_(self) -> str:
        from packetflow.composition.draw import capability_html

        return capability_html(self)

    def __repr__(self) -> str:
        return f"<capability {self.name}{self.contract}>"


@overload
def capability(fn: Callable[P, R], /) -> Capability[P, R]: ...


@overload
def capability(
    *,
    provides: str | None = None,
    effects: Iterable[Effect] = (),
    name: str | None = None,
    run_in: Place | None = None,
    version: str = "1",
    migrate: Migrate | None = None,
    enabled: bool = True,
    tags: Iterable[str] = (),
    examples: Iterable[Mapping[str, Any]] = (),
    reconcile: Callable[..., Any] | None = None,
    expected_seconds: float | None = None,
) -> Callable[[Callable[P, R]], Capability[P, R]]: ...


def capability(fn: Callable[P, R] | None = None, /, **said: Any) -> Any:
    """Declare a function as a capability.

    Parameter names and types are what it requires, the return type is what it provides, the
    docstring's first sentence is its intent.

    Args:
        fn: The function, when used without parentheses.
        **said: ``provides``: the name of its one returned value, when the type has no field
            names. ``effects``: what it touches (`Effect`). ``name``: instead of the function's.
            ``run_in``: ``loop`` for functions of microseconds, ``thread`` (default for plain
            functions), ``process`` for heavy computation. ``version``, ``enabled``, ``tags``,
            ``examples`` (inputs that work), ``expected_seconds``. ``reconcile``: a function of the
            same inputs that tells after an interruption whether the effect happened. ``migrate``:
            what a resumed run does with outputs of an earlier version or code: ``"keep"``, or a
            function of them and that version that gives them as they are made now.

    Raises:
        DeclarationError: Something has no type or no name, with what to write.

    >>> @capability(provides="summary")
    ... def summarize(text: str, language: str = "en") -> str:
    ...     "Shorten a text to its gist."
    ...     return text[:4]
    >>> summarize
    <capability summarize(text: str, language?: str) -> (summary: str)>
    >>> summarize("a long story")
    'a lo'
    """

    def declare(function: Callable[P, R]) -> Capability[P, R]:
        for word in ("place", "contract"):  # what the layer below calls its own arguments
            if word in said:
                near = "; did you mean 'run_in'?" if word == "place" else ""
                raise DeclarationError(
                    f"capability {function.__name__!r}: @capability knows no {word!r}{near}",
                    capability=function.__name__,
                )
        words = {word: value for word, value in said.items() if word != "run_in"}
        declared = read_declaration(function, place=said.get("run_in"), **words)
        return Capability(declared, function)

    if fn is not None and not callable(fn):
        raise DeclarationError(
            f"@capability takes what it is told by name: @capability(provides={fn!r})"
        )
    return declare if fn is None else declare(fn)


@shows_how("from_contract(call, 'load', Contract((Port('path', str),), (Port('rows', list),)))")
def from_contract(
    fn: Callable[..., Any], name: str, contract: Contract, **said: Any
) -> Capability[..., Any]:
    """Make a capability whose contract is given instead of read, such as an imported one.

    Args:
        fn: Takes keyword arguments by the names required, returns a mapping of those provided.
        name: Its name in a catalog.
        contract: What it requires and provides; any text may be a name.
        **said: As for `capability`.
    """
    place = said.pop("run_in", None)
    return Capability(read_declaration(fn, name=name, contract=contract, place=place, **said), fn)
