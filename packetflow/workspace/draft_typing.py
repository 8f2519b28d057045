"""What somebody typed over a whole text, put into what the text has become meanwhile.

Who types sees a text and changes it; when that arrives, others may have changed it too. So the edit
says which text was seen, and only the lines that were typed over count. Line ends are no part of
what is typed: a browser ends every line with a line feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import msgspec


class Typed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="text"):
    """Put a text in the place of the whole; nobody needs to be able to read it.

    With ``base``, the text that was seen, what others changed elsewhere meanwhile stays.
    """

    text: str
    base: str | None = None


class _Line(NamedTuple):
    content: str
    end: str


class _Hunk(NamedTuple):
    """Lines from one to before another, and what stands there instead."""

    first: int
    last: int
    lines: Sequence[_Line]


def typed_into(now: str, typed: Typed) -> str:
    r"""The text that comes of it; where both changed the same lines, what was typed counts.

    >>> typed_into("a: 1\nb: 3\nc\n", Typed("a: 2\nb\nc\n", base="a: 1\nb\nc\n"))
    'a: 2\nb: 3\nc\n'
    """
    base = typed.base
    if base is None or (base == now and "\r" not in now):
        return typed.text
    usual = "\r" if 2 * now.count("\r\n") > now.count("\n") else ""
    before, here = _lines(base, usual), _lines(now, usual)
    own = _hunks(before, [_Line(line.content, usual) for line in _lines(typed.text, usual)])
    others = [hunk for hunk in _hunks(before, here) if _is_apart(hunk, own)]
    found: list[_Line] = []
    stands = _unchanged(before, here)
    at = 0
    for first, last, lines in sorted([*others, *own], key=lambda hunk: hunk[:2]):
        found += [stands.get(place, before[place]) for place in range(at, first)]
        found += lines
        at = last
    found += [stands.get(place, before[place]) for place in range(at, len(before))]
    return "\n".join(line.content + line.end for line in found[:-1]) + _ending(found)


def _ending(found: Sequence[_Line]) -> str:
    """The last line, which has no end."""
    return ("\n" if len(found) > 1 else "") + found[-1].content if found else ""


def _lines(text: str, usual: str) -> list[_Line]:
    *lines, last = text.split("\n")
    found = [_Line(one.removesuffix("\r"), "\r" if one.endswith("\r") else "") for one in lines]
    return [*found, _Line(last, usual)]


def _matched(old: Sequence[_Line], new: Sequence[_Line]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, [line.content for line in old], [line.content for line in new])


def _hunks(old: Sequence[_Line], new: Sequence[_Line]) -> list[_Hunk]:
    codes = _matched(old, new).get_opcodes()
    return [_Hunk(i, j, new[k:m]) for kind, i, j, k, m in codes if kind != "equal"]


def _unchanged(old: Sequence[_Line], new: Sequence[_Line]) -> dict[int, _Line]:
    """Old places of lines that are still there, with their ends as they are now."""
    blocks = _matched(old, new).get_matching_blocks()
    return {i + step: new[k + step] for i, k, size in blocks for step in range(size)}


def _is_apart(hunk: _Hunk, own: Iterable[_Hunk]) -> bool:
    """Whether a change of others touches no line that was typed over, and is not the same one."""
    return not any((hunk.first < one.last and one.first < hunk.last) or hunk == one for one in own)
