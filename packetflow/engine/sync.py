"""The one door from plain code to the async core: a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from packetflow.engine.stalls import Stalls
from packetflow.errors import RunError

T = TypeVar("T")

AWAKE_SECONDS: Final = 0.2
"""How often the loop of a notebook wakes while it awaits a run."""


class LoopThread:
    """An event loop in a daemon thread; plain code hands it coroutines and waits.

    Works in scripts, in Streamlit, and in a notebook whose own loop is running. Who holds the loop
    up is told (`packetflow.engine.stalls`).
    """

    def __init__(self, name: str = "packetflow-loop") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()
        self._stalls = Stalls(self._loop, self._thread)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop itself."""
        return self._loop

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine there and wait for it.

        Raises:
            RunError: Called from that very thread, which would wait for itself.
            TimeoutError: It took longer than *timeout* seconds.
        """
        if self.is_here():
            work.close()
        self.refuse_to_wait_for_itself("run_sync")
        future = self.submit(work)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def call(self, fn: Callable[[], T]) -> T:
        """Call a function there and wait for it; on that very thread simply call it."""
        if self.is_here():
            return fn()

        async def work() -> T:
            return fn()

        return self.run(work())

    def is_here(self) -> bool:
        """Tell whether this is that very thread."""
        return threading.current_thread() is self._thread

    def refuse_to_wait_for_itself(self, what: str) -> None:
        """Refuse on that very thread, where waiting would never end.

        Args:
            what: The name of the call that would wait.

        Raises:
            RunError: This is that thread.
        """
        if self.is_here():
            raise RunError(
                f"{what} was called from inside a running capability, on the loop that it would "
                "wait for; make the capability async and await there, or let it run in a thread"
            )

    def close(self) -> None:
        """Cancel what is left and stop the loop."""
        if self._loop.is_closed() or self.is_here():
            return
        self._stalls.close()
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


@contextmanager
def awake() -> Iterator[None]:
    """Let the running loop wake now and then while something is awaited in a notebook.

    The Stop button of a notebook ends a cell that awaits, but its kernel only hears of it when its
    loop wakes for some other reason, which may be the end of what was to be stopped.
    """
    if "ipykernel" not in sys.modules:
        yield
        return
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def wake() -> None:
        nonlocal timer
        timer = loop.call_later(AWAKE_SECONDS, wake)

    wake()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


async def awaited(future: Future[T]) -> T:
    """Wait on the running loop for what another thread does; see `awake`."""
    with awake():
        return await asyncio.wrap_future(future)


async def _cancel_all() -> None:
    me = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() if task is not me]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=2)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a fresh loop, in another thread when one runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    result: Future[T] = Future()

    def serve() -> None:
        try:
            result.set_result(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            result.set_exception(error)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    thread.join()
    return result.result()
