"""What a workspace shows in notebooks: pipelines to edit, runs as they go, itself at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from packetflow.show import pane
from packetflow.workspace.run_view import RunView
from packetflow.workspace.watching import Watches

if TYPE_CHECKING:
    from packetflow.composition.steps import Pipeline
    from packetflow.engine.execution import Execution, Running
    from packetflow.workspace.workspace import Workspace


LOOKED_AT = frozenset({"notebook", "runner"})
"""The roles of processes whose runs others look at while they are under way."""


class HasId(Protocol):
    """An execution, or the handle of one."""

    @property
    def id(self) -> str:
        """The execution's id."""
        ...


class Shown:
    """The part of a workspace that shows things.

    Attributes:
        role: What this process is.
        watches: Which steps of its runs are under way; kept in notebooks and runners only.
    """

    role: str
    watches: Watches

    def edit(
        self,
        what: str | Pipeline | None = None,
        *,
        new: str = "",
        height: int = 560,
        execution: str | None = None,
    ) -> Any:
        """Edit a pipeline on a canvas in the cell; see `canvas_widget.edit`."""
        from packetflow.workspace import canvas_widget  # what it brings is not for everybody

        me = cast("Workspace", self)
        return canvas_widget.edit(me, what, new=new, height=height, execution=execution)

    def show(self, run: str | HasId) -> Any:
        """Show a run in the cell, live while it goes on; outside of notebooks, print it.

        It shows how each step stands, its timeline and values, and asks what the run asks.

        Args:
            run: An execution, a handle, or the first or last characters of an id.

        Raises:
            UnknownName: There is none of that id.
        """
        me = cast("Workspace", self)
        named: Any = getattr(run, "id", run)
        return pane.show(RunView(me, me.full_id(named)))

    def dashboard(self) -> Any:
        """Show what runs, waits, failed, and ran last, live; outside of notebooks, print it."""
        from packetflow.workspace.dashboard import Dashboard

        return pane.show(Dashboard(cast("Workspace", self)))

    def ours(self, execution: Execution) -> Execution:
        """Let it know who keeps it, so that `Execution.show` is live."""
        execution.home = self
        return execution

    def watched(self, running: Running, /) -> Running:
        """Keep in mind which of its steps are under way, for who shows it later; on the loop."""
        if self.role in LOOKED_AT or pane.in_notebook():
            self.watches.begin(running)
        return running
