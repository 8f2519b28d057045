"""The canvas in a notebook: the same messages, on the workspace's own thread."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Any

import pytest

import packetflow.show
from packetflow import Workspace, capability
from packetflow.composition import Pipeline
from packetflow.errors import WorkspaceError
from packetflow.workspace.folder import make_folder
from tests.changes import changed

pytest.importorskip("anywidget")


@capability(provides="doubled")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    show = tmp_path / "show"
    (show / "static").mkdir(parents=True)
    (show / "static" / "canvas.js").write_text("export default {}")
    monkeypatch.setattr(packetflow.show, "__file__", str(show / "__init__.py"))
    with Workspace(make_folder(tmp_path / "work").path, role="notebook") as opened:
        opened.add(double)
        yield opened


class Cell:
    """A widget, and what it was told."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.document: Any = None
        widget.send = lambda message: self.told.put(message["say"])

    def say(self, kind: str, **fields: Any) -> None:
        self.widget._heard(self.widget, {"view": "a", "say": {"type": kind, **fields}}, [])

    def until(self, kind: str, fits=bool) -> Any:
        """The next message of a kind; what changed of a document comes as the whole."""
        while True:
            message = self.told.get(timeout=60)
            if message["type"] == "changes":
                message = changed(self.document, message)
            if message["type"] == "document":
                self.document = message
            if message["type"] == kind and fits(message):
                return message


def test_a_pipeline_of_the_session_is_edited_run_and_saved_in_a_cell(workspace):
    flow = Pipeline("twice", double.as_step())

    cell = Cell(flow.edit(workspace))
    cell.say("open", client="cell", pipeline=cell.widget.pipeline, seen=None, protocol=1)
    first = cell.until("document")
    cell.say("edit", client="cell", seq=1, ops=[{"op": "note", "step": "double", "text": "x2"}])
    noted = cell.until("document", lambda m: m["acks"].get("cell") == 1)
    cell.say("edit", client="cell", seq=2, ops=[{"op": "save"}])
    saved = cell.until("document", lambda m: m["saved"])
    cell.say("run", inputs={"number": 21}, ask=1)
    begun = cell.until("run", lambda m: m["ask"] == 1)
    steps = cell.until("steps", lambda m: m["steps"].get("double", {}).get("status") == "ok")
    ended = cell.until("run", lambda m: m["status"] != "running")
    cell.say("preview", execution=begun["execution"], step="double", port="doubled", ask=2)
    preview = cell.until("preview")
    cell.widget.close()

    assert [one["kind"] for one in first["board"]["cards"]] == ["use"]
    assert noted["board"]["cards"][0]["note"] == "x2"
    assert saved["pipeline"] == "twice"
    assert (workspace.folder.pipelines / "twice.yaml").is_file()
    assert steps["execution"] == begun["execution"]
    assert ended["status"] == "ok"
    assert preview["looks"][0]["text"] == "42"


def test_a_saved_pipeline_is_opened_by_name(workspace):
    cell = Cell(workspace.edit("hello"))
    cell.say("open", client="cell", pipeline="hello", seen=None, protocol=1)

    document = cell.until("document")

    assert document["board"]["name"] == "hello"
    assert document["saved"]


def test_a_new_one_is_begun_once_and_gone_on_with_until_it_is_saved(workspace):
    opening = {"client": "cell", "seen": None, "protocol": 1, "pipeline": "my flow"}
    first = Cell(workspace.edit(new="my flow"))
    first.say("open", **opening)
    empty = first.until("document")
    step = {"use": "double", "id": "double"}
    insert = {"op": "insert", "step": step, "place": {"into": "graph"}}
    first.say("edit", client="cell", seq=1, ops=[insert])
    first.until("document", lambda m: m["acks"].get("cell") == 1)
    first.widget.close()

    again = Cell(workspace.edit(new="my flow"))
    again.say("open", **opening)
    going_on = again.until("document")
    again.say("edit", client="cell", seq=2, ops=[{"op": "save"}])
    again.until("document", lambda m: m["saved"])
    again.widget.close()

    assert [card["id"] for card in empty["board"]["cards"]] == ["graph"]
    assert [card["id"] for card in going_on["board"]["cards"]] == ["graph", "double"]
    assert "use: double" in (workspace.folder.pipelines / "my flow.yaml").read_text()
    assert workspace.edit(new="my flow").pipeline == "my flow"
    with pytest.raises(WorkspaceError, match=r"ws.edit\(new='name'\)"):
        workspace.edit(new="no/name")


def test_without_its_bundle_or_its_files_it_says_what_to_do(workspace, monkeypatch, tmp_path):
    monkeypatch.setattr(packetflow.show, "__file__", str(tmp_path / "nowhere" / "__init__.py"))
    with pytest.raises(WorkspaceError, match="make frontend"):
        workspace.edit("hello")
    with Workspace(":memory:") as nowhere, pytest.raises(WorkspaceError, match="folder"):
        nowhere.edit("hello")


def test_a_cell_that_outlives_its_workspace_says_so_and_is_taken_away_quietly(workspace):
    cell = Cell(workspace.edit("hello"))
    cell.say("open", client="cell", pipeline="hello", seen=None, protocol=1)
    workspace.close()

    cell.say("edit", client="cell", seq=1, ops=[{"op": "note", "step": "greet", "text": "x"}])
    gone = cell.until("gone")
    cell.widget.close()

    assert "run this cell" in gone["message"]
    assert cell.widget.comm is None


def test_each_place_where_a_widget_is_shown_is_an_editor_of_its_own(workspace):
    widget = workspace.edit("hello", height=400)
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    widget.send = told.put
    opening = {"type": "open", "pipeline": "hello", "seen": None, "protocol": 1}

    for view in ("a", "b"):
        widget._heard(widget, {"view": view, "say": {**opening, "client": view}}, [])
    first = {told.get(timeout=60)["view"] for _ in range(2)}
    widget._heard(widget, {"view": "a", "say": None}, [])
    edit = {
        "type": "edit",
        "client": "b",
        "seq": 1,
        "ops": [{"op": "header", "field": "intent", "value": "x"}],
    }
    widget._heard(widget, {"view": "b", "say": edit}, [])
    after = [told.get(timeout=60) for _ in range(2)]

    assert widget.settings == {"height": 400, "execution": None}
    assert first == {"a", "b"}
    assert {one["view"] for one in after} == {"b"}
    assert [one["say"]["type"] for one in after] == ["heard", "changes"]


def test_a_capability_that_another_process_wrote_is_found_and_drawn(workspace):
    cell = Cell(workspace.edit("hello"))
    cell.say("open", client="cell", pipeline="hello", seen=None, protocol=1)
    cell.until("document")
    cell.say("palette", text="mirror", fits=None, ask=1)
    before = cell.until("palette", lambda m: m["ask"] == 1)

    (workspace.folder.capabilities / "more.py").write_text(
        "from packetflow import capability\n\n\n"
        '@capability(provides="mirrored")\n'
        'def mirror(text: str) -> str:\n    "Read it backwards."\n    return text[::-1]\n'
    )
    cell.say("palette", text="mirror", fits=None, ask=2)
    after = cell.until("palette", lambda m: m["ask"] == 2)
    cell.widget.close()

    assert "mirror" not in [one["name"] for one in before["items"]]
    assert after["items"][0]["name"] == "mirror"
