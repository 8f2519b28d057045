"""What `repr` shows of compositions: short, and as they were written."""

import pytest

from packetflow import (
    capability,
    choose,
    each,
    graph,
    pipeline,
    race,
    repeat,
    then,
    wait_for,
    when,
)


@capability(provides="n", run_in="loop")
def a(n: int) -> int:
    return n


@capability(provides="m", run_in="loop")
def b(n: int) -> int:
    return n


@capability(provides="k", run_in="loop")
def c(n: int) -> int:
    return n


SHOWN = {
    "a >> b": a >> b,
    "a >> (b & c)": a >> (b & c),
    "(a | b) >> c": (a.writing(n="m") | b) >> c,
    "b[timeout 5 s] & c": b.timeout(5) & c,
    "(a >> b)[timeout 1 min]": (a >> b).timeout(60),
    "other=a": a.called("other"),
    "graph(b, c)": graph(b, c),
    "race(b, a)": race(b, a.writing(n="m")),
    "each(b over ns)": each(b, over={"n": "ns"}),
    "repeat(a until n > 3)": repeat(a, until="n > 3"),
    "repeat(a 5x)": repeat(a, at_most=5),
    "when(n > 1: b, otherwise: c)": when("n > 1", b, otherwise=c),
    "choose(n > 1: b, n > 0: c)": choose(("n > 1", b), ("n > 0", c)),
    "wait_for(reply)": wait_for("reply"),
    "inner": pipeline("inner", a).as_step(),
}


@pytest.mark.parametrize(("text", "flow"), SHOWN.items())
def test_a_composition_shows_as_it_is_written(text, flow):
    assert repr(flow) == f"<flow {text}>"


def test_a_pipeline_shows_its_name_too():
    assert repr(pipeline("p", a >> b)) == "<pipeline p: a >> b>"


def test_long_compositions_are_cut():
    flow = then(*(a.called(f"a{i}") for i in range(1000)))

    assert repr(flow).endswith("a5=a >> ... 994 more>")


def test_deep_compositions_are_cut():
    flow = a.as_step()
    for _ in range(50):
        flow = when("n > 1", flow)

    assert len(repr(flow)) < 200
    assert "..." in repr(flow)
