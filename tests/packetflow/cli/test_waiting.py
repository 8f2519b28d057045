"""`waiting`, `answer` and `emit`."""

import json

import pytest

from packetflow import Workspace

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
    out, _ = process.communicate(timeout=30)

    assert words[3:] == ["send", "send|hold"]
    assert "this process stays until then" in more
    assert (said.code, json.loads(out)["outputs"]) == (0, {"sent": "send"})


def test_an_answer_that_another_process_took_at_once_is_no_error(say, parked, monkeypatch):
    real = Workspace.answer

    def answered_and_taken_up(ws, execution_id, *words):
        kept = real(ws, execution_id, *words)
        ws.resume(execution_id).result()
        return kept

    monkeypatch.setattr(Workspace, "answer", answered_and_taken_up)
    said = say("answer", parked, "no")

    assert said.code == 0
    assert said.out == "kept the answer; the process that waited for it went on at once: ok\n"


def test_an_event_that_another_process_took_at_once_tells_how_it_came_out(
    say, example, monkeypatch
):
    (example / "pipelines" / "on_event.yaml").write_text(EVENT)
    started = say("run", "on_event", "number=1", "--json").json["execution_id"]
    real = Workspace.emit

    def emitted_and_taken_up(ws, *words, **more):
        kept = real(ws, *words, **more)
        ws.resume(started).result()
        return kept

    monkeypatch.setattr(Workspace, "emit", emitted_and_taken_up)
    said = say("emit", "parcel", "weight=1", "--key", "1")

    assert said.code == 0
    assert f"{started[-8:]} ok, in the process that waited" in said.out
