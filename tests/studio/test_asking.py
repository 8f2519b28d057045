"""What executions ask of people."""

import pytest

from packetflow.kernel.cards import StepCard
from packetflow.runner.client import RunnerClient
from studio.asking import options_of
from tests.studio.conftest import button, end_of, said

WORKS = [StepCard("write", "use"), StepCard("go", "wait")]


@pytest.mark.parametrize(
    ("step", "choices", "labels"),
    [
        ("go", [], ["Yes", "No"]),
        ("go", ["now", "later"], ["now", "later"]),
        ("write", [], []),
        ("write/inner", ["a"], ["a"]),
        ("gone", [], ["Yes", "No"]),
    ],
)
def test_a_question_offers_what_may_be_answered(step: str, choices: list[str], labels: list[str]):
    assert list(options_of(step, {"choices": choices}, WORKS)) == labels


@pytest.mark.parametrize("replaced", [False, True])
def test_after_an_answer_the_run_is_shown_with_what_was_answered(page, example, replaced):
    with RunnerClient(example) as runner:
        run = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in run if event.kind == "waits")
        if replaced:
            runner.reload()
        test = page("runs", run=run.execution_id)

        assert "asked by step Wait approved" in said(test)
        button(test, "No").click().run()

        assert end_of(runner, run.execution_id).status == "ok"
        test.run()
    assert not test.exception
    assert "You answered \u201cPublish this draft?\u201d with **No**" in said(test)


def test_a_past_run_tells_what_was_asked_and_which_answers_there_were(page, example):
    with RunnerClient(example) as runner:
        run = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        wait = next(event for event in run if event.kind == "waits")
        runner.answer(run.execution_id, wait.step, False, path=wait.path)
        assert end_of(runner, run.execution_id).status == "ok"
    test = page("runs", run=run.execution_id)
    chooser = next(one for one in test.selectbox if one.label == "Step")

    chooser.select_index(chooser.options.index("wait_approved")).run()

    assert "It asked: Publish this draft? (yes, or no)" in said(test)
