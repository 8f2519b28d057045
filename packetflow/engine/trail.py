"""Where a user's code failed: the frames of a traceback that are theirs, as text.

Our own frames, and those of the machinery that leads from ours to theirs, are left out. The text
is as Python prints tracebacks, so people, editors and machines can read it. It holds places and
source lines, never values.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable
from dataclasses import dataclass
from traceback import walk_tb
from types import CodeType
from typing import Final

from packetflow.frames import LONGEST_LINE, OURS, is_theirs

STACK: Final = "exception.stacktrace"
"""The attribute of a span that holds a trail, named as OpenTelemetry names it."""

MOST_FRAMES: Final = 12

_CARRIED: Final = "_packetflow_trail"
_PLACE: Final = re.compile(r'  File "(.*)", line (\d+), in (.*)')


@dataclass(frozen=True, slots=True)
class Place:
    """One frame: a line of a file, counted from 1, and what stands there."""

    file: str
    line: int
    function: str
    source: str = ""


def trail_of(error: BaseException) -> str:
    """Give the frames from the first of the user's code to where it raised.

    Args:
        error: As it was raised; of one that comes from elsewhere, its cause is looked at.

    Returns:
        At most the last 12 frames, outermost first; empty when no code but ours took part.
    """
    seen: BaseException | None = error
    looked_at: list[BaseException] = []
    while seen is not None and seen not in looked_at:  # causes may form a ring
        looked_at.append(seen)
        carried: str = seen.__dict__.get(_CARRIED, "")
        if carried:
            return carried
        frames = [(frame.f_code, line) for frame, line in walk_tb(seen.__traceback__)]
        first = next((n for n, (code, _) in enumerate(frames) if is_theirs(code)), None)
        if first is not None:
            theirs = [(c, n) for c, n in frames[first:] if not c.co_filename.startswith(OURS)]
            return _text(theirs[-MOST_FRAMES:])
        seen = seen.__cause__
    return ""


def theirs(error: BaseException | None) -> BaseException | None:
    """The same error, told from the first frame of the user's code on; whole if there is none."""
    at = None if error is None else error.__traceback__
    while at is not None and not is_theirs(at.tb_frame.f_code):
        at = at.tb_next
    return error if error is None or at is None else error.with_traceback(at)


def carry_trail(error: BaseException, trail: str) -> None:
    """Give an error that came from another process the trail it had there."""
    error.__dict__[_CARRIED] = trail


def places(trail: str) -> list[Place]:
    r"""Read a trail.

    >>> places('  File "a.py", line 3, in work\n    return 1 / 0\n')
    [Place(file='a.py', line=3, function='work', source='return 1 / 0')]
    """
    found: list[Place] = []
    for line in trail.splitlines():
        match = _PLACE.fullmatch(line)
        if match:
            found.append(Place(match[1], int(match[2]), match[3]))
        elif found and not found[-1].source:
            last = found[-1]
            found[-1] = Place(last.file, last.line, last.function, line.strip())
    return found


def _text(frames: Iterable[tuple[CodeType, int]]) -> str:
    parts = []
    for code, line in frames:
        source = linecache.getline(code.co_filename, line).strip()[:LONGEST_LINE]
        parts.append(f'  File "{code.co_filename}", line {line}, in {code.co_name}\n')
        parts.append(f"    {source}\n" if source else "")
    return "".join(parts)
