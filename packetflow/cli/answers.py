"""A person's words as the answer that a waiting step wants."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.contract import Port, type_name
from packetflow.cli.inputs import by_type
from packetflow.cli.progress import place
from packetflow.composition.steps import Call, Pipeline, Step, Wait
from packetflow.composition.walk import find, walk
from packetflow.errors import CompositionError, RunError, UnknownName, WrongType
from packetflow.kernel.records import WaitStarted

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace


def fitting(ws: Workspace, wait: WaitStarted, text: str) -> Any:
    """Read an answer by what the step wants: one of its choices, else its type.

    Raises:
        WrongType: It does not fit; the message says what would.
    """
    words = text.strip()
    if wait.choices:
        for choice in wait.choices:
            if words.casefold() == choice.casefold():
                return choice
        said = f"is {words!r}; the choices are {', '.join(wait.choices)}"
        raise WrongType("answer", f"step {wait.step!r}", said)
    port = _port(ws, wait)
    if port is None:
        return _json_or_text(words)
    if port.type is bool and words.casefold() in {"yes", "no"}:
        return words.casefold() == "yes"
    try:
        return by_type(port, words)
    except WrongType as error:
        wanted = offered(ws, wait)
        said = f"is {words!r}; answer {wanted.replace('|', ' or ')}"
        raise WrongType("answer", f"step {wait.step!r}", said) from error


def offered(ws: Workspace, wait: WaitStarted) -> str:
    """What may be answered: the choices, ``yes|no``, or in brackets what kind of value."""
    if wait.choices:
        return "|".join(shlex.quote(choice) for choice in wait.choices)
    port = _port(ws, wait)
    if port is None or port.type is bool:
        return "yes|no" if port else "ANSWER"
    return "TEXT" if port.type is str else shlex.quote(f"<{type_name(port.type)}>")


def chosen(ws: Workspace, execution_id: str, step: str | None, at: str | None) -> WaitStarted:
    """The wait that is meant, among those of an execution.

    Raises:
        RunError: It waits for nobody, or for several and none is named.
        UnknownName: The step named does not wait.
    """
    waits = [wait for wait in ws.archive.story(execution_id).open_waits if wait.question]
    if not waits:
        raise RunError(f"execution {execution_id} asks nobody; `packetflow waiting` shows who does")
    named = [wait for wait in waits if step in {None, wait.step}]
    if not named:
        raise UnknownName("waiting step", str(step), [wait.step for wait in waits][:3])
    if at is not None:
        named = [wait for wait in named if ".".join(map(str, wait.path)) == at]
    if len(named) != 1:
        listed = ", ".join(place(wait.step, wait.path) for wait in waits)
        raise RunError(f"say which one is meant by its STEP (and --at): {listed}")
    return named[0]


def _json_or_text(words: str) -> Any:
    if words.casefold() in {"yes", "no"}:
        return words.casefold() == "yes"
    try:
        return json.loads(words)
    except ValueError:
        return words


def _port(ws: Workspace, wait: WaitStarted) -> Port | None:
    """The output that the answer becomes; ``None`` when a capability itself asked."""
    try:
        pipeline = ws.archive.definition(ws.archive.story(wait.execution_id))
    except CompositionError:
        return None
    step = None if pipeline is None else _found(pipeline.step, wait.step)
    if isinstance(step, Wait) and len(step.gives) == 1:
        return step.gives[0]
    return None


def _found(step: Step, wanted: str) -> Step | None:
    """The step of that id, also inside called pipelines (``call/step``)."""
    found = find(step, wanted)
    if found is not None:
        return found
    outer, _, inner = wanted.partition("/")
    for part in walk(step):
        if isinstance(part, Call) and part.id == outer and isinstance(part.pipeline, Pipeline):
            return _found(part.pipeline.step, inner)
    return None
