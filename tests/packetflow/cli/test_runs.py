"""`packetflow runs`."""

from datetime import datetime, timedelta

import pytest

from packetflow import Workspace
from packetflow.cli.history import what_next
from packetflow.engine.start import Start

TALKATIVE = """from packetflow import Context, capability

@capability(provides="long")
def chat(count: int, context: Context) -> str:
    "Say a lot."
    context.log("said", words=count)
    return "word " * count
"""

CARELESS = """from packetflow import capability

def parse(text):
    return int(text)

@capability(provides="number")
def careless(text: str) -> int:
    "Read a number."
    return parse(text)
"""


@pytest.fixture
def failed(say):
    return say("run", "onboard_sample_customer", "customer_id=C-999", "--json").json["execution_id"]


def test_the_latest_runs_are_listed(say, failed):
    told = say("runs", "--json").json

    assert told["count"] == 1
    assert dict(zip(told["columns"], told["rows"][0], strict=True))["execution_id"] == failed
    assert f"{failed[-8:]}  failed" in say("runs").out


def test_who_called_is_told(say, example):
    called = Start(trigger="mcp", agent="Some Editor 1.2", user="analyst")
    with Workspace(example) as ws:
        run = ws.start_with("text_statistics", {"text": "A word."}, called).result()

    assert "by mcp, client Some Editor 1.2, user analyst" in say("runs", run.id).out


def test_runs_are_chosen_by_status_name_and_time(say, failed):
    def count(*words):
        return say("runs", *words, "--json").json["count"]

    assert (count("--status", "failed"), count("--status", "ok")) == (1, 0)
    assert (count("--name", "onboard_sample_customer"), count("--name", "other")) == (1, 0)
    assert (count("--since", "1h"), count("--since", "2999-01-01")) == (1, 0)


@pytest.mark.parametrize("words", [("--status", "good"), ("--since", "yesterday")])
def test_a_choice_that_makes_no_sense_is_wrong_usage(say, words):
    assert say("runs", *words).code == 2


def test_one_run_is_shown_with_its_failure_and_what_to_do(say, failed):
    said = say("runs", failed[-8:])

    assert "customer_id: C-999" in said.out
    assert "failed at step pick_customer: LibraryError" in said.out
    assert f"packetflow fork {failed[-8:]} --from pick_customer" in said.out
    assert "█" in said.out


def test_one_run_is_one_json_object(say, failed):
    told = say("runs", failed, "--json").json

    assert told["inputs"]["customer_id"] == "C-999"
    assert [span["step"] for span in told["spans"]] == ["pick_customer"]
    assert told["failed_step"] == "pick_customer"


def test_no_runs_of_a_kind_are_not_called_none_at_all(say, failed):
    assert "no runs like that" in say("runs", "--name", "nobody").out


def test_times_carry_their_zone_and_work_is_told_apart_from_waiting(say, failed):
    one = say("runs", failed, "--json").json
    listed = say("runs", "--json").json
    row = dict(zip(listed["columns"], listed["rows"][0], strict=True))

    times = [row["started_at"], one["ended_at"], one["spans"][0]["started_at"]]
    times += [one["states"][0]["changed_at"], one["spans"][0]["ended_at"]]
    offsets = {datetime.fromisoformat(time).utcoffset() for time in times}
    assert offsets == {timedelta(0)}
    assert one["active_seconds"] == row["active_seconds"]
    assert one["active_seconds"] == pytest.approx(one["duration_ms"] / 1000)


def test_a_failure_in_users_code_shows_its_lines_and_tries(say, example):
    (example / "capabilities" / "careless.py").write_text(CARELESS)
    (example / "pipelines" / "careless.yaml").write_text(
        "pipeline: careless\nsteps: [{use: careless, with: [{retry: {attempts: 2, wait: 0}}]}]\n"
    )
    done = say("run", "careless", "text=abc", "--json").json["execution_id"]

    said = say("runs", done)

    assert "failed at step careless: ValueError: invalid literal" in said.out
    assert "(2 tries)" in said.out
    assert "capabilities/careless.py:9 in careless\n    return parse(text)\n" in said.out
    assert "capabilities/careless.py:4 in parse\n    return int(text)\n" in said.out
    assert "packetflow/engine" not in said.out
    assert [frame["line"] for frame in say("runs", done, "--json").json["frames"]] == [9, 4]


def test_what_a_step_logged_is_told_with_its_step_and_fields(say, example):
    (example / "capabilities" / "chat.py").write_text(TALKATIVE)
    done = say("run", "chat", "count=2", "--json").json["execution_id"]

    assert "info chat: said (words=2)\n" in say("runs", done).out


def test_a_large_value_is_told_with_the_way_to_it(say, example):
    (example / "capabilities" / "chat.py").write_text(TALKATIVE)
    done = say("run", "chat", "count=9000", "--json").json["execution_id"]

    said = say("runs", done).out

    assert "long: too large to show here (45,00" in said
    assert f'in Python: Workspace().execution("{done[-8:]}").outputs["long"]\n' in said
    assert "$blob" not in said


def test_an_unknown_run_is_an_error(say):
    said = say("runs", "ffffffff")

    assert said.code == 1
    assert "no execution is called 'ffffffff'" in said.err


def test_a_failure_can_be_replayed_only_where_there_is_one():
    lost = {"execution_id": "ab" * 16, "status": "lost", "failed_step": None}

    assert not any("replay" in line for line in what_next(lost))
    assert any("replay" in line for line in what_next(lost | {"failed_step": "greet"}))
