"""A pool of daemon threads: one that hangs never keeps the program from ending."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any


class Call:
    """A function under way in a thread; ``future`` gets its result."""

    __slots__ = ("_fn", "_late", "_loop", "future")

    def __init__(self, fn: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self._fn = fn
        self._loop = loop
        self._late: Callable[[], None] | None = None
        self.future: asyncio.Future[Any] = loop.create_future()

    def when_late(self, notice: Callable[[], None]) -> None:
        """Call *notice* on the loop when the function ends although nobody waits any more."""
        self._late = notice

    @property
    def unwanted(self) -> bool:
        """True once nobody waits for it any more."""
        return self.future.cancelled()

    def run(self) -> tuple[Any, BaseException | None]:
        """Run the function in this thread: its result, or its error."""
        if self.unwanted:
            return None, None
        try:
            return self._fn(), None
        except BaseException as raised:  # noqa: BLE001 - handed over to whoever waits
            return None, harmless(raised)

    def hand_over(self, result: Any, error: BaseException | None) -> None:
        """Give the outcome to the loop."""
        try:
            self._loop.call_soon_threadsafe(self._finish, result, error)
        except RuntimeError:
            return  # the loop has closed: nobody waits

    def _finish(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            if self._late is not None:
                self._late()
        elif error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


def harmless(error: BaseException) -> BaseException:
    """The error, or one like it where raising it on the loop would mean something else there."""
    if isinstance(error, Exception) and not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    made = RuntimeError(f"the capability raised {said}")
    made.__cause__ = error
    return made


class Threads:
    """Runs functions in daemon threads, at most *most* at a time; more wait in line."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._line: deque[Call] = deque()
        self._changed = threading.Condition()
        self._idle = 0
        self._count = 0
        self._closed = False

    def call(self, fn: Callable[[], Any]) -> Call:
        """Start *fn* in a thread; call it on a running loop."""
        call = Call(fn, asyncio.get_running_loop())
        with self._changed:
            self._line.append(call)
            if self._idle >= len(self._line):
                self._changed.notify()
            elif self._count < self._most:
                self._count += 1
                self._idle += 1
                name = f"packetflow-{self._count}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        return call

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._line and not self._closed:
                    self._changed.wait()
                self._idle -= 1
                if not self._line:
                    self._count -= 1
                    return
                call = self._line.popleft()
            result, error = call.run()
            with self._changed:
                self._idle += 1  # before the outcome is seen, so that the next call finds it
            call.hand_over(result, error)
            del call, result, error

    def close(self) -> None:
        """Let idle threads end; busy ones end with the program."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
