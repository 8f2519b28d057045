"""Tells a client what a run does, from the first of its events on."""

from __future__ import annotations

from packetflow.engine.events import Event, Logged, Waits
from packetflow.engine.happenings import happening_of
from packetflow.runner.port import Tell
from packetflow.workspace.watching import Watch


class Telling:
    """Hears the events of one run and tells them on as plain values; the engine's listener.

    Args:
        tell: Who is told.
        secrets: Names of outputs of which nothing may be shown.
        quiet: Tell its steps only from when it waits for somebody on, with those that are under
            way then.

    Attributes:
        watch: Which of its steps are under way.
    """

    __slots__ = ("_is_quiet", "_secrets", "_tell", "watch")

    def __init__(
        self, tell: Tell | None, secrets: frozenset[str], *, quiet: bool = False, watch: Watch
    ) -> None:
        self.watch = watch
        self._tell = tell
        self._secrets = secrets
        self._is_quiet = quiet

    def __call__(self, event: Event) -> None:
        """Hear an event."""
        tell = self._tell
        if tell is None:
            return
        if self._is_quiet and not isinstance(event, Logged):
            if not isinstance(event, Waits):
                return
            self._is_quiet = False
            for happened in self.watch.told(event.wait.execution_id):
                tell(happened)
        happened_now = happening_of(event, self._secrets)
        if happened_now is not None:
            tell(happened_now)
