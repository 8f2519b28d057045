"""Records for the tests of the store: short makers with believable values."""

from __future__ import annotations

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    ExecutionEnded,
    ExecutionStarted,
    LogLine,
    Record,
    SpanEnded,
    WaitStarted,
)

NOON = 1_795_262_400_000_000_000
SECOND = 1_000_000_000


def started(
    execution_id: str, *, epoch: int = 1, at: int = NOON, name: str = "onboard", **more
) -> ExecutionStarted:
    more.setdefault("inputs", {"customer": "c1"})
    return ExecutionStarted(execution_id, epoch, at, name, "1", "sha1", "manual", **more)


def span(
    execution_id: str, number: int = 1, *, epoch: int = 1, step: str = "validate", **more
) -> SpanEnded:
    facts = {
        "kind": "capability",
        "name": "validate",
        "status": "ok",
        "attempt": 1,
        "started": NOON + number * 1000,
        "duration_ns": 5_000_000,
        "outputs": {"score": 0.5},
    } | more
    return SpanEnded(execution_id, epoch, number, 0, step, facts.pop("path", ()), **facts)


def ended(
    execution_id: str, *, epoch: int = 1, at: int = NOON + SECOND, status: str = "ok", **more
) -> ExecutionEnded:
    more.setdefault("outputs", {"plan": "gold"})
    return ExecutionEnded(execution_id, epoch, at, status, **more)


def log(execution_id: str, text: str = "hello", *, at: int = NOON) -> LogLine:
    return LogLine(execution_id, 1, at, "log", "info", text, {"n": 1})


def wait(
    execution_id: str, *, epoch: int = 1, step: str = "approval", deadline: int = 0
) -> WaitStarted:
    return WaitStarted(
        execution_id, epoch, step, (), "approved", "k1", deadline, NOON, "Really?", ("yes", "no")
    )


def whole(execution_id: str | None = None, *, spans: int = 3) -> list[Record]:
    """One execution from start to end."""
    identity = execution_id or new_id()
    steps = [span(identity, number + 1, step=f"s{number}") for number in range(spans)]
    return [started(identity), *steps, ended(identity)]
