"""The way in for everybody else: finds the owner of a workspace or starts one, and asks it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from packetflow.errors import OwnerGone, StoreError
from packetflow.kernel.records import Record, decoder
from packetflow.store.files import places
from packetflow.store.format import refuse_newer
from packetflow.store.launch import Launched, OwnerProcess, OwnerThread, launch
from packetflow.store.port import Params, Tail
from packetflow.store.talk import (
    Answer,
    Ask,
    Card,
    Fault,
    Flush,
    Follow,
    Hello,
    Reply,
    Request,
    Seen,
    as_error,
    decode_reply,
    encode,
    read_card,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from websockets.sync.client import ClientConnection

T = TypeVar("T")

_TRIES = 3
_LOOK_SECONDS = 5.0
_STALE_SECONDS = 15.0
"""An owner whose event loop does not answer for so long stands still."""


def _gone(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What a connection raises when the other side is gone, and *others*."""
    from websockets.exceptions import WebSocketException

    return OSError, EOFError, WebSocketException, TimeoutError, *others


class _Line:
    """One connection; one request at a time."""

    def __init__(self, card: Card) -> None:
        from websockets.sync.client import connect  # many processes never ask the store

        self._stack = contextlib.ExitStack()
        uri = f"ws://127.0.0.1:{card.port}"
        self.socket: ClientConnection = self._stack.enter_context(
            connect(
                uri,
                compression=None,
                max_size=None,
                open_timeout=5,
                close_timeout=1,
                ping_interval=None,
                proxy=None,
            )
        )
        try:
            self.say(Hello(card.token))
        except BaseException:  # a connection that is refused must not stay open
            self.close()
            raise

    def say(self, request: Request) -> Answer:
        self.socket.send(encode(request))
        reply = self._awaited()
        if isinstance(reply, Fault):
            raise as_error(reply.code, reply.message)
        if not isinstance(reply, Answer):
            raise OwnerGone("the owner of the store answers out of order; connect again")
        return reply

    def _awaited(self) -> Reply:
        """What is answered, however long that takes, as long as the owner shows that it is well."""
        while True:
            try:
                return self.hear(_LOOK_SECONDS)
            except TimeoutError:
                if not self.socket.ping().wait(_STALE_SECONDS):
                    raise OwnerGone("the owner of the store stands still") from None

    def hear(self, timeout: float | None) -> Reply:
        message = self.socket.recv(timeout)
        return decode_reply(message if isinstance(message, bytes) else message.encode())

    def close(self) -> None:
        with contextlib.suppress(*_gone()):
            self._stack.close()


