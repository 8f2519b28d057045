"""`packetflow diff`."""

OLD = "pipeline: words\nsteps:\n  - use: summarize_text\n"
NEW = "pipeline: words\nsteps:\n  - use: summarize_text\n  - use: keywords\n"


def test_two_files_are_told_apart_step_by_step(say, example):
    (example / "old.yaml").write_text(OLD)
    (example / "new.yaml").write_text(NEW)

    assert say("diff", "old.yaml", "new.yaml").out == "+ added keywords after summarize_text\n"
    assert say("diff", "new.yaml", "old.yaml", "--json").json["changes"][0]["kind"] == "removed"
    assert say("diff", "new.yaml", "new.yaml").out == "nothing differs\n"


def test_what_is_no_pipeline_is_refused(say):
    said = say("diff", "keywords", "research_report")

    assert said.code == 1
    assert "keywords is no pipeline" in said.err
