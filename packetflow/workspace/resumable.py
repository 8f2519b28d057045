"""An interrupted execution, ready to be taken up."""

from __future__ import annotations

from dataclasses import dataclass

from packetflow.composition.steps import Pipeline
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Running
from packetflow.kernel.records import Record


@dataclass(frozen=True)
class Resumable:
    """What a runner needs to go on with an execution whose lease it has taken.

    Attributes:
        pipeline: What it ran, as it was then.
        records: All its records.
        epoch: The epoch of the lease.
    """

    pipeline: Pipeline
    records: tuple[Record, ...]
    epoch: int

    def resume(self, engine: Engine, reason: str) -> Running:
        """Go on with it, on the engine's loop."""
        return engine.resume(self.pipeline, self.records, epoch=self.epoch, reason=reason)
