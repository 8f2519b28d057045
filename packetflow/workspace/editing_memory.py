"""What earlier runs of a document made, and which of it still counts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from packetflow.composition.part import before, behind, holders
from packetflow.composition.staleness import fingerprints, stale
from packetflow.errors import PacketFlowError
from packetflow.kernel.board import Board, BoardCard, Drawn
from packetflow.workspace.draft_runs import DraftRuns
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.editing_runs import Tally
from packetflow.workspace.editing_versions import Version, Versions
from packetflow.workspace.pins import Pins

LOOPS: Final = frozenset({"each", "repeat", "race", "fallback"})
"""A step inside one of these may run many times, so that it has no one value to pin."""

NO_PIN: Final = "only a capability outside of loops can be pinned"
CHANGED: Final = "changed"
FOLLOWS: Final = "follows"


@dataclass(frozen=True)
class Judged:
    """What of the recorded values counts for the document as it is now.

    Attributes:
        stale: Steps whose recorded values do not: ``changed`` when the step itself is another one
            now, ``follows`` when it comes after such a one, or after a later run of one.
        pins: By pinned step, the execution whose values are taken instead of running it.
        broken: By step, why its pin cannot be used.
    """

    stale: dict[str, str] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Continuation:
    """A run from a step on.

    Attributes:
        kept: The outermost steps that take part.
        reuse: By step, the execution whose values it takes instead of running.
        earlier: The steps before on whose account it begins earlier.
        lacking: Those of them of which nothing is recorded.
    """

    kept: set[str]
    reuse: dict[str, str]
    earlier: list[str]
    lacking: list[str]

    @property
    def word(self) -> str:
        """Why the run begins earlier than was asked; empty when it does not."""
        if not self.earlier:
            return ""
        lacking = set(self.lacking)
        changed = [name for name in self.earlier if name not in lacking]
        said = []
        if changed:
            said.append(f"{_listed(changed)} changed since the last run")
        if self.lacking:
            said.append(f"{_listed(self.lacking)} had no recorded values")
        return f"Began earlier than asked: {', and '.join(said)}."


class Memory:
    """Which run made a step's values last, and whether they still count.

    Args:
        folder: Of the workspace.
        texts: Of the document's runs.
        code: Who draws boards.

    Attributes:
        ran: By step, the execution in which it ended well last.
    """

    def __init__(self, folder: Path, texts: DraftRuns, code: UserCode) -> None:
        self.ran: dict[str, str] = {}
        self.versions = Versions(folder, texts, code)
        self._pins = Pins(folder)

    def note(self, execution: str, tally: Tally) -> None:
        """Remember how the steps of an execution ended."""
        well = set(tally.done_well())
        for name in tally.seen():
            if name in well:
                self.ran[name] = execution
            elif self.ran.get(name, "") <= execution:
                self.ran.pop(name, None)

    async def judge(self, drawn: Drawn, looks: Mapping[str, Mapping[str, Any]]) -> Judged:
        """Say what counts for a document.

        Args:
            drawn: Its board.
            looks: Of its steps, as the draft keeps them.
        """
        ran = dict(self.ran)  # runs may end while their versions are drawn
        if not ran and not any(look.get("pins") for look in looks.values()):
            return Judged()
        board, marks = await asyncio.to_thread(_marked, drawn)
        then = {one: await self._version(one, drawn) for one in sorted({*ran.values()})}
        changed = set()
        for name, execution in ran.items():
            version = then[execution]
            if name in marks and version is not None and version.marks.get(name) != marks[name]:
                changed.add(name)
        late = {
            wire.target
            for wire in board.wires
            if wire.source in ran and ran[wire.source] > ran.get(wire.target, "\x7f")
        }
        judged = Judged()
        for card in board.cards:
            if card.pins:
                execution = str(looks.get(card.id, {}).get("pinned", ""))
                why = NO_PIN
                if can_be_pinned(board, card):
                    why = await self._why_not(card, execution, marks[card.id], drawn)
                if why:
                    judged.broken[card.id] = why
                else:
                    judged.pins[card.id] = execution
        found = stale(board, changed | late, firm=judged.pins)
        for name in sorted(found & (ran.keys() | _around(board, ran))):
            judged.stale[name] = CHANGED if name in changed else FOLLOWS
        return judged

    def since(self, board: Board, judged: Judged, step: str) -> Continuation:
        """What runs, and what is taken over, when a run begins at a step.

        Raises:
            EditRefused: There is no such step.
        """
        after = behind(board, step)
        kept = before(board, *after)
        inside = _inside(board, kept)
        missing = {
            one
            for one in kept - after
            if one not in judged.pins and not any(name in self.ran for name in inside[one])
        }
        changed = {
            one
            for one in kept - after
            if one not in judged.pins and any(name in judged.stale for name in inside[one])
        }
        again = after | (behind(board, *missing, *changed) & kept)
        reuse = {
            name: self.ran[name] for one in kept - again for name in inside[one] if name in self.ran
        }
        causes = {
            one
            for one in missing | changed
            if one in missing or any(judged.stale.get(name) == CHANGED for name in inside[one])
        }
        order = [card.id for card in board.cards]
        earlier = [name for name in order if name in (causes or changed)]
        return Continuation(kept, reuse, earlier, [name for name in earlier if name in missing])

    async def _version(self, execution: str, drawn: Drawn) -> Version | None:
        """What an execution ran; ``None`` when nobody knows any more."""
        try:
            return await self.versions.of(execution, drawn)
        except (PacketFlowError, OSError, TimeoutError):
            return None

    async def _why_not(self, card: BoardCard, execution: str, mark: str, drawn: Drawn) -> str:
        """Why a pin cannot be used, in a sentence; empty when it can."""
        if not execution:
            return "the pin does not say of which run; pin it anew"
        pinned = await asyncio.to_thread(self._pins.read, execution, card.id)
        if pinned is None:
            version = await self._version(execution, drawn)
            own = "" if version is None else version.marks.get(card.id, "")
            try:
                pinned = await asyncio.to_thread(self._pins.keep, execution, card.id, own)
            except OSError as error:
                return f"its values cannot be kept: {error.strerror or error}"
        names = {port.name: port.scope for port in card.outputs}
        if pinned is None or not all(
            names.get(port, port) in pinned.span.outputs for port in card.pins
        ):
            return (
                "the pinned values are gone, or could never be kept; run the step and pin it anew"
            )
        if pinned.mark != mark:
            return "it has changed since; run it and pin it anew, or let go"
        return ""


def can_be_pinned(board: Board, card: BoardCard) -> bool:
    """Whether a step has one value in each run."""
    kinds = {one.id: (one.kind, one.parent) for one in board.cards}
    parent = card.parent
    while parent is not None and parent in kinds:
        kind, parent = kinds[parent]
        if kind in LOOPS:
            return False
    return card.kind == "use"


def marks_of(drawn: Drawn) -> dict[str, str]:
    """The fingerprints of the steps of a board, as things are now."""
    return _marked(drawn)[1]


def _marked(drawn: Drawn) -> tuple[Board, dict[str, str]]:
    board = msgspec.json.decode(drawn.board, type=Board)
    return board, fingerprints(board, drawn.calls, drawn.inside)


def _around(board: Board, names: Collection[str]) -> set[str]:
    """The containers around some cards."""
    parents = {card.id: card.parent for card in board.cards}
    found = set()
    for name in names:
        here = parents.get(name)
        while here is not None and here != board.root and here not in found:
            found.add(here)
            here = parents.get(here)
    return found


def _inside(board: Board, kept: Iterable[str]) -> dict[str, list[str]]:
    """For some outermost steps, all that is inside them, and they themselves."""
    found: dict[str, list[str]] = {one: [] for one in kept}
    for name, holder in holders(board).items():
        if holder in found:
            found[holder].append(name)
    return found


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    more = len(names) - 3
    return f"{shown} and {more} more" if more > 0 else shown
