"""The files that drafts are saved in: nothing of anybody's is written over unasked."""

import pytest

from packetflow.errors import EditRefused
from packetflow.workspace.draft_state import written_looks
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

FIRST = "pipeline: hello\nsteps:\n  - {use: greet, id: greet}\n"
RENAME = {"op": "rename", "step": "greet", "to": "welcome"}


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path / "work")
    (made.pipelines / "hello.yaml").write_text(FIRST)
    return made.path


def test_a_file_that_somebody_changed_goes_with_its_name_only_when_somebody_decides(folder):
    draft = Drafts(folder).open("hello")
    draft.do({"op": "header", "field": "pipeline", "value": "good day"})
    theirs = "pipeline: hello\nsteps: []\n"
    (folder / "pipelines/hello.yaml").write_text(theirs)

    with pytest.raises(EditRefused, match="somebody else"):
        draft.do({"op": "save"})
    kept = (folder / "pipelines/hello.yaml").read_text()
    conflict = draft.snapshot().conflict
    assert conflict is not None
    draft.do({"op": "save", "over": conflict[1]})

    assert kept == theirs
    assert [one.stem for one in (folder / "pipelines").glob("*.yaml")] == ["good day"]


def test_a_saved_file_keeps_its_rights_and_one_to_be_read_only_is_not_written(folder):
    draft, path = Drafts(folder).open("hello"), folder / "pipelines/hello.yaml"
    elsewhere = folder / "elsewhere.yaml"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    elsewhere.chmod(0o640)

    draft.do(RENAME)
    draft.do({"op": "save"})
    rights = elsewhere.stat().st_mode & 0o777
    elsewhere.chmod(0o440)
    draft.do({"op": "undo"})
    with pytest.raises(EditRefused, match="read-only"):
        draft.do({"op": "save"})

    assert path.is_symlink()
    assert rights == 0o640
    assert "welcome" in elsewhere.read_text()


def test_notes_and_places_that_others_saved_meanwhile_stay(folder):
    draft, file = Drafts(folder).open("hello"), folder / "pipelines/hello.view.json"
    draft.do({"op": "note", "step": "greet", "text": "mine"})
    theirs = '{"x": 1, "y": 2, "note": "theirs"}, "other": {"note": "also theirs"}'
    file.write_text(f'{{"format": 1, "steps": {{"greet": {theirs}}}}}')

    draft.do({"op": "save"})
    back = draft.do({"op": "undo"})

    saved = written_looks(file.read_text())
    assert saved == {
        "greet": {"x": 1, "y": 2, "note": "mine"}, "other": {"note": "also theirs"},
    }  # fmt: skip
    assert back.state.looks == {"greet": {"note": "mine"}}


EXPOSED = "pipeline: {}\nexposed: true\nsteps: []\n"


def test_a_pipeline_whose_name_as_a_tool_is_taken_is_not_saved(folder):
    (folder / "pipelines/sum up.yaml").write_text(EXPOSED.format("sum up"))
    draft = Drafts(folder).new(EXPOSED.format("sum.up"))

    with pytest.raises(EditRefused, match="'sum_up', as 'sum up' is already"):
        draft.do({"op": "save"})
    assert not (folder / "pipelines/sum.up.yaml").exists()

    draft.do({"op": "header", "field": "exposed", "value": None})
    assert draft.do({"op": "save"}).saved


def test_a_capability_that_is_a_tool_has_its_name_too(folder):
    (folder / "packetflow.toml").write_text('[mcp]\nexpose = ["sum up"]\n')
    draft = Drafts(folder).new(EXPOSED.format("sum.up"))

    with pytest.raises(EditRefused, match="'sum up' is already"):
        draft.do({"op": "save"})


def test_a_tool_is_saved_again_and_under_another_name_that_fits_its_own(folder):
    draft = Drafts(folder).new(EXPOSED.format("sum up"))
    draft.do({"op": "save"})

    draft.do({"op": "header", "field": "pipeline", "value": "sum.up"})

    assert draft.do({"op": "save"}).saved
    assert not (folder / "pipelines/sum up.yaml").exists()


def test_a_file_that_somebody_is_writing_is_not_taken_for_empty(folder):
    file = folder / "pipelines" / "hello.yaml"
    draft = Drafts(folder).open("hello")
    draft.snapshot()

    file.write_bytes(b"")
    between = draft.snapshot()
    file.write_text(FIRST.replace("greet}", "greet} # theirs"))
    followed = draft.snapshot()
    draft.do({"op": "undo"})
    undone = draft.snapshot()

    assert (between.state.text, between.conflict, between.undo) == (FIRST, None, None)
    assert "# theirs" in followed.state.text
    assert (undone.state.text, undone.undo) == (FIRST, None)


def test_looks_that_were_saved_as_none_are_none_for_everybody(folder):
    mine, other = Drafts(folder).open("hello"), Drafts(folder).open("hello")
    mine.do({"op": "place", "at": {"greet": [10, 20]}})
    mine.do({"op": "save"})
    other.snapshot()
    mine.do({"op": "undo"})
    saved = mine.do({"op": "save"})

    theirs, again = other.snapshot(), mine.snapshot()

    assert theirs.state.looks == {}
    assert theirs.rev == again.rev == saved.rev
