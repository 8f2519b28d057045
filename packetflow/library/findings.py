"""Say in a few sentences what a table shows: the words of a report.

Plain functions over a table and the results of `trends` and `outliers`; they answer Markdown. The
small tables below the words are in `packetflow.library.report_parts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from packetflow.library.columns import groups, moments, numbers
from packetflow.library.profiles import kind_of
from packetflow.library.relations import correlations
from packetflow.library.reports import shown
from packetflow.library.roles import measures
from packetflow.library.sentences import count, shortened
from packetflow.library.statistics import Outlier, Trend

if TYPE_CHECKING:
    from packetflow.library.columns import Numbers

_MOST_RELATED = 30
_FEW_VALUES = 5
_MANY_TIMES = 60
_STRONG = 0.3
CHANCE = 0.05
_UNITS = (
    ("year", 1.0, 3.0),
    ("month", 1 / 12, 0.25),
    ("day", 1 / 365.2425, 3 / 365),
    ("hour", 1 / 8765.82, 0.0),
)
"""A unit of time, its length in years, and how many years a table must span to use it."""


@dataclass(frozen=True)
class Subject:
    """What a report looks at.

    Attributes:
        table: The table.
        value: The column of numbers, if there is one.
        time: The column of times, if there is one.
        group: The column whose values are told apart, if there is one.
    """

    table: pa.Table
    value: str | None = None
    time: str | None = None
    group: str | None = None


def overview(subject: Subject, origin: str) -> str:
    """The size, the span of time and the groups of a table, and where it comes from."""
    table = subject.table
    parts = [f"**{count(table.num_rows, 'row')}, {count(table.num_columns, 'column')}**"]
    if subject.time:
        first, last = _ends(table, subject.time)
        parts.append(f"{first} to {last}" if first != last else first)
    if subject.group:
        different = len(groups(table, subject.group))
        parts.append(f"{different:,} different values of {subject.group}")
    return f"{', '.join(parts)}. {origin}"


def headlines(subject: Subject, trends: Sequence[Trend], outliers: Sequence[Outlier]) -> list[str]:
    """What to know of the value, the most important first; one sentence or two each."""
    if subject.value is None:
        return ["There are no numbers to follow, so this report counts values."]
    values = numbers(subject.table, subject.value)
    lines = [_middle(subject.value, values), _over_time(subject, values, trends)]
    lines.append(_groups_apart(subject, values))
    lines.append(_steepest(subject, trends))
    lines.append(_apart(subject, values, outliers))
    lines.append(_related(subject))
    return [line for line in lines if line]


def _middle(name: str, values: Numbers) -> str:
    import numpy as np

    here = values[np.isfinite(values)]
    if not len(here):
        return f"**{name}** has no values."
    low, first, middle, third, high = (
        shown(float(one)) for one in np.quantile(here, [0, 0.25, 0.5, 0.75, 1])
    )
    if low == high:
        return f"**{name}** is {low} in every row."
    return (
        f"**{name}** is {middle} in the middle (median); half of its values lie between {first} "
        f"and {third}, all of them between {low} and {high}."
    )


def _over_time(subject: Subject, values: Numbers, trends: Sequence[Trend]) -> str:
    import numpy as np

    here = values[np.isfinite(values)]
    if not len(here) or not np.ptp(here):
        return ""
    parts = (_then_and_now(subject, values), _directions(subject, trends))
    return " ".join(part for part in parts if part)


def _then_and_now(subject: Subject, values: Numbers) -> str:
    """The mean at the beginning and at the end of the time."""
    import numpy as np

    if not subject.time:
        return ""
    times = moments(subject.table, subject.time)
    here = np.isfinite(times) & np.isfinite(values)
    times, values = times[here], values[here]
    different, counts = np.unique(times, return_counts=True)
    if len(different) < 2 or len(values) < 2 * _FEW_VALUES:
        return ""
    if len(different) <= _MANY_TIMES and min(counts[0], counts[-1]) >= _FEW_VALUES:
        early, late = times == different[0], times == different[-1]
        ends = _ends(subject.table, subject.time)
        is_date = kind_of(subject.table.schema.field(subject.time).type) == "time"
        when = tuple(f"{'on' if is_date else 'in'} {end}" for end in ends)
    else:
        reach = (different[-1] - different[0]) / 10
        early, late = times <= different[0] + reach, times >= different[-1] - reach
        when = ("in the first tenth of the time", "in the last tenth")
    if min(early.sum(), late.sum()) < 3:
        return ""
    before, after = float(values[early].mean()), float(values[late].mean())
    return (
        f"Its mean is {shown(before)} {when[0]} and {shown(after)} {when[1]}"
        f"{_change(before, after)}."
    )


def _change(before: float, after: float) -> str:
    """The change in percent, where that has a meaning."""
    if before <= 0 or after < 0 or after > 10 * before:
        return ""
    change = f"{(after - before) / before:+.0%}"
    return "" if change in {"+0%", "-0%"} else f" ({change})"


def _directions(subject: Subject, trends: Sequence[Trend]) -> str:
    rising = sum(trend.words.startswith("rising") for trend in trends)
    falling = sum(trend.words.startswith("falling") for trend in trends)
    if not trends:
        return ""
    if subject.group is None:
        words = trends[0].words.split(" (")[0]
        chance = "" if trends[0].p is None else f", p {probability(trends[0].p)}"
        line = f"by a straight line of R² {trends[0].fit:.2f}{chance}"
        if words in {"rising", "falling"}:
            return f"Over the whole time it is {words}, {line}."
        return f"Over the whole time there is {words} ({line})." if "clear" in words else ""
    if not rising and not falling:
        return f"It shows no clear trend in any of {count(len(trends), 'group')} ({subject.group})."
    return (
        f"It rises in {rising} of {count(len(trends), 'group')} ({subject.group}), falls in "
        f"{falling}, and shows no clear trend in {len(trends) - rising - falling}."
    )


def _groups_apart(subject: Subject, values: Numbers) -> str:
    means = group_means(subject, values)
    if len(means) < 2:
        return ""
    said = [f"{name} ({shown(mean)})" for name, mean in means]
    if len(means) <= 6:
        return f"Mean by {subject.group}: {', '.join(said)}."
    return f"Highest mean: {', '.join(said[:3])}; lowest: {', '.join(reversed(said[-3:]))}."


def group_means(subject: Subject, values: Numbers) -> list[tuple[str, float]]:
    """The mean of each group that has values, the highest first; empty without groups."""
    import numpy as np

    if subject.group is None:
        return []
    found = []
    for name, rows in groups(subject.table, subject.group).items():
        part = values[rows]
        part = part[np.isfinite(part)]
        if len(part):
            found.append((name, float(part.mean())))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _steepest(subject: Subject, trends: Sequence[Trend]) -> str:
    if subject.group is None or len(trends) < 3:
        return ""
    unit, length = time_unit(subject)
    ways = []
    for word, sign in (("rise", 1), ("fall", -1)):
        clear = [t for t in trends if t.words.startswith(f"{word[:3]}") and t.slope * sign > 0]
        if clear:
            best = max(clear, key=lambda trend: abs(trend.slope))
            ways.append(f"Steepest {word}: {best.group} ({best.slope * length:+.3g} per {unit}).")
    return " ".join(ways)


def _apart(subject: Subject, values: Numbers, outliers: Sequence[Outlier]) -> str:
    import numpy as np

    name = subject.value
    if not outliers:
        parts = groups(subject.table, subject.group).values()
        largest = max((int(np.isfinite(values[rows]).sum()) for rows in parts), default=0)
        if largest < _FEW_VALUES:
            return f"There are too few values of **{name}** to look for unusual ones."
        return f"No values of **{name}** stand apart."
    farthest = outliers[0]
    label = f" ({farthest.label})" if farthest.label else ""
    one = len(outliers) == 1
    return (
        f"{count(len(outliers), 'value')} of **{name}** {'stands' if one else 'stand'} apart"
        f"{'' if one else ', the farthest'}: {shown(farthest.value)}{label}."
    )


def _related(subject: Subject) -> str:
    if subject.value is None:
        return ""
    others = [name for name in measures(subject.table) if name != subject.value]
    pairs = correlations(subject.table, [subject.value, *others[:_MOST_RELATED]])
    close = [p for p in pairs if subject.value in (p.one, p.other) and abs(p.value) >= _STRONG]
    sure = [p for p in close if p.p is not None and p.p < CHANCE / max(1, len(others))]
    if not sure:
        return ""
    said = [f"{p.other if p.one == subject.value else p.one} (r = {p.value:.2f})" for p in sure[:3]]
    return f"It goes along with {', '.join(said)}; that is no proof of a cause."


def time_unit(subject: Subject) -> tuple[str, float]:
    """The unit for slopes over the time column, and its length as a share of the slope's own.

    Slopes over dates are per year; a table of a few days is better told by the hour.
    """
    import numpy as np

    table, time = subject.table, subject.time
    if time is None or kind_of(table.schema.field(time).type) != "time":
        return (time or "row").rstrip("s"), 1.0
    times = moments(table, time)
    here = times[np.isfinite(times)]
    span = float(np.ptp(here)) if len(here) else 0.0
    return next((unit, length) for unit, length, least in _UNITS if span >= least)


def probability(p: float | None) -> str:
    """A p value as reports write it.

    >>> probability(0.0471), probability(1e-9)
    ('0.047', '< 0.001')
    """
    if p is None:
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def looked_at(subject: Subject) -> str:
    """Which columns the report looks at, and which others may be asked for."""
    picked = [
        f"{role} {name!r}"
        for role, name in (
            ("value", subject.value),
            ("time", subject.time),
            ("group", subject.group),
        )
        if name
    ]
    others = [name for name in measures(subject.table) if name != subject.value]
    named = ", ".join(shortened(name) for name in others[:8]) + (", ..." if len(others) > 8 else "")
    more = f" Other numbers to look at with value=: {named}." if others else ""
    return f"Looks at: {', '.join(picked) or 'no column in particular'}.{more}"


def _ends(table: pa.Table, name: str) -> tuple[str, str]:
    import pyarrow.compute as pc

    ends = pc.min_max(table.column(name)).as_py()
    return tuple(bare_moment(str(ends[one])) or "" for one in ("min", "max"))  # type: ignore[return-value]  # two of them


def bare_moment(text: str | None) -> str | None:
    """A time without the parts that are all zero.

    >>> bare_moment("2026-01-01 00:00:00+00"), bare_moment("2026-01-01 03:45:00")
    ('2026-01-01', '2026-01-01 03:45')
    """
    if text is None:
        return None
    bare = text.removesuffix("+00:00").removesuffix("+00")
    return bare.removesuffix(":00").removesuffix(" 00:00") if " " in bare else bare
