"""Packing and unpacking by what the steps take and give, as an editor asks for them."""

import asyncio
import json
from dataclasses import replace

import pytest

from packetflow.composition.packing import unpacked
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.easel import Easel
from packetflow.errors import EditRefused
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
