"""Why something cannot be exported: all reasons at once, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from packetflow.errors import PacketFlowError


@dataclass(frozen=True, order=True)
class Reason:
    """One thing that keeps a tool from running elsewhere.

    Attributes:
        file: Where it is: a path in the workspace, or what stands for a file; may be empty.
        line: The line there, from 1; 0 where it is no line.
        what: What is wrong.
        do: What to do about it.

    >>> print(Reason("capabilities/a.py", 3, "imports 'b', which is here only", "move it"))
    capabilities/a.py:3: imports 'b', which is here only; move it
    """

    file: str
    line: int
    what: str
    do: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}; {self.do}" if place else f"{self.what}; {self.do}"


class CannotExport(PacketFlowError):
    """Something must travel with a tool and cannot; ``reasons`` holds every `Reason`, in order."""

    code: ClassVar[str] = "cannot_export"
    reasons: tuple[Reason, ...]

    def __init__(self, names: Iterable[str], reasons: Iterable[Reason]) -> None:
        listed = tuple(sorted(set(reasons)))
        called = ", ".join(repr(name) for name in names)
        lines = "".join(f"\n  - {reason}" for reason in listed)
        super().__init__(f"{called} cannot be exported:{lines}", reasons=listed)
