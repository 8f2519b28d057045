"""Whom a question is for, where that is no person: what stands in its form (see `Context.ask`)."""

from __future__ import annotations

from typing import Any, Final

OF: Final = "x-ask"
"""In a question's form: who is asked."""

MODEL: Final = "model"
ROOTS: Final = "roots"


def of_model(max_tokens: int) -> dict[str, Any]:
    """The form of a question to the caller's language model."""
    return {OF: MODEL, "max_tokens": max_tokens}
