"""A call by a real client, as the panel makes it."""

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from packetflow import Workspace
from packetflow.errors import PacketFlowError
from packetflow.mcp import doors
from packetflow.mcp.refused import read_refusals
from studio.tool_trial import Trial, arguments_of
from tests.studio.in_process import HostDoor, make_workspace


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trial]:
    folder = make_workspace(tmp_path)
    monkeypatch.setattr(doors, "RunnerDoor", HostDoor)
    return lambda tool, **arguments: Trial(folder, tool, arguments).begin()


def until(holds: Callable[[], Any], trial: Trial) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit, (trial.error, trial.said)
        time.sleep(0.01)


def test_a_call_gives_what_a_client_gets_and_hears_its_progress(call):
    trial = call("hello", name="Ada")
    until(lambda: trial.is_over, trial)

    assert not trial.has_failed
    assert not trial.was_refused
    assert trial.error == ""
    assert trial.result.structured_content == {"word": "Hello Ada"}
    assert trial.said[-1] == "word done"
    assert trial.progress == 1.0


def test_a_question_waits_for_an_answer_and_may_be_declined(call):
    agreed, declined = call("asks"), call("asks")
    for trial in (agreed, declined):
        until(lambda trial=trial: trial.asked, trial)
    (name,) = agreed.asked.schema["properties"]

    agreed.answer("accept", {name: True})
    declined.answer("decline")
    for trial in (agreed, declined):
        until(lambda trial=trial: trial.is_over, trial)

    assert agreed.result.structured_content["approved"] is True
    assert declined.result.structured_content["approved"] is False


def test_who_gives_a_call_up_stops_its_run(call):
    trial = call("rest", seconds=600)
    until(lambda: trial.said, trial)

    trial.cancel()
    until(lambda: trial.is_over, trial)

    assert trial.was_cancelled
    assert not trial.has_failed
    assert trial.result is None
    with Workspace(trial.folder) as ws:
        (ended,) = ws.sql("select status from executions")["status"].to_pylist()
    assert ended == "cancelled"


def test_an_unknown_tool_is_an_error_of_the_protocol_and_wrong_arguments_are_not(call):
    unknown, wrong = call("nobody"), call("hello", name=5)
    for trial in (unknown, wrong):
        until(lambda trial=trial: trial.is_over, trial)

    assert unknown.result is None
    assert "Unknown tool: nobody" in unknown.error
    assert wrong.result.is_error
    assert unknown.has_failed
    assert wrong.has_failed
    assert unknown.was_refused
    assert wrong.was_refused
    assert "name: 5 is not" in wrong.result.content[0].text
    assert {one.transport for one in read_refusals(wrong.folder)} == {"studio"}


def test_what_a_form_holds_is_sent_as_plain_json():
    values = {"table": pa.table({"n": [1]}), "day": dt.date(2026, 1, 2), "path": Path("a/b")}

    assert arguments_of(values) == {"table": [{"n": 1}], "day": "2026-01-02", "path": "a/b"}
    with pytest.raises(PacketFlowError, match="a object cannot be sent"):
        arguments_of({"it": object()})
