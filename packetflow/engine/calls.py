"""Calls that a step makes while it runs, by name: each a step of its own inside it.

What is called is kept before it begins, with a digest of its inputs. So a step that is tried again,
or taken up after an interruption, gets what is done already, as long as it makes the same calls in
the same order. A failure that the step went on after is kept too: it has decided by it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packetflow.capabilities.context import Called
from packetflow.capabilities.contract import MISSING
from packetflow.capabilities.tool_results import as_json
from packetflow.composition.capability import Capability
from packetflow.composition.outside import changes_once, effects_of
from packetflow.composition.steps import Call, Pipeline, Use
from packetflow.engine.past import Place
from packetflow.engine.scopes import Noting, made_in
from packetflow.engine.spans import keep_span, recalled
from packetflow.engine.start import check_inputs
from packetflow.engine.state import OWN_SPAN, Frame, Run, StepFailed
from packetflow.engine.values import pack_all
from packetflow.errors import CapabilityFailed, RunError, UnknownName
from packetflow.kernel.records import Status, encoder

if TYPE_CHECKING:
    from packetflow.engine.plan import Plan
    from packetflow.engine.use import UseNode

Outcome: TypeAlias = Called | CapabilityFailed

DEEPEST: Final = 24
"""So deep calls may stand inside calls; more is an endless circle."""

ARGUMENTS: Final = "arguments"
"""In the span of a call: what it was given, as JSON, cut when it is long."""

MOST_SIGNS: Final = 2000

_HARMLESS: Final = frozenset({"counter", "histogram", "audit"})
_ONCE: Final = " once"


class Calls:
    """The calls of one try of a step.

    Args:
        node: The step.
        frame: Where it runs.
    """

    __slots__ = ("_failed", "_frame", "_made", "_node", "_open", "_span")

    def __init__(self, node: UseNode, frame: Frame) -> None:
        self._node = node
        self._frame = frame
        self._made = 0
        self._open = 0
        self._span = 0
        self._failed: list[tuple[Place, str, CapabilityFailed]] = []

    def find(self, names: Sequence[str]) -> list[Any]:
        """Capabilities and pipelines by names and patterns; raises as `Context.find` does."""
        catalog = self._frame.run.engine.catalog
        if catalog is None:
            raise UnknownName("capability", names[0] if names else "")
        return catalog.matching(names)

    def begin(self, what: Any, inputs: Mapping[str, Any]) -> Awaitable[Called]:
        """Make the next call; raises as `Context.call` does."""
        self.go_on()
        self._made += 1
        found = self._found(what)
        self._refuse_undeclared(found)
        return self._outcome(self._step(found), dict(inputs), self._made)

    def go_on(self) -> None:
        """Keep that the step goes on after calls that failed."""
        run, failed, self._failed = self._frame.run, self._failed, []
        for place, said, error in failed:
            facts = error.__dict__
            told = json.dumps([facts["step"], facts["error_type"], facts["error"]])
            run.decide(place, "call_failed", told)
            _remember(run, place, said, error)

    def _found(self, what: Any) -> Capability[..., Any] | Pipeline:
        if isinstance(what, (Capability, Pipeline)):
            return what
        found = self.find([str(what)])
        if len(found) != 1 or not isinstance(found[0], (Capability, Pipeline)):
            raise UnknownName("capability or pipeline", str(what))
        return found[0]

    def _step(self, found: Capability[..., Any] | Pipeline) -> Use | Call:
        """What is called as a step; the same for the same, so that it is compiled once."""
        engine, own = self._frame.run.engine, f"{self._node.id}/{found.name}"
        if own.count("/") > DEEPEST:
            raise RunError(
                f"step {self._node.id!r} stands {DEEPEST} calls deep; they call each other in a "
                "circle",
                step=self._node.id,
            )
        known = engine.called.get(own)
        if known is not None and known[0] is found:
            return known[1]
        step = Call(found, id=own) if isinstance(found, Pipeline) else Use(found, id=own)
        engine.called[own] = found, step
        return step

    def _refuse_undeclared(self, found: Capability[..., Any] | Pipeline) -> None:
        declared = self._node.declaration.effects
        if any(fnmatchcase(found.name, name) for name in self._callable()):
            return
        for effect in effects_of(found.as_step()):
            if effect.kind not in _HARMLESS and effect not in declared:
                raise RunError(
                    f"step {self._node.id!r} calls {found.name!r}, which {effect}, and does not "
                    f"declare that; add Effect.calls({found.name!r}) to the effects of "
                    f"{self._node.name!r}",
                    step=self._node.id,
                )

    def _callable(self) -> Iterator[str]:
        """The names and patterns that the step declares."""
        for effect in self._node.declaration.effects:
            if effect.kind != "calls":
                continue
            if not effect.target.startswith("{"):
                yield effect.target
                continue
            given = self._given(effect.target.strip("{}"))
            yield from [given] if isinstance(given, str) else map(str, given or ())

    def _given(self, name: str) -> Any:
        """An input of the step itself."""
        node, scope = self._node, self._frame.scope
        for read in node.reads:
            if read.parameter == name:
                if read.scope_name in scope:
                    return scope[read.scope_name]
                return None if read.port.default is MISSING else read.port.default
        return node.fixed.get(name)

    async def _outcome(self, step: Use | Call, inputs: dict[str, Any], number: int) -> Called:
        frame, run = self._frame, self._frame.run
        plan = run.engine.plan(step)
        scope = check_inputs(plan, inputs)
        place = self._node.id, (*frame.path, number)
        said = _told(step, plan, scope)
        known = self._known(place, said, str(step.id))
        if isinstance(known, Called):
            return known
        if known is not None:
            self._failed.append((place, said, known))
            raise known
        before, waited = self._past_seconds(step, place), run.waited
        self._open += 1
        if self._open == 1:  # while it only waits for others, they say whether it is at work
            run.busy -= 1
        try:
            outputs = await self._run((step, plan), scope, place[1])
        except StepFailed as failed:
            error = _error(failed, run)
            self._failed.append((place, said, error))
            raise error from failed.cause
        finally:
            self._open -= 1
            if self._open == 0:
                run.busy += 1
        if run.waited != waited:
            run.decide(place, "call_waited", 1)
        called = Called(outputs, str(step.id), place[1], before)
        _remember(run, place, said, called)
        return called

    def _past_seconds(self, step: Use | Call, place: Place) -> float:
        """How long a call took that an earlier life made, unless it waited for somebody."""
        run = self._frame.run
        if run.past is None or run.decided(*place, "call_waited"):
            return 0.0
        span = run.past.done.get((str(step.id), place[1]))
        return 0.0 if span is None else span.duration_ns / 1e9

    def _known(self, place: Place, said: str, own: str) -> Outcome | None:
        """What the call gave before, in this life; of an earlier life, what the step went on after.

        Raises:
            RunError: In its place the step did something that must not happen twice.
        """
        run = self._frame.run
        here = None if run.calls is None else run.calls.get(place)
        before = here[0] if here is not None else run.decided(*place, "call")
        if before == said:
            if here is not None:
                return here[1]
            told = run.decided(*place, "call_failed")
            return None if told is None else CapabilityFailed(*json.loads(str(told)))
        if before is not None and str(before).endswith(_ONCE):
            was = str(before).split(" ")[0]
            raise RunError(
                f"step {place[0]!r} goes another way than before it was interrupted: it called "
                f"{was!r} then, which must not happen twice, and calls {own!r} now; start anew",
                step=place[0],
            )
        _forget(run, own, place)
        run.decide(place, "call", said)
        return None

    async def _run(
        self, what: tuple[Use | Call, Plan], scope: dict[str, Any], path: tuple[int, ...]
    ) -> dict[str, Any]:
        step, plan = what
        run, own = self._frame.run, str(step.id)
        if plan.secrets:
            run.hide(plan.contract.inputs, scope)
        made = Noting(scope)
        inner = Frame(run, made, path, self._own_span(), attempt=self._frame.attempt)
        run.attributes.setdefault((own, path), {})[ARGUMENTS] = _arguments(run, plan, scope)
        if isinstance(step, Call):
            await _pipeline(plan, inner, own)
        else:
            pending = plan.root.start(inner)
            if pending is not None:
                await pending
        run.attributes.pop((own, path), None)  # still there when it was done in an earlier life
        return made_in(made, plan.contract.outputs)

    def _own_span(self) -> int:
        """The number of the step's own span."""
        if not self._span:
            run, place = self._frame.run, (self._node.id, self._frame.path)
            self._span = _number(run, place)
            run.attributes.setdefault(place, {})[OWN_SPAN] = self._span
        return self._span


