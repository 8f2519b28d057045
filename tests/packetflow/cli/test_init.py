"""`packetflow init`."""


def test_a_new_workspace_runs_its_first_pipeline(say, example):
    made = say("init", "mine", "--json").json
    said = say("run", "hello", "name=Ada", "--workspace", "mine", "--json")

    assert made["new"]
    assert made["next"][1] == "packetflow run hello name=Ada"
    assert said.json["outputs"] == {"greeting": "Hello Ada, good to see you!"}


def test_a_workspace_that_is_there_keeps_its_files(say, example):
    (example / "README.md").write_text("mine")

    said = say("init", ".")

    assert "is a workspace already" in said.out
    assert (example / "README.md").read_text() == "mine"


def test_this_folder_is_meant_when_none_is_named(say, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    said = say("init")

    assert (tmp_path / "packetflow.toml").is_file()
    assert "cd " not in said.out
    assert say("run", "hello", "name=Ada").code == 0


def test_a_folder_that_cannot_be_made_is_an_error(say, example):
    (example / "taken").touch()

    said = say("init", "taken/inside")

    assert said.code == 1
    assert "cannot make a workspace" in said.err
