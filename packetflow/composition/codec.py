"""The saved form of compositions: a file that a person can read and git can diff.

``load(dump(pipeline)) == pipeline`` for every pipeline whose steps have ids; dump gives the
missing ones. The format is on one page in ``docs/composition-file.md``.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from packetflow.capabilities.declaration import Declaration
from packetflow.composition.codec_document import document
from packetflow.composition.codec_emit import emit
from packetflow.composition.codec_json import PlainNode, parse_json
from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import Resolve, read_pipeline, read_places
from packetflow.composition.concealing import concealed
from packetflow.composition.steps import Call, Pipeline, Unknown, Use
from packetflow.composition.walk import step_id, walk
from packetflow.errors import CompositionError, SourceError

__all__ = ["Resolve", "definition_sha", "dump", "dump_json", "load", "load_json", "step_lines"]

_TOO_DEEP = "steps are nested too deep to be saved; put inner parts into pipelines of their own"


def load(text: str, resolve: Resolve, *, file: str = "") -> Pipeline:
    r"""Read a pipeline from YAML.

    Args:
        text: The file's text.
        resolve: Finds capabilities and pipelines by name; what it does not find becomes
            `Unknown`, which the check reports.
        file: The file's name, for messages.

    Returns:
        The pipeline; every step of it has an id.

    Raises:
        SourceError: The text does not parse, has unknown, repeated or missing keys, or values of
            a wrong type. Carries file, line and column; ``others`` holds further mistakes.

    >>> pipeline = load("pipeline: greet\nsteps: [{use: hello}]\n", lambda kind, name: None)
    >>> pipeline.step.id, pipeline.step.capability
    ('hello', Unknown(name='hello', kind='capability'))
    """
    return read_pipeline(parse_yaml(text, file), resolve, file)


def step_lines(text: str) -> dict[str, int]:
    r"""The line, from 1, where each step of a YAML file begins, by the step's id.

    Raises:
        SourceError: As `load`.

    >>> step_lines("pipeline: greet\nsteps:\n  - use: hello\n  - use: hello\n")
    {'hello': 3, 'hello_2': 4}
    """
    places = read_places(parse_yaml(text, ""))
    return {own: node.line for step, node in places if (own := step_id(step)) is not None}


def dump(pipeline: Pipeline) -> str:
    """Write a pipeline as YAML, with an id for every step.

    Raises:
        CompositionError: Something in it cannot be saved, with what to do.
    """
    try:
        return emit(document(pipeline))
    except RecursionError as error:
        raise CompositionError(_TOO_DEEP) from error


def load_json(text: str, resolve: Resolve, *, file: str = "") -> Pipeline:
    """Read a pipeline from JSON, which has the same keys as the YAML; see `load`."""
    return read_pipeline(parse_json(text, file), resolve, file)


def dump_compact(pipeline: Pipeline) -> str:
    """Write a pipeline for `load_compact`: small and quickly read, for machines only.

    Raises:
        CompositionError: Something in it cannot be saved, with what to do.
    """
    try:
        return json.dumps(
            document(pipeline), ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )
    except RecursionError as error:
        raise CompositionError(_TOO_DEEP) from error


def load_compact(text: str, resolve: Resolve, *, file: str = "") -> Pipeline:
    """Read what `dump_compact` wrote, ten times as fast as YAML; mistakes have no place.

    Raises:
        SourceError: It was not written by it, or by another version.
    """
    try:
        return read_pipeline(PlainNode(json.loads(text)), resolve, file)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"cannot be read: {error}", file=file, line=1, column=1) from error


def dump_json(pipeline: Pipeline) -> str:
    """Write a pipeline as JSON; see `dump`."""
    try:
        return json.dumps(document(pipeline), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    except RecursionError as error:
        raise CompositionError(_TOO_DEEP) from error


def definition_sha(pipeline: Pipeline) -> str:
    """A digest of what a pipeline does, by which a run finds whether it has changed.

    It covers the whole file and, for each capability and pipeline called, its version and
    contract, but no looks: positions and notes, comments, and the order of keys.

    Returns:
        64 hexadecimal digits, the same before saving and after loading.
    """
    try:
        facts = {"pipeline": document(concealed(pipeline)), "calls": _versions(pipeline)}
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except RecursionError as error:
        raise CompositionError(_TOO_DEEP) from error
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _versions(pipeline: Pipeline) -> dict[str, Any]:
    """Version and contract of everything called, directly and in the pipelines called."""
    versions: dict[str, Any] = {}
    declared: dict[str, Declaration] = {}
    stack = [pipeline]
    while stack:
        for part in walk(stack.pop().step):
            if isinstance(part, Use) and not isinstance(part.capability, Unknown):
                said = part.capability.declaration
                if declared.get(said.name) is not said:
                    declared[said.name] = said
                    versions[f"use {said.name}"] = [said.version, str(said.contract)]
            elif isinstance(part, Call) and not isinstance(part.pipeline, Unknown):
                called = part.pipeline
                if f"call {called.name}" not in versions:
                    versions[f"call {called.name}"] = document(concealed(called))
                    stack.append(called)
    return versions
