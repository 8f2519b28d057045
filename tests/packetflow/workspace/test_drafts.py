"""Drafts: edits once each, back to the first byte, shared by processes, never lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.errors import EditRefused, UnknownName
from packetflow.kernel.ids import new_id
from packetflow.workspace.draft_names import names_held
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

FIRST = """\
# the first pipeline
pipeline: hello
steps:
  - graph:   # free
      - use: greet
        id: greet
      # then
      - {use: shout, id: shout, from: {text: greeting}}
    id: graph
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "work")
    (made.pipelines / "hello.yaml").write_text(FIRST)
    return made.path


def other_process(folder: Path) -> Drafts:
    """Drafts that share nothing with those of the test but the files."""
    return Drafts(folder)


RENAME = {"op": "rename", "step": "greet", "to": "welcome"}


def test_an_edit_is_seen_by_another_process_and_taken_back_byte_for_byte(folder):
    here, there = Drafts(folder).open("hello"), other_process(folder).open("hello")

    here.do(RENAME, {"op": "place", "at": {"welcome": [3, 4.25]}})
    seen = there.snapshot()
    there.do({"op": "undo"})

    assert seen.undo == "Rename greet to welcome"
    assert seen.state.looks == {"welcome": {"x": 3, "y": 4.2}}
    assert here.text == FIRST
    assert here.snapshot().redo == "Rename greet to welcome"


def test_an_edit_sent_twice_is_done_once_and_one_before_its_turn_not_at_all(folder):
    draft = Drafts(folder).open("hello")
    note = {"op": "note", "step": "greet", "text": "slow"}

    early = draft.submit("page", 2, [note])
    first = draft.submit("page", 1, [RENAME])
    again = draft.submit("page", 1, [RENAME])

    assert (early.done, first.done, again.done) == (False, True, False)
    assert draft.snapshot().acks == {"page": 1}
    assert draft.snapshot().state.looks == {}


def test_an_edit_of_which_one_operation_is_refused_changes_nothing_and_counts_as_heard(folder):
    draft = Drafts(folder).open("hello")

    heard = draft.submit("page", 1, [RENAME, {"op": "remove", "step": "nobody"}])

    assert (heard.done, heard.index) == (False, 1)
    assert "nobody" in heard.message
    assert draft.text == FIRST
    assert draft.snapshot().acks == {"page": 1}


def test_saving_writes_the_file_and_the_looks(folder):
    draft = Drafts(folder).open("hello")
    draft.do(RENAME, {"op": "pin", "step": "welcome", "ports": ["greeting"], "run": new_id()})

    saved = draft.do({"op": "save"})

    assert saved.saved
    assert (folder / "pipelines/hello.yaml").read_text() == saved.state.text
    assert '"pins": ["greeting"]' in (folder / "pipelines/hello.view.json").read_text()


def test_a_draft_without_changes_follows_its_file_and_can_go_back(folder):
    draft = Drafts(folder).open("hello")
    (folder / "pipelines/hello.yaml").write_text("pipeline: hello\nsteps: []\n")

    followed = draft.snapshot()
    draft.do({"op": "undo"})

    assert followed.saved
    assert followed.undo == "The file was changed"
    assert draft.text == FIRST


def test_a_file_that_changed_under_a_changed_draft_is_a_conflict_until_somebody_decides(folder):
    draft = Drafts(folder).open("hello")
    draft.do(RENAME)
    theirs = "pipeline: hello\nsteps: []\n"
    (folder / "pipelines/hello.yaml").write_text(theirs)

    conflict = draft.snapshot().conflict
    assert conflict is not None
    with pytest.raises(EditRefused, match="somebody else"):
        draft.do({"op": "save"})
    kept = draft.do({"op": "save", "over": conflict[1]})

    assert conflict[0] == theirs
    assert (kept.saved, kept.conflict) == (True, None)
    assert (folder / "pipelines/hello.yaml").read_text() == kept.state.text


def test_reverting_takes_the_files_version_and_can_be_undone(folder):
    draft = Drafts(folder).open("hello")
    mine = draft.do(RENAME).state.text
    (folder / "pipelines/hello.yaml").write_text("pipeline: hello\nsteps: []\n")

    reverted = draft.do({"op": "revert"})
    draft.do({"op": "undo"})

    assert (reverted.saved, reverted.conflict) == (True, None)
    assert draft.text == mine


def test_a_new_pipeline_gets_its_file_when_it_is_first_saved(folder):
    drafts = Drafts(folder)
    draft = drafts.new("pipeline: hello\nsteps: []\n")

    with pytest.raises(EditRefused, match="already"):
        draft.do({"op": "save"})
    draft.do({"op": "header", "field": "pipeline", "value": "mine"})
    saved = draft.do({"op": "save"})

    assert (folder / "pipelines/mine.yaml").is_file()
    assert saved.pipeline == "mine"
    assert other_process(folder).open("mine").snapshot().rev == saved.rev
    assert drafts.open("untitled-1") is draft


