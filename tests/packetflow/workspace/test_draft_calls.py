"""A pipeline that gets another name: who calls it is told, and their calls can go along."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetflow.errors import EditRefused
from packetflow.workspace.draft_calls import callers, recalled
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

INNER = "pipeline: inner\nsteps:\n  - {use: greet}\n"
OUTER = """\
pipeline: outer
steps:
  - call: inner   # the first
  - graph:
      - {call: inner, id: again, after: [other]}
      - {use: inner, id: other}
"""
RENAMED = {"op": "header", "field": "pipeline", "value": "better"}


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    made = make_folder(tmp_path / "work")
    for name, text in (("inner", INNER), ("outer", OUTER), ("broken", "steps: [{call: inner\n")):
        (made.pipelines / f"{name}.yaml").write_text(text)
    return Drafts(made)


def file_of(drafts: Drafts, name: str) -> str:
    return (Path(drafts.folder.pipelines) / f"{name}.yaml").read_text()


def test_calls_get_the_new_name_and_their_steps_keep_their_ids():
    assert recalled(OUTER, "inner", "better") == OUTER.replace(
        "call: inner   # the first", "call: better   # the first\n    id: inner"
    ).replace("{call: inner,", "{call: better,")


def test_callers_are_pipelines_and_drafts_that_call_it(drafts):
    drafts.new("pipeline: idea\nsteps: [{call: inner}]\n", "idea")
    other = drafts.open("outer")

    assert callers(drafts.folder, "inner") == ["idea", "outer"]
    other.do({"op": "text", "text": "pipeline: outer\nsteps: []\n"})
    assert callers(drafts.folder, "inner") == ["idea", "outer"]  # its file still calls it
    other.do({"op": "save"})
    assert callers(drafts.folder, "inner") == ["idea"]


def test_renaming_is_told_and_refused_until_one_says_what_becomes_of_the_callers(drafts):
    draft = drafts.open("inner")

    assert draft.snapshot().callers == ()
    assert draft.do(RENAMED).callers == ("outer",)
    with pytest.raises(EditRefused, match=r"'outer' calls 'inner'.*'rename'.*'leave'"):
        draft.do({"op": "save"})

    assert file_of(drafts, "inner") == INNER
    assert draft.do({"op": "undo"}).callers == ()


def test_left_calls_stay_as_they_are(drafts):
    draft = drafts.open("inner")
    draft.do(RENAMED)

    draft.do({"op": "save", "calls": "leave"})

    assert file_of(drafts, "outer") == OUTER
    assert {"better", "outer"} <= {*drafts.saved()}
    assert "inner" not in drafts.saved()


def test_renamed_calls_are_one_entry_of_each_callers_history_and_saved(drafts):
    draft = drafts.open("inner")
    draft.do(RENAMED)

    draft.do({"op": "save", "calls": "rename"})
    outer = drafts.open("outer")
    now = outer.snapshot()

    assert file_of(drafts, "outer") == recalled(OUTER, "inner", "better") == now.state.text
    assert (now.saved, now.conflict, now.undo) == (True, None, "Call better, not inner")
    back = outer.do({"op": "undo"})
    assert (back.state.text, back.saved, back.conflict) == (OUTER, False, None)


def test_a_caller_with_changes_of_its_own_keeps_them_unsaved(drafts):
    outer = drafts.open("outer")
    outer.do({"op": "rename", "step": "other", "to": "another"})
    draft = drafts.open("inner")
    draft.do(RENAMED)

    draft.do({"op": "save", "calls": "rename"})
    now = outer.snapshot()

    assert file_of(drafts, "outer") == recalled(OUTER, "inner", "better")
    assert "another" in now.state.text
    assert "call: inner" not in now.state.text
    assert (now.saved, now.conflict) == (False, None)
    assert (
        outer.do(
            {"op": "undo"},
        ).undo
        == "Rename other to another"
    )


def test_a_caller_that_cannot_be_written_is_named_and_the_rest_is_done(drafts):
    (Path(drafts.folder.pipelines) / "third.yaml").write_text(OUTER.replace("outer", "third"))
    outer = drafts.open("outer")
    outer.do({"op": "rename", "step": "other", "to": "another"})
    (Path(drafts.folder.pipelines) / "outer.yaml").write_text(OUTER + "# changed elsewhere\n")
    draft = drafts.open("inner")
    draft.do(RENAMED)

    heard = draft.submit("page", 1, [{"op": "save", "calls": "rename"}])

    assert heard.done
    assert "'outer' still calls 'inner'" in heard.message
    assert "call: better" in file_of(drafts, "third")
