"""Secrets that an event would give are refused, whoever declares them secret."""

from dataclasses import replace
from typing import Annotated, Any

import pytest

from packetflow import Trigger, capability, each, pipeline, secret, then, wait_for
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.secrets import hidden_names

Secret = Annotated[str, secret]


@capability(provides="length")
def uses(password: Secret) -> int:
    return len(password)


@capability(provides="size")
def size(password: str) -> int:
    return len(password)


def told(problems: Any) -> list[tuple[str, str]]:
    return [(one.step, one.name) for one in problems if one.code == "secret_event"]


asks = wait_for("told", gives={"password": str})
asked = pipeline("asked", asks)
given = pipeline("given", wait_for("told", gives={"word": str}) >> size.reading(password="word"))

REFUSED = {
    "downstream": (asks >> uses, ("wait_told", "password")),
    "upstream": (uses >> asks, ("wait_told", "password")),
    "beside": (then(asks >> size, uses), ("wait_told", "password")),
    "declared": (wait_for("told", gives={"it": Secret}), ("wait_told", "it")),
    "each": (
        wait_for("told", gives={"words": list}) >> each(uses, {"password": "words"}),
        ("wait_told", "words"),
    ),
    "called": (then(asked) >> uses, ("asked/wait_told", "password")),
    "inside": (then(pipeline("p", asks >> uses)), ("p/wait_told", "password")),
    "passed on": (
        then(pipeline("o", then(asked), provides=["password"])) >> uses,
        ("o/asked/wait_told", "password"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wait_that_gives_a_secret_is_refused(name: str):
    flow, place = REFUSED[name]

    problems = check(flow.as_step())

    assert told(problems) == [place]
    assert all(one.severity == "error" for one in problems if one.code == "secret_event")


@pytest.mark.parametrize("flow", [asks >> size, then(given), uses >> wait_for("told")])
def test_a_wait_that_gives_no_secret_is_not(flow: Any):
    assert told(check(flow.as_step())) == []


def test_an_event_that_starts_a_pipeline_gives_no_secret():
    started = replace(pipeline("p", uses), triggers=(Trigger("event", "go"),))
    others = [
        replace(pipeline("p", uses), triggers=(Trigger("schedule", "0 7 * * *"),)),
        replace(pipeline("p", uses), triggers=(Trigger("event", "go", {"password": "x"}),)),
    ]

    assert told(check_pipeline(started)) == [("p", "password")]
    assert [told(check_pipeline(one)) for one in others] == [[], []]


def test_a_name_is_secret_as_soon_as_one_step_says_so():
    flow = then(size, uses, size.reading(password="other"))
    items = each(uses.reading(password="item"), {"item": "items"})

    assert hidden_names(flow.as_step()) == {"password"}
    assert hidden_names(items.as_step()) == {"item", "items"}
    assert hidden_names(size.as_step(), ["password"]) == {"password"}
