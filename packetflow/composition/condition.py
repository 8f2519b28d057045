"""Conditions: the Common Expression Language (cel.dev) behind two functions.

A condition is text over names in the scope: ``size(errors) == 0 && language in ['en', 'de']``.
CEL always ends, cannot touch anything outside, and is typed. The library is imported only when a
condition is compiled. Numbers are declared dynamic to CEL, so that ``1 < 1.5`` holds as in
Python; text, booleans and lists are declared, so that most mistakes show before a run. Models and
dataclasses count as maps, tables as their number of rows, decimals and fractions as numbers,
choices of an enum as their values, and what is none of these as its text.
"""

from __future__ import annotations

import dataclasses
import decimal
import enum
import numbers
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from packetflow.composition.comparison import Unsure, comparison
from packetflow.errors import CompositionError, RunError

Condition: TypeAlias = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"""(?P<text>[rRbB]{0,2}(?:'''(?:.|\n)*?'''|\"\"\"(?:.|\n)*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))
      | (?P<number>\d[\w.]*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||\S)""",
    re.VERBOSE,
)
_WORDS = frozenset({"true", "false", "null", "in"})
_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_PYTHON = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "None": "null",
    "True": "true",
    "False": "false",
    "len": "size",
}
"""What Python's words are in CEL."""
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_PLAIN = (bool, int, float, str, bytes, type(None))


def _tokens(source: str) -> list[tuple[str, str]]:
    return [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(source)]


@lru_cache(maxsize=2048)
def variables(source: str) -> frozenset[str]:
    """The scope names a condition reads.

    >>> sorted(variables("size(errors) == 0 && tags.exists(t, t == 'new') && user.name != ''"))
    ['errors', 'tags', 'user']
    """
    tokens = _tokens(source)
    return frozenset(tokens[index][1] for index in _read(tokens))


def renamed(source: str, names: Mapping[str, str]) -> str:
    """The condition with other names of the scope.

    >>> renamed("size(errors) == 0 && user.errors != 'errors'", {"errors": "mistakes"})
    "size(mistakes) == 0 && user.errors != 'errors'"
    """
    matches = list(_TOKEN.finditer(source))
    new, end = [], 0
    for index in _read(_tokens(source)):
        found = matches[index]
        new += [source[end : found.start()], names.get(found.group(), found.group())]
        end = found.end()
    return "".join([*new, source[end:]])


def _read(tokens: list[tuple[str, str]]) -> Iterator[int]:
    """The positions of the tokens that are names of the scope."""
    bound: list[tuple[str, int]] = []
    depth = 0
    for index, (kind, text) in enumerate(tokens):
        before = tokens[index - 1][1] if index else ""
        after = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        if text == "(":
            depth += 1
        elif text == ")":
            depth -= 1
            bound = [(name, level) for name, level in bound if level <= depth]
        if kind != "name" or text in _WORDS:
            continue
        if before == ".":
            if text in _MACROS and after == "(" and index + 2 < len(tokens):
                bound.append((tokens[index + 2][1], depth + 1))
            continue
        if after == "(" or any(text == name for name, _ in bound):
            continue
        yield index


@lru_cache(maxsize=2048)
def fields(source: str) -> Mapping[str, tuple[str, ...]]:
    """The fields read of the names of which a condition reads nothing else.

    >>> dict(fields("user.age > 18 && user.name != '' && size(tags) > 0"))
    {'user': ('age', 'name')}
    """
    tokens = _tokens(source)
    found: dict[str, list[str]] = {}
    whole: set[str] = set()
    for index, (kind, text) in enumerate(tokens):
        before = tokens[index - 1][1] if index else ""
        if kind != "name" or before == ".":
            continue
        after = [one for _, one in tokens[index + 1 : index + 4]]
        if len(after) >= 2 and after[0] == "." and after[2:] != ["("]:
            found.setdefault(text, []).append(after[1])
        else:
            whole.add(text)
    return {name: tuple(dict.fromkeys(f)) for name, f in found.items() if name not in whole}


