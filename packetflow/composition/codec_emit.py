"""Write plain values as YAML that reads well and diffs well.

A mapping or list stands on one line where it fits, else one entry a line; lists of steps always
have a line or more for each step. Text stands without quotes only where no reader of YAML 1.1 or
1.2 could take it for anything else.
"""

from __future__ import annotations

import json
import re
from typing import Any

from packetflow.composition.codec_document import Steps
from packetflow.errors import CompositionError

WIDTH = 100
LONGEST_KEY = 1000
"""YAML keys end within 1,024 characters."""

_BLOCK = re.compile(r"[^\W\d](?:[^:#\\\"]|:(?=\S)|(?<=\S)#|[\\\"])*")
_FLOW = re.compile(r"[^\W\d][^:#,\[\]{}\\\"'&*!|>%@`]*(?::[^\W\d][^:#,\[\]{}\\\"'&*!|>%@`]*)?")
_WORDS = frozenset({"null", "true", "false"})
_ALSO_WORDS = _WORDS | {"yes", "no", "on", "off", "y", "n", "inf", "nan", "none"}


def quoted(text: str) -> str:
    r"""Text in double quotes, everything unprintable escaped.

    >>> quoted('say "hi"')
    '"say \\"hi\\""'
    """
    body = json.dumps(text, ensure_ascii=False)
    return body if body.isprintable() else "".join(_escaped(sign) for sign in body)


def _escaped(sign: str) -> str:
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scalar(value: Any, *, flow: bool = False, words: frozenset[str] = _ALSO_WORDS) -> str:
    """One plain value; *flow* inside of ``{}`` or ``[]``, in quotes when it is one of *words*.

    >>> scalar("size(errors) == 0"), scalar("yes"), scalar(1.0), scalar(None)
    ('size(errors) == 0', '"yes"', '1.0', 'null')
    """
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    form = _FLOW if flow else _BLOCK
    usable = (
        value.isprintable()
        and form.fullmatch(value)
        and value[-1] not in " :"
        and value.lower() not in words
    )
    return value if usable else quoted(value)


def key(name: str, *, flow: bool = False) -> str:
    """A mapping's key.

    Raises:
        CompositionError: It is too long for YAML.
    """
    written = scalar(name, flow=flow or ":" in name, words=_WORDS)
    if len(written) > LONGEST_KEY:
        raise CompositionError(f"the name {name[:40]!r}... is too long for a key; shorten it")
    return written


def one_line(value: Any) -> str:
    """A value on one line, with ``{}`` and ``[]``."""
    if isinstance(value, dict):
        inner = (f"{key(name, flow=True)}: {one_line(item)}" for name, item in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(item) for item in value) + "]"
    return scalar(value, flow=True)


def has_steps(value: Any) -> bool:
    """Tell whether a value holds a list of steps, which takes lines of its own."""
    if isinstance(value, Steps):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(has_steps(item) for item in inner)


def entry(name: str, value: Any, indent: int) -> list[str]:
    """The lines of one entry of a mapping whose keys stand at *indent*."""
    written = key(name)
    inner = inline(value, indent + len(written) + 2)
    if inner is not None:
        return [f"{' ' * indent}{written}: {inner}"]
    return [f"{' ' * indent}{written}:", *lines(value, indent + 2)]


def inline(value: Any, column: int) -> str | None:
    """The value on one line if it may stand so from that column on, else ``None``."""
    if not isinstance(value, (dict, list)):
        return scalar(value)
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    if _surely_long(value) or has_steps(value):
        return None
    text = one_line(value)
    return text if column + len(text) <= WIDTH else None


def _surely_long(value: dict[str, Any] | list[Any]) -> bool:
    return len(value) > WIDTH


def lines(value: Any, indent: int) -> list[str]:
    """A mapping or list that is not empty, as lines that begin at *indent*."""
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in entry(name, item, indent)]
    return [line for item in value for line in item_lines(item, indent)]


def item_lines(item: Any, indent: int) -> list[str]:
    """The lines of one item of a list whose dashes stand at *indent*."""
    inner = inline(item, indent + 2)
    if inner is not None:
        return [f"{' ' * indent}- {inner}"]
    first, *rest = lines(item, indent + 2)
    return [f"{' ' * indent}- {first[indent + 2 :]}", *rest]


def emit(document: dict[str, Any]) -> str:
    """A whole file."""
    return "\n".join(lines(document, 0)) + "\n"
