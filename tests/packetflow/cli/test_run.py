"""`packetflow run`, with all examples."""

import json
import signal

import pytest

CARELESS = """from packetflow import capability

def parse(text):
    return int(text)

@capability(provides="number")
def careless(text: str) -> int:
    "Read a number."
    return parse(text)
"""
GOOD = "files/good_customer.json"
SLOW = """
import os
import time
from packetflow import capability

@capability(provides="first")
def quick(n: int) -> int:
    "Be quick."
    print("a capability prints")
    os.system("echo a child process prints")
    return n + 1

@capability(provides="second")
def slow(first: int) -> int:
    "Be slow."
    for _ in range(600):
        time.sleep(0.05)
    return first

flow = quick >> slow
"""


def test_a_good_customer_gets_a_plan(say):
    said = say("run", "customer_onboarding", "--input", GOOD, "--json")

    assert said.code == 0
    assert len(said.json["execution_id"]) == 36
    assert said.json["status"] == "ok"
    assert "Plan for Ada" in said.json["outputs"]["onboarding_plan"]["markdown"]
    assert "correction_request" not in said.json["outputs"]


def test_a_bad_customer_gets_a_request_for_correction(say):
    said = say("run", "customer_onboarding", "--input", "files/bad_customer.json", "--json")

    assert said.code == 0
    assert len(said.json["outputs"]["validation_errors"]) == 5
    assert "correction_request" in said.json["outputs"]
    assert "onboarding_plan" not in said.json["outputs"]


@pytest.mark.parametrize("number", range(1, 7))
def test_every_sample_customer_can_be_onboarded(say, number):
    said = say("run", "onboard_sample_customer", f"customer_id=C-00{number}", "--json")

    assert said.code == 0
    assert ("correction_request" in said.json["outputs"]) == (number in {4, 5})


def test_a_report_shows_its_table_bounded_and_its_charts_as_a_word(say):
    said = say("run", "research_report", "--json")

    outputs = said.json["outputs"]
    assert said.code == 0
    assert outputs["table"]["count"] == 1704
    assert len(outputs["table"]["rows"]) == 100
    assert set(outputs["charts"][0]) == {"chart", "note", "traces"}


def test_a_failure_in_users_code_shows_file_line_and_source(say, example):
    (example / "capabilities" / "careless.py").write_text(CARELESS)

    said = say("run", "careless", "text=abc", "--json")

    assert said.code == 1
    places = [(f["line"], f["function"], f["source"]) for f in said.json["failure"]["frames"]]
    assert places == [(9, "careless", "return parse(text)"), (4, "parse", "return int(text)")]
    assert "  capabilities/careless.py:4 in parse\n    return int(text)\n" in said.err
    assert "packetflow/engine" not in said.err


def test_a_missing_input_that_is_a_slip_is_said_with_the_nearest(say, example):
    (example / "pipelines" / "slip.yaml").write_text(
        "pipeline: slip\nsteps: [{use: keywords}, {when: size(keyword) > 0, then: "
        "[{use: language}]}]\n"
    )

    said = say("run", "slip", "text=a")

    assert said.code == 1
    assert "needs 'keyword', which nobody gave" in said.err
    assert "did you mean 'keywords'" in said.err


def test_a_wrong_answer_shows_where_its_capability_is(say, example):
    (example / "capabilities" / "careless.py").write_text(
        CARELESS.replace("return parse(text)", "return text")
    )

    assert "capabilities/careless.py:6 in careless" in say("run", "careless", "text=abc").err


def test_a_failed_retry_says_how_many_tries(say, example):
    (example / "capabilities" / "careless.py").write_text(CARELESS)
    (example / "pipelines" / "careless.yaml").write_text(
        "pipeline: careless\nsteps: [{use: careless, with: [{retry: {attempts: 3, wait: 0}}]}]\n"
    )

    said = say("run", "careless", "text=abc", "--json")

    assert said.json["failure"]["tries"] == 3
    assert "(3 tries)" in said.err


def test_a_capability_that_ends_the_process_leaves_the_way_to_resume(program, example):
    (example / "capabilities" / "careless.py").write_text(
        CARELESS.replace("return parse(text)", "import os; os._exit(3)")
    )

    said = program("run", "careless", "text=abc", "--json")
    status = program("runs", "--json").json

    line = said.err.splitlines()[0]
    identity = status["rows"][0][0]
    assert said.code == 3
    assert line == f"run {identity} (if this process dies: packetflow resume {identity[-8:]})"


def test_a_quiet_run_says_nothing_beforehand(say):
    assert say("run", "digest_documents", "--quiet", "--json").err == ""


def test_documents_are_digested(say):
    said = say("run", "digest_documents", "--json")

    assert said.json["outputs"]["document_count"] == 7


