"""The engine: runs compositions, keeps what happened, and takes up what was interrupted."""

from __future__ import annotations

import asyncio
import datetime as dt
import random as random_module
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar, cast

from packetflow.composition.composable import Composable
from packetflow.composition.steps import Pipeline, Step, Use
from packetflow.composition.walk import find, label
from packetflow.engine.events import Ended, Event
from packetflow.engine.execution import Execution, Failure, Running
from packetflow.engine.guarded import GuardedUse
from packetflow.engine.past import Story, read_story
from packetflow.engine.plan import Plan, compile_plan, compile_step
from packetflow.engine.ports import Chain, Inbox, Leases, NoSink, Optimize, Reject, Sink
from packetflow.engine.processes import Processes
from packetflow.engine.start import Start, check_inputs, definition_of
from packetflow.engine.state import Frame, Run, StepFailed
from packetflow.engine.strands import Carriers
from packetflow.engine.threads import Threads
from packetflow.engine.use import UseNode
from packetflow.engine.values import pack_all
from packetflow.engine.waits import Waits
from packetflow.errors import Cancelled, PacketFlowError, RunError, UnknownName
from packetflow.kernel.clock import Clock, SystemClock
from packetflow.kernel.records import (
    DefinitionSeen,
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    LogLine,
    Record,
    Status,
)

T = TypeVar("T")
PLANS_KEPT = 256


