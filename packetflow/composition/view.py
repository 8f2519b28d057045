"""The looks of a saved composition: where steps stand on the canvas, notes, pinned values.

They live in ``NAME.view.json`` beside the pipeline's file, by step id, one step a line, so that
git merges them. Deleting the file loses only looks; ids that no step has are kept and harmless.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from packetflow.errors import CompositionError, SourceError

FORMAT = 1


@dataclass(frozen=True)
class Look:
    """How one step looks.

    Attributes:
        x: Pixels from the left of the canvas; ``None`` lets the layout choose.
        y: Pixels from its top; ``None`` lets the layout choose.
        note: What somebody wrote beside it.
        pins: Output names whose value of the last run is used again instead of running the step.
        more: What other versions wrote; kept as it is.
        pinned: The execution whose values the pins keep.
    """

    x: float | None = None
    y: float | None = None
    note: str = ""
    pins: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)
    pinned: str = ""


def parse_view(text: str, *, file: str = "") -> dict[str, Look]:
    """Read looks by step id; an empty text has none.

    Raises:
        SourceError: The text is no JSON, or no view.

    >>> parse_view('{"format": 1, "steps": {"fetch": {"x": 10, "y": 20}}}')["fetch"].x
    10.0
    """
    if not text.strip():
        return {}
    try:
        written = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(
            f"is no JSON: {error.msg}; delete it to lose only looks",
            file=file,
            line=error.lineno,
            column=error.colno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"cannot be read: {error}", file=file, line=1, column=1) from error
    steps = written.get("steps") if isinstance(written, dict) else None
    if not isinstance(steps, dict):
        raise SourceError("is no view: it lacks `steps`", file=file, line=1, column=1)
    return {name: _look(name, said, file) for name, said in steps.items()}


def _look(name: str, said: Any, file: str) -> Look:
    if not isinstance(said, dict):
        raise SourceError(f"the look of {name!r} is no mapping", file=file, line=1, column=1)
    rest = dict(said)
    x, y = rest.pop("x", None), rest.pop("y", None)
    note, pins, pinned = rest.pop("note", ""), rest.pop("pins", []), rest.pop("pinned", "")
    fits = (
        all(one is None or type(one) in (int, float) for one in (x, y))
        and isinstance(note, str)
        and isinstance(pinned, str)
        and isinstance(pins, list)
        and all(isinstance(pin, str) for pin in pins)
    )
    if not fits:
        raise SourceError(
            f"the look of {name!r} needs numbers x and y, a text note, "
            "a list of pins and the run that they are of",
            file=file,
            line=1,
            column=1,
        )
    try:
        place = tuple(None if one is None else float(one) for one in (x, y))
    except OverflowError as error:
        raise SourceError(
            f"the look of {name!r} lies too far out", file=file, line=1, column=1
        ) from error
    return Look(place[0], place[1], note, tuple(pins), rest, pinned)


def dump_view(looks: Mapping[str, Look]) -> str:
    """Write looks, sorted, one step a line.

    Raises:
        CompositionError: A position is no finite number.

    >>> print(dump_view({"fetch": Look(10, 20, note="slow")}))
    {"format": 1, "steps": {
      "fetch": {"note": "slow", "x": 10, "y": 20}
    }}
    <BLANKLINE>
    """
    rows = [f"  {json.dumps(name)}: {_written(name, looks[name])}" for name in sorted(looks)]
    body = "\n" + ",\n".join(rows) + "\n" if rows else ""
    return f'{{"format": {FORMAT}, "steps": {{{body}}}}}\n'


def _written(name: str, look: Look) -> str:
    said = dict(look.more)
    for axis in ("x", "y"):
        value = getattr(look, axis)
        if value is not None:
            if not math.isfinite(value):
                raise CompositionError(f"the place of {name!r} is {value}; it must be finite")
            said[axis] = int(value) if value == int(value) else value
    if look.note:
        said["note"] = look.note
    if look.pins:
        said["pins"] = list(look.pins)
    if look.pinned:
        said["pinned"] = look.pinned
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def with_renamed(looks: Mapping[str, Look], renamed: Mapping[str, str]) -> dict[str, Look]:
    """Looks after steps got other ids; `edit.apply` tells which.

    >>> with_renamed({"a": Look(1, 2)}, {"a": "b"})
    {'b': Look(x=1, y=2, note='', pins=(), more={}, pinned='')}
    """
    return {renamed.get(name, name): look for name, look in looks.items()}


def moved(looks: Mapping[str, Look], step: str, x: float, y: float) -> dict[str, Look]:
    """Looks with one step at another place, in pixels."""
    return {**looks, step: replace(looks.get(step, Look()), x=x, y=y)}
