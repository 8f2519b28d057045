"""Things that show themselves: in a notebook live, without anywidget still, elsewhere printed."""

from __future__ import annotations

import queue
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from packetflow.errors import UnknownName, WorkspaceError
from packetflow.show import html, pane
from packetflow.show.html import Html


class Counter:
    """Counts what was pressed; over at three."""

    def __init__(self) -> None:
        self.count = 0
        self.is_closed = False

    def html(self) -> str:
        if self.is_closed:
            raise WorkspaceError("closed")
        return f"<b>{self.count}</b>"

    def text(self) -> str:
        return f"count {self.count}"

    def is_live(self) -> bool:
        return self.count < 3

    def heard(self, said: dict[str, Any]) -> None:
        if "nothing" in said:
            raise UnknownName("waiting step", "x")
        self.count += said["by"]


@pytest.fixture
def in_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "in_notebook", lambda: True)


def drawn(view: Counter) -> tuple[pane.Redrawn, queue.SimpleQueue[str]]:
    put: queue.SimpleQueue[str] = queue.SimpleQueue()
    return pane.Redrawn(view, put.put), put


def test_a_script_prints_it(capsys: pytest.CaptureFixture[str]):
    assert pane.show(Counter()) is None
    assert capsys.readouterr().out == "count 0\n"


@pytest.mark.usefixtures("in_jupyter")
def test_without_anywidget_it_stands_still_and_says_how_to_get_a_live_one(monkeypatch):
    monkeypatch.setattr(pane, "_widget_class", lambda: (_ for _ in ()).throw(ImportError))
    live, over = Counter(), Counter()
    over.count = 3

    assert pane.show(live) == Html(f"<b>0</b>{pane.HINT}")
    assert pane.show(over) == Html("<b>3</b>")


@pytest.mark.usefixtures("in_jupyter")
def test_a_notebook_shows_a_widget_that_hears_its_page():
    pytest.importorskip("anywidget")

    widget = pane.show(Counter())
    widget._heard(widget, {"is": "said", "say": {"by": 3}}, [])

    assert widget.html.startswith("<b>3</b>")
    assert repr(widget) == "count 3"
    widget.close()


def test_a_shell_with_a_kernel_is_a_notebook_and_one_in_a_terminal_is_not(monkeypatch):
    for shell, answer in ((SimpleNamespace(kernel=1), True), (SimpleNamespace(), False)):
        ipython = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        assert pane.in_notebook() is answer


def test_marimo_is_a_notebook_too(monkeypatch):
    for answer in (True, False):
        running = SimpleNamespace(running_in_notebook=lambda answer=answer: answer)
        monkeypatch.setitem(sys.modules, "marimo", running)
        assert pane.in_notebook() is answer


def test_it_is_drawn_anew_while_somebody_looks_until_it_is_over():
    view = Counter()
    redrawn, put = drawn(view)

    redrawn.seen()
    view.count = 1
    first = put.get(timeout=60)
    view.count = 3
    last = put.get(timeout=60)
    thread = redrawn._thread
    if thread is not None:
        thread.join(60)

    assert (first[:8], last[:8]) == ("<b>1</b>", "<b>3</b>")
    assert redrawn._thread is None


def test_nobody_draws_what_nobody_looks_at(monkeypatch):
    monkeypatch.setattr(pane, "PATIENCE_SECONDS", 0)
    redrawn, put = drawn(Counter())

    redrawn.seen()
    thread = redrawn._thread
    if thread is not None:
        thread.join(60)

    assert redrawn._thread is None
    assert put.empty()


def test_what_cannot_be_done_is_said_in_its_place():
    redrawn, put = drawn(Counter())

    redrawn.heard({"nothing": True})
    redrawn.heard({"by": 1})

    assert "waiting step" in put.get(timeout=60)
    assert "waiting step" not in put.get(timeout=60)


def test_what_was_last_seen_of_a_closed_workspace_stays():
    view = Counter()
    redrawn, put = drawn(view)
    view.is_closed = True

    redrawn.heard({"by": 1})

    assert put.empty()
    assert redrawn.last.startswith("<b>0</b>")


def test_a_widget_is_heard_where_its_page_speaks():
    comm = SimpleNamespace(_reply_subshell_for=lambda data, default: None)
    old = SimpleNamespace(comm=SimpleNamespace())

    pane.hear_at_once(SimpleNamespace(comm=comm))
    pane.hear_at_once(old)

    assert comm._reply_subshell_for({"method": "custom"}, "a-subshell") == "a-subshell"
    assert not hasattr(old.comm, "_reply_subshell_for")


def test_marks_cannot_break_out_of_their_attribute():
    assert html.button('"><b>', {"say": '"><script>'}).count("<") == 2
    assert html.part('"x', "") == '<div data-part="&quot;x"></div>'
