"""What to tell a person when something did not work: what, where, and the way out."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from pathlib import Path

from packetflow.errors import (
    Cancelled,
    ContractError,
    JournalFull,
    LibraryError,
    MissingInput,
    NewerWorkspace,
    NoRunner,
    OwnerGone,
    PacketFlowError,
    QueryFailed,
    RunElsewhere,
    RunError,
    RunnerLost,
    SourceError,
    UnknownName,
    WireError,
    WorkspaceError,
    WrongType,
)
from packetflow.kernel.ids import new_id

LOG = "studio.log"
LOG_LIMIT = 4 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Advice:
    """A box for a person.

    Attributes:
        title: What went wrong, in a few words.
        text: The facts, with the place.
        way_out: What to do now.
        is_final: Trying again leads nowhere.
    """

    title: str
    text: str
    way_out: str = ""
    is_final: bool = False


# the first class that fits counts, so leaves come before their parents
_SAYINGS: tuple[tuple[type[PacketFlowError], str, str], ...] = (
    (
        RunnerLost,
        "The runner was lost",
        "What was completed is kept. Open the run under Runs and press Resume.",
    ),
    (
        NoRunner,
        "No runner could be started",
        "The last lines of .packetflow/runner.log say why. Mend that, then press Try again.",
    ),
    (
        OwnerGone,
        "The store does not answer",
        (
            "Nothing is lost: the journals are on disk. Press Try again in a moment; "
            ".packetflow/owner.log says more."
        ),
    ),
    (JournalFull, "The disk is full", "Free some space, then resume the run under Runs."),
    (NewerWorkspace, "This workspace is newer than this PacketFlow", "Update PacketFlow."),
    (QueryFailed, "The store cannot answer that", "Change the filter and try again."),
    (MissingInput, "An input is missing", "Fill it in and run again."),
    (WrongType, "An input does not fit", "Correct it and run again."),
    (SourceError, "This file cannot be read", "Mend the line named above; it is read again then."),
    (ContractError, "The parts of this pipeline do not fit", "Mend the steps named above."),
    (LibraryError, "A ready capability cannot do its work", "Change the input named above."),
    (RunElsewhere, "Another runner works on this", "Wait until it is done, or stop it there."),
    (Cancelled, "The run was stopped", "Run it again, or resume it under Runs."),
    (RunError, "The run did not go well", "See the run under Runs."),
    (WireError, "That value cannot travel to the runner", "Give a plain value instead."),
    (WorkspaceError, "The workspace cannot be used", "Check the folder, then press Try again."),
)


def advise(error: PacketFlowError) -> Advice:
    """Put one of our errors into words for a person.

    >>> advise(UnknownName("pipeline", "tale", nearest=["table"])).title
    'Not found'
    """
    if isinstance(error, UnknownName):
        text = error.message.replace("no execution is called", "no run is called")
        way_out = "It may have been renamed or removed, or never been here: go back to the list."
        return Advice("Not found", sentence(text), way_out, is_final=True)
    for kind, title, way_out in _SAYINGS:
        if isinstance(error, kind):
            return Advice(title, sentence(error.message), way_out)
    return Advice("That did not work", sentence(error.message), "Try again.")


def sentence(text: str) -> str:
    """A message, which begins small and ends open, as a sentence.

    >>> sentence("no run is called 'x'"), sentence("did you mean it?")
    ("No run is called 'x'.", 'Did you mean it?')
    """
    end = "" if text.endswith((".", "?", "!", ":", "\u2026")) else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def apologise(error: BaseException, folder: Path) -> Advice:
    """Keep an error nobody expected in the studio's log, and say where to find it.

    Args:
        error: What was raised.
        folder: The workspace; the log is in its state folder.
    """
    reference = new_id()[-8:]
    text = "".join(traceback.format_exception(error))
    path = folder / ".packetflow" / LOG
    try:
        if path.parent.is_dir():
            if path.exists() and path.stat().st_size > LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
            with path.open("a", encoding="utf-8") as file:
                file.write(f"--- {reference}\n{text}\n")
    except OSError as failed:
        _log.warning("%s cannot be written: %s\n%s", path, failed, text)
    return Advice(
        "Sorry, this part of the page could not be shown",
        f"It is our mistake, not yours. It is kept as {reference} in .packetflow/{LOG}.",
        "The other pages work. Press Try again, or report it with that file.",
    )
