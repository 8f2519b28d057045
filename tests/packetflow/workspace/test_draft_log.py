"""The file of a draft, on a full disk and after a death."""

import os
import shutil

import pytest

from packetflow.errors import WorkspaceError
from packetflow.workspace.draft_log import DraftLog
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

FIRST = "pipeline: hello\nsteps:\n  - {use: greet, id: greet}\n"
RENAME = {"op": "rename", "step": "greet", "to": "welcome"}


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path / "work")
    (made.pipelines / "hello.yaml").write_text(FIRST)
    return made.path


def test_an_edit_for_which_there_is_no_room_is_not_refused_and_may_come_again(folder, monkeypatch):
    draft = Drafts(folder).open("hello")
    write, room = os.pwrite, [20]
    monkeypatch.setattr(
        os, "pwrite", lambda f, text, at: write(f, text[: room.pop() if room else len(text)], at)
    )

    with pytest.raises(WorkspaceError, match="full"):
        draft.submit("page", 1, [RENAME])
    again = draft.submit("page", 1, [RENAME])

    assert again.done
    assert "welcome" in Drafts(folder).open("hello").text


def test_what_a_dying_process_cut_off_is_taken_away(folder):
    draft = Drafts(folder).open("hello")
    draft.do(RENAME)
    with draft.log.path.open("ab") as file:
        file.write(b'{"k": "did", "entry": {"wo')

    reader = Drafts(folder).open("hello")
    seen = reader.snapshot()
    reader.do({"op": "undo"})

    assert seen.undo == "Rename greet to welcome"
    assert draft.text == FIRST


def test_an_edit_after_somebody_removed_the_file_is_kept_with_all_before_it(folder):
    draft = Drafts(folder).open("hello")
    draft.do(RENAME)
    shutil.rmtree(folder / ".packetflow")
    with pytest.raises(WorkspaceError, match="cannot keep"):
        draft.submit("page", 1, [{"op": "undo"}])

    Drafts(folder).open("hello").close()  # which makes the folder again
    draft.submit("page", 1, [{"op": "note", "step": "welcome", "text": "slow"}])

    kept = DraftLog(draft.log.path)
    kept.refresh()
    assert kept.whole.acks["page"] == 1
    assert "welcome" in kept.whole.state.text
