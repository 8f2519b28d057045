"""Packing, unpacking and pasting as an editor asks for them: what only contracts tell.

An editor says which steps become which pipeline, which call becomes its steps, or which copies go
where. What the new pipeline has to give, how the unpacked steps are written, and which names of the
copies would clash follows from what every step takes and gives; for that, whoever holds the user's
code draws the texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from packetflow.composition.edit import apply
from packetflow.composition.packing import needed, unpacked
from packetflow.composition.packing_check import refuse_mixed
from packetflow.composition.pasting import alone, apart, clashes, kind_of_place
from packetflow.errors import EditRefused, PacketFlowError, UnknownName
from packetflow.kernel.board import Board
from packetflow.kernel.messages import DrawBoard
from packetflow.workspace.draft import Draft
from packetflow.workspace.draft_pack import read_pack
from packetflow.workspace.draft_paste import pasted
from packetflow.workspace.editing_port import UserCode


async def prepared(
    draft: Draft, code: UserCode, operations: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """The operations of an edit, as the draft takes them.

    Raises:
        EditRefused: Steps cannot be packed or unpacked.
        PacketFlowError: Nobody can draw the texts.
    """
    kinds = [str(one.get("op")) if isinstance(one, Mapping) else "" for one in operations]
    if kinds == ["paste"]:
        return [await _paste(draft, code, operations[0])]
    if not {"pack", "unpack"} & set(kinds):
        return operations
    if len(operations) != 1:
        raise EditRefused(f"{kinds[0]!r} is an edit by itself")
    (one,) = operations
    if kinds == ["pack"]:
        return [one if "provides" in one else await _pack(draft, code, one)]
    return operations if "steps" in one else await _unpack(draft, code, str(one.get("step")))


async def _pack(draft: Draft, code: UserCode, one: Mapping[str, Any]) -> Mapping[str, Any]:
    wish = read_pack(one)
    text = draft.text
    alone = apply(text, {"op": "excerpt", "steps": wish.steps, "name": wish.name}).text
    board, made = await _board(code, text), await _board(code, alone)
    return {**one, **needed(board, wish.steps, made)}


async def _unpack(draft: Draft, code: UserCode, step: str) -> list[dict[str, Any]]:
    text = draft.text
    board = await _board(code, text)
    card = next((one for one in board.cards if one.id == step), None)
    if card is None:
        raise EditRefused(f"no step has the id {step!r}")
    try:
        within = draft.saved_text(card.title)
    except UnknownName as error:
        raise EditRefused(f"there is no file of a pipeline {card.title!r} to unpack") from error
    inner = await _board(code, within)
    done = unpacked(text, board, step, (within, inner))
    for operation in done.operations:
        text = apply(text, operation).text
    refuse_mixed(board, step, inner, await _board(code, text), ids=done.ids)
    return done.operations


async def _paste(draft: Draft, code: UserCode, one: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with names of their own for the copies, where theirs would clash.

    What stands in the way of that (nobody can draw, an event brings the name) is no reason not to
    paste: the clash is marked, and people can mend it.
    """
    text, steps, place = draft.text, one.get("steps"), one.get("place") or {}
    if not isinstance(steps, list) or not isinstance(place, Mapping):
        return one
    try:
        before, after = await _board(code, text), await _board(code, pasted(text, steps, place)[0])
        names = clashes(before, after)
        if not names:
            return one
        empty, inside = alone(kind_of_place(before, place))
        copied, called = pasted(empty, steps, inside)
        freed = apart(copied, await _board(code, copied), before, names)
    except PacketFlowError:
        return one
    at = one.get("at") or {}
    return {**one, "steps": freed, "at": {called.get(name, name): at[name] for name in at}}


async def _board(code: UserCode, text: str) -> Board:
    drawn = await code.draw(DrawBoard("", text))
    board = msgspec.json.decode(drawn.board, type=Board)
    if not drawn.is_readable:
        raise EditRefused(f"a text cannot be read: {board.problems[0].message}")
    return board