def test_new_pipelines_without_a_name_are_told_apart(folder):
    (folder / "pipelines/untitled-2.yaml").write_text("pipeline: untitled-2\nsteps: []\n")
    drafts = Drafts(folder)

    made = [drafts.new("pipeline: untitled\nsteps: []\n") for _ in range(2)]

    assert [draft.text.splitlines()[0] for draft in made] == [
        "pipeline: untitled-1",
        "pipeline: untitled-3",
    ]


def test_another_name_moves_the_file(folder):
    drafts = Drafts(folder)
    draft = drafts.open("hello")
    draft.do({"op": "header", "field": "pipeline", "value": "good day"}, RENAME)

    draft.do({"op": "save"})

    assert [one.stem for one in (folder / "pipelines").glob("*.yaml")] == ["good day"]
    assert drafts.open("good day") is drafts.open("hello")


def test_pasted_steps_get_ids_of_their_own(folder):
    draft = Drafts(folder).open("hello")
    steps = [
        {"use": "greet", "id": "greet"},
        {"when": "true", "then": [{"use": "shout", "id": "shout"}], "after": ["greet", "gone"]},
    ]

    pasted = draft.do(
        {"op": "paste", "steps": steps, "place": {"into": "graph"}, "at": {"greet": [1, 2]}}
    )

    assert "id: greet_2" in pasted.state.text
    assert "after: [greet_2]" in pasted.state.text
    assert pasted.state.looks == {"greet_2": {"x": 1, "y": 2}}


def test_arranging_forgets_places_and_keeps_notes(folder):
    draft = Drafts(folder).open("hello")
    draft.do({"op": "place", "at": {"greet": [1, 2], "shout": [3, 4]}})
    draft.do({"op": "note", "step": "greet", "text": "first"})

    arranged = draft.do({"op": "arrange", "sizes": {"greet": [200, 90]}})
    back = draft.do({"op": "undo"})

    assert arranged.state.looks == {"greet": {"note": "first"}}
    assert arranged.state.sizes == {"greet": (200.0, 90.0)}
    assert back.state.looks["shout"] == {"x": 3, "y": 4}


def test_a_card_that_moves_into_another_loses_its_place_until_it_gets_one(folder):
    draft = Drafts(folder).open("hello")
    draft.do({"op": "place", "at": {"greet": [1, 2], "shout": [3, 4]}})

    wrapped = draft.do({"op": "wrap", "steps": ["greet"], "kind": "sequence"})
    back = draft.do({"op": "undo"})

    assert wrapped.state.looks == {"shout": {"x": 3, "y": 4}}
    assert back.state.looks["greet"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "place", "at": {"greet": [float("nan"), 1]}},
        {"op": "place", "at": {"greet": "left"}},
        {"op": "arrange", "sizes": {"greet": [0, 1]}},
        {"op": "note", "step": "greet"},
        {"op": "paste", "steps": []},
        {"op": "nothing"},
        {"op": ["nothing"]},
        {},
        {"op": "undo"},
        {"op": "redo"},
        {"op": "text", "text": "x" * 5_000_000},
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(folder, operation):
    draft = Drafts(folder).open("hello")

    with pytest.raises(EditRefused):
        draft.do(operation)

    assert draft.text == FIRST
    assert draft.snapshot().saved


def test_there_is_no_draft_of_what_is_not_there(folder):
    for name in ("nobody", "../secret", "", "a/b", ".hidden"):
        with pytest.raises(UnknownName):
            Drafts(folder).open(name)


def test_looks_that_cannot_be_read_are_lost_and_nothing_else(folder):
    (folder / "pipelines/hello.view.json").write_text("{")

    assert Drafts(folder).open("hello").snapshot().state.text == FIRST


