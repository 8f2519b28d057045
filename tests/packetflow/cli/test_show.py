"""`packetflow show` and `packetflow check`."""

import json

BAD = """pipeline: bad
steps:
  - use: digest_documnt
  - use: combine_digests
"""

SLIPS = """pipeline: slips
steps:
  - {use: pick_customer, with: [{retry: {attempts: 2, on: [TimeoutErorr]}}]}
  - when: size(custmer_data) > 0
    then:
      - {use: keywords, id: keywords_2, from: {text: customer_data.name}}
      - {use: keywords, set: {limit: many}, from: {text: customer_id}, to: {keywords: k}}
"""


def test_a_pipeline_is_shown_with_contract_and_steps(say):
    said = say("show", "customer_onboarding")

    assert "customer_data: dict[str, Any]" in said.out
    assert "when size(validation_errors) == 0: one after the other" in said.out
    assert "ask_credit_bureau [timeout 2 s, retry 3x on ConnectionError, TimeoutError]" in said.out
    assert "everything fits" in said.out


def test_a_capability_is_shown_with_its_effects(say):
    told = say("show", "load_table", "--json").json

    assert told["kind"] == "capability"
    assert told["effects"]
    assert told["requires"][0]["name"] == "path"


def test_pictures_are_printed_or_written(say, example):
    assert say("show", "digest_documents", "--mermaid").out.startswith(("flowchart", "---", "%%"))
    assert say("show", "digest_documents", "--svg", "-").out.startswith("<svg")
    say("show", "digest_documents", "--html", "page.html")
    assert (example / "page.html").read_text().startswith("<!doctype html>")


def test_the_yaml_of_a_pipeline_can_be_run(say, example):
    text = say("show", "digest_documents", "--yaml").out
    (example / "copy.yaml").write_text(text)

    assert say("run", "copy.yaml", "--json").json["outputs"]["document_count"] == 7


def test_the_example_workspace_fits(say):
    none = {"errors": 0, "warnings": 0, "problems": [], "notes": []}
    assert say("check", "--json").json == none


def test_problems_have_place_and_mend_and_exit_code_1(say, example):
    (example / "bad.yaml").write_text(BAD)

    said = say("check", "bad.yaml", "--json")

    (first, *_) = said.json["problems"]
    assert said.code == 1
    assert first["where"] == "bad.yaml:3, step digest_documnt"
    assert first["mend"] == "use 'digest_document'"


def test_a_file_that_does_not_parse_is_reported_with_its_line(say, example):
    (example / "bad.yaml").write_text("pipeline: bad\nstepz: []\n")

    said = say("check", "bad.yaml")

    assert said.code == 1
    assert "error: bad.yaml:2" in said.out


def test_slips_are_found_with_step_line_and_nearest(say, example):
    (example / "pipelines" / "slips.yaml").write_text(SLIPS)

    said = say("check", "slips")
    file = say("check", "pipelines/slips.yaml")
    told = say("check", "--json").json

    lines = said.out.splitlines()
    assert said.code == 1
    assert file.out == said.out
    assert (told["errors"], told["warnings"]) == (3, 1)
    places = [line.split(": ")[1] for line in lines if not line.startswith("  ")]
    assert places == [
        "pipelines/slips.yaml:3, step pick_customer",
        "pipelines/slips.yaml:7, step keywords",
        "pipelines/slips.yaml:6, step keywords_2",
        "pipelines/slips.yaml:4, step branch",
    ]
    assert "did you mean 'TimeoutError'" in said.out
    assert "did you mean 'customer_data'" in said.out
    assert "takes 'customer_data' whole" in said.out
    assert "is no int" in said.out


def test_the_place_of_a_broken_file_is_said_once_and_as_seen_from_here(say, example):
    (example / "pipelines" / "broken.yaml").write_text("pipeline: broken\nsteps: [{us: x}]\n")

    (line,) = say("check").out.splitlines()

    assert line.startswith("error: pipelines/broken.yaml:2: a step needs a key")


def test_a_broken_capability_file_is_found_with_its_line(say, example):
    (example / "capabilities" / "broken.py").write_text("x = 1\nraise ValueError('no')\n")

    said = say("check")

    assert said.code == 1
    assert "broken.py:2: ValueError: no" in said.out


def test_what_is_wrong_does_not_hide_the_rest(say, example):
    (example / "capabilities" / "broken.py").write_text("raise SystemExit\n")

    said = say("list", "--json")

    assert said.code == 0
    assert "warning:" in said.err
    assert len(json.loads(said.out)["pipelines"]) == 5
