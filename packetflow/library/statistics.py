"""Trends over time and values that stand apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library.columns import groups, moments, numbers
from packetflow.library.profiles import kind_of
from packetflow.library.samples import sample
from packetflow.library.student import quantile, two_sided_p
from packetflow.library.tables import require_columns

if TYPE_CHECKING:
    from packetflow.library.columns import Numbers

_SURE = 0.05
_SERIES = sample("year,rate; 2000,1.0; 2001,2.1; 2002,2.9; 2003,4.2; 2004,40.0")


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through one group's values over time.

    Attributes:
        group: The group, or "all".
        points: How many rows went in.
        slope: Change of the value per unit of time; per year when the time is a date.
        start: The line's height at the first time.
        end: The line's height at the last time.
        low: Lower end of the 95 % confidence interval of the slope.
        high: Upper end of it.
        p: Probability of such a slope by chance; ``None`` for fewer than 3 points.
        fit: R squared, the share of the variation that the line explains.
        words: The direction in words.
    """

    group: str
    points: int
    slope: float
    start: float
    end: float
    low: float | None
    high: float | None
    p: float | None
    fit: float
    words: str


@dataclass(frozen=True, slots=True)
class Outlier:
    """One value that stands apart.

    Attributes:
        row: Its row in the table, from 0.
        group: The group it was compared with, or "all".
        label: The row's text columns and time, to recognise it by.
        value: The value.
        score: Robust z score (negative: below the middle).
        beyond_fences: Also outside Tukey's fences.
    """

    row: int
    group: str
    label: str
    value: float
    score: float
    beyond_fences: bool


@capability(
    provides="trends",
    tags=["regression", "slope", "change", "time"],
    examples=[{"table": _SERIES, "value": "rate", "time": "year"}],
)
def trends(
    table: pa.Table, value: str | None, time: str | None, group: str | None = None
) -> list[Trend]:
    """Fit a straight line over time to each group's values, steepest first.

    Ordinary least squares with a t test of the slope (for example Draper and Smith, Applied
    Regression Analysis, chapter 1). The test assumes independent errors; yearly values often
    are not, so read p as a guide.

    Args:
        table: The table.
        value: The column of numbers; without one the answer is empty.
        time: A column of numbers (such as years) or dates; without one the answer is empty.
        group: Fit each value of this column by itself; all rows together if not given.

    Raises:
        LibraryError: A column is missing, or is no number or time.
    """
    if not value or not time:
        return []
    require_columns(table, [name for name in (value, time, group) if name])
    made = []
    for name, rows in groups(table, group).items():
        part = table.take(rows)
        x, y = moments(part, time), numbers(part, value)
        line = _line(name, x, y)
        if line is not None:
            made.append(line)
    return sorted(made, key=lambda trend: (-abs(trend.slope), trend.group))


def _line(name: str, x: Numbers, y: Numbers) -> Trend | None:
    import numpy as np

    here = np.isfinite(x) & np.isfinite(y)
    x, y = x[here], y[here]
    count = len(x)
    if count < 2 or np.ptp(x) == 0:
        return None
    dx, dy = x - x.mean(), y - y.mean()
    spread = float(dx @ dx)
    slope = float(dx @ dy) / spread
    total = float(dy @ dy)
    rest = dy - slope * dx
    left = float(rest @ rest)
    # Rounding leaves dust where the line is exact, or the values are all equal.
    left = 0.0 if left <= 1e-18 * max(total, float(y @ y)) else left
    low = high = p = None
    freedom = count - 2
    if freedom > 0:
        error = (left / freedom / spread) ** 0.5
        flat = total <= 1e-18 * float(y @ y)
        p = 1.0 if flat else two_sided_p(slope / error if error else float("inf"), freedom)
        reach = quantile(_SURE, freedom) * error
        low, high = slope - reach, slope + reach
    dust = 1e-9 * float(np.abs(y).max())
    start, end = (
        0.0 if abs(height) <= dust else height
        for height in (float(y.mean() + slope * (at - x.mean())) for at in (x.min(), x.max()))
    )
    fit = 1.0 if not left else 1 - left / total
    return Trend(name, count, slope, start, end, low, high, p, fit, _words(slope, p, start, end))


def _words(slope: float, p: float | None, start: float, end: float) -> str:
    if p is None:
        return "too few points to tell"
    if p > _SURE:
        return "no clear trend"
    # From next to nothing, a change in percent says nothing.
    telling = 0 < abs(end - start) <= 10 * abs(start)
    change = f" ({(end - start) / abs(start):+.0%})" if telling else ""
    return f"{'rising' if slope > 0 else 'falling'}{change}"


@capability(
    provides="outliers",
    tags=["anomaly", "unusual", "extreme", "quality"],
    examples=[{"table": _SERIES, "value": "rate"}],
)
def outliers(
    table: pa.Table, value: str | None, group: str | None = None, threshold: float = 3.5
) -> list[Outlier]:
    """Find values that stand far apart from the others of their group, farthest first.

    Score: 0.6745 (x - median) / MAD, unusual beyond 3.5 (Iglewicz and Hoaglin, How to Detect and
    Handle Outliers, 1993); when more than half of the values are equal, so that MAD is 0, the
    mean absolute deviation times 1.2533 stands in for it. Fences: quartiles -/+ 1.5 times their
    distance (Tukey, Exploratory Data Analysis, 1977). Groups under 5 values are left out.

    Args:
        table: The table.
        value: The column of numbers; without one the answer is empty.
        group: Compare within each value of this column; with all rows if not given.
        threshold: The score beyond which a value counts as an outlier.

    Raises:
        LibraryError: A column is missing or is no number, or the threshold is not above 0.
    """
    import numpy as np

    if not value:
        return []
    if not threshold > 0:
        raise LibraryError(f"threshold is {threshold}; it must be above 0 (3.5 is usual)")
    require_columns(table, [name for name in (value, group) if name])
    everything = numbers(table, value)
    found = []
    for name, rows in groups(table, group).items():
        part = everything[rows]
        here = np.isfinite(part)
        part, places = part[here], rows[here]
        if len(part) < 5:
            continue
        scores = robust_scores(part)
        first, third = np.quantile(part, [0.25, 0.75])
        reach = 1.5 * (third - first)
        for at in np.flatnonzero(np.abs(scores) > threshold):
            number = float(part[at])
            apart = bool(number < first - reach or number > third + reach)
            row = int(places[at])
            found.append(
                Outlier(row, name, _label(table, row, value), number, float(scores[at]), apart)
            )
    return sorted(found, key=lambda one: (-abs(one.score), one.row))


def robust_scores(values: Numbers) -> Numbers:
    """The robust z score of each value; all 0 when the values are equal.

    >>> import numpy as np
    >>> robust_scores(np.array([1.0, 2, 3, 4, 100])).round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 65.43]
    """
    import numpy as np

    apart = values - np.median(values)
    scale = float(np.median(np.abs(apart))) / 0.6745
    if scale == 0:
        scale = float(np.mean(np.abs(apart))) * 1.2533
    return np.zeros_like(apart) if scale == 0 else apart / scale


def _label(table: pa.Table, row: int, value: str) -> str:
    telling = [
        field.name
        for field in table.schema
        if field.name != value and (kind_of(field.type) in {"text", "time"} or field.name == "year")
    ]
    return ", ".join(str(table.column(name)[row].as_py()) for name in telling[:4])
