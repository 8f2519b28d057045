"""What a workspace knows of executions of any time: values, failures, and all that SQL can ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetflow.engine.execution import Execution
from packetflow.errors import QueryFailed
from packetflow.store.port import Params, Store
from packetflow.workspace.archive import Archive
from packetflow.workspace.resuming import Resuming
from packetflow.workspace.shown import Shown

if TYPE_CHECKING:
    import pyarrow as pa


class Kept(Shown):
    """The part of a workspace that answers questions about what was kept.

    Attributes:
        store: Answers SQL.
        archive: The memory of executions.
    """

    store: Store
    archive: Archive
    _past: Resuming

    def execution(self, execution_id: str) -> Execution:
        """An execution of any time, with its values and its failure.

        Raises:
            UnknownName: There is none of that id.
        """
        return self.ours(self.archive.execution(self.full_id(execution_id)))

    def full_id(self, execution_id: str) -> str:
        """The whole id for at least four first or last characters of one.

        Raises:
            UnknownName: None begins or ends like that.
            AmbiguousName: Several do, or too few characters are given.
        """
        return self.archive.full_id(execution_id)

    def runs_elsewhere(self, execution_id: str) -> str:
        """The other living runner that works on an execution; empty when there is none.

        Raises:
            UnknownName: There is no such execution.
        """
        return self._past.runs_elsewhere(self.archive.story(execution_id))

    def sql(self, query: str, params: Params = None) -> pa.Table:
        """Ask the store; everything kept before is in the answer. See ``docs/store.md``.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
        """
        if not isinstance(query, str):
            raise QueryFailed(f"a question is SQL, a text; here it is {query!r}")
        return self.store.sql(query, params)
