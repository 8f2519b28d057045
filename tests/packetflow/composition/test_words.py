"""Policies and limits in a few words."""

import pytest

from packetflow.composition.policies import (
    Breaker,
    Bulkhead,
    Cache,
    Hedge,
    RateLimit,
    Retry,
    Timeout,
)
from packetflow.composition.words import policy


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Retry(2, ("a:B", "OSError", "C")), "retry 2x on B, OSError and more"),
        (Timeout(0.5), "timeout 500 ms"),
        (Breaker(5, 30), "breaker 5, 30 s"),
        (RateLimit(10, 60), "10 per 1 min"),
        (Cache(), "cached"),
        (Cache(3600), "cached 1 h"),
        (Hedge(2), "hedge after 2 s"),
        (Bulkhead(4), "4 at once"),
    ],
)
def test_each_policy_has_its_words(given, said):
    assert policy(given) == said