class StoreClient:
    """SQL and live records of a workspace, answered by its owner; safe to share between threads.

    Args:
        folder: The workspace folder.
        start: Start an owner when there is none.
        patience_seconds: How long to look for one.
        before_start: Called before one is started; it raises where none may be, as in a workspace
            that was deleted while it was open and would come to life again, empty.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        start: bool = True,
        patience_seconds: float = 20.0,
        before_start: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = Path(folder)
        self._spots = places(folder)
        self._start, self._before_start = start, before_start
        self._patience = patience_seconds
        self._idle: list[_Line] = []
        self._lock = threading.Lock()
        self._closed = False

    def sql(self, query: str, params: Params = None, *, fresh: bool = True) -> pa.Table:
        """Answer a query; with *fresh*, everything appended before is in the answer.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
            OwnerGone: There is no owner and none could be started.
        """
        import pyarrow as pa  # takes 0.1 s, which who only writes need not pay

        answer = self._once_more(lambda line: line.say(Ask(query, params, fresh)))
        return pa.ipc.open_stream(answer.table).read_all()

    def flush(self) -> None:
        """Return when everything appended before is in DuckDB and on the disk.

        Raises:
            OwnerGone: There is no owner and none could be started.
        """
        self._once_more(lambda line: line.say(Flush()))

    def tail(self, kinds: Collection[str] = (), execution_id: str | None = None) -> LiveTail:
        """Follow records from now on, as the owner brings them in.

        Args:
            kinds: Tags of `packetflow.kernel.records` (``span``, ``log``, ...); empty for all.
            execution_id: Of this execution only.

        Raises:
            OwnerGone: There is no owner and none could be started.
        """
        return LiveTail(self._line, Follow(tuple(kinds), execution_id))

    def close(self) -> None:
        """Close the connections; the owner leaves some time after its last client."""
        with self._lock:
            self._closed = True
            lines, self._idle = self._idle, []
        for line in lines:
            line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _once_more(self, request: Callable[[_Line], T]) -> T:
        """Ask, and ask the next owner when this one goes away meanwhile."""
        for last in (False, True):
            line = self._borrow()
            try:
                answer = request(line)
            except _gone(OwnerGone) as error:
                line.close()
                self._drop_idle()
                if last:
                    message = f"the owner of {self._folder} went away while answering: {error}"
                    raise OwnerGone(message, path=str(self._folder)) from error
            except StoreError:
                self._give_back(line)
                raise
            except BaseException:  # the answer may still be on its way: never use the line again
                line.close()
                raise
            else:
                self._give_back(line)
                return answer
        raise AssertionError

    def _borrow(self) -> _Line:
        with self._lock:
            if self._closed:
                raise OwnerGone("this store client is closed; make another")
            if self._idle:
                return self._idle.pop()
        return self._line()

    def _give_back(self, line: _Line) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < 8:
                self._idle.append(line)
                return
        line.close()

    def _drop_idle(self) -> None:
        with self._lock:
            lines, self._idle = self._idle, []
        for line in lines:
            line.close()

    def _line(self) -> _Line:
        """Connect to the owner, starting one when there is none."""
        refuse_newer(self._spots)
        end = time.monotonic() + self._patience
        started: Launched | None = None
        tries = 0
        while True:
            card = read_card(self._spots.card)
            if card is not None:
                with contextlib.suppress(*_gone(), StoreError, msgspec.MsgspecError):
                    return _Line(card)
            if time.monotonic() > end:
                message = f"no process answers for the store of {self._folder}"
                if card is not None:
                    message += f"; if its owner, process {card.pid}, stands still, end it"
                raise OwnerGone(message, path=str(self._folder))
            if not self._start:
                pass
            elif started is None:
                self._before_start()
                started, tries = launch(self._folder), tries + 1
            elif started.has_ended():
                started = self._next(started, tries)
            time.sleep(0.01)

    def _next(self, ended: Launched, tries: int) -> Launched | None:
        """What to do about an owner that has ended before it answered."""
        if isinstance(ended, OwnerProcess) and ended.never_began:
            return OwnerThread(self._folder)
        failure = ended.failure()
        was_killed = isinstance(failure, OwnerGone) and tries < _TRIES
        if failure is not None and not was_killed:
            raise failure
        return None  # another owner was there first, which may be leaving


class LiveTail(Tail):
    """Records as the owner brings them in.

    When the owner is replaced, the tail goes on with the next one; records that were brought in
    between are not repeated. Close it when done.
    """

    def __init__(self, dial: Callable[[], _Line], wish: Follow) -> None:
        self._dial = dial
        self._wish = wish
        self._decode = decoder().decode
        self._waiting: queue.SimpleQueue[Record] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._line = self._begin()
        self.missed = 0

    def get(self, timeout: float | None = None) -> Record | None:
        """Wait for the next record, at most *timeout* seconds; None when none came.

        Raises:
            OwnerGone: The tail is closed, or no owner can be started any more.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while self._waiting.empty():
            if self._closed.is_set():
                raise OwnerGone("this tail is closed")
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                reply = self._line.hear(left)
            except TimeoutError:
                return None
            except _gone():
                if not self._closed.is_set():
                    self._line = self._begin()
                if self._closed.is_set():  # meanwhile: nobody else knows of the new line
                    self._line.close()
                continue
            if isinstance(reply, Seen):
                self.missed += reply.missed
                for body in reply.records:
                    self._waiting.put(self._decode(body))
        return self._waiting.get()

    def close(self) -> None:
        """End it; a thread that waits in it returns."""
        self._closed.set()
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> _Line:
        line = self._dial()
        line.say(self._wish)
        return line
