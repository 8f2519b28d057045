"""Columns of a table as numbers, times and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from packetflow.errors import LibraryError
from packetflow.library.profiles import kind_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


def numbers(table: pa.Table, name: str) -> Numbers:
    """A column as floats, missing ones as NaN.

    Raises:
        LibraryError: The column is no number.
    """
    import numpy as np

    kind = table.schema.field(name).type
    if kind_of(kind) != "number":
        raise LibraryError(
            f"column {name!r} holds {kind}, not numbers; choose another or mend it (clean_table)",
            column=name,
        )
    column = table.column(name).cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def moments(table: pa.Table, name: str) -> Numbers:
    """A time column as numbers: as they are, or dates as years with their fraction.

    Raises:
        LibraryError: The column is neither number nor time.
    """
    import numpy as np

    kind = table.schema.field(name).type
    if kind_of(kind) != "time":
        return numbers(table, name)
    stamps = table.column(name).cast(pa.timestamp("us"), safe=False)
    moments = stamps.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    years: Any = moments.astype("datetime64[us]").astype(np.float64)
    years[np.isnat(moments)] = np.nan
    return np.asarray(years / (365.2425 * 86_400e6) + 1970, dtype=np.float64)


def groups(table: pa.Table, group: str | None) -> dict[str, Any]:
    """The row numbers of each group, in order of first appearance."""
    import numpy as np

    if group is None:
        return {"all": np.arange(table.num_rows)}
    coded = table.column(group).combine_chunks().dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    names = [str(value) for value in coded.dictionary.to_pylist()]
    edges = np.searchsorted(codes[order], np.arange(-1, len(names) + 1))
    cut = {name: order[edges[i + 1] : edges[i + 2]] for i, name in enumerate(names)}
    if edges[1] > edges[0]:
        cut["(missing)"] = order[edges[0] : edges[1]]
    return cut
