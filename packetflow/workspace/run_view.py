"""A run in a notebook's cell: picture, timeline, questions and values, live while it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from packetflow.composition.draw import drawing
from packetflow.composition.walk import walk
from packetflow.engine.execution import Execution, Running
from packetflow.engine.picture import execution_parts, execution_text
from packetflow.kernel.records import Path, SpanEnded, Status, WaitStarted
from packetflow.show import html
from packetflow.show.text import safe
from packetflow.show.timeline import Bar
from packetflow.workspace.watching import Place, Watch, Watches

if TYPE_CHECKING:
    from packetflow.engine.engine import Engine
    from packetflow.engine.sync import LoopThread

MOST_STEPS_DRAWN: Final = 60
_OPEN: Final = frozenset({Status.RUNNING, Status.WAITING})
_BAD: Final = frozenset({"failed", "timed_out"})


class Home(Protocol):
    """What of a workspace a run's view needs."""

    engine: Engine
    watches: Watches

    @property
    def thread(self) -> LoopThread:
        """The loop that runs live on."""
        ...

    def watched(self, running: Running, /) -> Running:
        """Keep in mind which of its steps are under way."""
        ...

    def execution(self, execution_id: str, /) -> Execution:
        """An execution of any time."""
        ...

    def answer(self, execution_id: str, step: str, value: Any, path: Path = ()) -> str:
        """Answer what a step asks."""
        ...


class RunView:
    """Implements `packetflow.show.pane.View` for one execution.

    Args:
        home: Its workspace.
        execution_id: Its whole id.
    """

    def __init__(self, home: Home, execution_id: str) -> None:
        self._home = home
        self._id = execution_id
        self._watch: Watch | None = None
        self._listen()
        self._last = home.execution(execution_id)

    def html(self) -> str:
        """Its picture with how each step stands, what it asks, its timeline, its values."""
        under_way = self._look()
        run = self._last
        now = self._home.engine.clock.wall_ns()
        parts = execution_parts(run, _bars(under_way, now))
        parts["waits"] = "".join(_asked(run, wait) for wait in run.waits)
        parts["stop"] = (
            html.button("Stop", {"do": "stop"}) if self._running() and run.status in _OPEN else ""
        )
        parts["picture"] = _picture(run, under_way)
        order = ("head", "stop", "failed", "waits", "picture", "timeline", "outputs")
        return html.page(*(html.part(name, parts[name]) for name in order))

    def text(self) -> str:
        """The same in plain words."""
        self._look()
        return execution_text(self._last)

    def is_live(self) -> bool:
        """True until it is over."""
        return self._last.status in _OPEN

    def heard(self, said: Mapping[str, Any]) -> None:
        """Stop it, or answer what it asks.

        Raises:
            UnknownName: That step does not wait any more.
        """
        running = self._running()
        if said.get("do") == "stop":
            if running is not None:
                self._home.thread.call(lambda: running.cancel("stopped in the notebook"))
            return
        self._home.answer(self._id, said["step"], said["value"], tuple(said["path"]))

    def _running(self) -> Running | None:
        return self._home.engine.running.get(self._id)

    def _listen(self) -> None:
        running = self._running()
        if running is not None and self._home.watches.of(self._id) is None:
            self._home.thread.call(lambda: self._home.watched(running))
        self._watch = self._home.watches.of(self._id)

    def _look(self) -> dict[Place, tuple[int, int]]:
        """How it stands now; answers which steps are under way."""
        if self.is_live():
            self._listen()
            under_way = self._watch.under_way() if self._watch else {}
            self._last = self._home.execution(self._id)
            return under_way if self.is_live() else {}
        return {}


def statuses(spans: Iterable[SpanEnded]) -> dict[str, str]:
    """How each step stands by its id: as its last call ended, failed if any call of it did.

    A step that calls another pipeline has no spans of its own; it stands as those inside it.
    """
    found: dict[str, str] = {}
    for span in spans:
        if found.get(span.step) not in _BAD or span.attempt > 1:
            found[span.step] = str(span.status)
    for step, status in list(found.items()):
        caller = step.partition("/")[0]
        if caller != step and found.get(caller) not in _BAD:
            found[caller] = status
    return found


def _bars(under_way: Mapping[Place, tuple[int, int]], now: int) -> list[Bar]:
    return [
        Bar(
            f"now {step} {path}",
            step,
            since / 1e9,
            max(0, now - since) / 1e9,
            "running",
            attempt=attempt,
            path=tuple(one for one in path if one >= 0),
        )
        for (step, path), (attempt, since) in under_way.items()
    ]


def _picture(run: Execution, under_way: Iterable[Place]) -> str:
    if run.step is None or sum(1 for _ in walk(run.step)) > MOST_STEPS_DRAWN:
        return ""
    stand = statuses(run.spans)
    stand |= {wait.step: "waiting" for wait in run.waits}
    stand |= {step.partition("/")[0]: "running" for step, _ in under_way}
    return html.picture(drawing(run.step, statuses=stand))


def _asked(run: Execution, wait: WaitStarted) -> str:
    """A question with its answers; for an event, the call that sends it."""
    if not wait.question:
        return html.problems([html.Row("waits", run.how_to_go_on(wait), "warning")])
    choices: dict[str, Any] = {str(one): one for one in wait.choices}
    choices = choices or {"Yes": True, "No": False}
    place = {"step": wait.step, "path": list(wait.path)}
    buttons = "".join(html.button(label, {**place, "value": it}) for label, it in choices.items())
    return f"<ul><li><p>{safe(wait.question)}</p>{buttons}</li></ul>"
