"""Figures of the page Metrics, from rows as the store answers them."""

import datetime as dt
from urllib.parse import parse_qs

import pytest

from packetflow.kernel.records import Status
from studio.figures import metrics
from studio.stretches import stretch
from studio.theme import FILL, PAPER
from tests.studio.test_theme import contrast

NOON = dt.datetime(2026, 11, 21, 12)
ODD = '<b>x</b> & "y" [z](u) %{x} \U0001f600 ' + "long " * 30
ZONE = dt.timezone(dt.timedelta(hours=2))
SHOWN = stretch("Last day", dt.datetime(2026, 11, 21, 14, 5, tzinfo=ZONE))


def bar(status="ok", n=1, begin=NOON):
    return {"begin": begin, "status": status, "n": n}


def call(name="read", p50=10.0, p95=20.0, n=3):
    return {"name": name, "n": n, "p50_ms": p50, "p95_ms": p95}


def step(name="read", run="tidy"):
    return {"execution_id": "e1", "run": run, "step": name, "name": name, "status": "ok",
            "duration_ms": 1500.0}  # fmt: skip


def place(step="go", run="tidy", *, still=1, p50=60_000.0):
    return {"run": run, "step": step, "n": 3, "open": still, "p50_ms": p50, "longest_ms": p50}


def asked(model="m", cost=0.5):
    return {"model": model, "calls": 2, "tokens_in": 900, "tokens_out": 100, "cost_usd": cost}


LISTS = {
    "durations": (metrics.durations, call),
    "failures": (metrics.failures, lambda n="read": {"name": n, "error_type": "OSError", "n": 2}),
    "slowest_steps": (metrics.slowest_steps, step),
    "waits": (metrics.waits, place),
    "models": (metrics.models, asked),
}


def labels(figure):
    return [one.text for one in figure.layout.annotations if one.xanchor == "left"]


def values(figure):
    return [one.text for one in figure.layout.annotations if one.xanchor == "right"]


def picks(figure):
    """What each point means, of all points that can be picked."""
    return [
        {name: value for name, (value,) in parse_qs(point[0]).items()}
        for trace in figure.data
        for point in (trace.customdata if trace.customdata is not None else ())
    ]


def test_each_status_is_a_bar_in_the_time_of_who_looks():
    figure = metrics.runs_over_time([bar("failed", 2), bar("ok", 5)], SHOWN)

    assert [trace.name for trace in figure.data] == ["Done", "Failed"]
    assert [list(trace.y) for trace in figure.data] == [[5], [2]]
    assert list(figure.data[0].x) == [dt.datetime(2026, 11, 21, 14, 30)]
    assert figure.data[0].width == 0.8 * 3_600_000
    at = str(int(NOON.replace(tzinfo=dt.UTC).timestamp()))
    assert picks(figure) == [{"at": at, "status": "ok"}, {"at": at, "status": "failed"}]


def test_the_time_axis_shows_all_of_the_stretch_with_one_bar_or_none():
    for rows in ([], [bar()]):
        figure = metrics.runs_over_time(rows, SHOWN, mode="dark")

        since, until = figure.layout.xaxis.range
        assert (until - since) == dt.timedelta(days=1)
        assert figure.layout.yaxis.range[1] >= 1


