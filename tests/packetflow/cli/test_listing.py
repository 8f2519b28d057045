"""`packetflow list` and `packetflow search`."""


def test_pipelines_and_capabilities_are_listed(say):
    told = say("list", "--json").json

    assert "customer_onboarding" in [one["name"] for one in told["pipelines"]]
    own = {one["name"]: one["own"] for one in told["capabilities"]}
    assert own["pick_customer"]
    assert not own["load_table"]


def test_only_one_kind_can_be_listed(say):
    assert "capabilities" not in say("list", "--pipelines", "--json").json
    assert "pipelines" not in say("list", "--capabilities", "--json").json


def test_into_a_pipe_columns_are_plain_and_uncut(say):
    out = say("list", "--pipelines").out

    assert "Onboard one of the made-up customers of files/customers.json, C-001 to C-006" in out
    assert "\x1b" not in out


def test_the_best_fit_is_found_first(say):
    assert say("search", "customer", "onboarding", "--json").json["found"][0]["name"] == (
        "customer_onboarding"
    )


def test_nothing_found_is_said(say):
    assert "nothing found" in say("search", "zzzzz").out


def test_who_has_no_workspace_is_told_that_this_is_the_example(say, example, tmp_path, monkeypatch):
    monkeypatch.setattr("packetflow.workspace.folder.example_folder", lambda: example)
    inside = say("list")
    monkeypatch.chdir(tmp_path)

    outside = say("list")

    assert "this is the example workspace" not in inside.err
    assert "this is the example workspace" in outside.err
    assert say("list", "--json").err == ""
