"""What a new run takes over of earlier ones, step by step, instead of running the steps again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from packetflow.engine.past import Past, Story
from packetflow.engine.reuse import LASTING
from packetflow.errors import RunError
from packetflow.workspace.pins import Pins

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace


def taken_over(wanted: Mapping[str, str], story_of: Callable[[str], Story], pins: Pins) -> Past:
    """What earlier executions completed of some steps, with all inside those.

    Args:
        wanted: By step id, the execution whose values count. A step that is pinned there is taken
            from the pin.
        story_of: Reads an execution.
        pins: Of the workspace.

    Raises:
        UnknownName: There is no such execution.
        RunError: Nothing of a step was kept.
    """
    past = Past()
    stories: dict[str, Story] = {}
    for step, execution in wanted.items():
        pinned = pins.restored(execution, step)
        if pinned is not None:
            past.done[step, ()] = pinned
            continue
        if execution not in stories:
            stories[execution] = story_of(execution)
        if not _take(past, stories[execution].past, step):
            raise RunError(
                f"nothing that step {step!r} made in execution {execution} was kept; run it again"
            )
    return past


def taken_for(workspace: Workspace, wanted: Mapping[str, str]) -> Past | None:
    """What a run in a workspace takes over; ``None`` when nothing is wanted. Raises as above."""
    if not wanted:
        return None
    return taken_over(wanted, workspace.archive.story, Pins(workspace.folder.path))


def _take(past: Past, earlier: Past, step: str) -> bool:
    def is_of(name: str) -> bool:
        return name == step or name.startswith(f"{step}/")

    found = {place: span for place, span in earlier.done.items() if is_of(place[0])}
    chosen = {
        key: made for key, made in earlier.decisions.items() if is_of(key[0]) and key[2] in LASTING
    }
    past.done.update(found)
    past.decisions.update(chosen)
    return bool(found or chosen)