def test_a_run_that_waits_says_for_what_and_how_to_end_it(say):
    said = say("run", "publish_with_approval", "path=inbox/spring-newsletter.md", "--json")

    (wait,) = said.json["waiting"]
    assert (said.code, said.json["status"]) == (0, "waiting")
    assert wait["question"] == "Publish this draft?"
    assert wait["command"].startswith("packetflow answer ")


def test_people_read_outputs_as_text(say):
    said = say("run", "customer_onboarding", "--input", GOOD)

    assert "ok customer_onboarding in" in said.out
    assert "risk_score: 0.1" in said.out


def test_inputs_come_from_standard_input(say):
    said = say("run", "summarize_text", "-i", "-", "--json", given="text: One. Two. Three.\n")

    assert said.code == 0, said.err


def test_the_words_of_the_command_win_over_the_file(say):
    said = say(
        "run", "customer_onboarding", "-i", GOOD, "-s", 'customer_data={"name": ""}', "--json"
    )

    assert "name: is missing" in said.json["outputs"]["validation_errors"]


def test_a_missing_input_is_named_with_how_to_give_it(say):
    said = say("run", "customer_onboarding")

    assert said.code == 1
    assert "'customer_data'" in said.err
    assert "give customer_data=<dict" in said.err


def test_an_unknown_name_is_answered_with_the_nearest(say):
    said = say("run", "customer_onbording", "--json")

    assert said.code == 1
    assert "did you mean 'customer_onboarding'?" in said.err
    assert said.json["error"]["code"] == "unknown_name"


def test_a_failing_step_is_named_with_what_to_do_next(say):
    said = say("run", "onboard_sample_customer", "customer_id=C-999", "--json")

    assert said.code == 1
    assert said.json["failure"]["step"] == "pick_customer"
    assert "error: pick_customer: LibraryError: no customer 'C-999'" in said.err
    assert "packetflow resume" in said.err


def test_secrets_are_not_printed(say, example):
    (example / "keys.py").write_text(
        "from typing import Annotated\n"
        "from packetflow import capability, secret\n"
        "@capability(provides='token')\n"
        "def login(pin: Annotated[str, secret]) -> Annotated[str, secret]:\n"
        "    'Log in.'\n"
        "    return pin * 2\n"
    )

    said = say("run", "keys.py", "pin=4711", "--json")

    assert said.json["outputs"] == {"token": {"$secret": True}}
    assert "4711" not in said.out + said.err


def test_user_and_tags_are_kept(say):
    say("run", "digest_documents", "--user", "ada", "--tag", "team=blue")

    rows = say("sql", "select user_id, tags->>'team', trigger from executions", "--json").json[
        "rows"
    ]
    assert rows == [["ada", "blue", "cli"]]


def test_events_are_followed_as_lines_on_standard_error(say):
    said = say("run", "customer_onboarding", "-i", GOOD, "--follow", "--json")

    assert "generate_onboarding_plan ok in" in said.err
    assert said.json["status"] == "ok"


def test_wrong_usage_is_exit_code_2(say):
    assert say("run").code == 2
    assert say("run", "customer_onboarding", "--tag", "blue").code == 2
    assert say("run", "digest_documents", "no-sign").code == 2


def test_what_capabilities_print_does_not_get_into_the_json(program, example):
    (example / "flow.py").write_text(SLOW)

    said = program("run", "flow.py:quick", "n=1", "--json")

    assert said.json["outputs"] == {"first": 2}
    assert "a capability prints" in said.err
    assert "a child process prints" in said.err


def test_a_closed_pipe_is_no_traceback(begun):
    process = begun("list")
    process.stdout.close()
    process.stdout = None

    _, err = process.communicate(timeout=60)

    assert "Traceback" not in err
    assert process.returncode in {0, 1}


def test_ctrl_c_cancels_the_run_which_can_be_resumed(begun, program, example):
    (example / "flow.py").write_text(SLOW)
    process = begun("run", "flow.py:flow", "n=1", "--json", "--follow")
    for line in process.stderr:
        if line.startswith("slow begins"):
            break

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    told = json.loads(out)
    assert (process.returncode, told["status"]) == (1, "cancelled")
    assert f"packetflow resume {told['execution_id'][-8:]}" in err
    (example / "flow.py").write_text(SLOW.replace("range(600)", "range(1)"))
    refused = program("resume", told["execution_id"], "--json")
    assert "--accept-changes" in refused.err
    resumed = program("resume", told["execution_id"], "--accept-changes", "--json")
    assert resumed.json["outputs"] == {"first": 2, "second": 2}
    assert "a capability prints" not in resumed.err


def test_a_run_in_the_background_outlives_the_command(program, example):
    said = program("run", "customer_onboarding", "-i", "-", "--no-wait", "--json", given=GOOD_TEXT)

    found = program("runs", said.json["execution_id"], "--json")
    assert said.json["status"] == "running"
    assert found.json["status"] in {"running", "ok"}


GOOD_TEXT = json.dumps({"customer_data": {"name": ""}, "onboarding_preferences": {}})
