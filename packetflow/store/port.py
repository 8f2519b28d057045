"""What the store offers to the rest of PacketFlow, and what may be plugged into it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    Record,
    WaitStarted,
)

if TYPE_CHECKING:
    import pyarrow as pa

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
Watched: TypeAlias = WaitStarted | EventArrived | ExecutionEnded | ExecutionResumed


class Tail(Protocol):
    """Records as they come in; iterate it, close it when done."""

    def get(self, timeout: float | None = None) -> Record | None:
        """Wait for the next record, at most *timeout* seconds; None when none came.

        Raises:
            OwnerGone: The tail is closed.
        """
        ...

    def __iter__(self) -> Iterator[Record]: ...

    def close(self) -> None:
        """End it; a thread that waits in it returns."""
        ...


class Store(Protocol):
    """SQL and live records of one workspace; safe to share between threads."""

    def sql(self, query: str, params: Params = None, *, fresh: bool = True) -> pa.Table:
        """Answer a query; with *fresh*, everything appended before is in the answer.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
            OwnerGone: Nobody answers for the store.
        """
        ...

    def flush(self) -> None:
        """Return when everything appended before is in DuckDB and on the disk.

        Raises:
            OwnerGone: Nobody answers for the store.
        """
        ...

    def tail(self, kinds: Collection[str] = (), execution_id: str | None = None) -> Tail:
        """Follow records from now on.

        Args:
            kinds: Tags of `packetflow.kernel.records` (``span``, ``log``, ...); empty for all.
            execution_id: Of this execution only.
        """
        ...

    def close(self) -> None:
        """Let go of it; closing twice is fine."""
        ...


class Watcher(Protocol):
    """Reacts to what comes in, such as by delivering events and starting what is due."""

    def seen(self, records: Sequence[Watched]) -> None:
        """Called after every batch that has such records, once they are committed."""
        ...

    def tick(self, now_ns: int) -> None:
        """Called about ten times a second, in the same thread as `seen`."""
        ...
