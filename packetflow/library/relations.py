"""Figures of columns of numbers, and how columns move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from packetflow import capability
from packetflow.library.columns import numbers
from packetflow.library.profiles import kind_of
from packetflow.library.samples import sample
from packetflow.library.student import two_sided_p
from packetflow.library.tables import require_columns

if TYPE_CHECKING:
    from packetflow.library.columns import Numbers

_SERIES = sample("year,rate; 2000,1.0; 2001,2.1; 2002,2.9; 2003,4.2; 2004,40.0")


@dataclass(frozen=True, slots=True)
class Description:
    """Figures of one column of numbers; deviation and skew are ``None`` when undefined."""

    column: str
    count: int
    missing: int
    mean: float
    deviation: float | None
    least: float
    median: float
    greatest: float
    skew: float | None


@dataclass(frozen=True, slots=True)
class Correlation:
    """How far two columns move together, from -1 to 1, over the rows that have both."""

    one: str
    other: str
    value: float
    p: float | None
    rows: int


@capability(
    provides="descriptions",
    tags=["mean", "median", "deviation", "summary"],
    examples=[{"table": _SERIES}],
)
def describe(table: pa.Table, columns: list[str] | None = None) -> list[Description]:
    """Give count, mean, deviation, range, median and skew of columns of numbers.

    The deviation divides by n - 1; the skew is the adjusted Fisher-Pearson coefficient G1
    (Joanes and Gill, The Statistician 47, 1998). NaN and infinities count as missing.

    Args:
        table: The table.
        columns: The columns; every column of numbers if not given.

    Raises:
        LibraryError: A column is missing or is no number.
    """
    import numpy as np

    names = _number_columns(table) if columns is None else columns
    require_columns(table, names)
    made = []
    for name in names:
        every = numbers(table, name)
        part = every[np.isfinite(every)]
        n = len(part)
        if not n:
            continue
        deviation = float(part.std(ddof=1)) if n > 1 else None
        skew = None
        if n > 2 and deviation:
            third = float(np.mean((part - part.mean()) ** 3)) / float(part.std()) ** 3
            skew = third * (n * (n - 1)) ** 0.5 / (n - 2)
        middle = float(np.median(part))
        ends = float(part.min()), float(part.max())
        mean = float(part.mean())
        made.append(
            Description(name, n, len(every) - n, mean, deviation, ends[0], middle, ends[1], skew)
        )
    return made


@capability(
    provides="correlations",
    tags=["pearson", "spearman", "relation"],
    examples=[{"table": _SERIES, "method": "spearman"}],
)
def correlations(
    table: pa.Table,
    columns: list[str] | None = None,
    method: Literal["pearson", "spearman"] = "pearson",
) -> list[Correlation]:
    """Correlate every two columns of numbers, strongest first.

    Pearson's r, or Spearman's rho (r of the ranks, ties given their mean rank), with the p value
    of t = r sqrt((n - 2) / (1 - r^2)), which for ranks is an approximation.

    Args:
        table: The table.
        columns: The columns; every column of numbers if not given.
        method: "pearson" for straight relations, "spearman" for any that only rise or fall.

    Raises:
        LibraryError: A column is missing or is no number.
    """
    import numpy as np

    names = _number_columns(table) if columns is None else columns
    require_columns(table, names)
    values = {name: numbers(table, name) for name in names}
    made = []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            here = np.isfinite(values[one]) & np.isfinite(values[other])
            x, y = values[one][here], values[other][here]
            if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
                continue
            if method == "spearman":
                x, y = _ranks(x), _ranks(y)
            r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
            made.append(Correlation(one, other, r, _p_of_r(r, len(x)), len(x)))
    return sorted(made, key=lambda pair: (-abs(pair.value), pair.one, pair.other))


def _p_of_r(r: float, count: int) -> float | None:
    if count < 3:
        return None
    if 1 - r * r < 1e-15:
        return 0.0
    return two_sided_p(r * ((count - 2) / (1 - r * r)) ** 0.5, count - 2)


def _ranks(values: Numbers) -> Numbers:
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Numbers = (last - (counts - 1) / 2)[place]
    return ranks


def _number_columns(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if kind_of(field.type) == "number"]