def complaint(source: str, types: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a condition over names of these types, or ``None``.

    >>> complaint("size(errors) == ", {"errors": list})
    "cannot be read at column 17: mismatched input '<EOF>' expecting more"
    >>> complaint("score > 'high'", {"score": int})
    "compares the number 'score' with text"
    >>> complaint("score > 1 and name is None", {"score": int, "name": str})
    "is CEL, not Python: write && for 'and', == for 'is', null for 'None'"
    """
    if not source.strip():
        return "is empty"
    text = _compile_error(source, types)
    constants = variables(source) & _PYTHON.keys()
    if text is not None or constants:
        return _python_words(source) or text
    return _type_mistake(source, types)


def _python_words(source: str) -> str | None:
    """Say what to write for words of Python, or ``None`` when there are none."""
    words = dict.fromkeys(text for kind, text in _tokens(source) if kind == "name")
    mends = [f"{_PYTHON[word]} for {word!r}" for word in words if word in _PYTHON]
    return f"is CEL, not Python: write {', '.join(mends)}" if mends else None


def _compile_error(source: str, types: Mapping[str, Any]) -> str | None:
    try:
        compiled = _compile(source, tuple(sorted((n, _cel_type(k)) for n, k in types.items())))
    except RuntimeError as error:
        return _readable(str(error))
    if compiled.return_type().name().lower() not in {"bool", "dyn"}:
        return f"gives a {compiled.return_type().name().lower()}, not true or false"
    return None


def _readable(message: str) -> str:
    match = re.search(r"<input>:(\d+):(\d+): (.*)", message)
    if match is None:
        return f"cannot be read: {message.splitlines()[0]}"
    text = match[3].removeprefix("Syntax error: ").replace(" (in container '')", "")
    text = re.sub(r"expecting \{.*\}", "expecting more", text)
    if undeclared := re.match(r"undeclared reference to '(\w+)'", text):
        return f"uses {undeclared[1]!r}, which is not there"
    return f"cannot be read at column {match[2]}: {text}"


def _type_mistake(source: str, types: Mapping[str, Any]) -> str | None:
    tokens = _tokens(source)
    for (_, function), (_, bracket), (_, name) in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (function, bracket) == ("size", "(") and _is_table(types.get(name)):
            return f"asks the size of the table {name!r}; a table counts as its number of rows"
    for (kind, left), (_, sign), (other, right) in zip(
        tokens, tokens[1:], tokens[2:], strict=False
    ):
        if sign not in _COMPARISONS:
            continue
        name, literal = (left, other) if kind == "name" else (right, kind)
        declared = types.get(name)
        if declared in (int, float) and literal == "text":
            return f"compares the number {name!r} with text"
    return None


def _is_table(kind: Any) -> bool:
    return getattr(kind, "__name__", "") == "Table"


def _cel_type(kind: Any) -> str:
    """Which CEL type to declare for a Python type; ``dyn`` where CEL is stricter than Python."""
    if kind is str:
        return "string"
    if kind is bool:
        return "bool"
    origin = typing.get_origin(kind) or kind
    return "list" if origin in (list, tuple) else "dyn"


@lru_cache(maxsize=1024)
def _compile(source: str, declared: tuple[tuple[str, str], ...]) -> Any:
    from cel_expr_python import cel

    kinds = {
        "string": cel.Type.STRING,
        "bool": cel.Type.BOOL,
        "list": cel.Type.List(cel.Type.DYN),
        "dyn": cel.Type.DYN,
    }
    env = cel.NewEnv(variables={name: kinds[kind] for name, kind in declared})
    return env.compile(source)


def compile_condition(source: str, where: str) -> Condition:
    """Make a function of a condition.

    Args:
        source: The condition.
        where: The step's id; for messages.

    Returns:
        A function of the scope; a name that is absent counts as null.

    Raises:
        CompositionError: The condition cannot be read.
        RunError: (from the returned function) it gives no truth value for these values.
    """
    names = tuple(sorted(variables(source)))
    try:
        evaluate = _compile(source, tuple((name, "dyn") for name in names)).eval
    except RuntimeError as error:
        raise CompositionError(f"{where}: condition {source!r} {_readable(str(error))}") from error

    parts = fields(source)
    wanted = [(name, parts.get(name)) for name in names]
    compares = comparison(_tokens(source))

    def holds(scope: Mapping[str, Any]) -> bool:
        if compares is not None:
            try:
                return bool(compares(scope))
            except Unsure:
                pass
        try:
            facts = {
                name: _celled(scope.get(name)) if part is None else _part(scope.get(name), part)
                for name, part in wanted
            }
            answer = evaluate(data=facts).value()
        except Exception as error:  # a border: CEL, and the values' own methods
            raise RunError(f"{where}: condition {source!r} failed: {error}") from error
        if answer is True or answer is False:
            return bool(answer)
        raise RunError(f"{where}: condition {source!r} gives no true or false: {answer}")

    return holds


def _part(value: Any, wanted: tuple[str, ...]) -> Any:
    """What CEL sees of those fields of a value that a condition reads."""
    if isinstance(value, Mapping):
        return {name: _celled(value[name]) for name in wanted if name in value}
    if dataclasses.is_dataclass(value) or hasattr(value, "model_dump"):
        return {name: _celled(getattr(value, name)) for name in wanted if hasattr(value, name)}
    return _celled(value)


def _readable_text(text: str) -> str:
    """A text as CEL's library can read it, of the same length: it ends at NUL, and reads UTF-8."""
    if text.isascii() and "\0" not in text:
        return text
    return (
        text.replace("\0", "\u2400").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _celled(value: Any) -> Any:
    """What CEL sees of a value."""
    if type(value) is str:
        return _readable_text(value)
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_celled(item) for item in value]
    if isinstance(value, Mapping):
        return {_celled(key): _celled(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _celled(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return {name: _celled(item) for name, item in vars(value).items()}
    rows = getattr(value, "num_rows", None)
    if isinstance(rows, int):
        return rows
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return _celled(value.value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, (numbers.Real, decimal.Decimal)):
        return float(value)
    return _readable_text(str(value))
