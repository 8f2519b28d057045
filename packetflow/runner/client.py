"""The door to a workspace's runner for programs that never import user code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from msgspec import structs

from packetflow.errors import NoRunner, RunElsewhere, RunnerLost, WireError
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Description, Listing
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import (
    Answer,
    AnswerStep,
    BoardDrawn,
    CancelRun,
    CapabilityDiscovery,
    CapabilityListing,
    CapabilityRequest,
    Describe,
    Described,
    Done,
    DrawBoard,
    EmitEvent,
    Follow,
    ForkRun,
    PaletteFound,
    Ping,
    Pong,
    Reload,
    Request,
    ResumeRun,
    SearchPalette,
)
from packetflow.runner.card import RunnerCard
from packetflow.runner.connections import Connections
from packetflow.runner.launch import HOST, Order
from packetflow.runner.link import Link, Moved
from packetflow.runner.payloads import to_payload
from packetflow.runner.remote import RemoteRun
from packetflow.workspace.folder import open_folder

TRIES: Final = 4

Kind = TypeVar("Kind", bound=Answer)
Make = Callable[[str], Request]


class RunnerClient:
    """Finds or starts the runner of a workspace, and asks it; safe to share between threads.

    When a runner dies, the next request goes to a new one; when it was replaced, to its successor.

    Args:
        folder: The workspace; of a read-only one the copy that is laid over it.
        start: Whether to start a runner where there is none.
        role: Who asks, for the log: ``studio``, ``cli``, ``mcp``, ...
        host: ``module:name`` of what makes the runner's host.

    Raises:
        WorkspaceError: The folder is not there, or cannot be used.
    """

    def __init__(
        self, folder: str | Path, *, start: bool = True, role: str = "python", host: str = HOST
    ) -> None:
        self.folder = open_folder(folder).path
        self._connections = Connections(
            Order(self.folder, host),
            lambda card, stale_seconds: Link(self.folder, card, role, stale_seconds),
            start=start,
        )

    def listing(self, query: str = "", *, limit: int = 0) -> Listing:
        """What the workspace has that matches; *limit* 0 means all.

        Raises:
            NoRunner: No runner answers and none could be started. All methods may raise it.
        """
        answer = self._ask(lambda id: CapabilityDiscovery(id, query, limit))
        return of_kind(CapabilityListing, answer).listing

    def describe(self, name: str = "", *, source: str | None = None) -> Description:
        """All about a saved pipeline or a capability, or about a pipeline's YAML text.

        Raises:
            UnknownName: There is none of that name.
            SourceError: The text cannot be read.
        """
        answer = self._ask(lambda id: Describe(id, name, source))
        return of_kind(Described, answer).description

    def draw(self, request: DrawBoard, *, seconds: float | None = None) -> Drawn:
        """The board of a pipeline's YAML text, in whatever state that is.

        Args:
            request: What to draw; its id does not matter.
            seconds: How long to wait at most.

        Raises:
            SourceError: The looks cannot be read.
            TimeoutError: There was no answer within *seconds*.
        """
        answer = self._ask(lambda id: structs.replace(request, id=id), seconds=seconds)
        return of_kind(BoardDrawn, answer).drawn

    def palette(self, request: SearchPalette) -> bytes:
        """Capabilities and pipelines to put in, as JSON; see `packetflow.kernel.board.Palette`.

        Args:
            request: What to find; its id does not matter.
        """
        answer = self._ask(lambda id: structs.replace(request, id=id))
        return of_kind(PaletteFound, answer).palette

    def run(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        source: str | None = None,
        trigger: str = "python",
        user: str | None = None,
        agent: str | None = None,
        tags: Mapping[str, str] | None = None,
        execution_id: str | None = None,
        reuse: Mapping[str, str] | None = None,
    ) -> RemoteRun:
        """Begin to run a pipeline or a capability; answers once its first record is kept.

        If the runner dies before that, the execution may have begun: the result raises
        `RunnerLost`, with the id to look for.

        Args:
            name: What to run; may be empty with *source*.
            inputs: Values by name.
            source: The YAML text of a pipeline that is not saved.
            trigger: What started it.
            user: Who asked.
            agent: Which agent asked.
            tags: Free facts.
            execution_id: The id to give it; a new one by default.
            reuse: Steps that do not run: by step id, the execution whose values they take.

        Raises:
            UnknownName: There is nothing of that name, or an input that nothing reads.
            RunError: Nothing was kept of a step to reuse.
            MissingInput: A needed input is not given.
            WrongType: An input does not fit.
            ContractError: The pipeline has problems.
        """
        chosen = execution_id or new_id()
        payload = to_payload(inputs or {})
        facts, taken = dict(tags or {}), dict(reuse or {})

        def make(request_id: str) -> Request:
            return CapabilityRequest(
                request_id,
                name,
                payload,
                trigger=trigger,
                user=user,
                agent=agent,
                tags=facts,
                source=source,
                execution_id=chosen,
                reuse=taken,
            )

        return self._begin(chosen, make)

    def follow(self, execution_id: str) -> RemoteRun:
        """Follow an execution from now on; one that is over has its result at once.

        Raises:
            UnknownName: There is no such execution.
        """
        return self._begin(execution_id, lambda id: Follow(id, execution_id), again=True)

    def resume(self, execution_id: str) -> RemoteRun:
        """Take up an interrupted execution; completed steps do not run again.

        Raises:
            UnknownName: There is no such execution.
            RunError: It is over, or under way.
        """
        return self._begin(execution_id, lambda id: ResumeRun(id, execution_id))

    def fork(
        self,
        execution_id: str,
        from_step: str = "",
        inputs: Mapping[str, Any] | None = None,
        *,
        anew: bool = False,
    ) -> RemoteRun:
        """Run an execution again from a step on, with some inputs changed, as a new one.

        What does not follow from the step or the inputs is taken over; with *anew* nothing is.

        Raises:
            UnknownName: No such execution or step.
        """
        payload = to_payload(inputs or {})
        return self._begin("", lambda id: ForkRun(id, execution_id, from_step, payload, anew=anew))

    def cancel(self, execution_id: str, reason: str = "cancelled") -> bool:
        """Stop an execution; false when it was over already.

        Raises:
            UnknownName: There is no such execution.
        """
        answer = self._ask(
            lambda id: CancelRun(id, execution_id, reason), execution_id=execution_id
        )
        return bool(of_kind(Done, answer).value)

    def answer(self, execution_id: str, step: str, value: Any, *, path: Sequence[int] = ()) -> None:
        """Answer what a step waits for.

        Raises:
            UnknownName: No such execution, or no such step of it waits.
        """
        packed = to_payload({"value": value})["value"]
        self._ask(
            lambda id: AnswerStep(id, execution_id, step, list(path), packed),
            execution_id=execution_id,
        )

    def emit(
        self,
        event: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        event_id: str = "",
    ) -> int:
        """Send a named event; answers how many executions took it."""
        packed, chosen = to_payload(payload or {}), event_id or new_id()
        answer = self._ask(lambda id: EmitEvent(id, event, packed, key, chosen))
        return int(of_kind(Done, answer).value)

    def reload(self) -> int:
        """Put a new runner in place, with the files as they are now; answers its generation.

        Executions under way go on where they are.

        Raises:
            NoRunner: The new one could not start; the old one stays.
        """
        return int(of_kind(Done, self._ask(Reload)).value["generation"])

    def ping(self, *, seconds: float | None = None) -> float:
        """How long the runner takes to answer, in seconds.

        Raises:
            TimeoutError: It did not answer within *seconds*.
        """
        began = time.perf_counter_ns()
        of_kind(Pong, self._ask(lambda id: Ping(id, began), seconds=seconds))
        return (time.perf_counter_ns() - began) / 1e9

    @property
    def card(self) -> RunnerCard:
        """Who answers; starts a runner if need be."""
        return self._connections.current().card

    def close(self) -> None:
        """Close the connections; the runner leaves by itself when nothing needs it."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, execution_id: str, make: Make, *, again: bool = False) -> RemoteRun:
        """Send a request that begins or follows an execution, and wait until it is taken."""
        link, last = self._connections.known(execution_id), TRIES - 1
        for attempt in range(TRIES):
            link = link or self._connections.current()
            run = RemoteRun(execution_id, self)
            try:
                link.send(make, run.take)
            except RunnerLost:  # nothing was sent
                if attempt == last:
                    raise
                link = None
                continue
            try:
                run.accepted()
            except Moved:
                self._connections.let_go(link)
                link = None
            except RunElsewhere as error:
                link = self._connections.elsewhere(error)
            except RunnerLost:
                if execution_id and not again:  # it may have begun: its result says so
                    return run
                if attempt == last or not again:
                    raise
                link = None
            else:
                self._connections.remember(run.execution_id, link)
                return run
        raise NoRunner(f"the runner of {self.folder} is replaced over and over; look at its log")

    def _ask(self, make: Make, *, execution_id: str = "", seconds: float | None = None) -> Answer:
        """Ask until somebody answers; only for requests that may be asked twice."""
        link, has_lost_one = self._connections.known(execution_id), False
        for _ in range(TRIES):
            link = link or self._connections.current()
            try:
                return link.ask(make, seconds)
            except Moved:
                self._connections.let_go(link)
                link = None
            except RunElsewhere as error:
                link = self._connections.elsewhere(error)
            except RunnerLost:
                if has_lost_one:  # it may be the request that ends them
                    raise
                link, has_lost_one = None, True
        raise NoRunner(f"the runner of {self.folder} is replaced over and over; look at its log")


def of_kind(kind: type[Kind], answer: Answer) -> Kind:
    """The answer, of the kind that was asked for.

    Raises:
        WireError: It is of another.
    """
    if isinstance(answer, kind):
        return answer
    raise WireError(f"the runner answered with {type(answer).__name__} instead of {kind.__name__}")
