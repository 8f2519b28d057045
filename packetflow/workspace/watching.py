"""Which steps of a run are under way, for those who begin to look when it is under way already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetflow.engine.events import Event, StepEnded, StepStarted
from packetflow.kernel.cards import Happening
from packetflow.kernel.records import Path

if TYPE_CHECKING:
    from packetflow.engine.execution import Running

Place = tuple[str, Path]


class Watch:
    """Which steps of a run are under way, and since when, as far as its events tell."""

    def __init__(self) -> None:
        self._begun: dict[Place, tuple[int, int]] = {}

    def take(self, event: Event) -> None:
        """Hear an event; on the engine's loop."""
        if isinstance(event, StepStarted):
            self._begun[event.step, tuple(event.path)] = (event.attempt, event.at)
        elif isinstance(event, StepEnded):
            self._begun.pop((event.span.step, tuple(event.span.path)), None)

    def under_way(self) -> dict[Place, tuple[int, int]]:
        """By step and path: which try it is, and since when in nanoseconds since 1970 UTC."""
        return dict(self._begun)

    def told(self, execution_id: str) -> list[Happening]:
        """How they began, as it was told then."""
        return [
            Happening(execution_id, "step_started", step, list(path), at, {"attempt": attempt})
            for (step, path), (attempt, at) in self._begun.items()
        ]


class Watches:
    """The runs of a process that are watched, while they are under way there."""

    def __init__(self) -> None:
        self._known: dict[str, Watch] = {}

    def begin(self, running: Running) -> None:
        """Watch a run, if that is not done yet; on the engine's loop."""
        if running.id not in self._known and not running.done():
            watch = Watch()
            running.listen(watch.take)
            self.keep(running, watch)

    def keep(self, running: Running, watch: Watch) -> None:
        """Keep a watch that hears a run already, until that is over."""
        name = running.id
        if not running.done():
            self._known[name] = watch
            running.when_over(lambda: self._forget(name))

    def _forget(self, name: str) -> None:
        del self._known[name]

    def of(self, execution_id: str) -> Watch | None:
        """The watch over a run; ``None`` when it is not watched, or over here."""
        return self._known.get(execution_id)
