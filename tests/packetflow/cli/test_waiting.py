"""`waiting`, `answer` and `emit`."""

import json
from unittest.mock import ANY

import pytest

from packetflow import Workspace, approval, capability, pipeline, wait_for
from packetflow.cli import follow

EVENT = """pipeline: on_event
steps:
  - wait_for: parcel
    key: number
    gives: {weight: float}
"""


@pytest.fixture
def parked(say):
    said = say("run", "publish_with_approval", "path=inbox/spring-newsletter.md", "--json")
    return said.json["execution_id"]


def test_what_waits_is_listed_with_the_command_that_ends_it(say, parked):
    (wait,) = say("waiting", "--json").json["waiting"]

    assert wait["execution_id"] == parked
    assert wait["command"] == f"packetflow answer {parked[-8:]} wait_approved yes|no"
    assert wait["command"] in say("waiting").out


def test_nothing_waits_at_first(say):
    assert say("waiting").out == "nothing waits\n"


def test_a_yes_publishes(say, parked, example):
    said = say("answer", parked[-8:], "yes", "--json")

    assert (said.code, said.json["status"]) == (0, "ok")
    assert said.json["execution_id"] == parked
    assert (example / "published" / "spring-newsletter.md").is_file()
    assert "wait_approved asked 'Publish this draft?': yes" in say("runs", parked).out
    assert say("runs", parked, "--json").json["waits"][0]["answer"] == {"answer": True}
    assert say("waiting", "--json").json == {"waiting": []}


def test_a_no_archives(say, parked, example):
    said = say("answer", parked, "wait_approved", "no", "--json")

    assert "archived_path" in said.json["outputs"]
    assert not (example / "published").exists()


def test_an_answer_that_does_not_fit_is_refused_and_the_run_waits_on(say, parked):
    said = say("answer", parked, "perhaps")

    assert said.code == 1
    assert "is 'perhaps'; answer yes or no" in said.err
    assert len(say("waiting", "--json").json["waiting"]) == 1


def test_what_may_be_answered_is_said_by_type(say, example):
    (example / "pipelines" / "asks.yaml").write_text(
        "pipeline: asks\nsteps:\n"
        "  - {wait_for: count, question: How many?, gives: {count: int}}\n"
        "  - {wait_for: colour, question: Which?, gives: {colour: str}, choices: [red, sky blue]}\n"
    )
    first = say("run", "asks", "--json").json
    second = say("answer", first["execution_id"], "3", "--json").json

    assert first["waiting"][0]["command"].endswith(" wait_count '<int>'")
    assert second["waiting"][0]["command"].endswith(" wait_colour red|'sky blue'")
    assert "the choices are red, sky blue" in say("answer", first["execution_id"], "grey").err


def test_times_carry_their_zone(say, parked):
    assert say("waiting", "--json").json["waiting"][0]["waiting_since"].endswith("+00:00")


def test_an_event_whose_run_then_fails_says_why(say, example):
    (example / "pipelines" / "on_event.yaml").write_text(
        EVENT + "  - {use: pick_customer, set: {customer_id: C-999}}\n"
    )
    say("run", "on_event", "number=1", "--json")

    said = say("emit", "parcel", "weight=1", "--key", "1")

    assert said.code == 1
    assert "error: pick_customer: LibraryError" in said.err


def test_an_answer_may_only_be_kept_for_another_process(say, parked):
    kept = say("answer", parked, "yes", "--keep", "--json")
    resumed = say("resume", parked, "--json")

    assert kept.json["step"] == "wait_approved"
    assert resumed.json["outputs"]["approved"] is True


def test_who_asks_nobody_cannot_be_answered(say):
    done = say("run", "digest_documents", "--json").json["execution_id"]

    said = say("answer", done, "yes")

    assert said.code == 1
    assert "asks nobody" in said.err


def test_an_event_goes_to_the_runs_that_wait_for_its_key(say, example):
    (example / "pipelines" / "on_event.yaml").write_text(EVENT)
    first = say("run", "on_event", "number=1", "--json").json["execution_id"]
    say("run", "on_event", "number=2", "--json")

    said = say("emit", "parcel", "weight=2.5", "--key", "1", "--json")

    (told,) = said.json["executions"]
    assert (told["execution_id"], told["status"]) == (first, "ok")
    assert told["outputs"]["weight"] == 2.5
    assert len(say("waiting", "--json").json["waiting"]) == 1


def test_an_event_nobody_waits_for_is_kept(say):
    said = say("emit", "draft_ready", "path=inbox/a.md")

    assert said.code == 0
    assert "0 waiting" in said.out
    assert say("sql", "select event from events", "--json").json["rows"] == [["draft_ready"]]


