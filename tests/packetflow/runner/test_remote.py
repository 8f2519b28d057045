"""An execution on a runner, as its client sees it."""

from __future__ import annotations

from pathlib import Path

from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import CapabilityResponse, RunEvent
from packetflow.runner import remote
from packetflow.runner.remote import RemoteRun


class Nobody:
    """Is asked for nothing here."""

    folder = Path()

    def cancel(self, execution_id, reason="cancelled"):
        raise NotImplementedError

    def answer(self, execution_id, step, value, *, path=()):
        raise NotImplementedError


def test_a_step_that_gives_partial_outputs_without_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(remote, "MOST_EVENTS", 3)
    run = RemoteRun("e", Nobody())
    kinds = ["step_started", *["partial"] * 9, "step_ended", "step_started", *["partial"] * 4]

    for at, kind in enumerate(kinds):
        run.take(RunEvent("1", Happening("e", kind, "step", at=at)))
    run.take(CapabilityResponse("1", Outcome("e", "ok"), dropped=2))

    told = [(one.kind, one.at) for one in run]
    assert told == [
        ("step_started", 0), ("partial", 1), ("partial", 9),
        ("step_ended", 10), ("step_started", 11), ("partial", 15),
    ]  # fmt: skip
    assert run.dropped == 7 + 3 + 2
