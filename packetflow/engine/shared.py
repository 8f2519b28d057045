"""What the state that executions share goes by: a breaker's, a cache's, a rate's."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import msgspec

from packetflow.composition.policies import Policy
from packetflow.composition.steps import Call, Guarded, Step, Use
from packetflow.engine.values import identity


class SharedKey:
    """Equal for the same policy around the same step; hashed once, when a plan is compiled."""

    __slots__ = ("_hash", "policy", "what")

    def __init__(self, policy: Policy, what: Hashable) -> None:
        self.policy: Any = policy
        self.what = what
        self._hash = hash((type(policy), policy, what))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, SharedKey):
            return NotImplemented
        same = type(self.policy) is type(other.policy) and self.policy == other.policy
        return same and self.what == other.what


def shared_place(step: Guarded) -> Hashable:
    """What a shared limit goes by: what is called and how it is joined, else the step itself.

    The same policy twice around one step makes two limits: a bulkhead that shared its places with
    the one inside it would wait for itself.
    """
    inner: Step = step.step
    again = 0
    while isinstance(inner, Guarded):
        again += inner.policy == step.policy
        inner = inner.step
    if not isinstance(inner, (Use, Call)):
        return inner, again
    called: Hashable = inner.pipeline if isinstance(inner, Call) else inner.capability
    try:
        fixed: Hashable = msgspec.msgpack.encode(identity(dict(inner.values)))
    except (TypeError, OverflowError, ValueError, RecursionError):
        fixed = object()  # not to be compared, so not shared either
    writes = None if inner.writes is None else tuple(sorted(inner.writes.items()))
    return called, tuple(sorted(inner.reads.items(), key=str)), writes, fixed, again
