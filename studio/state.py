"""What the pages share: the workspace's runner and store, runs under way, and boxes for errors.

There is one `Desk` for a workspace in a process; all browser tabs share it.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from packetflow.errors import PacketFlowError, WorkspaceError
from packetflow.kernel.cards import Description, Listing
from packetflow.runner.client import RunnerClient
from packetflow.runner.remote import RemoteRun
from packetflow.store.client import StoreClient
from packetflow.workspace.folder import find_folder, open_folder
from studio.advice import Advice, advise, apologise
from studio.theme import Mode

FOLDER = "PACKETFLOW_STUDIO_WORKSPACE"
"""The environment variable that names the workspace to a page."""

RUNS_KEPT = 50

P = ParamSpec("P")
R = TypeVar("R")


class Desk:
    """Connections to one workspace, made when first needed; safe to share between threads.

    Attributes:
        folder: The workspace.
        runs: Followed by this studio, by id.
        late: Those of them that had begun before they were followed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: dict[str, RemoteRun] = {}
        self.late: set[str] = set()
        self._lock = threading.RLock()
        self._runner: RunnerClient | None = None
        self._store: StoreClient | None = None

    @property
    def name(self) -> str:
        """What the workspace calls itself, else its folder."""
        try:
            return open_folder(self.folder).name
        except WorkspaceError:
            return self.folder.name

    @property
    def runner(self) -> RunnerClient:
        """The door to user code.

        Raises:
            WorkspaceError: The folder is gone.
        """
        with self._lock:
            if self._runner is None:
                self._runner = RunnerClient(self.folder, role="studio")
            return self._runner

    @property
    def store(self) -> StoreClient:
        """The door to what was recorded."""
        with self._lock:
            if self._store is None:
                self._store = StoreClient(self.folder)
            return self._store

    def keep(self, run: RemoteRun, *, late: bool = False) -> str:
        """Remember a run so that every page can follow it; answers its id.

        Args:
            run: The run.
            late: Whether some of its events were missed.
        """
        with self._lock:
            over = [name for name, one in self.runs.items() if one.done()]
            for name in over[: max(0, len(self.runs) - RUNS_KEPT)]:
                del self.runs[name]
            self.runs[run.execution_id] = run
            (self.late.add if late else self.late.discard)(run.execution_id)
        return run.execution_id

    def close(self) -> None:
        """End the connections; runner and store owner leave by themselves."""
        with self._lock:
            runner, store = self._runner, self._store
            self._runner = self._store = None
            self.runs.clear()
        for one in (runner, store):
            if one is not None:
                with suppress(Exception):  # a border: nothing may keep the studio from ending
                    one.close()


@functools.cache
def _desk(folder: Path) -> Desk:
    return Desk(folder)


def desk() -> Desk:
    """The desk of the workspace that this studio serves.

    Raises:
        WorkspaceError: There is no workspace.
    """
    named = os.environ.get(FOLDER)
    return _desk(Path(named) if named else open_folder(find_folder()).path)


def listing(query: str = "") -> Listing:
    """What the workspace has, as the runner knows it."""
    return desk().runner.listing(query)


def description(name: str) -> Description:
    """All about one pipeline or capability."""
    return desk().runner.describe(name)


def mode() -> Mode:
    """Whether the page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def box(advice: Advice, *, key: str) -> None:
    """Show what went wrong and the way out."""
    with st.container(border=True):
        st.markdown(f":red[:material/error: **{advice.title}**]")
        st.text(advice.text)
        if advice.way_out:
            st.markdown(f":material/arrow_forward: {advice.way_out}")
        if not advice.is_final and st.button(
            "Try again", key=f"again {key}", icon=":material/refresh:"
        ):
            st.rerun()


@contextmanager
def guard(part: str) -> Iterator[None]:
    """Show errors of a part of a page as a box; the rest of the page stays usable.

    Args:
        part: Its name, unique on the page.
    """
    try:
        yield
    except PacketFlowError as error:
        box(advise(error), key=part)
    except Exception as error:  # noqa: BLE001 - supervision border: no page shows a traceback
        box(apologise(error, desk().folder), key=part)


def guarded(part: str) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
    """The same around a function, such as a fragment that runs by itself."""

    def wrap(function: Callable[P, R]) -> Callable[P, R | None]:
        @functools.wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R | None:
            with guard(part):
                return function(*args, **kwargs)
            return None

        return inside

    return wrap


def entitle(name: str, page: str) -> None:
    """Let the browser's tab and its history say what a page shows, not only which page it is."""
    st.set_page_config(page_title=f"{name} \u00b7 {page} \u00b7 PacketFlow Studio")


def query(name: str) -> str:
    """A value of the page's address, empty if it is not there."""
    found: Any = st.query_params.get(name, "")
    return str(found)
