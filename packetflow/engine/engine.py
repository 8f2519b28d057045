"""The engine: runs compositions, keeps what happened, and takes up what was interrupted."""

from __future__ import annotations

import asyncio
import random as random_module
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar, cast

from packetflow.composition.build import as_step
from packetflow.composition.composable import Composable
from packetflow.composition.steps import Call, Pipeline, Use
from packetflow.engine.chained import optimized
from packetflow.engine.ending import Live, cancelled, failure_of, finish
from packetflow.engine.events import Event
from packetflow.engine.execution import Execution, Failure, Running
from packetflow.engine.guarded import GuardedUse
from packetflow.engine.migration import agreed, calls_now, keep_calls, note_makers
from packetflow.engine.past import Story, read_story
from packetflow.engine.plan import Plan, compile_plan, compile_step
from packetflow.engine.ports import Callables, Chain, Inbox, Leases, NoSink, Sink
from packetflow.engine.preparing import prepare, prepare_again
from packetflow.engine.printed import Printed
from packetflow.engine.processes import Processes
from packetflow.engine.start import Definitions, Start
from packetflow.engine.state import Run, StepFailed
from packetflow.engine.strands import STOPPED, Carriers
from packetflow.engine.threads import Threads
from packetflow.engine.use import UseNode
from packetflow.engine.veil import holds_secrets
from packetflow.engine.waiters import Waits
from packetflow.errors import PacketFlowError, UnknownName
from packetflow.kernel.clock import Clock, SystemClock
from packetflow.kernel.records import (
    EventArrived,
    ExecutionResumed,
    LogLine,
    Record,
    Status,
)

T = TypeVar("T")
PLANS_KEPT = 256
LEASES_EVERY_SECONDS = 0.5


