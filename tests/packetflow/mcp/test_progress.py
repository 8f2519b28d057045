from packetflow.kernel.cards import Happening
from packetflow.mcp.progress import Tally


def event(happened: str, step: str, **body: object) -> Happening:
    return Happening("E", happened, step, [], 0, body)


def test_each_step_brings_a_run_on():
    tally = Tally(2)
    events = [
        event("step_started", "a"), event("step_ended", "a", status="ok"),
        event("step_started", "b"), event("step_ended", "b", status="failed"),
    ]  # fmt: skip

    marks = [mark for mark in map(tally.take, events) if mark is not None]

    assert [(mark.done, mark.total, mark.text) for mark in marks] == [
        (0, 2, "a begins"), (1, 2, "a done"), (2, 2, "b failed"),
    ]  # fmt: skip


def test_a_step_says_how_far_it_is_and_never_goes_back():
    tally = Tally(1)
    tally.take(event("step_started", "a"))

    half = tally.take(event("progressed", "a", fraction=0.5, text="half way"))
    back = tally.take(event("progressed", "a", fraction=0.2, text="what?"))

    assert half is not None
    assert (half.done, half.text) == (0.5, "half way")
    assert back is None


def test_a_container_is_no_step():
    tally = Tally(0)
    tally.take(event("step_started", "a"))
    tally.take(event("step_ended", "a", status="ok"))

    assert tally.take(event("step_ended", "all", status="ok", kind="sequence")) is None


def test_a_total_that_is_passed_is_given_up():
    tally = Tally(1)
    for name in "ab":
        tally.take(event("step_started", name))
        last = tally.take(event("step_ended", name, status="ok"))

    assert last is not None
    assert last.total is None
