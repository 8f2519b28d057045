"""What a composition calls, in which form: kept with each run, compared when it is resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packetflow.capabilities.code import differs
from packetflow.composition.codec_document import document
from packetflow.composition.concealing import concealed
from packetflow.composition.steps import Call, Pipeline, Step, Unknown, Use
from packetflow.composition.walk import walk

Form: TypeAlias = tuple[str, ...]
"""Of a capability: version, digest of the contract, digest of the code. Of a pipeline: version,
digest of its text."""

Calls: TypeAlias = Mapping[str, Form]
"""By ``use NAME`` and ``call NAME``."""


def calls_of(step: Step) -> dict[str, Form]:
    """The form of everything called, directly and in the pipelines called."""
    found: dict[str, Form] = {}
    stack = [step]
    while stack:
        for part in walk(stack.pop()):
            if isinstance(part, Use) and not isinstance(part.capability, Unknown):
                said = part.capability.declaration
                found[f"use {said.name}"] = said.form
            elif isinstance(part, Call) and not isinstance(part.pipeline, Unknown):
                called = part.pipeline
                if f"call {called.name}" not in found:
                    found[f"call {called.name}"] = (str(called.version), _digest(called))
                    stack.append(called.step)
    return found


def _digest(pipeline: Pipeline) -> str:
    text = json.dumps(document(concealed(pipeline)), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Change:
    """Something called that is no longer what it was.

    Attributes:
        kind: ``use`` (a capability) or ``call`` (a pipeline).
        name: Its name.
        then: Its form then.
        now: Its form now.
    """

    kind: str
    name: str
    then: Form
    now: Form

    def __str__(self) -> str:
        what = f"{'pipeline' if self.kind == 'call' else 'capability'} {self.name!r}"
        if self.then[0] != self.now[0]:
            return f"{what} (version {self.then[0]}, now {self.now[0]})"
        if self.kind == "call":
            return what
        part = "contract" if self.then[1] != self.now[1] else "code"
        return f"the {part} of {what}"


def changes(then: Calls, now: Calls) -> list[Change]:
    """What has changed of that which both know; what is gone is for the check to say."""
    found = []
    for key, before in then.items():
        after = now.get(key)
        if after is None or after == before:
            continue
        kind, _, name = key.partition(" ")
        if kind == "call" or before[:2] != after[:2] or differs(before[2], after[2]):
            found.append(Change(kind, name, before, after))
    return found
