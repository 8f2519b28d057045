"""What pipelines call, read from their files, and what in them needs this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packetflow.capabilities.contract import MISSING
from packetflow.composition.codec import load, step_lines
from packetflow.composition.edit import apply
from packetflow.composition.policies import Retry
from packetflow.composition.steps import Call, Guarded, Pipeline, Use, Wait
from packetflow.composition.walk import label, walk
from packetflow.errors import CompositionError, SourceError
from packetflow.mcp.export.literals import Told
from packetflow.mcp.export.reasons import Reason


@dataclass(frozen=True)
class Flow:
    """A pipeline that travels.

    Attributes:
        name: Its name.
        path: Its file in the workspace.
        text: The file's text.
        capabilities: Names of the capabilities it uses, with the lines.
        pipelines: Names of the pipelines it calls, with the lines.
        texts: Fixed values and defaults that may be paths.
        reasons: What in it needs this machine.
    """

    name: str
    path: str
    text: str
    capabilities: dict[str, int]
    pipelines: dict[str, int]
    texts: tuple[Told, ...] = ()
    reasons: tuple[Reason, ...] = ()


def read_flow(folder: Path, name: str, *, exposed: bool) -> Flow | Reason | None:
    """Read a pipeline's file; nothing of what it calls is looked up.

    Args:
        folder: The workspace.
        name: Its name.
        exposed: Whether it stays a tool; else its text will not say so any more.

    Returns:
        ``None`` where there is no such file: then it is built in Python, or nowhere.
    """
    path = f"pipelines/{name}.yaml"
    try:
        text = (folder / path).read_text("utf-8")
        pipeline = load(text, _nothing, file=path)
        if pipeline.exposed and not exposed:
            text = apply(text, {"op": "header", "field": "exposed", "value": None}).text
    except FileNotFoundError:
        return None
    except SourceError as error:
        return Reason(path, error.__dict__.get("line", 0), error.message, "mend it")
    except (OSError, UnicodeDecodeError, CompositionError) as error:
        return Reason(path, 0, f"cannot be read: {error}", "mend it")
    return flow_of(pipeline, path, text)


def _nothing(kind: str, name: str) -> None:  # noqa: ARG001 - nobody's code is looked up
    return None


def flow_of(pipeline: Pipeline, path: str, text: str) -> Flow:
    """What a pipeline calls and says; *text* is how it is written."""
    lines = step_lines(text)
    capabilities: dict[str, int] = {}
    pipelines: dict[str, int] = {}
    texts = [
        told
        for port in pipeline.inputs.values()
        if port.default is not MISSING
        for told in _texts(port.default, 1)
    ]
    reasons = []
    for step in walk(pipeline.step):
        line = lines.get(label(step), 1)
        if isinstance(step, Use):
            capabilities.setdefault(step.capability.name, line)
        elif isinstance(step, Call):
            pipelines.setdefault(step.pipeline.name, line)
        elif isinstance(step, Wait) and not step.question:
            what = f"waits for the event {step.event!r}, which nobody sends on another machine"
            do = "ask the caller with `approve:` instead, or take the answer as an input"
            reasons.append(Reason(path, line, what, do))
        elif isinstance(step, Guarded) and isinstance(step.policy, Retry):
            lost = [kind for kind in step.policy.on if kind.startswith("__main__:")]
            reasons += [_unmatched(kind, path, line) for kind in lost]
        if isinstance(step, (Use, Call)):
            texts += [told for value in step.values.values() for told in _texts(value, line)]
    return Flow(pipeline.name, path, text, capabilities, pipelines, tuple(texts), tuple(reasons))


def _unmatched(kind: str, path: str, line: int) -> Reason:
    shown = kind.rpartition(":")[2]
    what = f"retries on {kind}, a class of a session, which is called otherwise in a file"
    return Reason(path, line, what, f"let {shown} derive from an error of Python's and name that")


def _texts(value: object, line: int) -> Iterator[Told]:
    """The texts in a value."""
    if isinstance(value, str) and value and "\n" not in value:
        yield Told(line, value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one, line)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, line)
