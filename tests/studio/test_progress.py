"""How the steps of a run stand."""

import msgspec

from packetflow.kernel.cards import Happening, StepCard
from packetflow.show import Drawing, Node
from studio.progress import picture, read_progress

STEPS = [StepCard("read", "use", "read"), StepCard("join", "use", "join")]
SECOND = 1_000_000_000


def event(kind: str, step: str, at: int = 0, *path: int, **body: object) -> Happening:
    return Happening("id", kind, step, list(path), at * SECOND, body)


def test_a_step_that_has_not_begun_has_no_status():
    found = read_progress(STEPS, [event("step_started", "read")])

    assert found.statuses == {"read": "running"}
    assert found.share == 0


def test_the_share_counts_steps_that_are_over():
    events = [event("step_started", "read", 1), event("step_ended", "read", 3, status="ok")]

    found = read_progress(STEPS, events)

    assert found.share == 0.5
    assert found.steps["read"].seconds(9 * SECOND) == 2


def test_a_later_try_that_works_makes_a_step_good():
    events = [
        event("step_ended", "read", 1, status="failed", error="no net", attempt=1),
        event("step_started", "read", 2, attempt=2),
        event("step_ended", "read", 3, status="ok", attempt=2),
    ]

    read = read_progress(STEPS, events).steps["read"]

    assert (read.status, read.attempts, read.error) == ("ok", 2, "")


def test_one_failed_item_shows_on_its_step():
    events = [
        event("step_ended", "read", 1, 0, status="ok"),
        event("step_ended", "read", 2, 1, status="failed", error="torn page"),
    ]

    read = read_progress(STEPS, events).steps["read"]

    assert (read.status, read.error) == ("failed", "torn page")


def test_steps_of_a_called_pipeline_count_for_the_call():
    events = [
        event("step_started", "join/inner"),
        event("step_ended", "join/inner", 1, status="ok"),
    ]

    assert read_progress(STEPS, events).statuses == {"join": "ok"}


def test_a_question_stands_until_it_is_answered():
    asked = event("waits", "read", question="Go on?", choices=[])
    answered = event("step_ended", "read", 2, status="ok")

    assert read_progress(STEPS, [asked]).steps["read"].status == "waiting"
    assert list(read_progress(STEPS, [asked]).questions) == [("read", ())]
    assert read_progress(STEPS, [asked, answered]).questions == {}


def test_a_step_that_was_answered_in_the_midst_of_its_work_runs_again():
    asked = event("waits", "read", question="Go on?")

    found = read_progress(STEPS, [event("step_started", "read"), asked, event("answered", "read")])

    assert (found.steps["read"].status, found.questions) == ("running", {})


def test_one_item_that_waits_shows_while_others_end():
    events = [
        event("waits", "read", 1, 0, question="Go on?"),
        event("step_ended", "read", 2, 1, status="ok"),
    ]

    assert read_progress(STEPS, events).steps["read"].status == "waiting"


def test_a_step_says_what_it_waits_for():
    paid = read_progress(STEPS, [event("waits", "read", event="paid", question="")])
    asked = read_progress(STEPS, [event("waits", "read", event="answer:1", question="Go?")])

    assert paid.steps["read"].waits_for == "paid"
    assert asked.steps["read"].waits_for == "an answer"


def test_a_step_that_was_taken_over_has_its_first_duration():
    body = {"status": "ok", "kind": "reused", "started": 5, "took_ns": 3 * SECOND}
    taken = Happening("id", "step_ended", "read", [], 5 * SECOND, body)

    read = read_progress(STEPS, [taken]).steps["read"]

    assert (read.status, read.took_over, read.seconds(9 * SECOND)) == ("ok", 3, 3)


def test_logs_progress_and_partial_output_are_kept():
    events = [
        event("logged", "read", level="info", text="opened"),
        event("progressed", "read", fraction=0.5, text="half"),
        event("partial", "read", value="ab"),
    ]

    found = read_progress(STEPS, events)

    assert found.logs == [("read", "info", "opened")]
    assert (found.steps["read"].fraction, found.steps["read"].text) == (0.5, "half")
    assert found.partial == {"read": ["ab"]}


def test_the_drawing_shows_how_steps_stand():
    drawing = msgspec.json.encode(Drawing((Node("read", "read"),))).decode()

    assert '<g class="red">' in picture(drawing, {"read": "failed"}, "light")
    assert '<g class="red">' not in picture(drawing, {}, "light")
    assert picture("", {}, "light") == ""
