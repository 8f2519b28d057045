"""Steps of a draft that become a pipeline: files come and go with the edit, none is lost."""

import pytest

from packetflow.errors import EditRefused
from packetflow.workspace.draft_file import Files
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

TEXT = """\
pipeline: story
steps:
  - use: fetch
  # both of them
  - use: feel   # how
  - use: card
"""
PACK = {"op": "pack", "steps": ["feel", "card"], "name": "mood card", "provides": ["mood"]}
PART = """\
pipeline: mood card
provides: [mood]
steps:
  # both of them
  - use: feel   # how
  - use: card
"""


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path / "work")
    (made.pipelines / "story.yaml").write_text(TEXT)
    return made


def test_the_new_pipeline_is_written_with_its_looks_and_comes_and_goes_with_the_edit(folder):
    draft = Drafts(folder).open("story")
    draft.do(
        {"op": "note", "step": "feel", "text": "slow"}, {"op": "place", "at": {"feel": [9, 5]}}
    )
    part, looks = folder.pipelines / "mood card.yaml", folder.pipelines / "mood card.view.json"

    packed = draft.do(PACK)
    written, seen = part.read_text(), looks.read_text()
    undone = draft.do({"op": "undo"})
    gone = part.exists() or looks.exists()
    again = draft.do({"op": "redo"})

    assert "{call: mood card, id: mood_card}" in packed.state.text
    assert packed.state.looks == {"mood_card": {"x": 9, "y": 5}}
    assert packed.undo == "Make mood card of 2 steps"
    assert written == PART
    assert '"slow"' in seen
    assert (undone.state.text, gone) == (TEXT, False)
    assert again.state.text == packed.state.text
    assert (part.read_text(), looks.read_text()) == (written, seen)


def test_a_pipeline_that_is_there_already_is_never_written_over(folder):
    theirs = folder.pipelines / "Mood Card.yaml"
    theirs.write_text("pipeline: Mood Card\nsteps: []\n")
    draft = Drafts(folder).open("story")

    for name in ("mood card", "story", "../out"):
        with pytest.raises(EditRefused, match="another name"):
            draft.do({**PACK, "name": name})

    assert draft.text == TEXT
    assert theirs.read_text() == "pipeline: Mood Card\nsteps: []\n"


def test_undo_leaves_a_new_pipeline_that_was_changed_or_that_another_one_calls(folder):
    draft = Drafts(folder).open("story")
    part = folder.pipelines / "mood card.yaml"
    draft.do(PACK)
    part.write_text(PART + "  - use: more\n")
    draft.do({"op": "undo"})
    changed = part.read_text()
    with pytest.raises(EditRefused, match="already"):
        draft.do({"op": "redo"})
    part.unlink()
    draft.do(
        {"op": "redo"},
    )
    (folder.pipelines / "other.yaml").write_text("pipeline: other\nsteps: [{call: mood card}]\n")

    draft.do({"op": "undo"})

    assert changed.endswith("more\n")
    assert part.read_text() == PART


def test_a_process_that_dies_between_file_and_edit_loses_nothing_and_the_edit_can_be_sent_again(
    folder, monkeypatch
):
    draft = Drafts(folder).open("story")

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(draft.log), "add", die)
        with pytest.raises(KeyboardInterrupt):
            draft.submit("page", 1, [PACK])
    other = Drafts(folder).open("story")
    before = other.text
    heard = other.submit("page", 1, [PACK])

    assert before == TEXT
    assert heard.done
    assert (folder.pipelines / "mood card.yaml").read_text() == PART


def test_a_process_that_dies_in_an_undo_leaves_a_file_and_never_a_gap(folder, monkeypatch):
    draft = Drafts(folder).open("story")
    draft.do(PACK)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Files, "take_back", die)
        with pytest.raises(KeyboardInterrupt):
            draft.submit("page", 1, [{"op": "undo"}])
    other = Drafts(folder).open("story")
    undone = other.text
    other.do({"op": "redo"})

    assert undone == TEXT
    assert "call: mood card" in other.text
    assert (folder.pipelines / "mood card.yaml").read_text() == PART


def test_a_refused_pack_writes_no_file(folder):
    draft = Drafts(folder).open("story")

    with pytest.raises(EditRefused, match="follow each other"):
        draft.do({**PACK, "steps": ["fetch", "card"]})

    assert [path.name for path in folder.pipelines.glob("mood*")] == []
