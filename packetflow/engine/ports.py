"""What the engine asks of the world: where records go, who may run, which modules listen."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from packetflow.composition.steps import Step
from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived, Record


class Sink(Protocol):
    """Where records go. ``append`` returns once the record survives the death of the process."""

    durable: bool
    """False when values need not be encoded, because nothing outlives the process."""

    def append(self, record: Record) -> None:
        """Keep a record.

        Raises:
            JournalFull: It cannot be kept; nothing of it was.
        """
        ...

    def append_all(self, records: Sequence[Record]) -> None:
        """Keep records that belong together, at the price of one; raises as `append` does."""
        ...

    def put(self, content: bytes, media_type: str) -> str:
        """Keep a large value by its content; answers its sha256 in hex."""
        ...

    def get(self, sha: str) -> bytes:
        """Read a large value back.

        Raises:
            StoreError: It is not there.
        """
        ...


class MemorySink:
    """Keeps records in a list; for tests and for runs that nobody wants to keep."""

    durable = False

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.append = self.records.append
        self.append_all = self.records.extend
        self._blobs: dict[str, bytes] = {}

    def put(self, content: bytes, media_type: str) -> str:  # noqa: ARG002 - the protocol's
        """Keep a large value."""
        import hashlib

        sha = hashlib.sha256(content).hexdigest()
        self._blobs[sha] = content
        return sha

    def get(self, sha: str) -> bytes:
        """Read a large value back."""
        return self._blobs[sha]


class NoSink:
    """Forgets records; spans stay with the execution."""

    durable = False

    def append(self, record: Record) -> None:
        """Forget it."""

    def append_all(self, records: Sequence[Record]) -> None:
        """Forget them."""

    def put(self, content: bytes, media_type: str) -> str:  # noqa: ARG002 - the protocol's
        """Nothing is kept."""
        return ""

    def get(self, sha: str) -> bytes:
        """Nothing was kept."""
        raise KeyError(sha)


class Leases(Protocol):
    """Who may run an execution: one runner at a time, each under a higher epoch."""

    def holds(self, execution_id: str, epoch: int) -> bool:
        """Tell whether no newer runner has taken the execution over."""
        ...


class Callables(Protocol):
    """What a step may call while it runs."""

    def resolve(self, kind: Literal["capability", "pipeline"], name: str, /) -> Any:
        """The capability or pipeline of that name, or ``None``."""
        ...

    def matching(self, names: Sequence[str], /) -> list[Any]:
        """Those of that names and patterns.

        Raises:
            UnknownName: There is none of a name, or none that fits a pattern.
        """
        ...


class Inbox(Protocol):
    """Events that arrived before anybody waited for them."""

    async def find(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events of that name and key (``""``: any) that came since a moment."""
        ...

    async def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events of that name and key from before a moment that no other execution has taken."""
        ...

    async def claim(self, event: EventArrived, before: Moment, execution_id: str) -> bool:
        """Reserve what `left_over` gave; False when another execution was quicker.

        Who then does not take it gives it back.
        """
        ...

    def has_lost(self, event_id: str, execution_id: str) -> bool:
        """Tell whether another runner has passed over a claim, as of one that stood still."""
        ...

    def give_back(self, event_id: str, execution_id: str) -> None:
        """Undo a claim, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class CapabilityRequest:
    """A call that is about to happen."""

    capability: str
    inputs: Mapping[str, Any]
    execution_id: str
    step: str
    user: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class CapabilityResponse:
    """A call that has happened."""

    request: CapabilityRequest
    outputs: Mapping[str, Any]
    duration_ns: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Intercept:
    """Do this call instead."""

    request: CapabilityRequest


@dataclass(frozen=True, slots=True)
class Optimize:
    """Run this composition instead."""

    step: Step


@dataclass(frozen=True, slots=True)
class Transform:
    """Take these outputs instead."""

    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reject:
    """It must not happen."""

    reason: str


RequestOutcome: TypeAlias = Continue | Intercept | Reject
CompositionOutcome: TypeAlias = Continue | Optimize | Reject
ResponseOutcome: TypeAlias = Continue | Transform


class Chain(Protocol):
    """Modules in order of priority, as the engine sees them; empty ones cost nothing.

    An implementation reports and skips a module that fails.
    """

    def __bool__(self) -> bool:
        """False when no module listens."""
        ...

    def on_request(self, request: CapabilityRequest) -> Awaitable[RequestOutcome]:
        """Before a capability is called."""
        ...

    def on_composition(self, step: Step, facts: Mapping[str, Any]) -> Awaitable[CompositionOutcome]:
        """Before a composition runs."""
        ...

    def on_response(self, response: CapabilityResponse) -> Awaitable[ResponseOutcome]:
        """After a capability has answered."""
        ...
