"""Spans as bars of a timeline, in text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from packetflow.cli.progress import place

EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588"
FULL = "\u2588"
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


def timeline(spans: Sequence[Mapping[str, Any]], width: int) -> list[tuple[str, str, str, str]]:
    """Lay spans on one line of time.

    Args:
        spans: Rows of the view ``spans``, in the order they began.
        width: How many characters a bar has.

    Returns:
        For each span: where, its bar, how long, how it ended. Spans inside others are indented.
    """
    if not spans:
        return []
    zero = min(span["started_at"] for span in spans)
    whole = max(_end(span) for span in spans) - zero
    total = whole.total_seconds() or 1e-9
    depth: dict[int, int] = {}
    lines = []
    for span in spans:
        depth[span["span_id"]] = depth.get(span["parent_span"], -1) + 1
        begin = (span["started_at"] - zero).total_seconds() / total
        end = (_end(span) - zero).total_seconds() / total
        indent = "  " * depth[span["span_id"]]
        again = f" #{span['attempt']}" if span["attempt"] > 1 else ""
        where = f"{indent}{place(span['step'], tuple(span['path']))}{again}"
        lines.append((where, bar(begin, end, width), milliseconds(span), span["status"]))
    return lines


def _end(span: Mapping[str, Any]) -> dt.datetime:
    moment: dt.datetime = span["started_at"] + dt.timedelta(microseconds=span["duration_ns"] / 1e3)
    return moment


def milliseconds(span: Mapping[str, Any]) -> str:
    """How long a span took."""
    took = span["duration_ns"] / 1e6
    return f"{took / 1000:.2f} s" if took >= 1000 else f"{took:.2f} ms"
