"""What a check finds: a place, a sentence, and where one exists a mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Code: TypeAlias = Literal[
    "missing_input",
    "maybe_missing",
    "wrong_type",
    "clashing_outputs",
    "reads_and_writes",
    "cycle",
    "unknown_capability",
    "unknown_pipeline",
    "unknown_name",
    "unknown_exception",
    "likely_slip",
    "unknown_step",
    "duplicate_id",
    "bad_condition",
    "unreachable",
    "unbounded",
    "unordered_effects",
    "guarded_twice",
    "waits_twice",
    "bad_schedule",
    "cached_effect",
    "secret_event",
    "empty",
    "promise",
    "recursion",
    "disabled",
]


@dataclass(frozen=True)
class Fix:
    """A mend: what to say on its button, and the edit operation that does it."""

    text: str
    operation: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit.

    Attributes:
        code: Which kind of problem.
        step: The id of the step where it shows, or what the step would be called.
        message: A sentence with what to do.
        name: The value's name it is about, if any.
        severity: An ``error`` keeps the composition from running; a ``warning`` does not.
        fix: A mend, where one exists.
    """

    code: Code
    step: str
    message: str
    name: str = ""
    severity: Literal["error", "warning"] = "error"
    fix: Fix | None = None

    def __str__(self) -> str:
        return f"{self.step}: {self.message}" if self.step else self.message

    def __repr__(self) -> str:
        return f"<{self.severity} {self.code}: {' '.join(str(self).split())}>"
