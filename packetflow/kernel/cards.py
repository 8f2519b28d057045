"""What a runner tells about the things it holds, as plain values that need no user code to read.

A card describes a capability, a pipeline, a problem or a step for a screen, a form or an agent.
Cards travel inside `packetflow.kernel.messages`; fields are only ever added, with a default.
Schemas are JSON Schema objects as JSON text.
"""

from __future__ import annotations

from typing import Any

import msgspec


class PortCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One named value going in or coming out; ``type`` is written as in a signature."""

    name: str
    type: str = "Any"
    optional: bool = False
    default_repr: str = ""
    secret: bool = False
    help: str = ""


class CapabilityCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A capability as the catalog knows it.

    ``examples`` are inputs that work, as payloads (see `packetflow.kernel.records`); ``safety``
    says how freely a call may be repeated; ``line`` counts from 1 and is 0 where the source is not
    known. ``closed`` is what a disabled one is, and what to do about it, where somebody says so.
    """

    name: str
    intent: str = ""
    version: str = "1"
    enabled: bool = True
    help: str = ""
    requires_schema: str = "{}"
    provides_schema: str = "{}"
    requires: list[PortCard] = []
    provides: list[PortCard] = []
    effects: list[str] = []
    place: str = "thread"
    module: str = ""
    file: str = ""
    line: int = 0
    source: str = ""
    examples: list[dict[str, Any]] = []
    tags: list[str] = []
    safety: str = ""
    closed: str = ""


class FixCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mend: what to say on its button, and the edit operation that does it."""

    text: str
    operation: dict[str, Any] = {}


class ProblemCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that does not fit in a composition; see `packetflow.composition.problems`."""

    code: str
    step: str
    message: str
    name: str = ""
    severity: str = "error"
    fix: FixCard | None = None


class PipelineCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A saved pipeline; ``triggers`` say what starts it by itself, one text each.

    ``uses`` and ``calls`` name the capabilities and the pipelines in it, those included that its
    steps call while they run, as far as that is fixed; ``calls_any`` says that it is not. ``steps``
    counts those that a run ends, where that can be told before it; else it is 0.
    """

    name: str
    version: str = "1"
    intent: str = ""
    requires_schema: str = "{}"
    provides_schema: str = "{}"
    requires: list[PortCard] = []
    provides: list[PortCard] = []
    file: str = ""
    problems: list[ProblemCard] = []
    triggers: list[str] = []
    exposed: bool = False
    uses: list[str] = []
    calls: list[str] = []
    steps: int = 0
    calls_any: bool = False


class BrokenFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that cannot be loaded; its last good version may still serve."""

    file: str
    error: str
    line: int = 0
    using_last_good: bool = False


class StepCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a composition in reading order; ``depth`` is 0 for the outermost."""

    id: str
    kind: str
    name: str = ""
    depth: int = 0


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a workspace has.

    ``connections`` say of each external server whether it is connected: ``open``, ``failed`` or
    ``unused``.
    """

    capabilities: list[CapabilityCard] = []
    pipelines: list[PipelineCard] = []
    broken: list[BrokenFile] = []
    connections: dict[str, str] = {}


class Description(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pipeline, or a single capability, in full: contract, text, problems, pictures, steps.

    ``drawing`` is a `packetflow.show.Drawing` as JSON text, for pictures of one's own, such as one
    that shows how the steps of a run stand. Its nodes have the ids of the steps.
    """

    name: str
    yaml: str = ""
    version: str = ""
    intent: str = ""
    requires_schema: str = "{}"
    provides_schema: str = "{}"
    requires: list[PortCard] = []
    provides: list[PortCard] = []
    problems: list[ProblemCard] = []
    svg: str = ""
    mermaid: str = ""
    steps: list[StepCard] = []
    drawing: str = ""


class FailureCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an execution failed: the step, its item and pass indexes, and what it raised.

    ``code`` and ``facts`` are those of a PacketFlow error; another exception has neither.
    """

    step: str
    error_type: str
    message: str
    path: list[int] = []
    code: str = ""
    facts: dict[str, Any] = {}
    traceback: str = ""


class Happening(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of an execution under way.

    ``kind`` and what its ``body`` holds:

    - ``step_started``: ``attempt``
    - ``step_ended``: ``span_id, parent_span, kind, name, status, attempt, started, duration_ns,
      error_type, error, outputs``; large outputs are left out, the journal has them; of one that
      was taken over also ``took_ns``, how long it took then
    - ``progressed``: ``fraction, text``
    - ``partial``: ``value``
    - ``logged``: ``level, text``
    - ``waits``: ``event, key, deadline, question, choices, form``
    - ``answered``: nothing; a step that asked in the midst of its work goes on

    ``at`` is nanoseconds since 1970 UTC.
    """

    execution_id: str
    kind: str
    step: str = ""
    path: list[int] = []
    at: int = 0
    body: dict[str, Any] = {}


class WaitCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a step of an execution waits for: an event, or a person's answer to a question.

    ``form`` is what the answer looks like, a JSON Schema as text; ``deadline`` is nanoseconds since
    1970 UTC, 0 for none.
    """

    step: str
    path: list[int] = []
    event: str = ""
    question: str = ""
    choices: list[str] = []
    form: str = ""
    deadline: int = 0


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an execution ended (or that it was put aside, ``waiting``).

    ``outputs`` is a payload (see `packetflow.kernel.records`); ``seconds`` includes waiting;
    ``waits`` says what one that was put aside waits for.
    """

    execution_id: str
    status: str
    outputs: dict[str, Any] = {}
    failure: FailureCard | None = None
    seconds: float = 0.0
    waits: list[WaitCard] = []
