"""When each step ran: rows, tries, nesting, and thousands of spans."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.show.timeline import MOST_ROWS, Bar, seconds_worked, timeline


def texts(picture):
    return [e.text or "" for e in ElementTree.fromstring(picture).iter() if e.tag.endswith("}text")]


def rects(picture, kind):
    found = ElementTree.fromstring(picture).iter()
    return [e for e in found if e.tag.endswith("}rect") and e.get("class") == kind]


def test_tries_of_one_call_share_a_row():
    picture = timeline([Bar(1, "fetch", 0, 1, "failed"), Bar(2, "fetch", 2, 1, attempt=2)])

    assert texts(picture).count("fetch") == 1
    assert "3 s, 2 tries" in texts(picture)
    assert len(rects(picture, "t-bar")) == 2


def test_spans_nest_under_their_parents():
    picture = timeline(
        [Bar(1, "each", 0, 3), Bar(2, "inner", 1, 1, parent=1), Bar(3, "after", 3, 1)]
    )

    shown = ElementTree.fromstring(picture).iter()
    left = {e.text: float(e.get("x")) for e in shown if e.get("class") == "t-n"}
    assert list(left) == ["each", "inner", "after"]
    assert left["inner"] > left["each"] == left["after"]
    assert len(rects(picture, "t-hold")) == 1


def test_items_of_a_few_get_rows_of_their_own():
    picture = timeline([Bar(i, "item", i, 1, path=(i,)) for i in range(3)])

    assert [t for t in texts(picture) if t.startswith("item")] == [
        "item [0]",
        "item [1]",
        "item [2]",
    ]


def test_items_of_many_become_one_row_with_their_failures():
    bars = [Bar(0, "each", 0, 200)]
    for i in range(5000):
        status = "failed" if i % 1000 == 0 else "ok"
        bars.append(Bar(i + 1, "item", i / 50, 1, status, parent=0, path=(i,)))

    picture = timeline(bars)

    assert "item \u00d75,000" in texts(picture)
    assert "5 failed" in texts(picture)
    assert len(rects(picture, "t-mark")) == 5
    assert len(picture) < 40_000


def test_spans_inside_of_many_items_are_gathered_too():
    bars = [Bar(i, "item", i, 1, path=(i,)) for i in range(50)]
    bars += [Bar(100 + i, "call", i, 0.5, parent=i, path=(i,)) for i in range(50)]

    assert [t for t in texts(timeline(bars)) if "\u00d7" in t] == ["item \u00d750", "call \u00d750"]


def test_tries_at_the_same_time_are_counted_together():
    picture = timeline([Bar(1, "hedged", 0, 2), Bar(2, "hedged", 1, 2, attempt=2)])

    assert "hedged \u00d72" in texts(picture)


def test_a_picture_with_very_many_names_ends_with_how_many_are_left():
    picture = timeline([Bar(i, f"step {i}", i, 1) for i in range(MOST_ROWS + 50)])

    assert "and 50 more rows" in texts(picture)


def test_how_a_step_ended_is_said():
    assert "timed out" in texts(timeline([Bar(1, "slow", 0, 1, "timed_out")]))


def test_waiting_is_drawn_hollow_over_its_whole_time_and_said():
    picture = timeline([Bar(1, "draft", 0, 1), Bar(2, "ask", 1, 1, waits=True)])

    assert len(rects(picture, "t-wait")) == 1
    assert "waited 1 s" in texts(picture)


def test_of_a_long_name_the_step_is_kept_and_not_the_pipeline_around_it():
    found = texts(timeline([Bar(1, "a_pipeline_with_a_long_name/validate_record", 0, 1)]))

    assert "\u2026/validate_record" in found


def test_what_still_waits_says_so():
    assert "waits 5 s" in texts(timeline([Bar(1, "ask", 0, 5, "waiting", waits=True)]))


def test_two_days_of_waiting_are_folded_between_the_work():
    day = 86_400.0
    bars = [Bar(1, "a", 0, 1), Bar(2, "ask", 1, 2 * day, waits=True), Bar(3, "b", 1 + 2 * day, 1)]

    picture = timeline(bars)

    assert len(rects(picture, "t-fold")) == 1
    assert "2 d" in texts(picture)
    assert all(float(bar.get("width")) > 50 for bar in rects(picture, "t-bar"))


def test_time_worked_leaves_out_waiting_and_counts_overlapping_steps_once():
    bars = [
        Bar(0, "each", 0, 100),
        Bar(1, "a", 0, 2, parent=0),
        Bar(2, "b", 1, 2, parent=0),
        Bar(3, "ask", 3, 90, parent=0, waits=True),
    ]

    assert seconds_worked(bars) == 3


def test_an_execution_without_spans_is_an_empty_picture():
    assert "0 spans" in timeline([])


def test_parents_that_are_not_there_or_are_the_span_itself_count_as_none():
    picture = timeline([Bar(1, "a", 0, 1, parent=1), Bar(2, "b", 0, 1, parent=99)])

    assert {"a", "b"} <= set(texts(picture))


@pytest.mark.parametrize("seconds", [1e-6, 0.003, 0.9, 7, 59, 400, 9000, 300_000])
def test_the_axis_has_a_few_round_marks(seconds):
    picture = timeline([Bar(1, "a", 0, seconds)])

    shown = ElementTree.fromstring(picture).iter()
    marks = [e for e in shown if e.get("class") == "t-grid"]
    assert 3 <= len(marks) <= 14


@given(
    st.lists(
        st.builds(
            Bar,
            st.integers(0, 30),
            st.text(max_size=8),
            st.floats(0, 1e6),
            st.floats(0, 1e6),
            st.sampled_from(["ok", "failed", "running", "new"]),
            st.none() | st.integers(0, 30),
            st.integers(1, 3),
        ),
        unique_by=lambda bar: bar.id,
        max_size=30,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_spans_give_a_well_formed_picture(bars):
    assert ElementTree.fromstring(timeline(bars)).tag.endswith("svg")


def test_the_time_in_which_a_step_waited_is_drawn_apart_from_its_work():
    asked = Bar(1, "sign", 0, 10, waited=((2, 9),))

    picture = timeline([asked])

    solid, hollow = rects(picture, "t-bar"), rects(picture, "t-wait")
    assert [len(solid), len(hollow)] == [2, 1]
    assert float(solid[0].get("x")) < float(hollow[0].get("x")) < float(solid[1].get("x"))
    assert "3 s, waited 7 s" in texts(picture)
    assert seconds_worked([asked]) == 3


def test_a_wait_before_the_step_went_on_in_another_life_is_drawn_before_it():
    picture = timeline([Bar(1, "sign", 100, 1, waited=((0, 50),))])

    assert len(rects(picture, "t-bar")) == len(rects(picture, "t-wait")) == 1
    assert "1 s, waited 50 s" in texts(picture)


def test_a_step_that_was_taken_over_says_so_with_its_first_duration():
    picture = timeline([Bar(1, "fetch", 5, 0, took=3.5), Bar(2, "send", 5, 1)])

    assert "taken over, took 3.5 s" in texts(picture)
    assert len(rects(picture, "t-bar")) == 1
    assert seconds_worked([Bar(1, "fetch", 5, 0, took=3.5)]) == 0


def test_many_items_that_were_taken_over_say_so():
    picture = timeline([Bar(i, "item", 5, 0, path=(i,), took=2) for i in range(20)])

    assert "taken over" in texts(picture)


def test_spans_of_one_moment_stand_in_the_order_of_their_numbers():
    picture = timeline([Bar(i, f"step {i}", 1, 0) for i in (10, 2, 1)])

    shown = [t for t in texts(picture) if t.startswith("step")]
    assert shown == ["step 1", "step 2", "step 10"]


def test_what_a_row_says_stands_beside_its_bar():
    picture = timeline([Bar(1, "sign", 0, 1000, waited=((123.4, 567.8),))])

    shown = list(ElementTree.fromstring(picture).iter())
    [said] = [float(e.get("x")) for e in shown if "waited" in (e.text or "") and e.get("x")]
    bars = [e for kind in ("t-bar", "t-wait") for e in rects(picture, kind)]
    assert said >= max(float(e.get("x")) + float(e.get("width")) for e in bars)


def test_calls_that_a_step_made_stand_in_order_of_time_without_its_name():
    bars = [Bar(1, "ask", 0, 9)]
    for at, name in enumerate(("turn", "find", "count", "turn")):
        bars.append(Bar(at + 2, f"ask/{name}", at, 1, parent=1, path=(at + 1,)))

    shown = ElementTree.fromstring(timeline(bars)).iter()

    rows = [e.text for e in shown if e.get("class") == "t-n"]
    assert rows == ["ask", "turn [1]", "find [2]", "count [3]", "turn [4]"]
