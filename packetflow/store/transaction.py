"""Whole or not at all: a transaction, and what its failure means."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from packetflow.errors import JournalFull, OwnerGone, StoreError
from packetflow.store.artifacts import is_full

if TYPE_CHECKING:
    import duckdb


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it when that fails.

    Raises:
        duckdb.Error: The database refused.
    """
    import duckdb

    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:  # undone whatever it was, and raised again
        with contextlib.suppress(duckdb.Error):  # a commit that fails has ended it already
            connection.rollback()
        raise


def as_store_error(error: Exception, place: object) -> StoreError:
    """Say what an error means that an owner met in a workspace.

    >>> import errno
    >>> print(as_store_error(OSError(errno.ENOSPC, "full"), "work"))
    no room on the disk of work to bring in what was kept: free space; nothing kept is lost
    """
    if isinstance(error, StoreError):
        return error
    full = is_full(error) if isinstance(error, OSError) else "No space left" in str(error)
    if full:
        message = (
            f"no room on the disk of {place} to bring in what was kept: free space; "
            "nothing kept is lost"
        )
        return JournalFull(message, path=str(place))
    message = f"the owner of {place} failed: {type(error).__name__}: {error}"
    return OwnerGone(message, path=str(place))
