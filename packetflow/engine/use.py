"""Calling a capability: check the inputs, call, check the outputs, keep the span.

`UseNode` is the common part; the classes below it differ in where the function runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic_core import ValidationError

from packetflow.capabilities.contract import article
from packetflow.capabilities.declaration import Declaration
from packetflow.capabilities.validate import reason
from packetflow.engine.codegen import Joint, Write
from packetflow.engine.effects import emitted, emitting
from packetflow.engine.events import StepEnded, StepStarted
from packetflow.engine.node import Pending
from packetflow.engine.patience import Patient
from packetflow.engine.recall import kept_outputs
from packetflow.engine.reporter import make_context
from packetflow.engine.spans import keep_span
from packetflow.engine.state import Frame, Run, StepFailed
from packetflow.engine.strands import stop_status
from packetflow.engine.trail import STACK, trail_of
from packetflow.engine.values import pack_all
from packetflow.errors import JournalFull, MissingInput, PacketFlowError, RunError, WrongType
from packetflow.kernel.records import SpanEnded, Status

if TYPE_CHECKING:
    from packetflow.capabilities.context import Context


class UseNode:
    """A capability at its place in a composition."""

    inline = False

    __slots__ = (
        "call",
        "declaration",
        "effects",
        "fixed",
        "id",
        "is_prepared",
        "joint",
        "name",
        "pack",
        "reads",
        "redacts",
        "spread",
        "wants_context",
        "writes",
    )

    def __init__(self, step_id: str, declaration: Declaration, joint: Joint) -> None:
        self.id = step_id
        self.name = declaration.name
        self.declaration = declaration
        self.reads = joint.reads
        self.writes = joint.writes
        self.fixed = joint.fixed
        self.joint = joint
        self.is_prepared = False
        self.redacts = any(write.port.secret for write in joint.writes)
        self.effects = emitting(declaration.effects)
        self.wants_context = declaration.context is not None

    def prepare(self) -> None:
        """Have the joint's functions written; a step that is done already never needs them."""
        joint = self.joint
        self.call, self.spread, self.pack = joint.call, joint.spread, joint.pack
        self.is_prepared = True

    def start(self, frame: Frame) -> Pending:
        """Run it; the subclasses say where."""
        if frame.run.special:
            if frame.run.cancelled:
                raise asyncio.CancelledError(frame.run.stop_reason)
            if frame.run.past is not None and self.recall(frame):
                return None
            self.announce(frame)
            if frame.run.engine.chain:
                from packetflow.engine.chained import chained

                return chained(self, frame)
        if not self.is_prepared:
            self.prepare()
        return self.begin(frame)

    def begin(self, frame: Frame) -> Pending:
        """Run it as new."""
        return self.go(frame)

    async def go(self, frame: Frame) -> None:
        """Call, wait, and keep the outcome."""
        began = frame.run.now()
        self.settle(frame, began, await self.perform(frame, began))

    async def perform(self, frame: Frame, began: int) -> Any:
        """Call the function and wait for its raw result, turning failures into `StepFailed`."""
        run = frame.run
        context = make_context(self, frame) if self.wants_context else None
        run.busy += 1
        work = self.result(frame, context)
        try:
            first = work.send(None)
            return await Patient(frame, self.id, work, first)
        except StopIteration as done:
            return done.value
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 - a border: user code
            if context is not None:
                context._stop.is_set = True  # noqa: SLF001 - the engine owns the context it made
            self.broke(frame, began, error)
        finally:
            run.busy -= 1
            if run.waiting:
                run.idle()

    def broke(self, frame: Frame, began: int, error: BaseException) -> NoReturn:
        """Keep how a call ended that gave no result: it was stopped, or it raised.

        Raises:
            StepFailed: It raised.
            asyncio.CancelledError: Somebody stopped it.
            KeyboardInterrupt: Somebody stopped the whole program.
        """
        try:
            if isinstance(error, asyncio.CancelledError):
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    if not frame.run.passivated:
                        self.note(frame, began, stop_status(error))
                    raise error
            if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
                raise error
            self.fail(frame, began, error)
        finally:
            del error  # its frames hold this one

    async def result(self, frame: Frame, context: Context | None) -> Any:
        """Call the function and wait for its raw result."""
        raise AssertionError(frame, context)  # every subclass has its own

    def settle(self, frame: Frame, began: int, result: Any) -> None:
        """Check what came back, keep it, and only then let others see it."""
        try:
            outputs = self.spread(result)
        except Exception as error:  # noqa: BLE001 - a border: user code
            self.fail(frame, began, self._bad_output(error, result))
        self.commit(frame, began, outputs)

    def commit(self, frame: Frame, began: int, outputs: dict[str, Any]) -> None:
        """Keep checked outputs with their span, then let others see them."""
        run = frame.run
        ended = run.now()
        run.last_span = number = run.last_span + 1
        kept = outputs
        if self.pack is not None and (run.durable or self.redacts):
            kept = self.pack(outputs)
            if self.redacts:
                run.hide({write.scope_name: write.port for write in self.writes}, outputs)
        span = SpanEnded(
            run.id,
            run.epoch,
            number,
            frame.parent,
            self.id,
            frame.path,
            "capability",
            self.name,
            "ok",
            frame.attempt,
            began + run.wall_offset,
            ended - began,
            kept,
        )
        if run.attributes:
            span = run.with_attributes(span)
        run.keep(span, emitted(self, frame, span) if self.effects else None)
        frame.scope.update(outputs)
        if run.listeners:
            run.tell(StepEnded(span))

    def announce(self, frame: Frame) -> None:
        """Tell listeners that it begins."""
        run = frame.run
        if run.listeners:
            at = run.now() + run.wall_offset
            run.tell(StepStarted(run.id, self.id, frame.path, frame.attempt, at))

    def recall(self, frame: Frame) -> bool:
        """Take the outputs from an earlier life, if it completed there and they were kept."""
        run = frame.run
        if run.past is None:
            return False
        span = run.past.done.get((self.id, frame.path))
        if span is None:
            return False
        try:
            outputs = kept_outputs(self, run, span)
        except RunError as error:
            self.fail(frame, run.now(), error)
        if outputs is None:
            return False
        run.spans.append(span)
        frame.scope.update(outputs)
        if run.listeners:
            run.tell(StepEnded(span))
        return True

    def fail(self, frame: Frame, began: int, error: BaseException) -> NoReturn:
        """Keep the failure and raise it.

        Raises:
            JournalFull: That is what went wrong: no policy may try again.
            StepFailed: Anything else.
        """
        if isinstance(error, JournalFull):
            raise error
        cause, inputs = self.diagnose(frame.scope, error)
        run = frame.run
        text, trail = run.told(cause), run.scrubbed(trail_of(cause))
        if trail:
            run.attributes.setdefault((self.id, frame.path), {})[STACK] = trail
        self.note(frame, began, Status.FAILED, cause, inputs=inputs)
        raise StepFailed(self.id, frame.path, cause, inputs, text=text, trail=trail) from cause

    def note(
        self,
        frame: Frame,
        began: int,
        status: Status,
        cause: BaseException | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a span that did not end well."""
        ports = {**self.declaration.contract.inputs, **{r.parameter: r.port for r in self.reads}}
        keep_span(
            frame,
            self.id,
            "capability",
            name=self.name,
            began=began,
            status=status,
            error=cause,
            inputs=None if inputs is None else pack_all(inputs, ports),
        )

    def diagnose(
        self, scope: Mapping[str, Any], error: BaseException
    ) -> tuple[BaseException, dict[str, Any]]:
        """Tell a bad input from the function's own error; also give the inputs."""
        inputs: dict[str, Any] = dict(self.fixed)
        for read in self.reads:
            if read.scope_name not in scope:
                if not read.port.optional:
                    return MissingInput([read.scope_name], f"step {self.id!r}"), inputs
                continue
            value = scope[read.scope_name]
            inputs[read.parameter] = value
            try:
                if read.check is not None:
                    read.check(value)
            except ValidationError as wrong:
                return WrongType(read.scope_name, f"step {self.id!r}", reason(wrong)), inputs
        return error, inputs

    def _bad_output(self, error: BaseException, result: Any) -> PacketFlowError | BaseException:
        where = f"step {self.id!r} returned"
        if isinstance(error, ValidationError):
            name = next((w.field for w in self.writes if _rejects(w, result, self)), "its value")
            return WrongType(name, where, reason(error))
        if isinstance(error, (KeyError, TypeError, AttributeError)):
            return _lacking(where, [write.field for write in self.writes], result)
        return error


def _lacking(where: str, promised: Sequence[str], result: Any) -> WrongType:
    """Say which promised fields are not in what came back."""
    if isinstance(result, Mapping):
        has = ", ".join(repr(key) for key in list(result)[:10]) or "nothing"
        lacks = [name for name in promised if name not in result]
        came = f"in the dict that came back, which has {has}"
    else:
        lacks = [name for name in promised if not hasattr(result, name)]
        came = f"in what came back ({article(type(result).__name__)})"
    verb = "are" if len(lacks) > 1 else "is"
    return WrongType(", ".join(lacks or promised), where, f"{verb} not {came}")


def _rejects(write: Write, result: Any, node: UseNode) -> bool:
    """Tell whether this output is the one that does not fit."""
    if write.check is None:
        return False
    shape = node.declaration.shape
    try:
        value = result
        if shape == "mapping":
            value = result[write.field]
        elif shape == "attributes":
            value = getattr(result, write.field)
        write.check(value)
    except ValidationError:
        return True
    except (KeyError, AttributeError, TypeError):
        return False
    return False


def missing_or_wrong(step_id: str, frame: Frame, error: BaseException) -> StepFailed:
    """What a container says of inputs that are not there or do not fit."""
    where = f"step {step_id!r}"
    cause: BaseException = error
    if isinstance(error, KeyError):
        cause = MissingInput([str(error.args[0])], where)
    elif isinstance(error, ValidationError):
        cause = WrongType(error.title, where, reason(error))
    return StepFailed(step_id, frame.path, cause, {})


class InlineUse(UseNode):
    """A plain function that takes microseconds, called on the loop itself."""

    inline = True
    __slots__ = ()

    def begin(self, frame: Frame) -> None:
        """Call it here and now."""
        run = frame.run
        began = run.now()
        try:
            if self.wants_context:
                result = self.call(frame.scope, make_context(self, frame))
            else:
                result = self.call(frame.scope)
        except BaseException as error:  # noqa: BLE001 - a border: user code
            self.broke(frame, began, error)
        self.settle(frame, began, result)

    async def result(self, frame: Frame, context: Context | None) -> Any:
        """Call it here and now."""
        return self.call(frame.scope, context)


class AsyncUse(UseNode):
    """An async function, on the loop; one that never waits costs no task and no wrapper."""

    __slots__ = ()

    def begin(self, frame: Frame) -> Pending:
        """Run it up to its first wait."""
        if self.wants_context:
            return self.go(frame)
        began = frame.run.now()
        try:
            work = self.call(frame.scope)
            first = work.send(None)
        except StopIteration as stop:
            self.settle(frame, began, stop.value)
            return None
        except BaseException as error:  # noqa: BLE001 - a border: user code
            self.broke(frame, began, error)
        return self.finish(frame, began, Patient(frame, self.id, work, first))

    async def finish(self, frame: Frame, began: int, rest: Patient) -> None:
        """Wait for what has begun."""
        run: Run = frame.run
        run.busy += 1
        try:
            result = await rest
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 - a border: user code
            self.broke(frame, began, error)
        finally:
            run.busy -= 1
            if run.waiting:
                run.idle()
        self.settle(frame, began, result)

    async def result(self, frame: Frame, context: Context | None) -> Any:
        """Await it."""
        return await self.call(frame.scope, context)
