"""How the steps of a run stand, told to editors at most twenty times a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from packetflow.kernel.cards import Happening
from packetflow.kernel.records import TOOK

LONGEST_PARTIAL: Final = 4000
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
    took: float | None = None

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
            "reused": self.took is not None,
        }

    def _seconds(self, until: int) -> float | None:
        if self.took is not None:
            return self.took
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
        if not name:
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
                    step.took = (step.took or 0.0) + int(body.get(TOOK) or 0) / 1e9
                self.asked.pop(call, None)
            case "progressed":
                step.fraction = body.get("fraction")
                step.partial = str(body.get("text") or step.partial)[-LONGEST_PARTIAL:]
            case "partial":
                said = body.get("value")
                text = said if isinstance(said, str) else repr(said)
                step.partial = (step.partial + text)[-LONGEST_PARTIAL:]
            case "waits":
                step.started, step.waits = step.started or event.at, True
                if body.get("question"):
                    question = {
                        "step": event.step,
                        "path": list(event.path),
                        "text": str(body["question"]),
                        "choices": list(body.get("choices") or ()),
                    }
                    self.questions.append(question)
                    self.asked[call] = question
            case _:
                return

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
