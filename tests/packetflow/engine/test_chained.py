"""Modules that look at compositions, requests and responses."""

from typing import Any

import pytest

from packetflow import Effect, capability, then
from packetflow.engine.engine import Engine
from packetflow.engine.ports import (
    CapabilityRequest,
    Continue,
    Intercept,
    MemorySink,
    Optimize,
    Reject,
    Transform,
)
from tests.packetflow.engine.kit import Named, double, inc, slow_inc


class Modules:
    """A chain that answers as told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.seen: list[Any] = []

    def __bool__(self) -> bool:
        return True

    async def on_request(self, request):
        return self._answer("request", request)

    async def on_composition(self, step, facts):
        return self._answer("composition", step)

    async def on_response(self, response):
        return self._answer("response", response)

    def _answer(self, kind, what):
        self.seen.append((kind, what))
        answer = self.answers.get(kind)
        return Continue() if answer is None else answer(what)


@capability(provides="n", effects=[Effect.writes("payments")])
async def charge(n: int) -> int:
    return n


@capability(provides="other", run_in="loop")
def unlike(n: int) -> int:
    return n


async def run(chain: Modules, flow=inc, n: int = 1):
    engine = Engine(MemorySink(), chain=chain, catalog=Named(double, charge, unlike))
    return await engine.run(flow, {"n": n})


async def test_modules_see_each_request_and_response():
    chain = Modules()

    execution = await run(chain, then(inc, slow_inc))

    assert execution["n"] == 3
    assert [kind for kind, _ in chain.seen] == ["composition", *["request", "response"] * 2]
    assert dict(chain.seen[1][1].inputs) == {"n": 1}
    assert dict(chain.seen[2][1].outputs) == {"n": 2}


async def test_an_interception_may_change_the_inputs_or_the_capability():
    def with_inputs(request):
        return Intercept(CapabilityRequest(request.capability, {"n": 10}, "", request.step))

    def with_double(request):
        return Intercept(CapabilityRequest("double", request.inputs, "", request.step))

    assert (await run(Modules(request=with_inputs)))["n"] == 11
    execution = await run(Modules(request=with_double), n=4)
    assert execution["n"] == 8
    assert [span.step for span in execution.spans] == ["inc"]


REPLACED = {
    "charge": "changes something outside",
    "unlike": "does not provide n",
    "nobody": "no capability is called 'nobody'",
}


@pytest.mark.parametrize("name", REPLACED)
async def test_what_cannot_stand_in_a_step_s_place_is_refused(name):
    def put(request):
        return Intercept(CapabilityRequest(name, request.inputs, "", request.step))

    execution = await run(Modules(request=put))

    assert execution.failure.step == "inc"
    assert REPLACED[name] in execution.failure.message


async def test_a_transformation_is_checked_like_the_step_s_own_outputs():
    fine = await run(Modules(response=lambda _: Transform({"n": "7", "more": 1})))
    assert fine.outputs == {"n": 7}

    wrong = await run(Modules(response=lambda _: Transform({"n": "many"})))
    assert "'n' should be a valid integer" in wrong.failure.message
    short = await run(Modules(response=lambda _: Transform({})))
    assert "left out the output 'n'" in short.failure.message


async def test_a_rejection_fails_the_step_or_the_whole_with_its_reason():
    step = await run(Modules(request=lambda _: Reject("too dear")))
    assert "step 'inc' was refused by a module: too dear" in step.failure.message

    whole = await run(Modules(composition=lambda _: Reject("not today")))
    assert "a module refused this composition: not today" in whole.failure.message
    assert not whole.spans


async def test_an_optimization_runs_another_composition():
    execution = await run(Modules(composition=lambda _: Optimize(double.as_step())), n=4)

    assert execution["n"] == 8


@pytest.mark.parametrize("kind", ["request", "response", "composition"])
async def test_a_chain_that_fails_fails_the_run_in_an_orderly_way(kind):
    def fails(_):
        raise KeyError("broken module")

    execution = await run(Modules(**{kind: fails}))

    assert execution.status == "failed"
    assert execution.failure.error_type == "KeyError"


async def test_an_empty_chain_costs_no_wait():
    class Empty(Modules):
        def __bool__(self):
            return False

    chain = Empty()

    assert (await run(chain))["n"] == 2
    assert not chain.seen
