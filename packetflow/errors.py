"""Every error PacketFlow raises on purpose.

Each one carries its facts as attributes, a stable ``code`` for the wire, and a message that says
what failed, where, and what to do about it.

```
PacketFlowError
  DeclarationError        a capability cannot be declared as written        (at import)
  CompositionError        a composition cannot be built or read             (when building)
    ContractError         its parts do not fit; carries the problems
    NoRoute               nothing known provides what was asked for
    SourceError           a file does not parse; carries line and column
    EditRefused           an edit cannot be done on a file's text
  RunError                an execution went wrong                           (when running)
    MissingInput          a needed value is not there
    WrongType             a value does not fit its declared type
    UnreadableInput       a text is no JSON, where its input wants some
    CapabilityFailed      the user's function raised
    TimedOut, CircuitOpen, QueueFull, PassesExhausted, NothingWon
    Cancelled             somebody stopped the execution
    Unanswered            an interrupted effect needs a person's decision
    RunnerLost            the process that ran it is gone; the execution can be resumed
    Superseded            a newer runner holds this execution's lease
    RunElsewhere          another living runner works on it; ask there
  StoreError              keeping or reading records failed
    JournalFull           the disk is full: nothing more is acknowledged
    JournalDamaged        a journal has bytes that are no record
    NewerWorkspace        another version of PacketFlow wrote this workspace
    OwnerGone             no process answers for the store
    QueryFailed           the SQL is wrong
  WorkspaceError          the workspace folder is missing, moved or unreadable
    WorkspaceGone         it was deleted while it was open
    UnknownName           no capability, pipeline or execution of that name
    AmbiguousName         several go by it, or it is too short to tell
    NoRunner              no runner answers for the workspace and none could be started
  WireError               a message is malformed or speaks another version
  LibraryError            a ready capability cannot do its work
  DrawingError            the parts of a drawing do not belong together
```

>>> print(UnknownName("capability", "fetsh", nearest=["fetch"]))
no capability is called 'fetsh'; did you mean 'fetch'?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar


def _rebuild(cls: type[PacketFlowError], message: str, facts: dict[str, Any]) -> PacketFlowError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(facts)
    return error


class PacketFlowError(Exception):
    """The root of the family: a message and its facts as attributes."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.__dict__.update(facts)

    @property
    def message(self) -> str:
        """The sentence shown to people."""
        return str(self.args[0]) if self.args else type(self).__name__

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))

    def _render_traceback_(self) -> list[str]:  # asked by IPython
        from packetflow.frames import in_a_cell

        return in_a_cell(self)


def did_you_mean(nearest: Iterable[str]) -> str:
    """Say the nearest names as a closing clause, or nothing.

    >>> did_you_mean(["fetch"])
    "; did you mean 'fetch'?"
    """
    names = list(nearest)
    return f"; did you mean {' or '.join(repr(name) for name in names)}?" if names else ""


class DeclarationError(PacketFlowError):
    """A capability cannot be declared as written."""

    code = "declaration"


class CompositionError(PacketFlowError):
    """A composition cannot be built or read."""

    code = "composition"


class ContractError(CompositionError):
    """The parts of a composition do not fit; ``problems`` says which and where."""

    code = "contract"

    def __init__(self, problems: Sequence[Any]) -> None:
        lines = [str(problem) for problem in problems]
        super().__init__(
            "\n".join(lines) or "the composition has problems", problems=tuple(problems)
        )


class NoRoute(CompositionError):
    """Nothing known provides what was asked for."""

    code = "no_route"

    def __init__(self, want: str, given: Iterable[str], nearest: Sequence[str] = ()) -> None:
        known = sorted(given)
        text = f"no way to make {want!r} from {known}"
        if nearest:
            text += "".join(f"\n  - {miss}" for miss in nearest)
        else:
            text += "; declare a capability that provides it"
        super().__init__(text, want=want, given=tuple(known), nearest=tuple(nearest))


class SourceError(CompositionError):
    """A composition's text does not parse or has an unknown key; lines and columns count from 1.

    When several things are wrong, the first is raised and ``others`` holds the rest.
    """

    code = "source"
    others: tuple[SourceError, ...] = ()

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        place = f"{file or 'line'}{':' if file else ' '}{line}" if line else file
        super().__init__(
            f"{place}: {message}" if place else message, file=file, line=line, column=column
        )


class EditRefused(CompositionError):
    """An edit cannot be done on a file's text, which stays as it was."""

    code = "edit"


class RunError(PacketFlowError):
    """An execution went wrong."""

    code = "run"


class MissingInput(RunError):
    """A needed value is not there."""

    code = "missing_input"

    def __init__(self, names: Sequence[str], where: str, nearest: Sequence[str] = ()) -> None:
        listed = ", ".join(repr(name) for name in names)
        super().__init__(
            f"{where} needs {listed}, which nobody gave{did_you_mean(nearest)}",
            names=tuple(names),
            where=where,
        )


class WrongType(RunError):
    """A value does not fit its declared type."""

    code = "wrong_type"

    def __init__(self, name: str, where: str, reason: str) -> None:
        super().__init__(f"{where}: {name!r} {reason}", name=name, where=where, reason=reason)


