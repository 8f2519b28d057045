from mcp.server.streamable_http import EventMessage
from mcp_types import JSONRPCNotification
from starlette.types import Message, Receive, Scope, Send

from packetflow.mcp.replay import ALL_KEPT, EVENTS_KEPT, SESSION_HEADER, Replay


def said(word: str) -> JSONRPCNotification:
    return JSONRPCNotification(jsonrpc="2.0", method=word)


class Session:
    """A client's session: its requests are marked as those of one client."""

    def __init__(self, replay: Replay, name: str) -> None:
        self.replay, self.name, self.is_new = replay, name, True

    async def request(self, work: object) -> None:
        """Make a request during which *work* is done."""
        headers = [] if self.is_new else [(SESSION_HEADER.encode(), self.name.encode())]

        async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
            await work()  # type: ignore[operator]  # a function of the test
            given = [(SESSION_HEADER.encode(), self.name.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": given})

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(_message: Message) -> None:
            return

        await self.replay.around(app)({"type": "http", "headers": headers}, receive, send)
        self.is_new = False


async def test_a_client_gets_what_it_missed_of_its_stream_and_of_no_other():
    replay = Replay()
    one, other = Session(replay, "one"), Session(replay, "other")
    first: list[str] = []

    async def send_some() -> None:
        first.append(await replay.store_event("1", None))
        await replay.store_event("1", said("mine"))
        await replay.store_event("2", said("another stream"))

    async def send_others() -> None:
        await replay.store_event("1", said("not mine"))

    await one.request(send_some)
    await other.request(send_others)
    missed: list[EventMessage] = []
    streams: list[str | None] = []

    async def ask_again() -> None:
        async def take(event: EventMessage) -> None:
            missed.append(event)

        streams.append(await replay.replay_events_after(first[0], take))

    await one.request(ask_again)
    await other.request(ask_again)

    assert [one.message.method for one in missed] == ["mine"]
    assert streams == ["1", None]


async def test_sessions_that_are_long_silent_are_forgotten_before_others():
    replay = Replay()
    sessions = [Session(replay, str(number)) for number in range(20)]

    async def say_much() -> None:
        for _ in range(600):
            await replay.store_event("1", said("x"))

    for one in sessions:
        await one.request(say_much)

    kept = [len(one) for one in replay._sent.values()]
    assert kept == [EVENTS_KEPT] * (ALL_KEPT // EVENTS_KEPT)


async def test_old_events_are_forgotten():
    replay = Replay()
    first = await replay.store_event("1", None)
    for _ in range(600):
        last = await replay.store_event("1", said("x"))

    async def never(_event: EventMessage) -> None:
        raise AssertionError("nothing came after the last one")

    assert await replay.replay_events_after(first, never) is None
    assert await replay.replay_events_after(last, never) == "1"
