"""Why a run failed."""

import json
from pathlib import Path

from packetflow.engine.trail import STACK, Place
from studio.failing import failed_spans, failure_of, place_html

ROW = {"failed_step": "cut", "name": "tailor", "error_type": "ValueError", "error": "no cloth"}


def span(step: str, status: str, attempt: int = 1, trail: str = "") -> dict:
    facts = json.dumps({STACK: trail}) if trail else None
    return {"step": step, "status": status, "attempt": attempt, "attributes": facts}


def test_a_past_failure_has_the_trail_of_its_last_try():
    spans = [span("cut", "failed", 1, "first"), span("cut", "failed", 2, "second"),
             span("sew", "failed", 1, "other")]  # fmt: skip

    found = failure_of(ROW, spans)

    assert (found.step, found.message, found.traceback) == ("cut", "no cloth", "second")


def test_only_tries_of_the_failed_step_that_went_wrong_count():
    spans = [span("cut", "ok"), span("cut", "timed_out", 2), span("sew", "failed")]

    assert [one["attempt"] for one in failed_spans(ROW, spans)] == [2]


def test_a_failure_without_spans_has_no_trail():
    assert failure_of(ROW | {"failed_step": None}, []).step == "tailor"
    assert failure_of(ROW, []).traceback == ""


def test_a_line_of_code_is_shown_as_it_stands_and_never_as_html():
    shown = place_html(Place("/ws/a.py", 3, "<lambda>", "if a < b: raise"), Path("/ws"))

    assert "<b>a.py, line 3</b>" in shown
    assert "&lt;lambda&gt;" in shown
    assert "if a &lt; b: raise" in shown


def test_code_outside_of_the_workspace_keeps_its_whole_path():
    assert "/other/a.py" in place_html(Place("/other/a.py", 1, "f"), Path("/ws"))