def test_threads_and_processes_that_edit_at_once_lose_nothing(folder):
    several = [Drafts(folder).open("hello") for _ in range(3)]

    def edit(draft, name: str) -> None:
        for number in range(1, 16):
            heard = draft.submit(name, number, [{"op": "note", "step": name, "text": str(number)}])
            assert heard.done

    threads = [
        threading.Thread(target=edit, args=(draft, f"step {place}"))
        for place, draft in enumerate(several)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    told = {one.snapshot().rev for one in several}
    assert told == {46}
    assert several[0].snapshot().state.looks == {f"step {n}": {"note": "15"} for n in range(3)}


def test_half_of_a_text_is_kept_as_it_is_typed_and_can_be_undone(folder):
    draft = Drafts(folder).open("hello")
    half = FIRST + "  - {use: sh"

    kept = draft.do({"op": "text", "text": half, "base": FIRST})
    with pytest.raises(EditRefused):
        draft.do(RENAME)
    draft.do({"op": "save"})
    file = (folder / "pipelines/hello.yaml").read_text()
    back = draft.do({"op": "undo"})

    assert kept.state.text == file == half
    assert back.state.text == FIRST


def test_what_is_typed_leaves_what_others_changed_meanwhile(folder):
    draft = Drafts(folder).open("hello")
    draft.do(RENAME)

    typed = FIRST.replace("the first", "my first")
    merged = draft.do({"op": "text", "text": typed, "base": FIRST})

    assert merged.state.text.startswith("# my first")
    assert "id: welcome" in merged.state.text


def test_a_save_does_not_wait_for_somebody_who_opens_pipelines(folder):
    drafts = Drafts(folder)
    draft = drafts.open("hello")
    draft.do(RENAME)
    saved = threading.Event()

    def save() -> None:
        draft.do({"op": "save"})
        saved.set()

    with names_held(draft.log.path.parent):  # as `open` does, which then reads the draft
        threading.Thread(target=save, daemon=True).start()
        assert saved.wait(30)


edits = st.one_of(
    st.builds(
        lambda to: {"op": "rename", "step": "greet", "to": to}, st.sampled_from(["a", "greet"])
    ),
    st.builds(lambda to: {"op": "rename", "step": "a", "to": to}, st.sampled_from(["greet", "b"])),
    st.builds(
        lambda at: {"op": "insert", "step": {"use": "fetch"}, "place": {"into": "graph", "at": at}},
        st.integers(0, 3),
    ),
    st.builds(lambda step: {"op": "remove", "step": step}, st.sampled_from(["shout", "fetch"])),
    st.builds(lambda text: {"op": "note", "step": "greet", "text": text}, st.text(max_size=5)),
    st.builds(
        lambda x, y: {"op": "place", "at": {"shout": [x, y]}}, st.integers(-9, 9), st.floats(-9, 9)
    ),
    st.just({"op": "arrange", "sizes": {"greet": [100, 50]}}),
    st.just({"op": "paste", "steps": [{"use": "shout", "id": "shout"}]}),
    st.builds(lambda text: {"op": "text", "text": text}, st.sampled_from([FIRST, "no", "a: [1"])),
    st.just({"op": "undo"}),
    st.just({"op": "redo"}),
)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", "z"]), edits, st.integers(0, 2), st.booleans()),
        max_size=20,
    )
)
def test_doubled_and_reordered_edits_of_several_editors_are_done_once_and_can_all_be_undone(
    tmp_path_factory, sent
):
    made = make_folder(tmp_path_factory.mktemp("draft") / "work")
    (made.pipelines / "hello.yaml").write_text(FIRST)
    both = [Drafts(made).open("hello"), other_process(made.path).open("hello")]
    counts = dict.fromkeys("xyz", 0)
    heard = 0
    for client, operation, doubled, which in sent:
        counts[client] += 1
        draft = both[which]
        assert not draft.submit(client, counts[client] + 1, [operation]).done
        first = draft.submit(client, counts[client], [operation])
        heard += first.done
        before = both[not which].snapshot()
        for _ in range(doubled):
            assert not both[not which].submit(client, counts[client], [operation]).done
        assert both[not which].snapshot() == before
    assert {key: seq for key, seq in counts.items() if seq} == dict(both[0].snapshot().acks)
    assert both[0].snapshot().state == both[1].snapshot().state
    last = both[0].snapshot().state
    steps = 0
    while both[0].snapshot().undo is not None:
        both[steps % 2].do({"op": "undo"})
        steps += 1
    first_again = both[1].snapshot()
    for _ in range(steps):
        both[0].do({"op": "redo"})

    assert (first_again.state.text, first_again.state.looks) == (FIRST, {})
    assert first_again.saved
    assert both[1].snapshot().state == last


def test_what_was_begun_and_never_saved_is_listed_whatever_it_is_called(folder):
    drafts = Drafts(folder)
    text = FIRST.replace("hello", "mine")
    changed = {"op": "header", "field": "intent", "value": "New"}
    drafts.new(text)
    for name in ("", "mine", "soon_saved"):
        drafts.new(text.replace("mine", name or "mine"), name).do(changed)
    drafts.open("soon_saved").do({"op": "save"})
    drafts.open("hello").do(changed)

    assert sorted(drafts.unsaved()) == ["mine", "untitled-2"]
    drafts.close()
