"""A run while it goes on, and how it ended."""

import pytest

from packetflow import Workspace
from packetflow.engine.events import Waits
from packetflow.errors import RunnerLost, UnknownName
from studio.running import follow, outputs_of
from studio.state import desk
from tests.studio.conftest import button, end_of, said


def test_a_run_of_somebody_else_is_followed_once(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-001")
    page()

    first = follow(run.execution_id)

    assert follow(run.execution_id) is first
    assert run.execution_id in desk().late
    assert first.result(60).status == "ok"


def test_following_a_run_that_is_not_there_says_so(page):
    page()

    with pytest.raises(UnknownName):
        follow("00000000-0000-7000-8000-000000000000")


def test_outputs_that_did_not_come_along_are_said_in_words(ran):
    run = ran("text_statistics", text="One word.")

    assert all(not isinstance(one, Exception) for one in outputs_of(run).values())


def test_a_failed_run_shows_its_line_of_code_and_its_words(page, ran):
    run = ran("fall_down", text="x")

    test = page("runs", run=run.execution_id)

    assert not test.exception
    assert "Fall down failed" in said(test)
    assert "capabilities/guests.py, line 24" in said(test)
    assert "the floor is wet" in said(test)


def test_a_runner_lost_under_a_run_offers_to_resume(page, ran, monkeypatch):
    run = ran("text_statistics", text="One word.")
    test = page("library", capability="text_statistics")
    followed = follow(run.execution_id)
    followed.result(60)

    def lost(timeout=None):
        raise RunnerLost("the runner ended; what it completed is kept")

    monkeypatch.setattr(followed, "result", lost)
    test.query_params["run"] = run.execution_id
    test.run()

    assert not test.exception
    assert "The process that ran this has ended" in said(test)
    assert button(test, "Resume")


def test_a_run_that_waits_is_live_with_a_stop_button(page, example):
    from packetflow.runner.client import RunnerClient

    with RunnerClient(example) as runner:
        run = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in run if event.kind == "waits")
        test = page("runs", run=run.execution_id)

        assert "Waiting" in said(test)
        assert "What it has made so far" in [one.label for one in test.expander]
        button(test, "Stop").click().run()
        assert end_of(runner, run.execution_id).status == "cancelled"


def test_a_run_of_a_notebook_is_shown_by_what_it_keeps_and_is_answered(page, example):
    with Workspace(example, role="notebook") as notebook:
        handle = notebook.start("publish_with_approval", path="inbox/spring-newsletter.md")
        next(event for event in handle if isinstance(event, Waits))
        test = page("runs", run=handle.id)
        before = said(test)
        button(test, "No").click().run()
        ended = handle.result(60)
        test.run()

    assert not test.exception
    assert "It runs in another process" in before
    assert "Publish this draft?" in before
    assert ended.status == "ok"
    assert "It runs in another process" not in said(test)


def test_a_stopped_run_is_no_failure(page, example):
    from packetflow.runner.client import RunnerClient

    with RunnerClient(example) as runner:
        run = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in run if event.kind == "waits")
        run.cancel("stopped in the studio")
        assert end_of(runner, run.execution_id).status == "cancelled"

    test = page("runs", run=run.execution_id)

    assert not test.exception
    assert "Stopped" in said(test)
    assert not any("failed" in one.value for one in test.markdown)
