"""`packetflow doctor`."""

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionStarted
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner


def findings(said):
    return {one["what"]: one for one in said.json["checks"]}


def test_a_good_workspace_has_no_failure(say):
    said = say("doctor", "--json")

    found = findings(said)
    assert said.code == 0
    assert not [one for one in found.values() if one["status"] == "fail"]
    assert found["files"]["found"] == "17 capabilities, 5 pipelines"
    assert found["schema"]["status"] == "ok"


def test_people_read_a_line_for_each_check(say):
    out = say("doctor").out

    assert "ok    python" in out or "ok  python" in out


def test_names_of_keys_are_shown_and_never_their_values(say, monkeypatch):
    monkeypatch.setenv("SOMEBODY_API_KEY", "very-secret")
    monkeypatch.setenv("PACKETFLOW_MODEL", "somebody/model-9")

    said = say("doctor", "--json")

    assert "SOMEBODY_API_KEY" in findings(said)["models"]["found"]
    assert "very-secret" not in said.out
    assert "model-9" not in said.out


def test_broken_files_and_pipelines_are_failures(say, example):
    (example / "capabilities" / "broken.py").write_text("import gone_for_good\n")
    (example / "pipelines" / "bad.yaml").write_text("pipeline: bad\nsteps: [{use: nobody}]\n")

    said = say("doctor", "--json")

    found = findings(said)
    assert said.code == 1
    assert "gone_for_good" in found["file"]["found"]
    assert found["pipeline bad"]["status"] == "fail"


def test_bad_settings_are_a_failure_and_the_other_checks_still_run(say, example):
    (example / "packetflow.toml").write_text("[store]\nlingre = 1\n")

    said = say("doctor", "--json")

    assert said.code == 1
    assert "no setting 'lingre'" in findings(said)["writable"]["found"]
    assert findings(said)["disk"]["status"] == "ok"


def test_runs_whose_process_is_gone_are_named_with_how_to_go_on(say, example):
    identity = new_id()
    with JournalWriter(example, role="test") as journal:
        journal.append(
            ExecutionStarted(identity, 1, 1_790_000_000_000_000_000, "x", "1", "", "cli", {})
        )
    Owner(example, patience_seconds=20).close()

    said = say("doctor", "--json")

    found = findings(said)["lost runs"]
    assert found["status"] == "warn"
    assert found["mend"] == f"packetflow resume {identity[-8:]}"
