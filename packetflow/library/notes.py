"""What is to be said of how a table was read, kept with the table."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

_NOTE = b"packetflow.note"


def noted(table: pa.Table, sentences: Iterable[str]) -> pa.Table:
    """The table with these sentences in its schema's metadata, and nothing else there."""
    said = [sentence for sentence in sentences if sentence]
    return table.replace_schema_metadata({_NOTE: "\n".join(said)} if said else None)


def notes_of(table: pa.Table) -> list[str]:
    """The sentences that `noted` put there, such as how the encoding was guessed.

    >>> notes_of(noted(pa.table({"a": [1]}), ["Two lines above the header were left out."]))
    ['Two lines above the header were left out.']
    """
    kept: str = (table.schema.metadata or {}).get(_NOTE, b"").decode()
    return kept.splitlines()
