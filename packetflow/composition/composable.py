"""The operators and methods that every composable value has: capabilities, steps."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from packetflow.capabilities.calling import shows_how
from packetflow.errors import CompositionError

if TYPE_CHECKING:
    import networkx as nx

    from packetflow.capabilities.contract import Contract
    from packetflow.composition.check import Problem
    from packetflow.composition.infer import Flow
    from packetflow.composition.policies import Duration
    from packetflow.composition.steps import Fallback, Guarded, Parallel, Pipeline, Sequence, Step


class Joinable:
    """What can stand beside an operator: capabilities, steps, pipelines.

    ``a >> b`` then, ``a & b`` both at once, ``a | b`` b if a fails. They are associative; ``>>``
    binds tighter than ``&``, and ``&`` tighter than ``|``.
    """

    def __rshift__(self, other: Joinable) -> Sequence:
        from packetflow.composition.build import then

        return then(self, other)

    def __and__(self, other: Joinable) -> Parallel:
        from packetflow.composition.build import parallel

        return parallel(self, other)

    def __or__(self, other: Joinable) -> Fallback:
        from packetflow.composition.build import fallback

        return fallback(self, other)

    def __rrshift__(self, other: object) -> NoReturn:
        _refuse(other)

    def __rand__(self, other: object) -> NoReturn:
        _refuse(other)

    def __ror__(self, other: object) -> NoReturn:
        _refuse(other)


def _refuse(other: object) -> NoReturn:
    """Say what is wrong with something left of an operator that has none itself."""
    from packetflow.composition.build import as_step

    as_step(other)  # type: ignore[arg-type]  # it raises: whatever is a step has the operators
    raise AssertionError(other)


class Composable(Joinable):
    """Mix-in of everything that can stand in a composition, with the methods that change it."""

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

    @shows_how("fetch.retry(3, on=OSError); on=Exception is every failure")
    def retry(
        self,
        attempts: int,
        *,
        on: type[BaseException] | str | Iterable[type[BaseException] | str],
        wait: Duration = 0.1,
        factor: float = 2.0,
        max_wait: Duration = 5.0,
        jitter: Duration = 0.1,
        total: Duration | None = 60.0,
    ) -> Guarded:
        """Try up to *attempts* times when one of the exceptions *on* is raised.

        *on* has no default: which failures are worth another try, only you know. Times are
        seconds, a timedelta, or text such as ``10 min``; no try begins once *total* is over.

        Raises:
            CompositionError: A value makes no sense, or no exception is called that.
        """
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Retry, exception_names, seconds

        policy = Retry(
            attempts,
            exception_names(on),
            seconds(wait, "retry: wait"),
            factor,
            seconds(max_wait, "retry: max_wait"),
            seconds(jitter, "retry: jitter"),
            None if total is None else seconds(total, "retry: total"),
        )
        return guarded(self, policy)

    @shows_how("fetch.timeout(10)")
    def timeout(self, limit: Duration) -> Guarded:
        """Fail when it takes longer than *limit*: seconds, a timedelta, or text (``10 min``)."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Timeout, seconds

        return guarded(self, Timeout(seconds(limit, "timeout")))

    @shows_how("fetch.breaker(5, reset=30)")
    def breaker(self, failures: int = 5, *, reset: Duration = 30.0) -> Guarded:
        """Refuse calls after *failures* failures in a row, and try again after *reset*."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Breaker, seconds

        return guarded(self, Breaker(failures, seconds(reset, "breaker: reset")))

    @shows_how("fetch.rate_limit(10, per=1)")
    def rate_limit(self, calls: int, *, per: Duration = 1.0) -> Guarded:
        """Start at most *calls* times in the period *per*."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import RateLimit, seconds

        return guarded(self, RateLimit(calls, seconds(per, "rate_limit: per")))

    @shows_how("fetch.cache('1 h', max_entries=500)")
    def cache(self, ttl: Duration | None = None, *, max_entries: int = 1024) -> Guarded:
        """Reuse the outputs for equal inputs, for *ttl* or for ever."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Cache, seconds

        return guarded(
            self, Cache(None if ttl is None else seconds(ttl, "cache: ttl"), max_entries)
        )

    @shows_how("fetch.hedge(0.5, at_most=2)")
    def hedge(self, after: Duration, *, at_most: int = 2) -> Guarded:
        """Start once more when there is no answer *after* that long; the first answer wins."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Hedge, seconds

        return guarded(self, Hedge(seconds(after, "hedge: after"), at_most))

    @shows_how("fetch.bulkhead(4, waiting=10)")
    def bulkhead(self, at_once: int, *, waiting: int = 1_000_000) -> Guarded:
        """Run at most *at_once* at the same time, with *waiting* more in line."""
        from packetflow.composition.build import guarded
        from packetflow.composition.policies import Bulkhead

        return guarded(self, Bulkhead(at_once, waiting))

    @shows_how("fetch.reading(url='address')")
    def reading(self, **names: str | None) -> Step:
        """Take inputs from other names (``None``: the default): ``reading(text="body")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, reads=names)

    def writing(self, *kept: str, **names: str) -> Step:
        """Keep only these outputs, under other names where given: ``writing(tone="mood")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, writes=dict.fromkeys(kept, None) | names)

    @shows_how("fetch.setting(url='example.org')")
    def setting(self, **values: Any) -> Step:
        """Fix inputs to values: ``summarize.setting(language="de")``."""
        from packetflow.composition.build import rejoined

        return rejoined(self, values=values)

    @shows_how("fetch.called('first')")
    def called(self, step_id: str) -> Step:
        """Give the step an id of your own."""
        from packetflow.composition.walk import with_id

        return with_id(self.as_step(), step_id)

    def check(self, *, given: Iterable[str] | None = None) -> list[Problem]:
        """Everything that does not fit; with *given*, also what is missing from those names."""
        from packetflow.composition.check import check

        return check(self.as_step(), given=given)

    @shows_how("flow.saved_as('digest', intent='Digest a page')")
    def saved_as(self, name: str, **said: Any) -> Pipeline:
        """Make it a pipeline: a name, and what else `Pipeline` takes."""
        from packetflow.composition.build import pipeline

        return pipeline(name, self, **said)

    def edit(self, workspace: object) -> NoReturn:  # noqa: ARG002 - a pipeline's takes one
        """Edit it on a canvas, which wants a name for it.

        Raises:
            CompositionError: It has none.
        """
        raise CompositionError(
            "a composition is edited under a name: flow.saved_as('my_flow').edit(ws)"
        )

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