def test_an_event_that_starts_a_pipeline_says_which(say, example):
    text = "pipeline: on_paid\ntriggers: [{event: paid}]\nsteps: [{use: pick_customer}]\n"
    (example / "pipelines" / "on_paid.yaml").write_text(text)

    said = say("emit", "paid", "customer_id=C-1")
    told = say("emit", "paid", "customer_id=C-2", "--json")

    assert "starts on_paid" in said.out
    assert told.json["starts"] == ["on_paid"]


STAYS = """from typing import Annotated
from packetflow import Context, capability, secret

@capability(provides="sent")
async def send(token: Annotated[str, secret], context: Context) -> str:
    return await context.ask("Send it?", ["send", "hold"])
"""


def test_a_run_that_cannot_be_put_aside_says_how_to_end_its_wait(say, begun, example):
    (example / "capabilities" / "sending.py").write_text(STAYS)
    process = begun("run", "send", "token=hunter2", "--json")
    for line in process.stderr:
        if "packetflow answer" in line:
            break
    words, more = line.split(), process.stderr.readline()

    said = say("answer", words[2], "send", "--json")
    out, _ = process.communicate(timeout=60)

    assert words[3:] == ["send", "send|hold"]
    assert "this process stays until then" in more
    assert (said.code, json.loads(out)["outputs"]) == (0, {"sent": "send"})


@capability(provides="letter")
def of_this_session(sent: bool) -> str:
    """Write a letter; only the session that declares it knows how."""
    return f"sent: {sent}"


SESSIONS_OWN = pipeline("own", approval("Send?", into="sent") >> of_this_session)
TWO_QUESTIONS = pipeline(
    "two", approval("Send?", into="sent") >> of_this_session >> approval("Sure?", into="sure")
)


@pytest.fixture
def notebook(example):
    with Workspace(example, role="notebook", passivate_after_seconds=0) as ws:
        yield ws


def test_an_answered_run_goes_on_in_the_process_that_put_it_aside(say, notebook):
    aside = notebook.run_sync(SESSIONS_OWN)

    said = say("answer", aside.id, "yes", "--json")

    assert (said.code, said.json["status"]) == (0, "ok")
    assert said.json["outputs"]["letter"] == "sent: True"
    assert notebook.archive.story(aside.id).runner == notebook.runner


def test_an_event_goes_to_the_runs_of_another_process(say, notebook):
    flow = pipeline("own", wait_for("parcel", gives={"sent": bool}) >> of_this_session)
    aside = [notebook.run_sync(flow).id for _ in range(2)]

    said = say("emit", "parcel", "sent=true", "--json")

    told = {one["execution_id"]: one["status"] for one in said.json["executions"]}
    assert (said.code, told) == (0, dict.fromkeys(aside, "ok"))


def test_a_run_that_another_process_puts_aside_again_is_said_to_wait(say, notebook):
    aside = notebook.run_sync(TWO_QUESTIONS)

    said = say("answer", aside.id, "yes", "--json")

    assert (said.code, said.json["status"]) == (0, "waiting")
    assert [wait["step"] for wait in said.json["waiting"]] == ["wait_sure"]


def test_a_run_that_its_process_does_not_come_for_goes_on_here(say, notebook, monkeypatch):
    async def busy(_: str) -> int:
        return 0

    monkeypatch.setattr(follow, "_YIELD_SECONDS", 0.2)
    aside = notebook.run_sync("publish_with_approval", path="inbox/spring-newsletter.md")
    monkeypatch.setattr(notebook.hearing, "wake", busy)

    said = say("answer", aside.id, "yes", "--json")

    assert (said.code, said.json["status"]) == (0, "ok")
    assert notebook.archive.story(aside.id).runner != notebook.runner


@pytest.fixture
def orphan(example):
    """A run whose capability only a session that is over knew."""
    flow = pipeline("own", wait_for("parcel", gives={"sent": bool}) >> of_this_session)
    with Workspace(example, role="notebook", passivate_after_seconds=0) as ws:
        return ws.run_sync(flow).id


def test_an_event_whose_run_is_left_alone_is_kept_and_leaves_with_code_1(say, orphan):
    said = say("emit", "parcel", "sent=true", "--json")

    (told,) = said.json["executions"]
    assert said.code == 1
    assert told == {"execution_id": orphan, "error": {"code": "run", "message": ANY}}
    assert f"error: {orphan[-8:]} was left alone: " in said.err
    assert "of_this_session" in said.err
    assert said.json["event_id"] in str(
        say("sql", "select event_id from events", "--json").json["rows"]
    )


def test_an_event_that_is_only_kept_leaves_with_code_0_whoever_waits(say, orphan):
    said = say("emit", "parcel", "sent=true", "--keep")

    assert (said.code, said.err) == (0, "")
    assert "1 waiting for it" in said.out
