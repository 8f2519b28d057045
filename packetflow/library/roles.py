"""Guess which column is the time, which the value and which the group."""

from __future__ import annotations

import re
from typing import TypedDict

import pyarrow as pa

from packetflow import capability
from packetflow.library.profiles import Kind, kind_of
from packetflow.library.samples import sample
from packetflow.library.tables import require_columns

_TIME_WORDS = re.compile(
    r"(^|[^a-z])(year|date|time|day|month|week|quarter|jahr|datum|monat|tag|fecha|mes|año|an|année"
    r"|anno|data|timestamp|when|period)s?($|[^a-z])",
    re.IGNORECASE,
)
_PART_WORDS = re.compile(
    r"(month|week|day|weekday|day of week|day of year|dow|hour|minute|quarter|monat|woche|tag"
    r"|wochentag|stunde|quartal)",
    re.IGNORECASE,
)
_ID_WORDS = re.compile(
    r"(^|[^a-z])(id|ids|key|code|num|nr|zip|plz|postcode|postal|phone|tel|mobile|fax|iso|uuid|guid"
    r"|isbn|ean|sku|ssn|iban)($|[^a-z])|(^|[^a-z])(no|number|index)$|^(index|row|unnamed.*)$",
    re.IGNORECASE,
)
_PLACE_WORDS = re.compile(r"(^|[^a-z])(lat|latitude|lon|lng|long|longitude)$", re.IGNORECASE)
_FAMOUS_YEARS = (1500, 2200)
_DAYS_OF_YEAR = 366
_FEW_ROWS = 5


class Roles(TypedDict):
    """The columns to look at; ``None`` where the table has none of the kind."""

    time_column: str | None
    value_column: str | None
    group_column: str | None
    roles_note: str


@capability(
    tags=["columns", "detect", "infer"],
    examples=[{"table": sample("country,year,births; Chad,2001,3; Chad,2002,5")}],
)
def guess_roles(
    table: pa.Table,
    time: str | None = None,
    value: str | None = None,
    group: str | None = None,
) -> Roles:
    """Guess which column is the time, which the value of interest and which the group.

    A given name wins. Time: a column of dates, or of numbers between 1500 and 2200 under a name
    such as "year". Value: the first number that measures something and varies (see `measures`).
    Group: the first text column with two values or more whose values repeat, else one of yes
    and no.

    Args:
        table: The table.
        time: The time column, when you know it.
        value: The value column, when you know it.
        group: The group column, when you know it.

    Returns:
        The three names, and in ``roles_note`` one sentence that says how each was found.

    Raises:
        LibraryError: A given column is not there.
    """
    given = [name for name in (time, value, group) if name]
    require_columns(table, given)
    kinds = {field.name: kind_of(field.type) for field in table.schema}
    found_time = time or _time(table, kinds, given)
    free = [name for name in kinds if name not in given and name != found_time]
    found_value = value or _value(table, kinds, free)
    found_group = group or _group(table, kinds, [name for name in free if name != found_value])
    words = [
        _say("time", found_time, time),
        _say("value", found_value, value),
        _say("group", found_group, group),
    ]
    return {
        "time_column": found_time,
        "value_column": found_value,
        "group_column": found_group,
        "roles_note": ", ".join(words),
    }


def looks_like_id(name: str) -> bool:
    """Tell whether a column's name says that its numbers only identify.

    >>> looks_like_id("iso_num"), looks_like_id("VendorID"), looks_like_id("width")
    (True, True, False)
    """
    return bool(_ID_WORDS.search(_spaced(name)))


def _spaced(name: str) -> str:
    """A column's name as words: ``vendor_id`` and ``VendorID`` alike."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").strip()


def _say(role: str, found: str | None, given: str | None) -> str:
    if found is None:
        return f"no {role}"
    return f"{role} is {found!r}" + ("" if given else " (guessed)")


def _time(table: pa.Table, kinds: dict[str, Kind], taken: list[str]) -> str | None:
    free = [name for name in kinds if name not in taken]
    moments = [name for name in free if kinds[name] == "time"]
    if moments:
        return moments[0]
    return next((name for name in free if _is_year(table, name, kinds[name])), None)


def _is_year(table: pa.Table, name: str, kind: Kind) -> bool:
    import pyarrow.compute as pc

    if kind != "number" or not _TIME_WORDS.search(_spaced(name)):
        return False
    ends = pc.min_max(table.column(name)).as_py()
    return (
        ends["min"] is not None
        and _FAMOUS_YEARS[0] <= ends["min"] <= ends["max"] <= _FAMOUS_YEARS[1]
    )


def _value(table: pa.Table, kinds: dict[str, Kind], free: list[str]) -> str | None:
    numbers = [
        name
        for name in free
        if kinds[name] == "number" and table.column(name).null_count < table.num_rows
    ]
    telling = [name for name in measures(table) if name in numbers]
    varying = [name for name in telling if _varies(table, name)]
    named = [name for name in numbers if not looks_like_id(name)]
    return next(iter(varying or telling or named or numbers), None)


def _varies(table: pa.Table, name: str) -> bool:
    import pyarrow.compute as pc

    ends = pc.min_max(table.column(name)).as_py()
    return bool(ends["min"] != ends["max"])


def measures(table: pa.Table) -> list[str]:
    """The columns of numbers that measure or count something, so that their mean has a meaning.

    Left out are identifiers (by name, or whole numbers that count the rows one by one), years and
    parts of a date under such a name, and places on a map.

    >>> measures(sample("year,zip,month,height; 2001,12345,5,1.5; 2002,54321,6,1.6"))
    ['height']
    """
    return [
        field.name
        for field in table.schema
        if kind_of(field.type) == "number" and not role_of(table, field.name)
    ]


def role_of(table: pa.Table, name: str) -> str:
    """What a column of numbers stands for when it measures nothing; empty when it does.

    >>> table = sample("year,zip,height; 2001,12345,1.5; 2002,54321,1.6")
    >>> [role_of(table, name) for name in table.column_names]
    ['year', 'identifier', '']
    """
    import pyarrow.compute as pc

    kind = table.schema.field(name).type
    if kind_of(kind) != "number":
        return ""
    words = _spaced(name)
    if looks_like_id(name):
        return "identifier"
    if _PLACE_WORDS.search(words):
        return "place"
    if _is_year(table, name, "number"):
        return "year"
    column = table.column(name)
    ends = pc.min_max(column).as_py()
    if ends["min"] is None or not pa.types.is_integer(kind):
        return ""
    if _PART_WORDS.fullmatch(words) and 0 <= ends["min"] <= ends["max"] <= _DAYS_OF_YEAR:
        return "part of a date"
    long = table.num_rows > _FEW_ROWS and column.null_count == 0
    return "row number" if long and _counts_up(column) else ""


def _counts_up(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    ahead, behind = column.slice(1), column.slice(0, len(column) - 1)
    return bool(pc.all(pc.equal(pc.subtract(ahead, behind), 1)).as_py())


def _group(table: pa.Table, kinds: dict[str, Kind], free: list[str]) -> str | None:
    import pyarrow.compute as pc

    for name in free:
        if kinds[name] != "text":
            continue
        different = pc.count_distinct(table.column(name)).as_py()
        if 2 <= different <= max(2, table.num_rows // 2):
            return name
    return next((name for name in free if kinds[name] == "truth" and _varies(table, name)), None)
