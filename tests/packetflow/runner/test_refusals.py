"""Errors keep their class and their facts over the wire."""

from __future__ import annotations

import pytest

from packetflow.composition.problems import Fix, Problem
from packetflow.errors import (
    ContractError,
    MissingInput,
    PacketFlowError,
    RunElsewhere,
    SourceError,
    TimedOut,
    UnknownName,
)
from packetflow.kernel.messages import Refused
from packetflow.kernel.wire import decode, encode
from packetflow.runner.refusals import error_from, refusal


def over_the_wire(error: Exception) -> PacketFlowError:
    refused = decode(encode(refusal("1", error)))
    assert isinstance(refused, Refused)
    return error_from(refused.code, refused.message, refused.facts)


@pytest.mark.parametrize(
    "error",
    [
        UnknownName("capability", "fetsh", ["fetch"]),
        MissingInput(["url"], "the composition"),
        TimedOut("fetch", 2.5),
        RunElsewhere("e", "r"),
        SourceError("what is this", file="a.yaml", line=3, column=1),
    ],
    ids=lambda error: error.code,
)
def test_an_error_arrives_as_it_was_raised(error: PacketFlowError):
    found = over_the_wire(error)

    assert type(found) is type(error)
    assert (found.message, vars(found)) == (error.message, vars(error))


def test_problems_arrive_with_their_mends():
    fix = Fix("Add it", {"op": "add_step", "use": "fetch"})
    problem = Problem("missing_input", "card", "card needs 'text'", "text", fix=fix)

    (found,) = over_the_wire(ContractError([problem])).problems  # type: ignore[attr-defined] # a fact

    assert (found.code, found.step, found.name) == ("missing_input", "card", "text")
    assert found.fix.operation == {"op": "add_step", "use": "fetch"}


def test_a_fact_that_is_not_plain_arrives_as_text():
    found = over_the_wire(PacketFlowError("no", cause=ValueError("seven"), when={1: {2}}))

    assert vars(found) == {"cause": "seven", "when": {"1": [2]}}


def test_an_exception_of_somebody_else_arrives_with_its_name():
    found = over_the_wire(ZeroDivisionError("by zero"))

    assert type(found) is PacketFlowError
    assert found.message == "ZeroDivisionError: by zero"


def test_a_code_of_a_newer_version_is_still_an_error():
    assert type(error_from("from_the_future", "no", {})) is PacketFlowError
