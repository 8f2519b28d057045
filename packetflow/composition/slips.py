"""Slips of the pen: names that are hardly meant, values and exceptions that cannot be.

A name that nobody makes becomes an input of the composition, so a misspelt one is no error by
itself. It is reported as a warning when something very much like it is there; whoever means it
says so under ``requires``.
"""

from __future__ import annotations

import builtins
import dataclasses
import typing
from collections.abc import Container, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from packetflow import errors
from packetflow.capabilities.contract import Port, type_name
from packetflow.capabilities.fits import fits
from packetflow.composition import condition
from packetflow.composition.codec_values import HIDDEN
from packetflow.composition.problems import Fix, Problem
from packetflow.composition.steps import Branch, Call, Each, Repeat, Step, Use, Wait
from packetflow.composition.walk import label, walk
from packetflow.errors import did_you_mean

_LONG: Final = 8
"""From this length on a name may differ in two letters and still be meant."""
_SHORTEST: Final = 4
"""Shorter names, and shorter words of a name such as ``_eur``, differ because they mean to."""
_MOST_PAIRS: Final = 100_000
"""Above so many pairs of names nobody wrote them by hand, and comparing them takes too long."""
_TIMEOUTS: Final = ("asyncio", "concurrent.futures", "socket")
_OURS: Final = errors.__name__


def slips(whole: Step, declared: Container[str]) -> Iterator[Problem]:
    """Warn about names read from outside that are nearly those of values at hand.

    Args:
        whole: The composition, with ids.
        declared: Names that are meant to be given from outside.
    """
    for name, near in near_misses(whole, declared):
        yield _slip(whole, (name, whole.flow.readers[name]), near)