@pytest.mark.parametrize("status", [*Status, "odd_one"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_status_has_a_colour_that_stands_out(status, mode):
    (drawn,) = metrics.runs_over_time([bar(str(status))], SHOWN, mode=mode).data

    assert contrast(drawn.marker.color, PAPER[mode]) >= 3
    assert drawn.marker.color in FILL[mode].values()


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_nothing_is_drawn_too(kind):
    draw, _ = LISTS[kind]

    figure = draw([])

    assert picks(figure) == []
    assert figure.layout.height > 0


@pytest.mark.parametrize("kind", LISTS)
def test_odd_names_are_plain_text_and_picked_as_they_are(kind):
    draw, row = LISTS[kind]

    figure = draw([row(ODD)])

    assert len(labels(figure)) == 1
    assert "<" not in labels(figure)[0]
    assert labels(figure)[0].startswith('&lt;b&gt;x&lt;/b&gt; &amp; "y"')
    assert len(labels(figure)[0]) < 90
    assert "<b>x" not in figure.data[0].hovertext[0]
    if kind != "slowest_steps":
        assert ODD in picks(figure)[0].values()


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_stops_at_its_most_rows_and_is_as_high_as_they_are(kind):
    draw, row = LISTS[kind]

    long, short = draw([row(f"name_{n}") for n in range(30)]), draw([row()])

    assert len(picks(long)) == len(labels(long)) == metrics.MOST
    assert long.layout.height - short.layout.height == (metrics.MOST - 1) * metrics.ROW


def test_the_slowest_capability_comes_first_with_its_two_times():
    figure = metrics.durations([call(), call("send", 900.0, 2500.0)], say=str.upper)

    assert labels(figure) == ["SEND", "READ"]
    assert values(figure) == ["900 ms \u00b7 2.5 s", "10 ms \u00b7 20 ms"]
    assert list(figure.data[2].x) == pytest.approx([1.0, 1.30103])
    assert "1 s" in figure.layout.xaxis.ticktext


def test_a_call_that_took_no_time_is_drawn():
    figure = metrics.durations([call("none", 0.0, 0.0)])

    assert values(figure) == ["0 \u00b7 0"]
    assert list(figure.data[1].x) == [-3.0, -3.0]


def test_a_failure_means_its_capability_and_its_error():
    figure = metrics.failures([{"name": "read", "error_type": "OSError", "n": 1200}])

    assert labels(figure) == ["read \u00b7 OSError"]
    assert values(figure) == ["1,200"]
    assert picks(figure) == [{"called": "read", "error": "OSError"}]


def test_no_two_statuses_look_the_same_over_time():
    shown = [bar(status) for status in ("ok", "waiting", "running", "lost", "timed_out", "failed")]
    figure = metrics.runs_over_time(shown, SHOWN)

    looks = {(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data}
    assert len(looks) == len(shown)


def test_the_points_of_a_figure_are_told_in_words():
    figure = metrics.failures([{"name": "read", "error_type": "OS\nError", "n": 1200}])
    over_time = metrics.runs_over_time([bar("failed", 2)], SHOWN)

    assert metrics.points(figure) == {
        "called=read&error=OS%0AError": "read \u00b7 OS Error \u00b7 1,200"
    }
    assert list(metrics.points(over_time).values()) == ["Sat 21 Nov, 14:00 \u00b7 2 failed"]


def test_a_slow_step_means_its_run_and_a_step_alone_is_not_named_twice():
    figure = metrics.slowest_steps([step(), step("tidy"), step(run=None)])

    assert labels(figure) == ["read in tidy", "tidy", "read"]
    assert values(figure) == ["1.5 s"] * 3
    assert picks(figure)[0] == {"only": "e1"}


def test_waits_say_how_many_last_and_how_long_the_others_took():
    figure = metrics.waits([place(), place(still=0), place(p50=None, run="")])

    assert labels(figure) == ["go in tidy", "go in tidy", "go"]
    assert values(figure) == ["1 now \u00b7 1 min in the middle", "1 min in the middle", "1 now"]
    assert [list(trace.x) for trace in figure.data[1:]] == [[1, 0, 1], [2, 3, 2]]


def test_models_say_tokens_and_what_they_cost_if_it_is_known():
    figure = metrics.models([asked(), asked("local", 0.0)])

    assert values(figure) == ["$0.50 \u00b7 1,000 tokens", "1,000 tokens"]
    assert [list(trace.x) for trace in figure.data[1:]] == [[900, 900], [100, 100]]
    assert picks(figure) == [{"model": "m"}, {"model": "local"}]
