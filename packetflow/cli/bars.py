"""Spans as bars of a timeline, in text."""

from __future__ import annotations

from collections.abc import Sequence

from packetflow.cli.progress import place
from packetflow.show import Bar

EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588"
FULL = "\u2588"
DOT = "\u00b7"
MOST_SPANS = 60


def bar(begin: float, end: float, width: int) -> str:
    """A bar from one share of the line to another, at least an eighth of a cell long.

    >>> bar(0.25, 0.75, 8), bar(0.5, 0.5, 4)
    ('  ████  ', '  ▏ ')
    """
    first = min(int(begin * width * 8), width * 8 - 1)
    last = max(min(round(end * width * 8), width * 8), first + 1)
    left, right = first // 8, last // 8
    if left == right:
        inner = EIGHTHS[max(1, last - left * 8)]
        return " " * left + inner + " " * (width - left - 1)
    tail = EIGHTHS[last - right * 8] if last % 8 else ""
    drawn = " " * left + FULL * (right - left) + tail
    return drawn.ljust(width)[:width]


def timeline(bars: Sequence[Bar], width: int) -> list[tuple[str, str, str, str]]:
    """Lay the spans of an execution on one line of time.

    Args:
        bars: In the order they are to be told.
        width: How many characters a bar has.

    Returns:
        For each: where, its bar with waiting as dots, how long, how it ended. Spans inside others
        are indented.
    """
    if not bars:
        return []
    zero = min(one.began for one in bars)
    total = max(one.ended for one in bars) - zero or 1e-9
    depth: dict[int | str | None, int] = {}
    lines = []
    for one in bars:
        depth[one.id] = depth.get(one.parent, -1) + 1
        again = f" #{one.attempt}" if one.attempt > 1 else ""
        where = f"{'  ' * depth[one.id]}{place(one.name, one.path)}{again}"
        status = one.status if one.took is None else "taken over"
        lines.append((where, _drawn(one, zero, total, width), _lengths(one), status))
    return lines


def _drawn(one: Bar, zero: float, total: float, width: int) -> str:
    """The bar of a span; where it waited it has dots."""
    waits = [(one.started, one.ended)] if one.waits else one.waited
    drawn = " " * width
    for stretches, is_work in ((waits, False), (one.worked, True)):
        for begin, end in stretches:
            solid = bar((begin - zero) / total, (end - zero) / total, width)
            over = (now if is_work else DOT for now in solid)
            drawn = "".join(
                before if now == " " else new
                for before, now, new in zip(drawn, solid, over, strict=True)
            )
    return drawn


def _lengths(one: Bar) -> str:
    if one.took is not None:
        return milliseconds(one.took)
    waited = sum(end - start for start, end in one.waited)
    if not waited:
        return milliseconds(one.seconds)
    worked = sum(end - start for start, end in one.worked)
    return f"{milliseconds(worked)}, waited {milliseconds(waited)}"


def milliseconds(seconds: float) -> str:
    """How long a span took.

    >>> milliseconds(0.0025), milliseconds(12)
    ('2.50 ms', '12.00 s')
    """
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
