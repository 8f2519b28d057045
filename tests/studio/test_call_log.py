"""Calls that ran and calls that were refused, in one log."""

import datetime as dt
import json

from packetflow.mcp.refused import Refusal
from studio.call_log import Call, call_line, call_of_refusal, call_of_run, merged

NOON = dt.datetime(2026, 11, 21, 12)


def row(**facts: object) -> dict[str, object]:
    tags = {"mcp.client": "claude-code 2.1", "mcp.transport": "stdio", "mcp.tool.name": "tidy_up"}
    told = {"execution_id": "run-1", "name": "tidy up", "status": "ok", "started_at": NOON}
    rest = {"duration_ms": 20.0, "error": None, "user_id": None, "tags": json.dumps(tags)}
    return told | rest | facts


def test_a_run_tells_who_called_by_which_way_and_what_went_wrong():
    failed = call_of_run(row(status="failed", error="torn\nat line 3", user_id="analyst"))

    assert failed.tool == "tidy_up"
    assert failed.caller == "claude-code 2.1, stdio, as analyst"
    assert failed.why == "torn"
    assert failed.run == "run-1"


def test_refused_calls_stand_among_the_others_by_their_time():
    at = NOON.replace(tzinfo=dt.UTC).timestamp()
    calls = [Call(NOON + dt.timedelta(seconds=s), "add", "ok", "x") for s in (-2, 2)]
    refused = call_of_refusal(Refusal(at, "Unknown tool: b", "b", "mcp 2", "http"))

    found = merged(calls, [refused], most=2)

    assert [one.tool for one in found] == ["add", "b"]
    assert not refused.run


def test_a_line_takes_nothing_of_a_callers_words_for_markup():
    line = call_line(Call(NOON, "a*b", "refused", "evil [x](y)", why="<b>no"), NOON)

    assert "Refused" in line
    assert "**a\\*b**" in line
    assert "evil \\[x\\](y)" in line
    assert "\\<b\\>no" in line
