"""What a server asks while it works (*elicitation*), as questions that a person can answer.

A form of a few plain fields becomes a question each. What cannot be asked so (secrets behind an
address, lists, nested forms) is left out where the form does not need it; else the form is
declined, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

DECLINE: Final = "decline"
ACCEPT: Final = "accept"
MOST_FIELDS: Final = 8

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "choice", "agree"]

_KINDS: Final[Mapping[str, Kind]] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}


class Unaskable(Exception):
    """A form that is not asked; the reason is its text."""


@dataclass(frozen=True)
class Question:
    """One question to a person.

    Attributes:
        field: The field of the form that it fills; empty for a mere agreement.
        text: What is asked.
        kind: How the answer is read.
        choices: The answers to choose from; empty for a free text.
        values: What each choice stands for.
        optional: Whether an empty answer leaves the field out.
        default: What an empty answer means; ``None`` if the form says nothing of it.
    """

    field: str
    text: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    optional: bool = False
    default: str | float | bool | None = None


def questions_of(message: str, schema: Mapping[str, Any] | None) -> list[Question]:
    """The questions of a form; ``None`` for a server that wants an address to be opened instead.

    Raises:
        Unaskable: It needs fields that are no plain text, number, yes or no, or choice.

    >>> [one] = questions_of("Go on?", {"properties": {"sure": {"type": "boolean"}}})
    >>> one.text, one.choices
    ('Go on? (sure)', ('yes', 'no', 'decline'))
    """
    if schema is None:
        raise Unaskable("it wants a person to open an address, which is not done from here")
    fields = schema.get("properties") or {}
    if not isinstance(fields, Mapping):
        raise Unaskable("its form does not say which fields it has")
    required = schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    if len(needed) > MOST_FIELDS:
        raise Unaskable(f"its form needs more than {MOST_FIELDS} fields")
    found: dict[str, Question] = {}
    for name in sorted(map(str, fields), key=lambda one: one not in needed):  # those needed first
        try:
            asked = _question(message, name, fields[name], optional=name not in needed)
        except Unaskable:
            if name in needed:
                raise
        else:
            found[name] = asked
    asked_for = list(found)[:MOST_FIELDS]
    if not asked_for:
        return [Question("", message, "agree", (ACCEPT, DECLINE))]
    return [found[str(name)] for name in fields if str(name) in asked_for]


def _question(message: str, name: str, said: Any, *, optional: bool) -> Question:
    if not isinstance(said, Mapping):
        raise Unaskable(f"the field {name!r} of its form says nothing of itself")
    about = str(said.get("title") or said.get("description") or name)
    text = f"{message} ({about})"
    values, titles = _choices(said)
    if values:
        kind: Kind = "choice"
    elif said.get("type") in _KINDS:
        kind = _KINDS[said["type"]]
    else:
        raise Unaskable(f"the field {name!r} of its form is no text, number, yes or no, or choice")
    default = _default(kind, values, said)
    if kind == "choice":
        titled = "" if default is None else f"; usually {titles[values.index(str(default))]!r}"
        choices = (*titles, DECLINE)
        return Question(name, text + titled, kind, choices, values, optional, default)
    if kind == "boolean":
        usual = "" if default is None else f"; usually {'yes' if default else 'no'}"
        return Question(name, text + usual, kind, ("yes", "no", DECLINE), (), optional, default)
    text += f"; {DECLINE!r} refuses"
    if default is not None:
        text += f", nothing means {default!r}"
    elif optional:
        text += ", nothing leaves it open"
    return Question(name, text, kind, optional=optional, default=default)


def _default(kind: Kind, values: tuple[str, ...], said: Mapping[str, Any]) -> Any:
    """What the form proposes; none where that does not fit, as servers sometimes write."""
    default = said.get("default")
    match kind:
        case "choice":
            fits = default in values
        case "boolean":
            fits = isinstance(default, bool)
        case "integer":
            fits = isinstance(default, int) and not isinstance(default, bool)
        case "number":
            fits = isinstance(default, (int, float)) and not isinstance(default, bool)
        case _:
            fits = isinstance(default, str)
    return default if fits else None


def _choices(said: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values to choose from, and what people see of them."""
    several = said.get("oneOf")
    if isinstance(several, Sequence) and all(isinstance(one, Mapping) for one in several):
        values = tuple(str(one["const"]) for one in several if "const" in one)
        titles = tuple(str(one.get("title") or one["const"]) for one in several if "const" in one)
    else:
        values = tuple(map(str, said["enum"])) if isinstance(said.get("enum"), list) else ()
        names = said.get("enumNames")
        fit = isinstance(names, list) and len(names) == len(values)
        titles = tuple(map(str, names)) if isinstance(names, list) and fit else values
    return values, titles if len(set(titles)) == len(titles) else values


def read_answer(question: Question, answer: Any) -> Any:
    """The value that an answer stands for; ``None`` where the field is left out.

    An empty answer takes what the form proposes.

    Raises:
        ValueError: It is none; the text says why.
    """
    said = answer.strip() if isinstance(answer, str) else answer
    if said in ("", None) and (question.optional or question.default is not None):
        return question.default
    match question.kind:
        case "agree":
            return None
        case "choice":
            return question.values[question.choices.index(said)]
        case "boolean":
            return said is True or said == "yes"
        case "text":
            return str(answer)
        case "integer" | "number":
            return _number(said, whole=question.kind == "integer")


def _number(said: Any, *, whole: bool) -> int | float:
    try:
        return int(said) if whole else float(said)
    except (TypeError, ValueError):
        raise ValueError(f"{said!r} is no {'whole ' if whole else ''}number") from None


def is_declined(answer: Any) -> bool:
    """Whether a person refuses to answer."""
    return isinstance(answer, str) and answer.strip() == DECLINE
