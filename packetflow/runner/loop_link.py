"""A connection to a runner on the caller's own event loop, without a thread.

It speaks the same protocol as `packetflow.runner.link.Link`; the framing is that of the websockets
package, without its queues, since a request and its answers are what a server of clients pays for.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from packetflow.errors import RunnerLost, WireError
from packetflow.kernel.messages import Answer, Hello, Refused, Request, Welcome
from packetflow.kernel.wire import LIMIT, decode, encode
from packetflow.runner.card import RunnerCard
from packetflow.runner.launch import end_runner
from packetflow.runner.link import LONG, LOOK_SECONDS, OPEN_SECONDS, Take, Unreachable
from packetflow.runner.refusals import MOVED, error_from
from packetflow.workspace.presence import Listener

_CONTENT: Final = frozenset({Opcode.BINARY, Opcode.CONT})


class LoopLink(asyncio.Protocol):
    """A connection to one runner; use it on the loop on which it was opened.

    While answers are awaited, the runner's heartbeat is listened to: a runner that is there but
    stands still is killed, which ends the connection.
    """

    def __init__(self, folder: Path, card: RunnerCard, stale_seconds: float) -> None:
        self.card = card
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        self._pulse = Listener(folder, card.runner, stale_seconds=stale_seconds)
        self._websocket = ClientProtocol(parse_uri(f"ws://127.0.0.1:{card.port}"), max_size=LIMIT)
        self._greeted: asyncio.Future[object] = self._loop.create_future()
        self._ids = itertools.count(1)
        self._takers: dict[str, Take] = {}
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._reason = "its process ended"
        self._hello = b""

    @classmethod
    async def open(cls, folder: Path, card: RunnerCard, role: str, stale_seconds: float) -> Self:
        """Connect to a runner.

        Raises:
            Unreachable: Nothing answers there, or not as a runner.
            WireError: The runner speaks another protocol version.
        """
        link = cls(folder, card, stale_seconds)
        link._hello = encode(Hello(card.token, role))
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await link._loop.create_connection(lambda: link, "127.0.0.1", card.port)
                answer = await link._greeted
        except (OSError, TimeoutError) as error:
            link.close()
            raise Unreachable(f"nothing answers on port {card.port}") from error
        if isinstance(answer, Welcome):
            return link
        link.close()
        if isinstance(answer, Refused) and answer.code != MOVED:
            raise error_from(answer.code, answer.message, answer.facts)
        raise Unreachable("the runner is leaving")

    @property
    def is_open(self) -> bool:
        """False once the connection is gone."""
        return self._transport is not None and self._websocket.state is State.OPEN

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
        if not self.is_open:
            raise RunnerLost("the connection to the runner is closed")
        self._takers[request_id] = take
        self._websocket.send_binary(content)
        self._flush()
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
        return request_id

    def forget(self, request_id: str) -> None:
        """Take no more answers to a request."""
        self._takers.pop(request_id, None)

    def close(self) -> None:
        """Close the connection; who still waits gets `RunnerLost`. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        if self.is_open:
            self._websocket.send_close()
            self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        if self._transport is not None:
            for content in self._websocket.data_to_send():
                if content:
                    self._transport.write(content)
                else:
                    self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = transport  # type: ignore[assignment]  # one of a stream
        self._websocket.send_request(self._websocket.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Frame):
                self._framed(event)
            elif isinstance(event, Response) and self._websocket.handshake_exc is None:
                self._websocket.send_binary(self._hello)
        self._flush()
        if self._websocket.close_expected() and self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Tell whoever still waits."""
        self._transport = None
        if self._looking is not None:
            self._looking.cancel()
        reason = self._websocket.close_reason or self._reason
        takers, self._takers = self._takers, {}
        for request_id, take in takers.items():
            if reason == MOVED:
                take(Refused(request_id, MOVED, "the runner has left in good order"))
            else:
                take(RunnerLost(f"runner {self.card.runner} is gone: {reason}", reason=reason))
        self._greet(Refused("", MOVED, "the runner does not answer"))

    def _framed(self, frame: Frame) -> None:
        """Take a frame; a message may come in several."""
        if frame.opcode not in _CONTENT:
            return
        content = bytes(frame.data)
        if not frame.fin or self._parts:
            self._parts.append(content)
            if not frame.fin:
                return
            content, self._parts = b"".join(self._parts), []
        try:
            self._hand_out(decode(content))
        except WireError as error:
            self._reason = error.message
            self._close()

    def _hand_out(self, message: object) -> None:
        if not self._greeted.done():
            self._greet(message)
        elif isinstance(message, Answer):
            take = self._takers.get(message.id)
            if not isinstance(message, LONG):
                self._takers.pop(message.id, None)
            if take is not None:
                take(message)

    def _greet(self, answer: object) -> None:
        if not self._greeted.done():
            self._greeted.set_result(answer)

    def _look(self) -> None:
        """While answers are awaited, look whether the runner's heart beats."""
        self._looking = None
        if not self._takers:
            return
        if self._pulse.is_stale():
            self._reason = "it stood still and was ended"
            self._loop.run_in_executor(None, end_runner, self._folder, self.card)
        self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
