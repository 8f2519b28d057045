"""The file of a draft, on a full disk and after a death."""

import os
import shutil
import threading
from contextlib import ExitStack

import pytest

from packetflow.errors import WorkspaceError
from packetflow.workspace import draft_log
from packetflow.workspace.draft_log import DraftLog, Line
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder
from tests.forks import copied, is_free

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
        file.write(b'{"k": "did", "entry": {"wo' + b"x" * 5000)

    reader = Drafts(folder).open("hello")
    seen = reader.snapshot()
    reader.do({"op": "undo"})

    assert seen.undo == "Rename greet to welcome"
    assert draft.text == FIRST


def test_a_draft_is_free_again_though_a_child_was_forked_meanwhile(folder):
    log = Drafts(folder).open("hello").log
    lock = log.path.with_suffix(".lock")

    with ExitStack() as child:
        with log.held():
            child.enter_context(copied(lock))

        assert is_free(lock)


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


def test_who_edits_waits_for_whoever_edits_in_another_process(folder, monkeypatch):
    one, other = Drafts(folder).open("hello"), Drafts(folder).open("hello")
    note = {"op": "note", "step": "greet", "text": "slow"}
    late = threading.Thread(target=other.submit, args=("other", 1, [note]))
    add = DraftLog.add

    def held_up(self: DraftLog, line: Line) -> None:
        if self is one.log:
            late.start()
            late.join(0.3)  # it can only end once this one has let go
        add(self, line)

    monkeypatch.setattr(DraftLog, "add", held_up)
    one.submit("one", 1, [RENAME])
    late.join(60)

    assert Drafts(folder).open("hello").snapshot().acks == {"one": 1, "other": 1}


def test_the_file_of_a_draft_stays_small(folder, monkeypatch):
    monkeypatch.setattr(draft_log, "MOST_BYTES", 2000)
    monkeypatch.setattr(draft_log, "MOST_ENTRIES", 5)
    draft, follower = Drafts(folder).open("hello"), Drafts(folder).open("hello")

    for number in range(60):
        draft.do({"op": "note", "step": "greet", "text": f"note {number}" * 5})
        assert follower.snapshot().state.looks["greet"]["note"].startswith(f"note {number}")

    assert draft.log.path.stat().st_size < 20_000
    assert follower.snapshot().acks == draft.snapshot().acks
