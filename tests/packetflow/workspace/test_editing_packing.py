"""Packing and unpacking by what the steps take and give, as an editor asks for them."""

import asyncio
import json
from dataclasses import replace

import pytest

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.packing import unpacked
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.easel import Easel
from packetflow.errors import EditRefused
from packetflow.kernel.messages import DrawBoard
from packetflow.workspace import editing_packing
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.editing_packing import prepared
from packetflow.workspace.folder import make_folder
from tests.strategies import KNOWN

TEXT = """\
pipeline: story
provides: [tone]
steps:
  - {use: fetch, to: {summary: page}}
  - {use: feel, from: {text: page}, to: {tone: mood}}
  - {use: card, from: {text: mood}}
"""


class Code:
    """Draws with a catalog of this process."""

    def __init__(self, folder):
        catalog = Catalog(folder.path)
        for one in KNOWN.values():
            catalog.add(one)
        self._easel = Easel(catalog)

    async def draw(self, request):
        return self._easel.draw(request)


@pytest.fixture
def room(tmp_path):
    folder = make_folder(tmp_path / "work")
    (folder.pipelines / "story.yaml").write_text(TEXT)
    return folder, Drafts(folder).open("story"), Code(folder)


def do(draft, code, *operations):
    return draft.do(*asyncio.run(prepared(draft, code, operations)))


def test_a_packed_pipeline_gives_what_the_rest_needs_and_unpacked_it_is_as_before(room):
    folder, draft, code = room

    do(draft, code, {"op": "pack", "steps": ["fetch", "feel"], "name": "mood"})
    part = (folder.pipelines / "mood.yaml").read_text()
    unpacked = do(draft, code, {"op": "unpack", "step": "mood"})
    back = [draft.do({"op": "undo"}).state.text for _ in range(2)][-1]

    assert "provides: [mood]\n" in part
    assert unpacked.undo == "Unpack mood"
    assert unpacked.state.text.count("use:") == 3
    assert "from: {text: page}" in unpacked.state.text
    assert (folder.pipelines / "mood.yaml").exists() is False
    assert back == TEXT


def test_a_call_of_nothing_and_a_pack_beside_other_edits_are_refused(room):
    _, draft, code = room
    draft.do({"op": "insert", "step": {"call": "nobody", "id": "n"}})

    with pytest.raises(EditRefused, match="no file of a pipeline 'nobody'"):
        do(draft, code, {"op": "unpack", "step": "n"})
    with pytest.raises(EditRefused, match="by itself"):
        do(draft, code, {"op": "unpack", "step": "n"}, {"op": "remove", "step": "n"})


def test_an_unpacking_after_which_a_value_would_come_from_elsewhere_is_refused(room, monkeypatch):
    _, draft, code = room
    do(draft, code, {"op": "pack", "steps": ["fetch", "feel"], "name": "mood"})

    def careless(*given):
        done = unpacked(*given)
        other = json.dumps(done.operations).replace('{"text": "page"}', '{"text": "summary"}')
        return replace(done, operations=json.loads(other))

    monkeypatch.setattr(editing_packing, "unpacked", careless)
    with pytest.raises(EditRefused, match="mixed up"):
        do(draft, code, {"op": "unpack", "step": "mood"})


GRAPH = """\
pipeline: story
steps:
- id: all
  graph:
  - {use: feel, id: mood}
  - when: tone == "sad" && summary != ""
    id: choice
    then:
    - {use: card, id: note, from: {text: tone}, to: {summary: answer}}
    - {use: fetch, id: last, from: {text: answer}, to: {tone: ending}}
"""


def copied(draft, code, *names, place=None):
    """The steps of the graph as the canvas copies them, pasted."""
    rows = {one["id"]: one for one in load_steps(draft.text)}
    steps = [rows[name] for name in names]
    return do(draft, code, {"op": "paste", "steps": steps, "place": place or {"into": "all"}})


def load_steps(text):
    (whole,) = parse_yaml(text).plain()["steps"]
    return whole["graph"]


@pytest.fixture
def graph(room):
    _, draft, code = room
    draft.do({"op": "text", "text": GRAPH})
    return draft, code


def problems(draft, code):
    return json.loads(asyncio.run(code.draw(DrawBoard("", draft.text))).board)["problems"]


def test_copies_inside_a_copied_container_make_names_of_their_own_and_go_on_reading_them(graph):
    draft, code = graph

    copied(draft, code, "choice")

    choice = load_steps(draft.text)[2]
    note, last = choice["then"]
    assert choice["when"] == 'tone == "sad" && summary != ""'  # what was not copied is read still
    assert note["from"] == {"text": "tone"}
    assert note["to"] == {"summary": "answer_2"}
    assert (last["from"], last["to"]) == ({"text": "answer_2"}, {"tone": "ending_2"})
    assert problems(draft, code) == []
    assert draft.do({"op": "undo"}).state.text == GRAPH


def test_a_condition_that_is_copied_with_what_it_asks_about_asks_about_the_copy(graph):
    draft, code = graph

    copied(draft, code, "mood", "choice")

    mood, choice = load_steps(draft.text)[2:]
    assert mood["to"] == {"summary": "summary_2", "tone": "tone_2"}
    assert choice["when"] == 'tone_2 == "sad" && summary_2 != ""'
    assert choice["then"][0]["from"] == {"text": "tone_2"}
    assert problems(draft, code) == []


def test_a_copied_walk_over_a_list_collects_under_another_name(graph):
    draft, code = graph
    walk = {
        "each": [{"use": "fetch", "id": "page", "to": {"tone": "sound"}}],
        "id": "walk", "over": {"text": "texts"}, "into": {"sound": "sounds"},
    }  # fmt: skip
    draft.do({"op": "insert", "step": walk, "place": {"into": "all"}})

    do(draft, code, {"op": "paste", "steps": [walk], "place": {"into": "all"}})

    again = load_steps(draft.text)[3]
    assert (again["over"], again["into"]) == ({"text": "texts"}, {"sound": "sounds_2"})
    assert again["each"][0]["to"] == {"tone": "sound"}  # nobody sees it outside
    assert problems(draft, code) == []


def test_what_is_pasted_where_nothing_clashes_stays_as_it_was_copied(graph):
    draft, code = graph
    step = {"use": "card", "id": "free", "from": {"text": "ending"}, "to": {"tone": "other"}}

    do(draft, code, {"op": "paste", "steps": [step], "place": {"into": "all"}, "at": {}})

    assert load_steps(draft.text)[2] == step


def test_pasting_needs_nobody_who_can_draw(graph):
    draft, _ = graph

    class Gone:
        async def draw(self, request):
            raise EditRefused("the runner is away")

    copied(draft, Gone(), "mood")

    assert load_steps(draft.text)[2] == {"use": "feel", "id": "mood_2"}
