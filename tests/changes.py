"""Takes in what changed of a document, as the canvas does, in plain words of `docs/canvas.md`."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]


def changed(document: Message, message: Message) -> Message:
    """The document after changes that were made upon it."""
    assert message["since"] == document["mark"]
    text = document["text"]
    if message["text"] is not None:
        at, gone, put = message["text"]
        units = text.encode("utf-16-le")
        text = (units[: 2 * at] + put.encode("utf-16-le") + units[2 * (at + gone) :]).decode(
            "utf-16-le"
        )
    board = {**document["board"], **message["board"]}
    for name in ("cards", "wires"):
        if name in message["board"]:
            board[name] = _list(document["board"][name], message["board"][name])
    facts = {key: value for key, value in message.items() if key != "since"}
    return {**document, **facts, "type": "document", "text": text, "board": board}


def _list(items: list[Message], change: Message) -> list[Message]:
    if "all" in change:
        return list(change["all"])
    other = {one["id"]: one for one in change.get("set", ())}
    gone = set(change.get("gone", ()))
    made = [{**one, **other.get(one["id"], {})} for one in items if one["id"] not in gone]
    if "order" in change:
        known = {one["id"]: one for one in [*made, *(item for _, item in change.get("put", ()))]}
        return [known[name] for name in change["order"]]
    for at, item in change.get("put", ()):
        made.insert(at, item)
    return made
