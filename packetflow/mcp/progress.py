"""How far a run is, from its events: the steps that are done, and how far those at work are."""

from __future__ import annotations

from dataclasses import dataclass, field

from packetflow.kernel.cards import Happening


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign of progress; it only grows.

    Attributes:
        done: Steps done, with the fractions of those at work.
        total: Of how many, where that is known.
        text: What happened.
    """

    done: float
    total: float | None
    text: str


@dataclass
class Tally:
    """Counts what a run has done.

    Args:
        steps: How many steps it has; 0 where nobody knows.
        ended: How many of them are done.
    """

    steps: int = 0
    ended: int = 0
    _parts: dict[tuple[str, tuple[int, ...]], float] = field(default_factory=dict)
    _last: float = -1.0

    def take(self, event: Happening) -> Mark | None:
        """Take an event; the mark that it makes, if it brings the run on or says something."""
        place = event.step, tuple(event.path)
        match event.kind:
            case "step_started":
                self._parts.setdefault(place, 0.0)
                return self._mark(f"{event.step} begins") if self._last < 0 else None
            case "progressed":
                self._parts[place] = float(event.body.get("fraction", 0.0))
                return self._mark(str(event.body.get("text") or event.step))
            case "step_ended":
                known = self._parts.pop(place, None)
                if known is None and event.body.get("kind") != "wait":
                    return None
                self.ended += 1
                status = str(event.body.get("status", "ok"))
                return self._mark(f"{event.step} {'done' if status == 'ok' else status}")
            case _:
                return None

    def _mark(self, text: str) -> Mark | None:
        done = self.ended + sum(self._parts.values())
        if done <= self._last:
            return None
        self._last = done
        total = float(self.steps) if self.steps and done <= self.steps else None
        return Mark(done, total, text)
