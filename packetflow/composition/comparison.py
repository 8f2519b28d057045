"""Conditions that only compare, as plain functions: the short way beside CEL.

Most conditions compare a name, a field or a size with something, and CEL spends microseconds on
taking its arguments over. This module answers those itself where Python and CEL cannot differ:
values of exactly the plain types, whole numbers that a double holds. Everything else, mistakes in
types included, is CEL's to decide: `Unsure` says so. Laws in the tests hold the two against each
other. They differ only where CEL's library cannot take a value over as it is: text with NUL or with
half a character, and what lies beside the fields that are read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

Value: TypeAlias = Callable[[Mapping[str, Any]], Any]
Token: TypeAlias = tuple[str, str]

_EXACT: Final = 2**53
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIZED: Final = frozenset({str, list, tuple, dict, set, frozenset})
_NUMBERS: Final = frozenset({int, float})
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_TEXT: Final = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"")
_TRUTHS: Final = {"true": True, "false": False}
_RESERVED: Final = frozenset({"null", "in"})


class Unsure(Exception):
    """Only CEL can say."""


class _Other(Exception):
    """The condition is more than comparisons."""


def comparison(tokens: Sequence[Token]) -> Value | None:
    """A function of the scope that tells whether the condition holds.

    Args:
        tokens: Kind (``text``, ``number``, ``name``, ``sign``) and text, in order.

    Returns:
        ``None`` for conditions that do more than compare. The function raises `Unsure` for values
        that CEL has to decide on.
    """
    reader = _Reader(tokens)
    try:
        value = reader.either()
        reader.end()
    except _Other:
        return None
    return _truth(value)


class _Reader:
    """Reads ``a < b``, ``!``, ``&&``, ``||`` and brackets by recursive descent."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.at = 0

    def take(self, *wanted: str) -> str | None:
        """The next token's text, taken if it is one of those."""
        text = self.tokens[self.at][1]
        if text not in wanted or self.tokens[self.at][0] == "text":
            return None
        self.at += 1
        return text

    def need(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise _Other

    def end(self) -> None:
        if self.tokens[self.at][0] != "end":
            raise _Other

    def either(self) -> Value:
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else _any([_truth(part) for part in parts])

    def both(self) -> Value:
        parts = [self.relation()]
        while self.take("&&"):
            parts.append(self.relation())
        return parts[0] if len(parts) == 1 else _all([_truth(part) for part in parts])

    def relation(self) -> Value:
        left = self.operand()
        sign = self.take(*_COMPARE)
        if sign is None:
            return left
        right = self.operand()
        if self.take(*_COMPARE):
            raise _Other
        return _compared(left, right, sign)

    def operand(self) -> Value:
        if self.take("!"):
            return _not(_truth(self.operand()))
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number" and _NUMBER.fullmatch(text):
            return _constant(float(text) if "." in text else _whole(text))
        if kind == "text" and _TEXT.fullmatch(text):
            return _constant(text[1:-1])
        if kind != "name" or text in _RESERVED:
            raise _Other
        if text in _TRUTHS:
            return _constant(_TRUTHS[text])
        if self.take("("):
            if text != "size":
                raise _Other
            path = self.path(self.name())
            self.need(")")
            return _size(path)
        return self.path(text)

    def name(self) -> str:
        kind, text = self.tokens[self.at]
        if kind != "name" or text in _RESERVED or text in _TRUTHS:
            raise _Other
        self.at += 1
        return text

    def path(self, name: str) -> Value:
        value = _named(name)
        while self.take("."):
            value = _field(value, self.name())
        if self.take("(", "["):
            raise _Other
        return value


def _whole(text: str) -> int:
    number = int(text)
    if number > _EXACT or (len(text) > 1 and text[0] == "0"):
        raise _Other
    return number


def _constant(value: Any) -> Value:
    return lambda _: value


def _named(name: str) -> Value:
    def value(scope: Mapping[str, Any]) -> Any:
        if name in scope:
            return scope[name]
        raise Unsure

    return value


@lru_cache(maxsize=1024)
def _has_field(kind: type, name: str) -> bool:
    fields = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", None)
    return isinstance(fields, Mapping) and name in fields


def _field(whole: Value, name: str) -> Value:
    def value(scope: Mapping[str, Any]) -> Any:
        owner = whole(scope)
        if type(owner) is dict:
            if name in owner:
                return owner[name]
        elif _has_field(type(owner), name):  # type: ignore[arg-type]  # a class can be hashed
            return getattr(owner, name)
        raise Unsure

    return value


def _size(whole: Value) -> Value:
    def value(scope: Mapping[str, Any]) -> Any:
        owner = whole(scope)
        if type(owner) in _SIZED:
            return len(owner)
        raise Unsure

    return value


def _compared(left: Value, right: Value, sign: str) -> Value:
    compare, equality = _COMPARE[sign], sign in {"==", "!="}

    def value(scope: Mapping[str, Any]) -> Any:
        a, b = left(scope), right(scope)
        kind, other = type(a), type(b)
        if kind in _NUMBERS and other in _NUMBERS:
            if _is_exact(a) and _is_exact(b):
                return compare(a, b)
        elif kind is other and (kind is str or (equality and kind is bool)):
            return compare(a, b)
        raise Unsure

    return value


def _is_exact(number: float) -> bool:
    return type(number) is float or -_EXACT <= number <= _EXACT


def _truth(part: Value) -> Value:
    def value(scope: Mapping[str, Any]) -> Any:
        answer = part(scope)
        if answer is True or answer is False:
            return answer
        raise Unsure

    return value


def _not(part: Value) -> Value:
    return lambda scope: not part(scope)


def _all(parts: list[Value]) -> Value:
    return lambda scope: all(part(scope) for part in parts)


def _any(parts: list[Value]) -> Value:
    return lambda scope: any(part(scope) for part in parts)
