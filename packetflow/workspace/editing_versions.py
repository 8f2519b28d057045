"""Pipelines as earlier runs ran them: their text, and what their steps were then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from packetflow.composition.calls import Calls
from packetflow.composition.codec import dump, load_compact
from packetflow.composition.staleness import fingerprints, settled
from packetflow.engine.events import Event, StepEnded, Waits
from packetflow.engine.happenings import happening_of
from packetflow.engine.past import Story, read_story
from packetflow.errors import PacketFlowError, UnknownName
from packetflow.kernel.board import Board, Drawn
from packetflow.kernel.cards import Happening
from packetflow.kernel.messages import DrawBoard
from packetflow.store.files import places
from packetflow.store.frames import records_of
from packetflow.workspace.draft_runs import DraftRuns
from packetflow.workspace.editing_port import UserCode

VERSIONS_KEPT: Final = 20


def story_of(folder: Path, execution: str) -> Story:
    """An execution as the journals of a workspace tell it; empty when they do not any more."""
    return read_story(records_of(places(folder).journal, execution))


def happened(story: Story) -> list[Happening]:
    """What its records tell of the steps of an execution, as events."""
    waits = () if story.ended is not None else story.open_waits
    told: list[Event] = [*map(StepEnded, story.spans), *map(Waits, waits)]
    return [one for one in map(happening_of, told) if one is not None]


@dataclass(frozen=True)
class Version:
    """A pipeline as an execution ran it.

    Attributes:
        text: As it was written, as far as that was kept.
        marks: The fingerprints of its steps, by id.
    """

    text: str
    marks: dict[str, str]


class Versions:
    """The versions that the runs of a document ran.

    Args:
        folder: Of the workspace.
        texts: Of the document's runs.
        code: Who draws boards.
    """

    def __init__(self, folder: Path, texts: DraftRuns, code: UserCode) -> None:
        self._folder = folder
        self._texts = texts
        self._code = code
        self._read: dict[str, tuple[str, Calls]] = {}
        self._known: dict[str, tuple[Calls, Version]] = {}

    async def of(self, execution: str, now: Drawn) -> Version:
        """The version that an execution ran.

        Args:
            execution: Its id.
            now: The board of today: what is called is compared with its forms.

        Raises:
            UnknownName: Nothing of what it ran was kept.
            PacketFlowError: It cannot be drawn.
        """
        known = self._known.pop(execution, None)
        if known is None or known[0] != now.calls:
            text, calls = await self._source(execution)
            drawn = await self._code.draw(DrawBoard("", text))
            board = msgspec.json.decode(drawn.board, type=Board)
            forms = settled(calls, {**calls, **drawn.calls, **now.calls})
            marks = fingerprints(board, forms, {**now.inside, **drawn.inside})
            known = now.calls, Version(text, marks)
        self._known[execution] = known
        for old in list(self._known)[:-VERSIONS_KEPT]:
            del self._known[old]
        return known[1]

    async def _source(self, execution: str) -> tuple[str, Calls]:
        if execution not in self._read:
            for old in list(self._read)[: 1 - VERSIONS_KEPT]:
                del self._read[old]
            self._read[execution] = await asyncio.to_thread(self._look_up, execution)
        return self._read[execution]

    def _look_up(self, execution: str) -> tuple[str, Calls]:
        text = self._texts.text(execution)
        story = story_of(self._folder, execution)
        if text is None and story.started is not None:
            text = self._definition(story.started.definition_sha)
        if text is None:
            raise UnknownName("run whose pipeline was kept", execution)
        return text, story.calls

    def _definition(self, sha: str) -> str | None:
        path = places(self._folder).state / "definitions" / f"{sha}.json"
        try:
            compact = path.read_text(encoding="utf-8")
            return dump(load_compact(compact, lambda kind, name: None))  # noqa: ARG005 - names do
        except (OSError, PacketFlowError):
            return None
