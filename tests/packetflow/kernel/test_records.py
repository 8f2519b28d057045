"""How records show themselves: short, in one line, without values."""

from packetflow.kernel.records import SpanEnded, Spans, WaitStarted, one_line


def span(step="rate", *, path=(), status="ok", attempt=1, took_ns=1_250_000, error=""):
    kind = "ValueError" if error else ""
    return SpanEnded(
        "id", 1, 1, 0, step, path, "capability", step, status, attempt, 0, took_ns, {}, kind, error
    )


def test_a_span_says_where_how_and_how_long():
    assert repr(span()) == "<span rate ok 1.25 ms>"
    assert repr(span(path=(3, -2), took_ns=12_345_678_900)) == "<span rate[3] ok 12.3 s>"


def test_a_span_that_failed_says_why_in_one_line():
    failed = span(status="failed", attempt=2, error="no\nsuch " + "thing " * 200)

    assert repr(failed).startswith("<span rate failed, try 2 1.25 ms: ValueError: no such thing")
    assert len(repr(failed)) < 300


def test_a_thousand_spans_are_one_line():
    spans = Spans(span(path=(n,), status="ok" if n % 500 else "failed") for n in range(1000))

    assert repr(spans) == (
        "<1,000 spans: rate[0], rate[1], rate[2], rate[3], rate[4], ... 995 more; 2 not ok>"
    )
    assert repr(Spans()) == "<0 spans>"
    assert spans == list(spans)


def test_a_wait_says_for_what():
    asked = WaitStarted("id", 1, "sure", (2,), "answer", "", 0, 0, "Sure?")
    event = WaitStarted("id", 1, "paid", (), "payment", "17", 0, 0)

    assert repr(asked) == "<wait sure[2] asks 'Sure?'>"
    assert repr(event) == "<wait paid for event 'payment', key '17'>"


def test_a_long_text_is_cut():
    assert one_line("word " * 100).endswith(" ...")
    assert len(one_line("word " * 100)) == 200
