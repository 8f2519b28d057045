"""One connection to one runner, shared by all threads of a client."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.sync.client import ClientConnection, connect

from packetflow.errors import RunnerLost, WireError
from packetflow.kernel.messages import (
    Answer,
    Hello,
    Refused,
    Request,
    RunAccepted,
    RunEvent,
    Welcome,
)
from packetflow.kernel.wire import LIMIT, decode, encode
from packetflow.runner.card import RunnerCard
from packetflow.runner.launch import end_runner
from packetflow.runner.refusals import MOVED, error_from
from packetflow.workspace.presence import Listener

OPEN_SECONDS: Final = 3.0
LOOK_SECONDS: Final = 0.5
LONG: Final = RunAccepted | RunEvent
"""Answers after which more come."""

Lost: TypeAlias = RunnerLost
Take: TypeAlias = Callable[[Answer | Lost], None]
"""Takes the answers to one request, in the reader's thread; it returns at once."""


class Unreachable(Exception):
    """No runner answers where the card says."""


class Moved(Exception):
    """The runner has been replaced; ask the new one."""


class Link:
    """A connection that is open already; a thread of its own reads it.

    While answers are awaited, the runner's heartbeat is listened to: a runner that is there but
    stands still is killed, which ends the connection.

    Raises:
        Unreachable: Nothing answers there, or not as a runner.
        WireError: The runner speaks another protocol version.
    """

    def __init__(self, folder: Path, card: RunnerCard, role: str, stale_seconds: float) -> None:
        self.card = card
        self._folder = folder
        self._ids = itertools.count(1)
        self._takers: dict[str, Take] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._pulse = Listener(folder, card.runner, stale_seconds=stale_seconds)
        self._open = contextlib.ExitStack()
        self._connection = self._open.enter_context(_connected(card))
        self.welcome = self._greet(role)
        self._reader = threading.Thread(target=self._read, name="runner-link", daemon=True)
        self._reader.start()

    @property
    def is_open(self) -> bool:
        """False once the connection is gone."""
        return not self._closed

    @property
    def is_awaited(self) -> bool:
        """True while an answer is outstanding."""
        return bool(self._takers)

    def send(self, make: Callable[[str], Request], take: Take) -> str:
        """Send a request; its answers go to *take*. Answers the request's id.

        Raises:
            WireError: It cannot be sent as it is.
            RunnerLost: The connection is gone; the request was not sent.
        """
        request_id = str(next(self._ids))
        content = encode(make(request_id))
        with self._lock:
            if self._closed:
                raise RunnerLost("the connection to the runner is closed")
            self._takers[request_id] = take
        try:
            self._connection.send(content)
        except ConnectionClosed as error:
            with self._lock:
                self._closed = True  # so that nobody tries it again before the reader has noticed
                waited = self._takers.pop(request_id, None)
            if waited is not None:
                raise RunnerLost("the runner has closed the connection") from error
        return request_id

    def ask(self, make: Callable[[str], Request], seconds: float | None = None) -> Answer:
        """Send a request and wait for its one answer.

        Raises:
            Moved: The runner has been replaced.
            RunnerLost: It died before it answered.
            TimeoutError: It did not answer in time.
            PacketFlowError: It refused.
        """
        answers: queue.SimpleQueue[Answer | Lost] = queue.SimpleQueue()
        request_id = self.send(make, answers.put)
        try:
            return answered(answers.get(timeout=seconds))
        except queue.Empty:
            self.forget(request_id)
            raise TimeoutError(f"the runner did not answer within {seconds:g} s") from None

    def forget(self, request_id: str) -> None:
        """Take no more answers to a request."""
        with self._lock:
            self._takers.pop(request_id, None)

    def close(self) -> None:
        """Close the connection; who still waits gets `RunnerLost`."""
        self._open.close()
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _greet(self, role: str) -> Welcome:
        try:
            self._connection.send(encode(Hello(self.card.token, role)))
            answer = decode(_bytes(self._connection.recv(timeout=OPEN_SECONDS)))
        except (ConnectionClosed, TimeoutError) as error:
            self._open.close()
            raise Unreachable("the runner does not answer") from error
        if isinstance(answer, Welcome):
            return answer
        self._open.close()
        if isinstance(answer, Refused) and answer.code != MOVED:
            raise error_from(answer.code, answer.message, answer.facts)
        raise Unreachable("the runner is leaving")

    def _read(self) -> None:
        reason = "its process ended"
        while True:
            try:
                content = self._connection.recv(timeout=LOOK_SECONDS)
            except TimeoutError:
                if self._takers and self._pulse.is_stale():
                    reason = "it stood still and was ended"
                    end_runner(self._folder, self.card)
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.reason:
                    reason = closed.rcvd.reason
                break
            else:
                try:
                    self._hand_out(decode(_bytes(content)))
                except WireError as error:
                    reason = error.message
                    break
        with self._lock:
            self._closed = True
            takers, self._takers = self._takers, {}
        self._open.close()
        for request_id, take in takers.items():
            if reason == MOVED:
                take(Refused(request_id, MOVED, "the runner has left in good order"))
            else:
                take(RunnerLost(f"runner {self.card.runner} is gone: {reason}", reason=reason))

    def _hand_out(self, message: object) -> None:
        if not isinstance(message, Answer):
            return
        with self._lock:
            take = self._takers.get(message.id)
            if not isinstance(message, LONG):
                self._takers.pop(message.id, None)
        if take is not None:
            take(message)


def answered(answer: Answer | Lost) -> Answer:
    """The answer itself, if it is one that can be used.

    Raises:
        Moved: The runner has been replaced.
        RunnerLost: It is gone.
        PacketFlowError: It refused.
    """
    if isinstance(answer, RunnerLost):
        raise answer
    if isinstance(answer, Refused):
        if answer.code == MOVED:
            raise Moved
        raise error_from(answer.code, answer.message, answer.facts)
    return answer


@contextlib.contextmanager
def _connected(card: RunnerCard) -> Iterator[ClientConnection]:
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(
                connect(
                    f"ws://127.0.0.1:{card.port}",
                    compression=None,
                    ping_interval=None,
                    open_timeout=OPEN_SECONDS,
                    close_timeout=1,
                    max_size=LIMIT,
                    proxy=None,
                )
            )
        except (OSError, InvalidHandshake, InvalidMessage, ConnectionClosed) as error:
            raise Unreachable(f"nothing answers on port {card.port}") from error
        yield connection


def _bytes(content: str | bytes) -> bytes:
    if isinstance(content, str):
        raise WireError("a text frame is no PacketFlow message")
    return content
