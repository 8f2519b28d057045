"""Words for what an edit did, as a history shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 60


def words_of(operations: Sequence[Mapping[str, Any]]) -> str:
    """Say what operations do, by the first that says most.

    >>> words_of([{"op": "insert", "step": {"use": "fetch"}}, {"op": "place", "at": {"fetch": []}}])
    'Add fetch'
    >>> words_of([{"op": "remove", "step": "a"}, {"op": "remove", "step": "b"}])
    'Remove 2 steps'
    """
    telling = [one for one in operations if one.get("op") != "place"] or list(operations)
    first = telling[0]
    kind = str(first.get("op"))
    same = sum(one.get("op") == kind for one in telling)
    many = {"remove": "Remove", "insert": "Add", "move": "Move"}
    text = f"{many[kind]} {same} steps" if same > 1 and kind in many else _words(kind, first)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"


def _words(kind: str, one: Mapping[str, Any]) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    step = one.get("step")
    match kind:
        case "insert":
            written = step if isinstance(step, Mapping) else {}
            said = written.get("use") or written.get("call") or next(iter(written), "a step")
            return f"Add {said}"
        case "remove":
            return f"Remove {step}"
        case "move":
            return f"Move {step}"
        case "set":
            return f"Set {one.get('field')} of {step}"
        case "rename":
            return f"Rename {step} to {one.get('to')}"
        case "header":
            return f"Set the pipeline's {one.get('field')}"
        case "read":
            return f"Wire {one.get('from')} to {step}"
        case "leave":
            return f"Take the wire from {one.get('input')} of {step}"
        case "after" | "not_after":
            return f"Change the order of {step}"
        case "wrap":
            return f"Wrap in {one.get('kind')}"
        case "pack":
            return f"Make {one.get('name')} of {len(one.get('steps') or ())} steps"
        case "unpack":
            return f"Unpack {step}"
        case "unwrap":
            return f"Unwrap {step}"
        case "guard":
            policy = one.get("policy")
            return f"Add {next(iter(policy), 'a policy') if policy else 'a policy'} to {step}"
        case "unguard":
            return f"Take a policy from {step}"
        case "kind":
            return f"Make {step} a {one.get('kind')}"
        case "text" | "replace":
            return "Edit the text"
        case "place":
            at = one.get("at") or {}
            return f"Move {next(iter(at))}" if len(at) == 1 else f"Move {len(at)} cards"
        case "arrange":
            return "Arrange"
        case "note":
            return f"Note beside {step}"
        case "pin":
            return f"Pin {step}" if one.get("ports") else f"Unpin {step}"
        case "paste":
            return f"Paste {len(one.get('steps') or ())} steps"
        case _:
            return kind
