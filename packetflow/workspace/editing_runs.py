"""How the steps of a run stand, told to editors at most twenty times a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from packetflow.engine.values import Opaque, unpack
from packetflow.kernel.cards import Happening
from packetflow.kernel.records import TOOK

LONGEST_PARTIAL: Final = 4000
ASKING: Final = frozenset({"waits", "answered"})
"""What happens to the whole, too, which belongs to no step: whether it may go on is asked then."""

WORST: Final = ("failed", "timed_out", "lost", "cancelled", "running", "waiting", "ok", "skipped")


@dataclass(slots=True)
class _Step:
    started: int = 0
    ended: int = 0
    attempts: int = 1
    last: str = ""
    waits: bool = False
    calls: dict[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)
    partial: str = ""
    fraction: float | None = None
    error: str = ""
    took: dict[tuple[str, tuple[int, ...]], float] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        found = set(self.calls.values())
        status = "waiting" if self.waits else next((one for one in WORST if one in found), "")
        over = sum(one in ("ok", "skipped") for one in self.calls.values())
        until = self.ended if status not in ("running", "waiting") else 0
        return {
            "status": status,
            "seconds": self._seconds(until),
            "attempts": self.attempts,
            "done": over,
            "of": len(self.calls),
            "partial": self.partial,
            "fraction": self.fraction,
            "error": self.error,
            "reused": bool(self.took),
        }

    def _seconds(self, until: int) -> float | None:
        if self.took:
            return sum(self.took.values())
        return max(0, until - self.started) / 1e9 if until and self.started else None


class Tally:
    """Counts what an execution tells, by the steps of the drawing.

    Attributes:
        questions: What the steps ask and nobody has been told, as fields of a message.
        asked: All that is asked and has no answer yet, by step and path.
    """

    def __init__(self) -> None:
        self._steps: dict[str, _Step] = {}
        self._news: set[str] = set()
        self.questions: list[dict[str, Any]] = []
        self.asked: dict[tuple[str, tuple[int, ...]], dict[str, Any]] = {}

    def take(self, event: Happening) -> None:
        """Take one event."""
        name = event.step.split("/")[0]
        if not name and event.kind not in ASKING:
            return
        step = self._steps.setdefault(name, _Step())
        self._news.add(name)
        call, body = (event.step, tuple(event.path)), event.body
        match event.kind:
            case "step_started":
                step.started = step.started or event.at
                step.attempts = max(step.attempts, int(body.get("attempt", 1)))
                step.calls[call] = "running"
                self.asked.pop(call, None)
            case "answered":
                step.waits = False
                self.asked.pop(call, None)
            case "step_ended":
                status = str(body.get("status", "ok"))
                step.started = step.started or int(body.get("started", event.at))
                step.ended = max(step.ended, event.at)
                step.calls[call] = status
                step.attempts = max(step.attempts, int(body.get("attempt", 1)))
                step.error = "" if status in ("ok", "skipped") else str(body.get("error", ""))
                step.waits = False
                if body.get("kind") == "reused":
                    step.took[call] = int(body.get(TOOK) or 0) / 1e9
                self.asked.pop(call, None)
            case "progressed":
                step.fraction = body.get("fraction")
                step.partial = str(body.get("text") or step.partial)[-LONGEST_PARTIAL:]
            case "partial":
                step.partial = (step.partial + _text(body.get("value")))[-LONGEST_PARTIAL:]
            case "waits":
                step.started, step.waits = step.started or event.at, True
                if body.get("question"):
                    question = {
                        "step": event.step,
                        "path": list(event.path),
                        "text": str(body["question"]),
                        "choices": list(body.get("choices") or ()),
                    }
                    if self.asked.get(call) != question:
                        self.questions.append(question)
                    self.asked[call] = question
            case _:
                return

    def catch_up(self, kept: Iterable[Happening]) -> None:
        """Take what the records of an execution tell, which may be known in part.

        What it asked and does not ask any more has been answered.
        """
        kept = list(kept)
        for event in kept:
            self.take(event)
        still = {(one.step, tuple(one.path)) for one in kept if one.kind == "waits"}
        for step, path in self.asked.keys() - still:
            self.take(Happening("", "answered", step, list(path)))

    def news(self) -> dict[str, dict[str, Any]]:
        """What has changed since this was last asked."""
        found = {name: self._steps[name].told() for name in sorted(self._news)}
        self._news.clear()
        return found

    def everything(self) -> dict[str, dict[str, Any]]:
        """How all steps stand."""
        return {name: step.told() for name, step in self._steps.items()}

    def seen(self) -> list[str]:
        """The steps that have begun."""
        return [name for name, step in self._steps.items() if step.calls or step.waits]

    def done_well(self) -> list[str]:
        """The steps whose every call ended well."""
        return [
            name
            for name, step in self._steps.items()
            if step.calls and all(one == "ok" for one in step.calls.values())
        ]


def _text(slot: Any) -> str:
    """A piece of a step's output, in words."""
    try:
        value = unpack(slot, None, _kept_apart)
    except (Opaque, ValueError) as error:
        return f"({error})"
    return value if isinstance(value, str) else repr(value)


def _kept_apart(sha: str) -> bytes:
    raise Opaque(sha)