class Engine:
    """Runs compositions on the event loop it is used from.

    Args:
        sink: Where records go; nothing is kept without one.
        clock: Where the time comes from.
        random: For jitter.
        chain: Modules that look at compositions, requests and responses.
        leases: Who may run an execution; nobody else can without.
        inbox: Events that came before anybody waited.
        folder: The workspace folder, handed to capabilities.
        runner: The name of this runner in records.
        passivate_after_seconds: How long an execution that only waits stays in memory; ``None``
            for as long as it waits.
        find_capability: Finds a capability by name, for modules that put another one in place.
    """

    def __init__(
        self,
        sink: Sink | None = None,
        *,
        clock: Clock | None = None,
        random: random_module.Random | None = None,
        chain: Chain | None = None,
        leases: Leases | None = None,
        inbox: Inbox | None = None,
        folder: str = "",
        runner: str = "",
        passivate_after_seconds: float | None = None,
        find_capability: Callable[[str], Any] | None = None,
    ) -> None:
        self.sink: Sink = NoSink() if sink is None else sink
        self.clock: Clock = SystemClock() if clock is None else clock
        self.random = random_module.Random() if random is None else random  # noqa: S311 - jitter
        self.chain = chain
        self.leases = leases
        self.inbox = inbox
        self.folder = folder
        self.runner = runner
        self.passivate_after = passivate_after_seconds
        self.carriers = Carriers()
        self.threads = Threads()
        self.processes = Processes()
        self.waits = Waits()
        self.taken: set[tuple[str, str]] = set()
        self.running: dict[str, Running] = {}
        self._find = find_capability
        self._plans: OrderedDict[int, tuple[object, Plan]] = OrderedDict()
        self._shared: dict[Hashable, Any] = {}
        self._known_definitions: set[str] = set()

    def plan(self, composition: Composable | Pipeline) -> Plan:
        """The compiled form; the last 256 are kept.

        Raises:
            ContractError: It cannot run, with the problems.
        """
        key = id(composition)
        known = self._plans.get(key)
        if known is not None and known[0] is composition:
            self._plans.move_to_end(key)
            return known[1]
        tree = composition if isinstance(composition, Pipeline) else composition.as_step()
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

    def node_for(self, capability: str, step_id: str) -> UseNode:
        """A node that calls another capability in a step's place.

        Raises:
            UnknownName: There is none of that name.
        """
        found = None if self._find is None else self._find(capability)
        if found is None:
            raise UnknownName("capability", capability)
        node = compile_step(Use(found, id=step_id))
        return node.node if isinstance(node, GuardedUse) else cast("UseNode", node)

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
        plan, run, frame = self._prepare(composition, inputs, start or Start())
        if listener is not None:
            run.listen(listener)
        return await self._drive(plan, run, frame, composition)

    def start(
        self,
        composition: Composable | Pipeline,
        inputs: Mapping[str, Any],
        start: Start | None = None,
    ) -> Running:
        """Begin to run a composition and answer at once; raises as `run` does."""
        plan, run, frame = self._prepare(composition, inputs, start or Start())
        return self._spawn(plan, run, frame, composition)

    def resume(
        self,
        composition: Composable | Pipeline,
        records: Iterable[Record],
        *,
        epoch: int | None = None,
        reason: str = "",
    ) -> Running:
        """Take up an interrupted execution from its records.

        Completed steps are not run again; their outputs are taken from the records.

        Args:
            composition: What it ran.
            records: All its records.
            epoch: The lease's epoch; one more than the last by default.
            reason: Why it was interrupted, for the log.

        Raises:
            RunError: There is no such execution, or it is over.
        """
        story = read_story(records)
        if story.started is None:
            raise RunError("these records hold no start of an execution")
        if story.ended is not None and story.ended.status == Status.OK:
            raise RunError(f"execution {story.started.execution_id} is already done")
        plan, run, frame = self._prepare_again(composition, story, epoch)
        at = self.clock.wall_ns()
        run.append(ExecutionResumed(run.id, run.epoch, at, self.runner, reason))
        return self._spawn(plan, run, frame, composition)

    def _spawn(
        self, plan: Plan, run: Run, frame: Frame, composition: Composable | Pipeline
    ) -> Running:
        task = asyncio.get_running_loop().create_task(self._drive(plan, run, frame, composition))
        running = self.running[run.id] = Running(run, task)
        task.add_done_callback(lambda _: self.running.pop(run.id, None))
        return running

    def _prepare(
        self, composition: Composable | Pipeline, inputs: Mapping[str, Any], start: Start
    ) -> tuple[Plan, Run, Frame]:
        plan = self.plan(composition)
        scope = check_inputs(plan, inputs)
        run = Run(self, start.execution_id, start.epoch, start.past)
        run.user, run.agent, run.tags = start.user, start.agent, dict(start.tags)
        run.last_span = start.last_span
        name, version = _name_of(composition)
        sha = self._define(composition, plan) if run.durable else ""
        run.append(
            ExecutionStarted(
                run.id,
                run.epoch,
                self.clock.wall_ns(),
                name,
                version,
                sha,
                start.trigger,
                pack_all(scope, plan.contract.inputs),
                self.runner,
                start.parent_id,
                start.retry_of,
                start.user,
                start.agent,
                run.tags,
            )
        )
        run.inputs = dict(scope)
        run.scope = scope
        return plan, run, Frame(run, scope)

    def _prepare_again(
        self, composition: Composable | Pipeline, story: Story, epoch: int | None
    ) -> tuple[Plan, Run, Frame]:
        from packetflow.engine.start import restored_inputs

        plan = self.plan(composition)
        started = story.started
        if started is None:
            raise AssertionError("checked by the caller")
        number = story.epoch + 1 if epoch is None else epoch
        run = Run(self, started.execution_id, number, story.past)
        run.last_span = story.last_span
        run.user, run.agent, run.tags = started.user, started.agent, dict(started.tags)
        scope = restored_inputs(plan, started, self.sink.get)
        run.inputs = dict(scope)
        run.scope = scope
        return plan, run, Frame(run, scope)

    def _define(self, composition: Composable | Pipeline, plan: Plan) -> str:
        """Keep the definition once, so that a run can be resumed with what it started with."""
        sha, kind, body = definition_of(composition, plan)
        if sha not in self._known_definitions:
            name, version = _name_of(composition)
            at = self.clock.wall_ns()
            self.sink.append(DefinitionSeen(sha, kind, name, version, body, at))
            self._known_definitions.add(sha)
        return sha

    async def _drive(
        self, plan: Plan, run: Run, frame: Frame, composition: Composable | Pipeline
    ) -> Execution:
        began = run.now() + run.wall_offset
        failure: Failure | None = None
        status = Status.OK
        try:
            root = plan.root
            if self.chain:
                root = await self._optimized(plan)
            self._watch_idle(run)
            pending = root.start(frame)
            if pending is not None:
                await pending
        except StepFailed as failed:
            failure = _failure(failed, plan)
            status = Status.FAILED
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if run.passivated:
                if task is not None:
                    task.uncancel()
                status = Status.WAITING
            else:
                status = Status.CANCELLED
                reason = run.stop_reason or "cancelled"
                failure = Failure("", (), {}, "Cancelled", reason, Cancelled(reason))
                if not run.cancelled.is_set():
                    self._end(run, frame, status, failure, plan)
                    raise
                if task is not None:
                    task.uncancel()
        except PacketFlowError as error:
            failure = Failure("", (), {}, type(error).__name__, error.message, error)
            status = Status.FAILED
        return self._finished(plan, run, frame, began, status, failure, composition)

    def _finished(
        self,
        plan: Plan,
        run: Run,
        frame: Frame,
        began: int,
        status: Status,
        failure: Failure | None,
        composition: Composable | Pipeline,
    ) -> Execution:  # noqa: PLR0917 - one call, all of them distinct
        outputs = self._end(run, frame, status, failure, plan)
        waiting = status is Status.WAITING
        execution = Execution(
            run.id,
            _name_of(composition)[0],
            status,
            run.inputs,
            outputs,
            run.spans,
            failure,
            _moment(began),
            None if waiting else _moment(run.now() + run.wall_offset),
            plan.step,
        )
        if run.listeners:
            run.tell(Ended(execution))
        return execution

    def _end(
        self, run: Run, frame: Frame, status: Status, failure: Failure | None, plan: Plan
    ) -> dict[str, Any]:  # noqa: PLR0917 - one call, all of them distinct
        """Keep how it ended; answers what it provides."""
        names = plan.outputs
        given = run.inputs
        outputs = {
            name: value
            for name, value in frame.scope.items()
            if (name in names if names is not None else _is_made(name, value, given))
        }
        if status is Status.WAITING:
            return outputs
        ports = plan.contract.outputs
        record = ExecutionEnded(
            run.id,
            run.epoch,
            self.clock.wall_ns(),
            status.value,
            pack_all(outputs, ports) if run.durable else outputs,
            failure.step if failure else "",
            failure.error_type if failure else "",
            failure.message if failure else "",
        )
        try:
            run.append(record)
        except PacketFlowError:
            if failure is None:
                raise
        return outputs

    async def _optimized(self, plan: Plan) -> Any:
        if self.chain is None:
            return plan.root
        outcome = await self.chain.on_composition(plan.step, {"contract": plan.contract})
        match outcome:
            case Optimize(step=better):
                return self.plan(better).root
            case Reject(reason=reason):
                raise RunError(f"a module refused this composition: {reason}")
            case _:
                return plan.root

    def _watch_idle(self, run: Run) -> None:
        """Put an execution aside once it only waits."""
        if self.passivate_after is None:
            return
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        pause = self.passivate_after

        def aside() -> None:
            if run.busy == 0 and run.waiting and task is not None and not task.done():
                run.passivated = True
                task.cancel()

        def idle() -> None:
            loop.call_later(pause, aside)

        run.on_idle = idle

    def deliver(self, arrived: EventArrived) -> int:
        """Hand an event to executions that wait for it here; tells how many took it."""
        return self.waits.deliver(arrived)

    def note(self, run: Run, level: str, text: str, fields: dict[str, Any]) -> None:
        """Keep a line about an execution."""
        run.append(LogLine(run.id, 0, self.clock.wall_ns(), "engine", level, text, fields))

    async def close(self) -> None:
        """Cancel what runs and end threads and workers."""
        for running in list(self.running.values()):
            running.cancel("the engine closed")
        if self.running:
            await asyncio.wait([one._task for one in self.running.values()], timeout=2)  # noqa: SLF001 - its own
        await self.carriers.close()
        self.threads.close()
        self.processes.close()


def _is_made(name: str, value: Any, given: Mapping[str, Any]) -> bool:
    return name not in given or value is not given[name]


def _name_of(composition: Composable | Pipeline) -> tuple[str, str]:
    if isinstance(composition, Pipeline):
        return composition.name, str(composition.version)
    return label(composition.as_step()), ""


def _moment(ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC)


def _failure(failed: StepFailed, plan: Plan) -> Failure:
    from packetflow.composition.capability import Capability
    from packetflow.engine.use import describe

    step: Step | None = find(plan.step, failed.step)
    used = step.capability if isinstance(step, Use) else None
    cause = failed.cause
    return Failure(
        failed.step,
        failed.path,
        failed.inputs,
        type(cause).__name__,
        describe(cause),
        cause,
        used if isinstance(used, Capability) else None,
    )