def _number(run: Run, place: Place) -> int:
    """The number that a span will have when it ends, maybe in a later life."""
    known = None if run.past is None else run.past.decisions.pop((*place, "span"), None)
    if known is not None:
        return int(known.value)
    number = run.new_span()
    run.decide(place, "span", number)
    return number


async def _pipeline(plan: Plan, inner: Frame, own: str) -> None:
    """Run a pipeline with a span around its steps."""
    run, began = inner.run, inner.run.now()
    kept = recalled(inner, own, plan.contract.outputs)
    if kept is not None:
        inner.scope.update(kept)
        return
    number = _number(run, (own, inner.path))
    name = own.rpartition("/")[2]
    body = inner.inner(inner.scope, parent=number)
    given = dict(inner.scope)
    facts: dict[str, Any] = {"kind": "call", "name": name, "began": began, "span_id": number}
    try:
        pending = plan.root.start(body)
        if pending is not None:
            await pending
    except StepFailed as failed:
        inputs = pack_all(given, plan.contract.inputs)
        keep_span(inner, own, status=Status.FAILED, error=failed, inputs=inputs, **facts)
        raise
    except asyncio.CancelledError:
        if not run.passivated:
            keep_span(inner, own, status=Status.CANCELLED, **facts)
        raise
    outputs = made_in(inner.scope, plan.contract.outputs)
    keep_span(inner, own, outputs=pack_all(outputs, plan.contract.outputs), **facts)


