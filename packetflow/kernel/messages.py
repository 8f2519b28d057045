"""The messages between a runner and its clients, protocol 1, as one closed union.

A client opens with `Hello` and is answered by `Welcome`. Every later request carries an ``id`` of
the client's choosing, which its answers repeat; many requests may be under way at once. A request
that cannot be done is answered by `Refused`. `packetflow.kernel.wire` turns messages into bytes.

Fields are only ever added, with a default: an older reader ignores them.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Description, Happening, Listing, Outcome

PROTOCOL: Final = 1
"""The version spoken here; it stands in every message's first bytes."""

TAG: Final = "type"


class Hello(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="hello"):
    """A client says who it is; ``token`` stands in the runner's file, ``role`` is for the log."""

    token: str
    role: str = ""
    protocol: int = PROTOCOL


class CapabilityDiscovery(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="capability_discovery"
):
    """Ask what there is; ``limit`` 0 means all. Answered by `CapabilityListing`."""

    id: str
    query: str = ""
    limit: int = 0


class CapabilityRequest(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="capability_request"
):
    """Run a capability or a pipeline.

    Answered by `RunAccepted`; then, if ``follow``, by `RunEvent` messages and one
    `CapabilityResponse`, which alone answers when it is over by then and there is nothing else to
    tell. ``source`` is the YAML text of a pipeline that is not saved; then
    ``name`` may be empty. ``execution_id`` is the client's choice, so that it knows what to resume
    even if the runner dies before it answers. ``reuse`` names steps that do not run: by step id,
    the execution whose values they take (see `packetflow.workspace.taken`). With ``quiet``, steps
    are told only from when it waits for somebody on; log lines, waits and the end always.
    """

    id: str
    name: str = ""
    inputs: dict[str, Any] = {}
    trigger: str = "python"
    user: str | None = None
    agent: str | None = None
    tags: dict[str, str] = {}
    follow: bool = True
    source: str | None = None
    execution_id: str | None = None
    reuse: dict[str, str] = {}
    quiet: bool = False


class Describe(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="describe"):
    """Ask all about one pipeline or capability, by name or as YAML text; see `Described`."""

    id: str
    name: str = ""
    source: str | None = None


class DrawBoard(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="draw_board"):
    """Ask for the board of a pipeline's YAML text; answered by `BoardDrawn`.

    ``looks`` is the text of a view file. ``places`` says where cards stood that nobody placed, and
    ``sizes`` how large cards were measured, both in pixels by step id; ``parents`` says in which
    card they stood then.
    """

    id: str
    source: str
    looks: str = ""
    places: dict[str, tuple[float, float]] = {}
    sizes: dict[str, tuple[float, float]] = {}
    parents: dict[str, str] = {}


class SearchPalette(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="search_palette"
):
    """Ask for capabilities and pipelines to put in; answered by `PaletteFound`.

    With a ``kind``, the id of a type on a board, only those are meant that have an input (``side``
    is ``input``) or an output into which, or from which, a value of that type may flow.
    """

    id: str
    text: str = ""
    kind: str = ""
    side: str = ""
    limit: int = 50


class Follow(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="follow"):
    """Ask for the events of an execution from now on; answered as a followed request is."""

    id: str
    execution_id: str


class CancelRun(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="cancel_run"):
    """Stop an execution. `Done` tells whether it was under way."""

    id: str
    execution_id: str
    reason: str = "cancelled"


class ResumeRun(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="resume_run"):
    """Take up an interrupted execution; answered as a `CapabilityRequest` is."""

    id: str
    execution_id: str
    follow: bool = True


class ForkRun(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="fork_run"):
    """Run an execution again from a step on, with some inputs changed, as a new execution.

    What does not follow from that is taken over; with ``anew`` nothing is.
    """

    id: str
    execution_id: str
    from_step: str = ""
    inputs: dict[str, Any] = {}
    follow: bool = True
    anew: bool = False


class AnswerStep(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="answer_step"):
    """Answer what a step waits for, or asks a person. Answered by `Done`."""

    id: str
    execution_id: str
    step: str
    path: list[int] = []
    value: Any = None


class EmitEvent(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="emit_event"):
    """Send a named event; the same ``event_id`` again is no new event.

    `Done` tells how many executions took it.
    """

    id: str
    event: str
    payload: dict[str, Any] = {}
    key: str = ""
    event_id: str = ""


class Reload(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="reload"):
    """Put a new runner in this one's place. `Done` names the new one once it is ready."""

    id: str


class Ping(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="ping"):
    """Ask whether the runner's loop turns; ``at`` comes back in the `Pong`."""

    id: str
    at: int = 0


class Welcome(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="welcome"):
    """The runner says who it is; its ``generation`` grows with every reload."""

    runner: str
    generation: int
    pid: int
    version: str
    protocol: int = PROTOCOL


class CapabilityListing(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="capability_listing"
):
    """What the workspace has."""

    id: str
    listing: Listing


class Described(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="described"):
    """All about one pipeline or capability."""

    id: str
    description: Description


class BoardDrawn(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="board_drawn"):
    """The board of a text."""

    id: str
    drawn: Drawn


class PaletteFound(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="palette_found"
):
    """A `packetflow.kernel.board.Palette`, as JSON."""

    id: str
    palette: bytes


class RunAccepted(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="run_accepted"
):
    """The execution has begun and its first record is kept."""

    id: str
    execution_id: str


class RunEvent(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="run_event"):
    """One event of a followed execution."""

    id: str
    event: Happening


class CapabilityResponse(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="capability_response"
):
    """How a followed execution ended; the last message of its id.

    ``dropped`` counts progress marks and partial outputs that were left out because this client
    read too slowly. Step events never are.
    """

    id: str
    outcome: Outcome
    dropped: int = 0


class Done(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="done"):
    """A request without an answer of its own was done."""

    id: str
    value: Any = None


class Pong(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="pong"):
    """The loop turns. ``under_way`` counts executions that this runner works on."""

    id: str
    at: int = 0
    under_way: int = 0


class Refused(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="refused"):
    """A request cannot be done.

    ``code`` is that of a `packetflow.errors` class, or ``moved``: a newer runner is in place, ask
    there. ``id`` is empty when the request could not be read.
    """

    id: str
    code: str
    message: str
    facts: dict[str, Any] = {}


Request: TypeAlias = (
    CapabilityDiscovery
    | CapabilityRequest
    | Describe
    | DrawBoard
    | SearchPalette
    | Follow
    | CancelRun
    | ResumeRun
    | ForkRun
    | AnswerStep
    | EmitEvent
    | Reload
    | Ping
)
"""What a client sends after its `Hello`."""

Answer: TypeAlias = (
    CapabilityListing
    | Described
    | BoardDrawn
    | PaletteFound
    | RunAccepted
    | RunEvent
    | CapabilityResponse
    | Done
    | Pong
    | Refused
)
"""What a runner sends after its `Welcome`."""

Message: TypeAlias = Hello | Welcome | Request | Answer