class UnreadableInput(RunError):
    """A text should be JSON, by the type of its input, and is none."""

    code = "unreadable_input"

    def __init__(self, name: str, wanted: str, reason: str) -> None:
        super().__init__(
            f"input {name!r} wants {wanted}, written as JSON: {reason}", name=name, wanted=wanted
        )


class CapabilityFailed(RunError):
    """The user's function raised; the cause is chained."""

    code = "capability_failed"

    def __init__(self, step: str, cause_type: str, cause: str) -> None:
        said = f"step {step!r} failed: {cause_type}: {cause}"
        super().__init__(said, step=step, error_type=cause_type, error=cause)


class TimedOut(RunError, TimeoutError):
    """A step took longer than its time limit."""

    code = "timed_out"

    def __init__(self, step: str, seconds: float, *, waited: bool = False) -> None:
        said = f"took more than {seconds:g} s; raise its timeout or make it faster"
        if waited:
            said = f"waited {seconds:g} s; give it a longer `within`, or an `otherwise`"
        super().__init__(f"step {step!r} {said}", step=step, seconds=seconds)


class CircuitOpen(RunError):
    """A breaker refuses calls after repeated failures."""

    code = "circuit_open"

    def __init__(self, step: str, retry_in_seconds: float) -> None:
        super().__init__(
            f"step {step!r} failed too often and is paused; next try in {retry_in_seconds:.1f} s",
            step=step,
            retry_in_seconds=retry_in_seconds,
        )


class QueueFull(RunError):
    """A bulkhead's waiting room is full."""

    code = "queue_full"

    def __init__(self, step: str, at_once: int, waiting: int) -> None:
        super().__init__(
            f"step {step!r} already runs {at_once} times with {waiting} waiting; try again later "
            "or raise its limits",
            step=step,
            at_once=at_once,
            waiting=waiting,
        )


class PassesExhausted(RunError):
    """A loop reached its bound before its condition held."""

    code = "passes_exhausted"

    def __init__(self, step: str, passes: int, until: str) -> None:
        super().__init__(
            f"loop {step!r} ended after {passes} passes although {until!r} does not hold; "
            "raise at_most or mend the condition",
            step=step,
            passes=passes,
        )


class NothingWon(RunError):
    """Every alternative of a race failed."""

    code = "nothing_won"


class Cancelled(RunError):
    """Somebody stopped the execution."""

    code = "cancelled"


class Unanswered(RunError):
    """An effect was interrupted and only a person can say whether to do it again."""

    code = "unanswered"


class RunnerLost(RunError):
    """The process that ran the execution is gone; the execution can be resumed."""

    code = "runner_lost"


class Superseded(RunError):
    """A newer runner holds the lease of this execution, so this one may not write."""

    code = "superseded"


class RunElsewhere(RunError):
    """Another living runner works on the execution; ``runner`` is its id."""

    code = "run_elsewhere"

    def __init__(self, execution_id: str, runner: str) -> None:
        super().__init__(
            f"execution {execution_id} is running in another process (runner {runner})",
            execution_id=execution_id,
            runner=runner,
        )


class StoreError(PacketFlowError):
    """Keeping or reading records failed."""

    code = "store"


class JournalFull(StoreError):
    """The disk is full: the step's result could not be kept, so the run stops here."""

    code = "journal_full"


class JournalDamaged(StoreError):
    """A journal has bytes that are no record."""

    code = "journal_damaged"


class NewerWorkspace(StoreError):
    """Another, newer version of PacketFlow wrote this workspace."""

    code = "newer_workspace"


class OwnerGone(StoreError):
    """No process answers for the store and none could be started."""

    code = "owner_gone"


class QueryFailed(StoreError):
    """The SQL is wrong, or asks for what is not there."""

    code = "query_failed"


class WorkspaceError(PacketFlowError):
    """The workspace folder is missing, moved or unreadable."""

    code = "workspace"


class WorkspaceGone(WorkspaceError):
    """The workspace folder was deleted while it was open."""

    code = "workspace_gone"

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} was deleted while it was open; open it anew", path=str(path))


class UnknownName(WorkspaceError):
    """No capability, pipeline or execution of that name."""

    code = "unknown_name"

    def __init__(self, kind: str, name: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(
            f"no {kind} is called {name!r}{did_you_mean(nearest)}",
            kind=kind,
            name=name,
            nearest=tuple(nearest),
        )


class AmbiguousName(WorkspaceError):
    """Several go by a shortened name, or it is too short to tell; ``matches`` holds some."""

    code = "ambiguous_name"

    def __init__(self, kind: str, name: str, matches: Sequence[str], mend: str) -> None:
        listed = f" ({', '.join(matches)})" if matches else ""
        super().__init__(
            f"{name!r} does not tell one {kind} from others{listed}; {mend}",
            kind=kind,
            name=name,
            matches=tuple(matches),
        )


class NoRunner(WorkspaceError):
    """No runner answers for the workspace and none could be started."""

    code = "no_runner"


class WireError(PacketFlowError):
    """A message is malformed or speaks another version of the protocol."""

    code = "wire"


class LibraryError(PacketFlowError):
    """A ready capability cannot do its work; the message says which input to change."""

    code = "library"


class DrawingError(PacketFlowError):
    """The parts of a drawing do not belong together."""

    code = "drawing"
