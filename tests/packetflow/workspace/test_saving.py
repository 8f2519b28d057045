"""Saving a pipeline that is a tool."""

from dataclasses import replace

import pytest

from packetflow import Workspace, capability
from packetflow.errors import WorkspaceError


@capability(provides="n", run_in="loop")
def one() -> int:
    """Give one."""
    return 1


def test_a_pipeline_whose_name_as_a_tool_is_taken_is_refused(ws: Workspace):
    ws.save(replace(one.saved_as("sum up"), exposed=True))
    ws.save(replace(one.saved_as("sum up"), exposed=True))

    with pytest.raises(WorkspaceError, match="'sum_up', as 'sum up' is already"):
        ws.save(replace(one.saved_as("sum.up"), exposed=True))

    assert ws.save(one.saved_as("sum.up")).is_file()
