"""Wrong calls of public functions: say what is missing, and show a call that is right.

Python says ``Composable.retry() missing 1 required keyword-only argument: 'on'``. Whoever writes a
composition for the first time needs to read what to write instead.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final, ParamSpec, TypeVar

from packetflow.errors import CompositionError, PacketFlowError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")

_BY_PLACE: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def shows_how(
    example: str, error: type[PacketFlowError] = CompositionError
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have calls whose arguments do not fit the signature answered with an example.

    A `TypeError` from inside the function passes as it is.

    Args:
        example: A call that is right.
        error: What to raise.

    >>> @shows_how("greet('Ada')")
    ... def greet(name: str, *, loud: bool = False) -> str:
    ...     return f"Hello {name}"
    >>> greet("Ada")
    'Hello Ada'
    >>> greet()
    Traceback (most recent call last):
    packetflow.errors.CompositionError: greet needs 'name'. Write greet('Ada')
    """

    def decorate(fn: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(fn)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return fn(*args, **kwargs)
            except TypeError as wrong:
                here = wrong.__traceback__
                if here is None or here.tb_next is not None:
                    raise
                said = f"{_misfit(fn, args, kwargs) or wrong} Write {example}"
                raise error(said) from None  # Python's own words say less, and come first

        return call

    return decorate


def _misfit(fn: Callable[..., Any], args: tuple[Any, ...], given: dict[str, Any]) -> str:
    """What does not fit, in words; empty when all of it does."""
    name = fn.__name__
    every = list(inspect.signature(fn).parameters.values())
    places = [one.name for one in every if one.kind in _BY_PLACE]
    known = [one.name for one in every if one.name not in {"self", "cls"}]
    for word in given:
        if word not in known:
            near = did_you_mean(get_close_matches(word, known, 1))
            return f"{name} knows no {word!r}{near or '; it takes ' + ', '.join(known) + '.'}"
    if len(args) > len(places) and not any(one.kind is one.VAR_POSITIONAL for one in every):
        named = [one.name for one in every if one.kind is one.KEYWORD_ONLY]
        if any(one.kind is one.VAR_KEYWORD for one in every):
            return f"{name} takes what it is given by name."
        rest = f"; give {', '.join(named)} by name" if named else ""
        most = ", ".join(one for one in places if one not in {"self", "cls"})
        return f"{name} takes {f'only {most}' if most else 'nothing'} without a name{rest}."
    there = {*places[: len(args)], *given}
    missing = [
        repr(one.name)
        for one in every
        if one.default is one.empty
        and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        and one.name not in there
    ]
    return f"{name} needs {' and '.join(missing)}." if missing else ""
