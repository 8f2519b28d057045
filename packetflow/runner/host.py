"""`Host`: a workspace's user code, ready to run for clients over the wire.

Everything happens on the runner's own event loop: so an inline capability that hangs stops the
heartbeat too, and others may take over.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from packetflow.composition.steps import Pipeline
from packetflow.engine.execution import Running
from packetflow.engine.printed import Printed
from packetflow.engine.start import Start
from packetflow.engine.state import Listener
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import (
    MissingInput,
    PacketFlowError,
    RunElsewhere,
    RunError,
)
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Description, Listing, Outcome
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import (
    AnswerStep,
    CapabilityRequest,
    DrawBoard,
    EmitEvent,
    ForkRun,
    SearchPalette,
)
from packetflow.runner.outcomes import failed_outcome, outcome_of
from packetflow.runner.port import Tell
from packetflow.runner.present import describe_capability, describe_pipeline, list_all
from packetflow.runner.telling import Telling
from packetflow.workspace.stopping import stop
from packetflow.workspace.taken import taken_for
from packetflow.workspace.watching import Watch
from packetflow.workspace.workspace import Workspace

if TYPE_CHECKING:
    from packetflow.discovery.easel import Easel
    from packetflow.runner.triggers import Triggers

log = logging.getLogger(__name__)


class Host:
    """Holds the user's code; implements `packetflow.runner.port.RunnerHost`.

    Args:
        folder: The workspace.
        runner: This runner's id, for records and leases.
        ready: Which of the library's capabilities it knows; ``None`` for all.
        triggers: Whether it starts pipelines when what triggers them happens; it needs SQL.
        light: Keep journals only, without a database.
    """

    def __init__(
        self,
        folder: Path,
        *,
        runner: str,
        ready: Collection[str] | None = None,
        triggers: bool = True,
        light: bool = False,
    ) -> None:
        self._folder = folder
        self._ready, self._heeds_triggers, self._light = ready, triggers, light
        self._runner = runner
        self._open: Workspace | None = None
        self._triggers: Triggers | None = None
        self._easel: Easel | None = None
        self._tells: dict[str, dict[Tell, Listener]] = {}
        self._starting: dict[str, asyncio.Task[str]] = {}

    @property
    def workspace(self) -> Workspace:
        """The workspace, once it is open."""
        if self._open is None:
            raise RunError("this runner is not open")
        return self._open

    async def open(self) -> None:
        """Load capabilities and pipelines, and begin to heed events and triggers.

        Raises:
            PacketFlowError: Nothing can run at all.
        """
        self._open = Workspace(
            self._folder,
            role="runner",
            runner=self._runner,
            ready=self._ready,
            light=self._light,
        )
        await asyncio.to_thread(self._open.catalog.refresh)
        self._open.hearing.for_everybody = True
        if isinstance(sys.stdout, Printed):
            self._open.engine.printed = sys.stdout
        if self._heeds_triggers:
            from packetflow.runner.triggers import Triggers  # a tool that stands alone has none

            self._triggers = Triggers(self._open)
            self._triggers.open()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        """Begin to hear events and tell the store what there is, without holding up clients."""
        await self.workspace.hearing.begin()
        try:
            await asyncio.to_thread(self.workspace.register)
        except PacketFlowError as error:
            log.warning("capabilities were not registered: %s", error)

    async def listing(self, query: str, limit: int) -> Listing:
        """What there is that matches *query* (empty: everything), best first; *limit* 0: all."""
        return await asyncio.to_thread(list_all, self.workspace.catalog, query, limit)

    async def describe(self, name: str, source: str | None) -> Description:
        """All about a saved pipeline or a capability, or about a pipeline's YAML text.

        Raises:
            UnknownName: There is none of that name.
            SourceError: The text cannot be read.
        """
        catalog = self.workspace.catalog
        if source is not None:
            return await asyncio.to_thread(describe_pipeline, catalog.read(source, file=name))
        found = self.workspace.find(name)
        if isinstance(found, Pipeline):
            return await asyncio.to_thread(describe_pipeline, found)
        return await asyncio.to_thread(describe_capability, catalog.get(name))

    async def draw(self, request: DrawBoard) -> Drawn:
        """The board of a pipeline's text; a text that cannot be read has a board too.

        Raises:
            SourceError: The looks cannot be read.
        """
        return await asyncio.to_thread(self.easel.draw, request)

    async def palette(self, request: SearchPalette) -> bytes:
        """What can be put into a pipeline, best first, as JSON."""
        return await asyncio.to_thread(self.easel.palette, request)

    @property
    def easel(self) -> Easel:
        """What draws boards, once the workspace is open."""
        if self._easel is None:
            from packetflow.discovery.easel import Easel  # only editors ask for boards

            self._easel = Easel(self.workspace.catalog)
        return self._easel

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; its id is answered once its first record is kept."""
        if not request.execution_id:
            request = structs.replace(request, execution_id=new_id())
        if self.workspace.catalog.source is None and not request.reuse:
            return await self._start(request, tell)
        starting = asyncio.create_task(self._start(request, tell))
        self._starting[str(request.execution_id)] = starting
        try:
            return await starting
        finally:
            self._starting.pop(str(request.execution_id), None)

    async def _start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        workspace = self.workspace
        if workspace.catalog.source is not None:
            await asyncio.to_thread(workspace.catalog.settle)
        if request.source is not None:
            what: Any = workspace.catalog.read(request.source, file=request.name or "unsaved")
        else:
            what = workspace.find(request.name)
        past = None
        if request.reuse:
            past = await asyncio.to_thread(taken_for, workspace, request.reuse)
        start = Start(
            execution_id=str(request.execution_id),
            past=past,
            trigger=request.trigger,
            user=request.user,
            agent=request.agent,
            tags=request.tags,
        )
        inputs = self._values(request.inputs)
        found, watch = workspace.learnt(what), Watch()
        secrets = workspace.engine.plan(found).secrets
        telling = Telling(tell, secrets, watch=watch, quiet=request.quiet)
        listeners = (watch.take,) if tell is None else (watch.take, telling)
        begun = workspace.engine.begin(found, inputs, start, listeners=listeners)
        if isinstance(begun, Running):
            workspace.watches.keep(begun, watch)
            self._remember(begun, tell, telling)
        elif tell is not None:
            tell(outcome_of(begun))
        return begun.id

    async def resume(self, execution_id: str, tell: Tell | None) -> str:
        """Take up an interrupted execution; it asks whether it may go on with changed code."""
        take = partial(self.workspace.ready_to_resume, execution_id, if_changed="ask")
        ready = await asyncio.to_thread(take)
        running = ready.resume(self.workspace.engine, "resumed by a client")
        self._told(running, tell)
        return running.id

    async def fork(self, request: ForkRun, tell: Tell | None) -> str:
        """Begin a new execution that builds on the completed steps of another."""
        changed = self._values(request.inputs)
        step = request.from_step or None
        pipeline, inputs, start = await asyncio.to_thread(
            self.workspace.ready_to_fork, request.execution_id, step, changed
        )
        if request.anew:
            start = structs.replace(start, past=None)
        running = self.workspace.engine.start(pipeline, inputs, start)
        self._told(running, tell)
        return running.id

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that is over tells its outcome at once.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
        """
        whole = await asyncio.to_thread(self.workspace.full_id, execution_id)
        runs = self.workspace.engine.running
        await self.workspace.hearing.has_woken(whole)
        if whole not in runs:
            runner = await asyncio.to_thread(self.workspace.runs_elsewhere, whole)
            outcome = outcome_of(await asyncio.to_thread(self.workspace.execution, whole))
            if whole not in runs:  # else an event has woken it while we looked
                if runner:
                    raise RunElsewhere(whole, runner)
                tell(outcome)
                return
        watch = self.workspace.watches.of(whole)
        for happened in [] if watch is None else watch.told(whole):
            tell(happened)
        self._told(runs[whole], tell)

    def unfollow(self, execution_id: str, tell: Tell) -> None:
        """Tell no more; does nothing when it was not told."""
        if execution_id in self._tells:
            self._unfollow(execution_id, tell)
            return
        for whole in [one for one in self._tells if one.endswith(execution_id)]:
            self._unfollow(whole, tell)

    def _unfollow(self, execution_id: str, tell: Tell) -> None:
        told = self._tells[execution_id]
        listener = told.pop(tell, None)
        running = self.workspace.engine.running.get(execution_id)
        if listener is not None and running is not None:
            running.ignore(listener)
        if not told:
            del self._tells[execution_id]

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already. One that begins now begins first."""
        starting = self._starting.get(execution_id)
        if starting is not None:
            await asyncio.wait([starting])
        return await stop(self.workspace, execution_id, reason)

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for.

        Raises:
            UnknownName: No such execution, or no such step of it waits.
        """
        whole = await asyncio.to_thread(self.workspace.full_id, request.execution_id)
        value = self._values({"value": request.value})["value"]
        send = self.workspace.send_answer
        arrived = await asyncio.to_thread(send, whole, request.step, value, tuple(request.path))
        await self.workspace.hearing.hand_over(arrived)

    async def emit(self, request: EmitEvent) -> int:
        """Keep an event and hand it to whoever waits; answers how many executions took it."""
        payload = self._values(request.payload)
        arrived = self.workspace.send(
            request.event, payload, key=request.key, event_id=request.event_id or None
        )
        return await self.workspace.hearing.hand_over(arrived)

    async def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; see `packetflow.store.port.Recall.facts`."""
        return await asyncio.to_thread(self.workspace.recall.facts, execution_id)

    def under_way(self) -> list[str]:
        """The executions that this runner works on now, without those put aside to wait."""
        return [one.id for one in self.workspace.engine.running.values() if not one.only_waits]

    def held(self) -> list[str]:
        """The executions that are here: those under way, and those that wait in memory."""
        return list(self.workspace.engine.running)

    async def needed(self) -> bool:
        """Whether the runner must stay although it has no client; also when nobody can tell."""
        stays = self.workspace.folder.settings.get("runner", {}).get("stay", False)
        if not stays or self._triggers is None:
            return False
        try:
            return await asyncio.to_thread(self._triggers.has_duties)
        except PacketFlowError as error:
            log.warning("the runner stays, what waits could not be looked up: %s", error)
            return True

    async def retire(self) -> None:
        """A newer runner is in place: heed no trigger, let go of executions that only wait."""
        if self._triggers is not None:
            await self._triggers.close()
        self.workspace.hearing.retire()
        for running in list(self.workspace.engine.running.values()):
            running.put_aside()

    async def close(self) -> None:
        """Cancel what is under way, and let go of everything."""
        if self._open is None:
            return
        if self._triggers is not None:
            await self._triggers.close()
        self._listening.cancel()
        await self._open.hearing.close()
        await self._open.engine.close()
        await asyncio.to_thread(self._open.close)
        self._open = None

    def _values(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What a client sent, as values."""
        values = {}
        for name, slot in payload.items():
            try:
                values[name] = unpack(slot, None, self.workspace.journal.get)
            except Opaque as error:
                raise MissingInput([name], "the request (its value could not be sent)") from error
        return values

    def _told(self, running: Running, tell: Tell | None) -> None:
        """Have the events of a run told from now on."""
        self.workspace.watched(running)
        if tell is not None:
            watch = self.workspace.watches.of(running.id) or Watch()
            telling = Telling(tell, running.secrets, watch=watch)
            running.listen(telling)
            self._remember(running, tell, telling)

    def _remember(self, running: Running, tell: Tell | None, listener: Listener) -> None:
        """Keep who is told of a run until it is over, and tell how it ended."""
        if tell is not None:
            self._tells.setdefault(running.id, {})[tell] = listener
            running.when_over(partial(self._tell_end, running, tell))

    def _tell_end(self, running: Running, tell: Tell) -> None:
        """Tell how an execution ended, even if that could not be kept."""
        told = self._tells.get(running.id, {})
        if told.pop(tell, None) is None:
            return
        if not told:
            del self._tells[running.id]
        try:
            tell(outcome_of(running.result()))
        except PacketFlowError as error:
            tell(failed_outcome(running.id, error))
        except asyncio.CancelledError:  # its own code has cancelled its task
            tell(Outcome(running.id, "cancelled"))