def _error(failed: StepFailed, run: Run) -> CapabilityFailed:
    """What the caller gets; of calls inside calls, what went wrong in the innermost."""
    cause = failed.cause
    if isinstance(cause, CapabilityFailed):
        return CapabilityFailed(failed.step, cause.__dict__["error_type"], cause.__dict__["error"])
    return CapabilityFailed(failed.step, type(cause).__name__, run.told(failed))


def _told(step: Use | Call, plan: Plan, scope: Mapping[str, Any]) -> str:
    """What is called, with a digest of its inputs; secrets are not in it."""
    ports = plan.contract.inputs
    plain = {name: value for name, value in scope.items() if not ports[name].secret}
    packed = sorted(pack_all(plain, ports).items())
    digest = hashlib.sha256(encoder().encode(packed)).hexdigest()[:16]
    return f"{step.id} {digest}{_ONCE if changes_once(step) else ''}"


def _arguments(run: Run, plan: Plan, scope: Mapping[str, Any]) -> str:
    ports = plan.contract.inputs
    shown = {name: _shown(value) for name, value in scope.items() if not ports[name].secret}
    text = run.scrubbed(json.dumps(shown, ensure_ascii=False))
    return text if len(text) <= MOST_SIGNS else f"{text[:MOST_SIGNS]} ..."


def _shown(value: Any) -> Any:
    rows = getattr(value, "num_rows", None)
    return as_json(value) if rows is None else f"a table of {rows} rows"


def _remember(run: Run, place: Place, said: str, outcome: Outcome) -> None:
    if run.calls is None:
        run.calls = {}
    run.calls[place] = said, outcome


def _forget(run: Run, own: str, place: Place) -> None:
    """Forget what was done in the place of a call that is another one now."""
    past, path = run.past, place[1]
    if past is None:
        return
    inside = f"{own}/"
    for key in [
        key
        for key in past.done
        if (key[0] == own or key[0].startswith(inside)) and key[1][: len(path)] == path
    ]:
        del past.done[key]
