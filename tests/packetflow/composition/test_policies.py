"""Policies: their numbers, durations, and how they name exceptions."""

from datetime import timedelta
from json import JSONDecodeError

import pytest

from packetflow.composition.policies import (
    Breaker,
    Bulkhead,
    Cache,
    Hedge,
    RateLimit,
    Retry,
    Timeout,
    bare_name,
    exception_name,
    exception_names,
    refuse_unusable,
    seconds,
)
from packetflow.errors import CompositionError, TimedOut

USABLE = [
    Retry(1),
    Timeout(0.001),
    Breaker(1, 0.1),
    RateLimit(1, 0.1),
    Cache(None, 1),
    Cache(0.1),
    Hedge(0.1, 2),
    Bulkhead(1, 0),
]
UNUSABLE = {
    "retry: attempts is 0; it must be at least 1": Retry(0),
    "say on which exceptions": Retry(3, on=()),
    "timeout is 0; it must be more than 0": Timeout(0),
    "timeout is nan": Timeout(float("nan")),
    "timeout is inf s; it must be at most 100 years": Timeout(float("inf")),
    "retry: wait is -1": Retry(3, wait_seconds=-1),
    "retry: total is 1e+300 s; it must be at most": Retry(3, total_seconds=1e300),
    "cache: ttl_seconds is 1e+10 s; it must be at most": Cache(1e10),
    "breaker: failures is 0": Breaker(0),
    "breaker: reset_seconds is -1": Breaker(1, -1),
    "rate_limit: calls is 0": RateLimit(0),
    "rate_limit: per_seconds is 0": RateLimit(1, 0),
    "cache: max_entries is 0": Cache(max_entries=0),
    "cache: ttl_seconds is 0": Cache(0),
    "hedge: after_seconds is 0": Hedge(0),
    "hedge: at_most is 1; it must be at least 2": Hedge(1, 1),
    "bulkhead: at_once is 0": Bulkhead(0),
    "bulkhead: waiting is -1": Bulkhead(1, -1),
}


@pytest.mark.parametrize("policy", USABLE, ids=repr)
def test_the_smallest_usable_numbers_are_accepted(policy):
    refuse_unusable(policy)


@pytest.mark.parametrize("said", UNUSABLE)
def test_a_number_that_makes_no_sense_is_refused_with_its_field(said):
    with pytest.raises(CompositionError) as refused:
        refuse_unusable(UNUSABLE[said])

    assert said in refused.value.message


def test_durations_are_seconds_or_timedeltas():
    assert (seconds(3), seconds(0.5), seconds(timedelta(minutes=2))) == (3.0, 0.5, 120.0)


def test_builtin_exceptions_go_by_their_bare_name_and_others_with_their_module():
    assert exception_name(IOError) == "OSError"
    assert exception_name(TimedOut) == "packetflow.errors:TimedOut"
    assert exception_name(JSONDecodeError) == "json.decoder:JSONDecodeError"


def test_an_exception_of_a_capability_file_is_called_the_same_in_every_folder():
    kind = type("Busy", (OSError,), {"__module__": "packetflow_workspace_0a1b2c3d.shop"})

    assert exception_name(kind) == "shop:Busy"
    assert bare_name("packetflow_workspace_99999999.shop:Busy") == "shop:Busy"


def test_a_class_inside_another_goes_by_its_whole_name():
    class Mine(Exception): ...

    assert exception_name(Mine).endswith("_goes_by_its_whole_name.<locals>.Mine")


def test_one_or_several_exceptions_are_named():
    assert exception_names(OSError) == ("OSError",)
    assert exception_names("httpx:ReadTimeout") == ("httpx:ReadTimeout",)
    assert exception_names([OSError, "KeyError"]) == ("OSError", "KeyError")
