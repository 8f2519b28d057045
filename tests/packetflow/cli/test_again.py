"""`packetflow resume` and `packetflow fork`."""

import pytest

from packetflow.store.files import places
from packetflow.store.frames import segments
from packetflow.store.owner import Owner

FLAKY = """
from pathlib import Path
from packetflow import capability

@capability(provides="draft", version="VERSION")
def first(text: str) -> str:
    "Note that it ran."
    with Path("ran.txt").open("a") as file:
        file.write("x")
    return text.upper()

@capability(provides="result")
def second(draft: str) -> str:
    "Fail while there is a file that says so."
    if Path("fail.txt").exists():
        raise ValueError("told to fail")
    return draft + "!"

flow = first >> second
"""


@pytest.fixture
def failed(say, example):
    (example / "capabilities" / "flaky.py").write_text(FLAKY)
    (example / "pipelines" / "flaky.yaml").write_text(
        "pipeline: flaky\nsteps: [{use: first}, {use: second}]\n"
    )
    (example / "fail.txt").touch()
    identity = say("run", "flaky", "text=hi", "--json").json["execution_id"]
    (example / "fail.txt").unlink()
    return identity


def test_a_failed_run_goes_on_where_it_stopped(say, failed, example):
    said = say("resume", failed[-8:], "--json")

    assert said.json["execution_id"] == failed
    assert said.json["outputs"]["result"] == "HI!"
    assert (example / "ran.txt").read_text() == "x"


def test_a_run_can_be_resumed_after_its_journal_was_read_and_everybody_left(say, failed, example):
    Owner(example, patience_seconds=20).close()

    assert say("resume", failed, "--json").json["outputs"]["result"] == "HI!"


def test_a_run_whose_journal_is_gone_says_so(say, failed, example):
    Owner(example, patience_seconds=20).close()
    for path in segments(places(example).journal):
        path.unlink()

    said = say("resume", failed)

    assert said.code == 1
    assert "was removed some time after it ended" in said.err


def test_a_changed_capability_asks_for_consent(say, failed, example):
    (example / "capabilities" / "flaky.py").write_text(FLAKY.replace("VERSION", "2"))

    refused = say("resume", failed)
    accepted = say("resume", failed, "--accept-changes", "--json")

    assert refused.code == 1
    assert "--accept-changes" in refused.err
    assert accepted.json["status"] == "ok"


def test_a_done_run_cannot_be_resumed(say):
    done = say("run", "digest_documents", "--json").json["execution_id"]

    said = say("resume", done)

    assert said.code == 1
    assert "already done" in said.err


def test_a_fork_does_a_step_and_all_that_follows_again(say, failed, example):
    said = say("fork", failed, "--from", "second", "--json")

    assert said.json["execution_id"] != failed
    assert said.json["outputs"]["result"] == "HI!"
    assert (example / "ran.txt").read_text() == "x"


def test_a_fork_with_another_input_does_what_follows_from_it(say, failed, example):
    said = say("fork", failed, "--set", "text=yo", "--json")

    assert said.json["outputs"]["result"] == "YO!"
    assert (example / "ran.txt").read_text() == "xx"


def test_a_fork_from_an_unknown_step_is_an_error(say, failed):
    said = say("fork", failed, "--from", "step_9")

    assert said.code == 1
    assert "step_9" in said.err


SECRET = """
from typing import Annotated
from packetflow import capability, secret

@capability(provides="draft")
def write(text: str) -> str:
    return text.upper()

@capability(provides="sent")
def send(draft: str, token: Annotated[str, secret]) -> str:
    if token != "open sesame":
        raise PermissionError("refused")
    return draft
"""


def test_a_fork_takes_a_secret_that_is_given_anew(say, example):
    (example / "capabilities" / "sending.py").write_text(SECRET)
    (example / "pipelines" / "mail.yaml").write_text(
        "pipeline: mail\nsteps: [{use: write}, {use: send}]\n"
    )
    failed = say("run", "mail", "text=hi", "token=guess", "--json").json["execution_id"]

    without = say("fork", failed)
    again = say("fork", failed, "--set", "token=open sesame", "--json")

    assert "fork it and give 'token' anew" in without.err
    assert (again.code, again.json["outputs"]) == (0, {"draft": "HI", "sent": "HI"})