class Engine:
    """Runs compositions on the event loop it is used from.

    Args:
        sink: Where records go; nothing is kept without one.
        clock: Where the time comes from.
        random: For jitter.
        chain: Modules that look at compositions, requests and responses.
        leases: Who may run an execution; nobody else can without.
        inbox: Events that came before anybody waited.
        order: Numbers what comes to the workspace (`packetflow.kernel.order`); 0 without.
        folder: The workspace folder, handed to capabilities.
        runner: The name of this runner in records.
        passivate_after_seconds: How long an execution that only waits stays in memory; ``None``
            for as long as it waits.
        catalog: What steps may call while they run, and modules put in the place of others.
        keep_definition: Called with sha and compact text of every definition before it first runs.
    """

    def __init__(  # noqa: PLR0913 - everything the engine asks of the world
        self,
        sink: Sink | None = None,
        *,
        clock: Clock | None = None,
        random: random_module.Random | None = None,
        chain: Chain | None = None,
        leases: Leases | None = None,
        inbox: Inbox | None = None,
        order: Callable[[], int] = int,
        folder: str = "",
        runner: str = "",
        passivate_after_seconds: float | None = None,
        catalog: Callables | None = None,
        keep_definition: Callable[[str, str], None] | None = None,
    ) -> None:
        self.sink: Sink = NoSink() if sink is None else sink
        self.append, self.append_all = self.sink.append, self.sink.append_all
        self.clock: Clock = SystemClock() if clock is None else clock
        self.random = random_module.Random() if random is None else random
        self.chain = chain
        self.leases = leases
        self.inbox, self.order = inbox, order
        self.folder, self.runner = folder, runner
        self.passivate_after = passivate_after_seconds
        self.carriers = Carriers()
        self.left: set[asyncio.Task[None]] = set()
        self.threads, self.processes = Threads(), Processes()
        self.waits = Waits()
        self.running: dict[str, Running] = {}
        self.catalog = catalog
        self._plans: OrderedDict[int, tuple[object, Plan]] = OrderedDict()
        self._shared: dict[Hashable, Any] = {}
        self.called: dict[str, tuple[object, Use | Call]] = {}
        self.definitions = Definitions(self.sink, self.clock, keep_definition)
        self._minding: asyncio.TimerHandle | None = None
        self.on_aside: Callable[[], None] | None = None
        self.printed: Printed | None = None

    def plan(self, composition: Composable | Pipeline) -> Plan:
        """The compiled form; the last 256 are kept.

        Raises:
            ContractError: It cannot run, with the problems.
            CompositionError: It is something else, for example a plain function.
        """
        key = id(composition)
        known = self._plans.get(key)
        if known is not None and known[0] is composition:
            self._plans.move_to_end(key)
            return known[1]
        tree = composition if isinstance(composition, Pipeline) else as_step(composition)
        plan = compile_plan(tree)
        self._plans[key] = (composition, plan)
        if len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return plan

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """State that all executions share, such as a breaker's; made at first use."""
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = make()
        return cast("T", found)

    def node_for(self, capability: str, step_id: str) -> UseNode | GuardedUse:
        """A node that calls another capability in a step's place.

        Raises:
            UnknownName: There is none of that name.
        """
        found = None if self.catalog is None else self.catalog.resolve("capability", capability)
        if found is None:
            raise UnknownName("capability", capability)
        return cast("UseNode | GuardedUse", compile_step(Use(found, id=step_id)))

    async def run(
        self,
        composition: Composable | Pipeline,
        inputs: Mapping[str, Any],
        start: Start | None = None,
        *,
        listener: Callable[[Event], None] | None = None,
    ) -> Execution:
        """Run a composition to its end, in the caller's own task.

        A failing step does not raise: the execution says so (`Execution.raise_for_failure`).

        Raises:
            ContractError: The composition cannot run.
            MissingInput: A needed input is not given.
            WrongType: An input does not fit.
            UnknownName: An input is given that nothing reads.
        """
        live = prepare(self, composition, inputs, start or Start())
        if listener is not None:
            live.run.listen(listener)
        return await self._drive(live)

    def start(
        self,
        composition: Composable | Pipeline,
        inputs: Mapping[str, Any],
        start: Start | None = None,
    ) -> Running:
        """Begin to run a composition and answer at once; raises as `run` does."""
        return self._spawn(prepare(self, composition, inputs, start or Start()))

    def begin(
        self,
        composition: Composable | Pipeline,
        inputs: Mapping[str, Any],
        start: Start | None = None,
        *,
        listeners: Iterable[Callable[[Event], None]] = (),
    ) -> Running | Execution:
        """Run a composition up to its first wait, here and now; raises as `run` does.

        Returns:
            The execution if it is over by then, else what is under way. So is one whose end could
            not be kept: awaiting it raises why.
        """
        live = prepare(self, composition, inputs, start or Start())
        for listener in listeners:
            live.run.listen(listener)
        try:
            task, execution = self.carriers.begin(self._drive, live)
        except Exception as error:  # noqa: BLE001 - raised to whoever awaits it
            return Running(live, _failed(error))
        return cast("Execution", execution) if task is None else self._spawned(live, task)

    def resume(
        self,
        composition: Composable | Pipeline,
        records: Iterable[Record] | Story,
        *,
        epoch: int | None = None,
        reason: str = "",
        question: str = "",
    ) -> Running:
        """Take up an interrupted execution from its records.

        Completed steps are not run again; their outputs are taken from the records.

        Args:
            composition: What it ran.
            records: All its records, or what they tell.
            epoch: The lease's epoch; one more than the last by default.
            reason: Why it was interrupted, for the log.
            question: Asked first when not empty: whether it may go on with changed code.

        Raises:
            RunError: There is no such execution, or it is over.
        """
        story = records if isinstance(records, Story) else read_story(records)
        live = prepare_again(self, composition, story, epoch)
        run, at, calls = live.run, self.clock.wall_ns(), calls_now(live.plan)
        note_makers(story, calls)
        run.append(ExecutionResumed(run.id, run.epoch, at, self.runner, reason, story.read))
        if calls != story.calls and not question:
            keep_calls(live.frame, calls)
        return self._spawn(live, question)

    def _spawn(self, live: Live, question: str = "") -> Running:
        task = asyncio.get_running_loop().create_task(self._drive(live, question))
        return self._spawned(live, task)

    def _spawned(self, live: Live, task: asyncio.Task[Execution]) -> Running:
        running = self.running[live.run.id] = Running(live, task)
        self._mind_leases()
        return running

    def forget(self, running: Running) -> None:
        """Note that an execution is over here; it may have been taken up again already."""
        if self.running.get(running.id) is running:
            self.running.pop(running.id)

    def _mind_leases(self) -> None:
        """Look now and then whether another runner has taken over what runs here."""
        if self.leases is not None and self._minding is None:
            loop = asyncio.get_running_loop()
            self._minding = loop.call_later(LEASES_EVERY_SECONDS, self._stop_superseded)

    def _stop_superseded(self) -> None:
        self._minding = None
        for running in list(self.running.values()):
            if not running.is_ours:
                running.cancel("another runner took it over")
        if self.running:
            self._mind_leases()

    async def _drive(self, live: Live, question: str = "") -> Execution:
        run = live.run
        try:
            root = live.plan.root
            if self.passivate_after is not None:
                run.driver = asyncio.current_task()
            if question:
                await agreed(live.frame, question)
                keep_calls(live.frame, calls_now(live.plan))
            if self.chain:
                root = (await optimized(self, live.plan)).root
            if self.printed is not None:
                self.printed.begin(run, hides=holds_secrets(live.plan.step))
            pending = root.start(live.frame)
            if pending is not None:
                await pending
        except StepFailed as failed:
            return finish(live, Status.FAILED, failure_of(failed, live))
        except asyncio.CancelledError:
            return self._stopped(live)
        except PacketFlowError as error:
            failure = Failure("", (), {}, type(error).__name__, run.told(error), error)
            return finish(live, Status.FAILED, failure)
        except Exception as error:  # noqa: BLE001 - a border: modules, clocks, our own mistakes
            failure = Failure("", (), {}, type(error).__name__, run.told(error), error)
            return finish(live, Status.FAILED, failure)
        return finish(live, Status.OK, None)

    def _stopped(self, live: Live) -> Execution:
        """The execution was put aside, or cancelled by its handle or by its caller."""
        run, task = live.run, asyncio.current_task()
        if run.passivated:
            if task is not None:
                task.uncancel()
            run.decide(("", ()), "parked", 1)
            if self.on_aside is not None:
                self.on_aside()
            return finish(live, Status.WAITING, None)
        execution = cancelled(live)
        if not run.cancelled:
            raise asyncio.CancelledError
        if task is not None:
            task.uncancel()
        return execution

    def idle(self, run: Run) -> None:
        """Put an execution aside in a while, if it still only waits then."""
        if self.passivate_after is not None:
            at_once = run.asking and run.leaves_questions
            pause = 0.0 if at_once else self.passivate_after
            self.clock.call_later(pause, lambda: self._put_aside(run))

    def _put_aside(self, run: Run) -> None:
        task = run.driver
        if task is not None and not task.done() and run.only_waits and run.can_be_parked():
            run.passivated = True
            task.cancel(STOPPED)

    def deliver(self, arrived: EventArrived) -> int:
        """Hand an event to executions that wait for it here; tells how many took it."""
        return self.waits.deliver(arrived)

    def note(self, run: Run, level: str, text: str, fields: dict[str, Any]) -> None:
        """Keep a line about an execution."""
        run.append(LogLine(run.id, 0, self.clock.wall_ns(), "engine", level, text, fields))

    async def close(self) -> None:
        """Cancel what runs, put aside what only waits, and end threads and workers."""
        for running in list(self.running.values()):
            if not (self.sink.durable and running.put_aside()):
                running.cancel("the engine closed")
        if self.running:
            await asyncio.wait([one._task for one in self.running.values()], timeout=2)  # noqa: SLF001 - its own
        await self.carriers.close()
        self.threads.close()
        self.processes.close()


def _failed(error: Exception) -> asyncio.Future[Execution]:
    failed: asyncio.Future[Execution] = asyncio.get_running_loop().create_future()
    failed.set_exception(error)
    return failed