def near_misses(whole: Step, declared: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """The names read from outside that nearly are another, with that other; as `slips`."""
    flow = whole.flow
    asked = {
        name: port
        for name, port in flow.needs.items()
        if name.isidentifier()  # names of other kinds, such as files, come from importers
        and name not in declared
        and not (port.optional and name not in flow.maybes)
    }
    if not asked:
        return
    made, written, conditions = _names(whole)
    made = {name: kind for name, kind in made.items() if name.isidentifier()}
    if len(asked) * len(made) > _MOST_PAIRS:
        return
    for name, port in asked.items():
        reader = flow.readers[name]
        hand = {n: kind for n, kind in made.items() if flow.makers.get(n) != reader}
        if name in written:
            hand |= {n: p.type for n, p in flow.needs.items() if n not in written}
        loose = name in conditions
        near = [
            other
            for other, kind in hand.items()
            if other != name and is_slip(name, other, plural=loose) and fits(kind, port.type)
        ]
        if near:
            yield name, near[0]


def _slip(whole: Step, read: tuple[str, str], near: str) -> Problem:
    name, reader = read
    message = (
        f"reads {name!r}, which no step makes, so it becomes an input; did you mean {near!r}? "
        f"If not, name {name!r} under requires"
    )
    return Problem("likely_slip", reader, message, name, "warning", _mend(whole, read, near))


def _mend(whole: Step, read: tuple[str, str], near: str) -> Fix | None:
    name, reader = read
    for part in walk(whole):
        if isinstance(part, (Use, Call)) and label(part) == reader:
            own = next((one for one, scope in part.reads.items() if scope == name), name)
            operation = {"op": "read", "step": reader, "input": own, "from": near}
            return Fix(f"Read {own} from {near}", operation)
    return None


def _names(whole: Step) -> tuple[dict[str, Any], set[str], set[str]]:
    """What is made anywhere inside, the names written out by hand, and those of conditions."""
    made: dict[str, Any] = {}
    written: set[str] = set()
    conditions: set[str] = set()
    for part in walk(whole):
        match part:
            case Use() | Call():
                written |= {scope for scope in part.reads.values() if scope is not None}
            case Branch():
                conditions |= {n for case in part.cases for n in condition.variables(case.when)}
            case Repeat(until=str() as until):
                conditions |= condition.variables(until)
            case Each():
                written |= set(part.over.values())
            case Wait(key=str() as key):
                written.add(key)
            case _:
                continue
        if isinstance(part, (Use, Call, Wait, Each)):
            made |= {port.name: port.type for port in part.flow.makes.values()}
    return made, written | conditions, conditions


def is_slip(name: str, other: str, *, plural: bool = True) -> bool:
    """Tell whether one name is probably the other, misspelt.

    Args:
        name: A name.
        other: Another.
        plural: Count a missing or superfluous ``s`` at the end too.

    >>> is_slip("validation_erors", "validation_errors"), is_slip("customerId", "customer_id")
    (True, True)
    >>> is_slip("price_eur", "price_usd"), is_slip("part_1", "part_2"), is_slip("cat", "cart")
    (False, False, False)
    """
    if abs(len(name) - len(other)) > 2 or not (name[0] == other[0] or name[-1] == other[-1]):
        return False
    if _bare(name) == _bare(other):
        return True
    if min(len(name), len(other)) < _SHORTEST or _letters(name) == _letters(other):
        return False
    if not plural and (name + "s" == other or other + "s" == name):
        return False
    words, others = name.split("_"), other.split("_")
    if len(words) == len(others):
        pairs = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
        if any(min(len(a), len(b)) < _SHORTEST - 1 or len(a + b) < 2 * _SHORTEST for a, b in pairs):
            return False
    most = 2 if min(len(name), len(other)) >= _LONG else 1
    return abs(len(name) - len(other)) <= most and _distance(name, other) <= most


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _letters(name: str) -> str:
    return "".join(sign for sign in name if not sign.isdigit())


def _distance(one: str, other: str) -> int:
    """How many letters to insert, drop, change or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def dotted(whole: Step, declared: Container[str]) -> Iterator[Problem]:
    """Find joints that reach into a value, which only conditions can."""
    flow = whole.flow
    for name in flow.needs:
        head, dot, rest = name.partition(".")
        if not dot or name in declared or not all(map(str.isidentifier, name.split("."))):
            continue
        source = flow.makes.get(head) or flow.needs.get(head)
        if source is None:
            continue
        message = (
            f"reads {name!r}, but a joint takes {head!r} whole; let a step take {rest!r} out of it "
            f"(in a condition {name} may be written)"
        )
        severity: typing.Literal["error", "warning"] = (
            "error" if _has_fields(source.type) else "warning"
        )
        yield Problem("likely_slip", flow.readers[name], message, name, severity)


def _has_fields(kind: Any) -> bool:
    outer = typing.get_origin(kind) or kind
    if not isinstance(outer, type):
        return False
    record = dataclasses.is_dataclass(outer) or hasattr(outer, "model_fields")
    return record or typing.is_typeddict(outer) or issubclass(outer, (dict, Mapping))


def unfit(port: Port, value: Any) -> str | None:
    """Say why a fixed value does not fit its input, or ``None``; values are not repeated."""
    if value is HIDDEN or port.type is Any or type(value) is port.type:
        return None
    from pydantic import PydanticUserError, ValidationError
    from pydantic.errors import PydanticSchemaGenerationError

    from packetflow.capabilities.validate import reason, validator

    try:
        check = validator(port.type)
        if check is not None:
            check(value)
    except ValidationError as error:
        return f"sets {port.name!r} to a value that is no {type_name(port.type)}: {reason(error)}"
    except (PydanticUserError, PydanticSchemaGenerationError, NameError):
        return None  # the type itself is at fault, which whoever compiles it says
    return None


def unknown_exception(name: str) -> str | None:
    """Say why no exception can be the one named in a retry, or ``None``.

    >>> unknown_exception("TimeoutErorr")
    "no exception is called 'TimeoutErorr'; did you mean 'TimeoutError'?"
    >>> unknown_exception("httpx:ReadTimeout"), unknown_exception("OSError")
    (None, None)
    """
    module, colon, kind = name.partition(":")
    if not colon:
        return _unknown_builtin(name)
    if module == "builtins":
        return f"{name!r} is written without its module: {kind!r}"
    if module in _TIMEOUTS and kind.lower().startswith("timeout"):
        return f"{name!r} is another name of 'TimeoutError'; write that"
    if module.split(".")[0] == _OURS.split(".")[0]:
        known = _errors()
        if module == _OURS and kind in known:
            return None
        if kind in known:
            return f"{name!r} is written {f'{_OURS}:{kind}'!r}"
        if module == _OURS:
            return (
                f"no exception is called {name!r}{did_you_mean(get_close_matches(kind, known, 1))}"
            )
    return None


def _unknown_builtin(name: str) -> str | None:
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        # IOError is another name of OSError, which is what a raised one is called
        alias = found.__name__ != name
        return f"{name!r} is another name of {found.__name__!r}; write that" if alias else None
    if name in _errors():
        return f"no built-in exception is called {name!r}; write {f'{_OURS}:{name}'!r}"
    if "." in name:
        module, _, kind = name.rpartition(".")
        return f"no built-in exception is called {name!r}; write {f'{module}:{kind}'!r}"
    every = [one for one, kind in vars(builtins).items() if _is_exception(kind)]
    near = get_close_matches(name, every, 1)
    mend = did_you_mean(near) if near else "; others than Python's own are written 'module:Class'"
    return f"no exception is called {name!r}{mend}"


def _errors() -> list[str]:
    return [name for name, kind in vars(errors).items() if _is_exception(kind)]


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException)
