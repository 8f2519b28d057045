"""The operators and methods that every composable value has: capabilities, steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

    from packetflow.capabilities.contract import Contract
    from packetflow.composition.check import Problem
    from packetflow.composition.infer import Flow
    from packetflow.composition.steps import Fallback, Guarded, Parallel, Pipeline, Sequence, Step


class Composable:
    """Mix-in of everything that can stand in a composition.

    ``a >> b`` then, ``a & b`` both at once, ``a | b`` b if a fails. They are associative; ``>>``
    binds tighter than ``&``, and ``&`` tighter than ``|``.
    """

    def as_step(self) -> Step:
        """The step this stands for."""
        return self  # type: ignore[return-value]  # every other Composable is one of the kinds

    def __repr__(self) -> str:
        from packetflow.composition.formula import formula

        return f"<flow {formula(self.as_step())}>"

    @cached_property
    def flow(self) -> Flow:
        """The names it reads from outside and the names it makes, with what does not fit."""
        from packetflow.composition.infer import infer

        return infer(self.as_step())

    @cached_property
    def has_ids(self) -> bool:
        """True when every step inside that needs an id has one."""
        from packetflow.composition.walk import has_ids

        return has_ids(self.as_step())

    @property
    def contract(self) -> Contract:
        """What the whole requires from outside and provides."""
        return self.flow.contract

    def __rshift__(self, other: Composable | Pipeline) -> Sequence:
        from packetflow.composition.build import then

        return then(self, other)

    def __and__(self, other: Composable | Pipeline) -> Parallel:
        from packetflow.composition.build import parallel

        return parallel(self, other)

    def __or__(self, other: Composable | Pipeline) -> Fallback:
        from packetflow.composition.build import fallback

        return fallback(self, other)

    def retry(
        self,
        attempts: int,
        *,
        on: type[BaseException] | str | Iterable[type[BaseException] | str],
        wait: float | timedelta = 0.1,
        factor: float = 2.0,
        max_wait: float | timedelta = 5.0,
        jitter: float | timedelta = 0.1,
        total: float | timedelta | None = 60.0,
    ) -> Guarded:
        """Try up to *attempts* times when one of the exceptions *on* is raised."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Retry, exception_names, seconds

        limit = None if total is None else seconds(total)
        policy = Retry(
            attempts,
            exception_names(on),
            seconds(wait),
            factor,
            seconds(max_wait),
            seconds(jitter),
            limit,
        )
        return guarded(self, policy)

    def timeout(self, limit: float | timedelta) -> Guarded:
        """Fail when it takes longer than *limit* (seconds or a timedelta)."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Timeout, seconds

        return guarded(self, Timeout(seconds(limit)))

    def breaker(self, failures: int = 5, *, reset: float | timedelta = 30.0) -> Guarded:
        """Refuse calls after *failures* failures in a row, and try again after *reset*."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Breaker, seconds

        return guarded(self, Breaker(failures, seconds(reset)))

    def rate_limit(self, calls: int, *, per: float | timedelta = 1.0) -> Guarded:
        """Start at most *calls* times in the period *per*."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import RateLimit, seconds

        return guarded(self, RateLimit(calls, seconds(per)))

    def cache(self, ttl: float | timedelta | None = None, *, max_entries: int = 1024) -> Guarded:
        """Reuse the outputs for equal inputs, for *ttl* or for ever."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Cache, seconds

        return guarded(self, Cache(None if ttl is None else seconds(ttl), max_entries))

    def hedge(self, after: float | timedelta, *, at_most: int = 2) -> Guarded:
        """Start once more when there is no answer *after* that long; the first answer wins."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Hedge, seconds

        return guarded(self, Hedge(seconds(after), at_most))

    def bulkhead(self, at_once: int, *, waiting: int = 1_000_000) -> Guarded:
        """Run at most *at_once* at the same time, with *waiting* more in line."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Bulkhead

        return guarded(self, Bulkhead(at_once, waiting))

    def reading(self, **names: str | None) -> Step:
        """Take inputs from other names (``None``: the default): ``reading(text="body")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, reads=names)

    def writing(self, *kept: str, **names: str) -> Step:
        """Keep only these outputs, under other names where given: ``writing(tone="mood")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, writes=dict.fromkeys(kept, None) | names)

    def setting(self, **values: Any) -> Step:
        """Fix inputs to values: ``summarize.setting(language="de")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, values=values)

    def called(self, step_id: str) -> Step:
        """Give the step an id of your own."""
        from packetflow.composition.walk import with_id

        return with_id(self.as_step(), step_id)

    def check(self, *, given: Iterable[str] | None = None) -> list[Problem]:
        """Everything that does not fit; with *given*, also what is missing from those names."""
        from packetflow.composition.check import check

        return check(self.as_step(), given=given)

    def saved_as(self, name: str, **said: Any) -> Pipeline:
        """Make it a pipeline: a name, and what else `Pipeline` takes."""
        from packetflow.composition.build import pipeline

        return pipeline(name, self, **said)

    def to_svg(self) -> str:
        """Its picture, as an SVG element."""
        from packetflow.composition.draw import to_svg

        return to_svg(self.as_step())

    def to_mermaid(self) -> str:
        """Its picture, as Mermaid flowchart text."""
        from packetflow.composition.draw import to_mermaid

        return to_mermaid(self.as_step())

    def to_networkx(self) -> nx.DiGraph[str]:
        """Its picture, as a graph of networkx."""
        from packetflow.composition.draw import to_networkx

        return to_networkx(self.as_step())

    def _repr_html_(self) -> str:
        from packetflow.composition.draw import step_html

        return step_html(self.as_step())
