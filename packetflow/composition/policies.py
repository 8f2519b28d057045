"""Policies: what may be wrapped around a step. A closed union of plain values.

They are part of the tree, so they show in drawings, on the canvas and in spans. Seconds are
floats; exceptions are named (``OSError`` or ``module:Class``), so that a composition can be read
without importing anybody's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from numbers import Real
from typing import Final, TypeAlias

from packetflow.errors import CompositionError

_WORKSPACE: Final = re.compile(r"^packetflow_workspace(?:_[0-9a-z]+)?\.")


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after the exceptions named, with exponential backoff and jitter.

    The wait before try *n + 1* is ``min(max_wait, wait * factor**(n - 1) + uniform(0, jitter))``,
    as in the stamina library; no try starts once ``total`` seconds have passed.
    """

    attempts: int
    on: tuple[str, ...] = ("Exception",)
    wait_seconds: float = 0.1
    factor: float = 2.0
    max_wait_seconds: float = 5.0
    jitter_seconds: float = 0.1
    total_seconds: float | None = 60.0


@dataclass(frozen=True, slots=True)
class Timeout:
    """Fail a step that takes longer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Breaker:
    """After ``failures`` failures in a row refuse calls; after ``reset_seconds`` let one try.

    The state is shared by all executions of one runner that use the same step and settings.
    """

    failures: int = 5
    reset_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Start at most ``calls`` per ``per_seconds``, evenly; later ones wait their turn."""

    calls: int
    per_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Cache:
    """Give the same outputs for the same inputs, for ``ttl_seconds`` or for ever."""

    ttl_seconds: float | None = None
    max_entries: int = 1024


@dataclass(frozen=True, slots=True)
class Hedge:
    """Start the step once more when it is slow; the first answer wins, the others are cancelled."""

    after_seconds: float
    at_most: int = 2


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """Run at most ``at_once`` at the same time in this runner, with ``waiting`` more in line."""

    at_once: int
    waiting: int = 1_000_000


Duration: TypeAlias = "float | timedelta | str"
"""Seconds, a timedelta, or text such as ``10 min``, ``1 h 30 min`` or ``PT10M``."""

MOST_SECONDS: Final = 100 * 365.25 * 86_400.0
"""No time in a composition is longer than a hundred years; records do not hold just any."""

Policy: TypeAlias = Retry | Timeout | Breaker | RateLimit | Cache | Hedge | Bulkhead


def seconds(duration: Duration, what: str = "duration") -> float:
    """A duration as seconds.

    Args:
        duration: Seconds, a timedelta, or text as in a file.
        what: Whose it is; for messages.

    Raises:
        CompositionError: It is none of these.

    >>> seconds(timedelta(minutes=2)), seconds(3), seconds("1 h 30 min")
    (120.0, 3.0, 5400.0)
    """
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if isinstance(duration, str):
        from packetflow.composition.codec_values import duration as read

        try:
            return read(duration)
        except ValueError as error:
            raise CompositionError(f"{what}: {error}") from error
    if isinstance(duration, bool) or not isinstance(duration, Real):
        raise CompositionError(
            f"{what} is {duration!r}; write seconds (2.5), a timedelta, or text such as '10 min'"
        )
    return float(duration)


def exception_names(
    on: type[BaseException] | str | Iterable[type[BaseException] | str],
) -> tuple[str, ...]:
    """Name exceptions the way a composition keeps them.

    Raises:
        CompositionError: One is no exception, or nothing in Python is called that.

    >>> exception_names((OSError, "TimeoutError"))
    ('OSError', 'TimeoutError')
    """
    many = (on,) if isinstance(on, (str, type)) or not isinstance(on, Iterable) else tuple(on)
    return tuple(_named(one) for one in many)


def _named(one: object) -> str:
    from packetflow.composition.slips import unknown_exception

    if isinstance(one, type) and issubclass(one, BaseException):
        return exception_name(one)
    if not isinstance(one, str):
        raise CompositionError(
            f"retry: on is {one!r}; name exceptions, for example on=OSError or "
            "on=(OSError, TimeoutError)"
        )
    complaint = unknown_exception(one)
    if complaint is not None:
        raise CompositionError(f"retry never happens: {complaint}")
    return one


def exception_name(kind: type[BaseException]) -> str:
    """``OSError`` for builtins, ``module:Class`` for others.

    The module of a capability file is the file's name: under which package it is imported depends
    on where the workspace lies.
    """
    if kind.__module__ == "builtins":
        return kind.__name__
    return bare_name(f"{kind.__module__}:{kind.__qualname__}")


def bare_name(name: str) -> str:
    """An exception's name without the package of a workspace, as older files still hold it.

    >>> bare_name("packetflow_workspace_0a1b2c3d.shop:Busy"), bare_name("httpx:ReadTimeout")
    ('shop:Busy', 'httpx:ReadTimeout')
    """
    return _WORKSPACE.sub("", name)


def refuse_unusable(policy: Policy) -> None:
    """Check a policy's numbers.

    Raises:
        CompositionError: A number makes no sense, with the field and what to write.
    """
    match policy:
        case Retry(attempts=attempts, on=on, total_seconds=total):
            at_least(attempts, 1, "retry: attempts")
            if not on:
                raise CompositionError("retry: say on which exceptions, for example on: [OSError]")
            refuse_unusable_wait(policy.wait_seconds, "retry: wait")
            refuse_unusable_wait(policy.max_wait_seconds, "retry: max_wait")
            refuse_unusable_wait(policy.jitter_seconds, "retry: jitter")
            _positive(policy.factor, "retry: factor")
            if total is not None:
                _time(total, "retry: total")
        case Timeout(seconds=limit):
            _time(limit, "timeout")
        case Breaker(failures=failures, reset_seconds=reset):
            at_least(failures, 1, "breaker: failures")
            _time(reset, "breaker: reset_seconds")
        case RateLimit(calls=calls, per_seconds=per):
            at_least(calls, 1, "rate_limit: calls")
            _time(per, "rate_limit: per_seconds")
        case Cache(ttl_seconds=ttl, max_entries=entries):
            at_least(entries, 1, "cache: max_entries")
            if ttl is not None:
                _time(ttl, "cache: ttl_seconds")
        case Hedge(after_seconds=after, at_most=at_most):
            _time(after, "hedge: after_seconds")
            at_least(at_most, 2, "hedge: at_most")
        case Bulkhead(at_once=at_once, waiting=waiting):
            at_least(at_once, 1, "bulkhead: at_once")
            at_least(waiting, 0, "bulkhead: waiting")


def at_least(number: int, least: int, what: str) -> None:
    """Refuse a number that is not whole, or too small.

    Raises:
        CompositionError: It is.
    """
    if not isinstance(number, int) or isinstance(number, bool):
        raise CompositionError(f"{what} is {number!r}; it must be a whole number")
    if number < least:
        raise CompositionError(f"{what} is {number}; it must be at least {least}")


def _positive(number: float, what: str) -> None:
    if not isinstance(number, Real) or not number > 0:
        raise CompositionError(f"{what} is {number!r}; it must be more than 0")


def _time(number: float, what: str) -> None:
    _positive(number, what)
    if number > MOST_SECONDS:
        raise CompositionError(f"{what} is {number:g} s; it must be at most 100 years")


def refuse_unusable_wait(number: float, what: str) -> None:
    """Refuse a time to wait, in seconds, that nobody can mean.

    Raises:
        CompositionError: It is negative, no number, or longer than `MOST_SECONDS`.
    """
    if not number >= 0:
        raise CompositionError(f"{what} is {number!r}; it must be 0 or more")
    if number:
        _time(number, what)
