"""What a capability touches besides its outputs.

The engine itself emits audits, counters, histograms and notifications, and reads from the rest
whether a step that was interrupted may simply run again.

>>> [str(effect) for effect in (Effect.reads("network"), Effect.audit("info"))]
['reads network', 'audit info']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from packetflow.capabilities.calling import shows_how
from packetflow.errors import DeclarationError

_NO_FACTS: Mapping[str, Any] = MappingProxyType({})


class Ambiguity(StrEnum):
    """What to do with a guarded effect that may or may not have happened."""

    ASK = "ask"
    AGAIN = "again"
    SKIP = "skip"
    RECONCILE = "reconcile"


class Safety(StrEnum):
    """How freely a step may be run again."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    GUARDED = "guarded"


@dataclass(frozen=True, slots=True)
class Effect:
    """One declared effect; make it with the class methods.

    Attributes:
        kind: ``reads``, ``writes``, ``audit``, ``counter``, ``histogram``, ``notify``, ``model``,
            ``memory``, ``calls`` or the name of a custom effect.
        target: What is touched (``network``, ``files``), the level of an audit, or the name of a
            metric, channel or provider.
        idempotent: For ``writes``: doing it twice is the same as doing it once.
        on_ambiguous: For ``writes`` that are not idempotent: what to do after an interruption.
        facts: Further facts of a custom effect.
    """

    kind: str
    target: str
    idempotent: bool = False
    on_ambiguous: Ambiguity = Ambiguity.ASK
    facts: Mapping[str, Any] = field(default_factory=lambda: _NO_FACTS, hash=False)

    @classmethod
    @shows_how("Effect.reads('network')", DeclarationError)
    def reads(cls, target: str) -> Effect:
        """It looks at something outside, and changes nothing."""
        return cls("reads", target, idempotent=True)

    @classmethod
    @shows_how("Effect.writes('payments')", DeclarationError)
    def writes(
        cls,
        target: str,
        *,
        idempotent: bool = False,
        on_ambiguous: Ambiguity | str = Ambiguity.ASK,
    ) -> Effect:
        """It changes something outside.

        Args:
            target: What it changes: ``files``, ``network``, ``payments``, ...
            idempotent: Doing it again with the same inputs changes nothing more.
            on_ambiguous: After an interruption in its midst: ``ask`` a person, do it ``again``,
                ``skip`` it, or ``reconcile`` with the capability's own function.

        Raises:
            DeclarationError: *on_ambiguous* is none of these.
        """
        try:
            answer = Ambiguity(on_ambiguous)
        except ValueError as error:
            words = ", ".join(repr(one.value) for one in Ambiguity)
            raise DeclarationError(
                f"Effect.writes: on_ambiguous is {on_ambiguous!r}; it must be one of {words}"
            ) from error
        return cls("writes", target, idempotent, answer)

    @classmethod
    def audit(cls, level: str = "info") -> Effect:
        """Each call leaves an audit line of that level."""
        return cls("audit", level)

    @classmethod
    @shows_how("Effect.counter('payments')", DeclarationError)
    def counter(cls, name: str) -> Effect:
        """Each call adds one to the counter."""
        return cls("counter", name)

    @classmethod
    @shows_how("Effect.histogram('fetch_seconds')", DeclarationError)
    def histogram(cls, name: str) -> Effect:
        """Each call records its seconds in the histogram."""
        return cls("histogram", name)

    @classmethod
    @shows_how("Effect.notify('team')", DeclarationError)
    def notify(cls, channel: str) -> Effect:
        """Each call sends a notification to the channel."""
        return cls("notify", channel)

    @classmethod
    def model(cls, provider: str = "") -> Effect:
        """It asks a language model (costs and tokens appear in its span)."""
        return cls("model", provider, idempotent=True)

    @classmethod
    def memory(cls, store: str) -> Effect:
        """It keeps something in an agent's memory."""
        return cls("memory", store, idempotent=True)

    @classmethod
    @shows_how("Effect.calls('find_*')", DeclarationError)
    def calls(cls, names: str) -> Effect:
        """It calls other capabilities or pipelines, chosen while it runs (`Context.call`).

        Each of those calls is a step of its own, with effects of its own, so this one may be run
        again: calls that are done are not made again.

        Args:
            names: A name, a pattern (``find_*``), or ``{tools}`` for the names and patterns that
                its input *tools* holds.
        """
        return cls("calls", names, idempotent=True)

    @classmethod
    def custom(cls, name: str, **facts: Any) -> Effect:
        """Anything else, for modules to see; it does not affect what may run again."""
        return cls(name, "", idempotent=True, facts=MappingProxyType(dict(facts)))

    def __str__(self) -> str:
        return f"{self.kind} {self.target}".rstrip()

    def __repr__(self) -> str:
        again = ", idempotent" if self.kind == "writes" and self.idempotent else ""
        asks = self.kind != "writes" or self.idempotent or self.on_ambiguous == Ambiguity.ASK
        return f"<effect {self}{again}{'' if asks else f', {self.on_ambiguous}'}>"


def safety(effects: tuple[Effect, ...]) -> Safety:
    """Tell from its effects how freely a step may run again.

    >>> safety((Effect.reads("network"),)), safety((Effect.writes("files"),))
    (<Safety.PURE: 'pure'>, <Safety.GUARDED: 'guarded'>)
    """
    writes = [effect for effect in effects if effect.kind == "writes"]
    if not writes:
        return Safety.PURE
    return Safety.IDEMPOTENT if all(effect.idempotent for effect in writes) else Safety.GUARDED
