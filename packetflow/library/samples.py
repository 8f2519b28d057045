"""Small tables for examples, without the cost of importing pandas.

`pyarrow.table` imports pandas as soon as it is given Python lists, and examples are made when
their module is imported; reading CSV does not.
"""

from __future__ import annotations

import io

import pyarrow as pa
from pyarrow import csv


def sample(text: str) -> pa.Table:
    """Read a table written as CSV, rows apart by semicolons; empty cells are missing.

    >>> sample("shop,sold; north,3; ,5").to_pydict()
    {'shop': ['north', None], 'sold': [3, 5]}
    """
    lines = "\n".join(line.strip() for line in text.split(";"))
    options = csv.ConvertOptions(strings_can_be_null=True)
    return csv.read_csv(io.BytesIO(lines.encode()), convert_options=options)
