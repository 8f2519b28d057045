"""Show something where one works: live in a notebook's cell, elsewhere printed.

Without anywidget it stands still in the cell.

Whoever has something to show implements `View`: how it looks now as HTML, in plain words for a
terminal, and what to do when somebody presses or types something in it. All else is here and in
``static/pane.js``.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from packetflow.errors import PacketFlowError
from packetflow.show.html import Html, Row, page, part, problems

SHORTEST_PAUSE: Final = 0.3
"""Seconds between two looks; ten times as long as drawing takes, if that is more."""
PATIENCE_SECONDS: Final = 90.0
"""A page that has not been heard of for so long is gone, or nobody looks at it."""
SCRIPT: Final = Path(__file__).parent / "static" / "pane.js"
HINT: Final = "<p>This does not move: for a live one, pip install 'packetflow[studio]'.</p>"


class View(Protocol):
    """Something that can be shown."""

    def html(self) -> str:
        """How it looks now; what is marked ``data-part`` is replaced only when it changed."""
        ...

    def text(self) -> str:
        """The same in plain words, for a terminal."""
        ...

    def is_live(self) -> bool:
        """True while it may still change by itself."""
        ...

    def heard(self, said: Mapping[str, Any]) -> None:
        """Do what was pressed, as its mark ``data-say`` has it.

        Raises:
            PacketFlowError: It cannot be done.
        """
        ...


def show(view: View) -> Any:
    """Show it: answers what a notebook draws as a cell's result; elsewhere prints it."""
    if not in_notebook():
        print(view.text())  # noqa: T201 - what it is for
        return None
    try:
        return _widget_class()(view)
    except ImportError:
        return Html(view.html() + (HINT if view.is_live() else ""))


def in_notebook() -> bool:
    """Tell whether this process is a notebook's kernel: Jupyter's, or marimo's."""
    ipython, marimo = sys.modules.get("IPython"), sys.modules.get("marimo")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        return True
    return bool(marimo and marimo.running_in_notebook())


def hear_at_once(widget: Any) -> None:
    """Have a widget hear its page while a cell is busy, where kernel and page have subshells.

    The page sends a widget's messages to a subshell, a thread beside the one of cells. ipykernel
    7.4 hands them to the thread from which the widget was last told something instead, which would
    be the busy one.
    """
    comm = widget.comm
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _content, asked: asked  # noqa: SLF001 - no public way


class Redrawn:
    """Draws a view again and again in a thread of its own, while it is looked at and may change.

    Args:
        view: What to draw.
        put: Takes the HTML whenever it is another.
    """

    def __init__(self, view: View, put: Callable[[str], None]) -> None:
        self._view, self._put = view, put
        self._note = ""
        self.last = view.html() + part("note", "")
        self._lock = threading.Lock()
        self._seen = 0.0
        self._thread: threading.Thread | None = None
        self._news = threading.Event()

    def seen(self) -> None:
        """Somebody looks at it: draw for a while."""
        self._seen = time.monotonic()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._draw_on, name="packetflow-pane", daemon=True
                )
                self._thread.start()

    def heard(self, said: Mapping[str, Any]) -> None:
        """Do what was pressed, and draw what became of it; what is wrong is said in the pane."""
        try:
            self._view.heard(said)
            self._note = ""
        except PacketFlowError as error:
            self._note = error.message
        self._draw()
        self._news.set()

    def _draw(self) -> bool:
        """Draw it; False when that is not possible any more."""
        try:
            html = self._view.html()
        except PacketFlowError:  # its workspace was closed; what was last seen stays
            return False
        html += part("note", page(problems([Row("not done", self._note)])) if self._note else "")
        if html != self.last:
            self.last = html
            self._put(html)
        return True

    def _draw_on(self) -> None:
        while time.monotonic() - self._seen < PATIENCE_SECONDS:
            live = self._view.is_live()
            began = time.monotonic()
            if not self._draw() or not live:
                break
            self._news.wait(max(SHORTEST_PAUSE, 10 * (time.monotonic() - began)))
            self._news.clear()
        with self._lock:
            self._thread = None


@functools.cache
def _widget_class() -> Any:
    import anywidget
    import traitlets

    class Pane(anywidget.AnyWidget):
        """A view in a cell."""

        _esm = SCRIPT
        html = traitlets.Unicode().tag(sync=True)

        def __init__(self, view: View) -> None:
            self._view = view
            self._redrawn = Redrawn(view, lambda html: self.set_trait("html", html))
            super().__init__(html=self._redrawn.last)
            hear_at_once(self)
            self.on_msg(self._heard)

        def _heard(self, _widget: object, content: Any, _buffers: object) -> None:
            if content.get("is") == "said":
                self._redrawn.heard(content["say"])
            self._redrawn.seen()

        def __repr__(self) -> str:
            return self._view.text()

    return Pane
