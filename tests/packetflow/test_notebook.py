"""``%%capability`` and ``%pf run`` in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace
from packetflow.workspace.folder import make_folder

pytest.importorskip("IPython")
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

SHOUT = '''from packetflow import capability


@capability(provides="loud")
def shout(text: str, times: int = 1) -> str:
    """Say it loudly."""
    return text.upper() + "!" * times
'''


@pytest.fixture(scope="module")
def one_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """A shell without a history file; there can be only one in a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        made = InteractiveShell.instance()
        made.history_manager.enabled = False
        made.run_line_magic("load_ext", "packetflow")
        yield made
        made.history_manager.end_session()
        InteractiveShell.clear_instance()


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(make_folder(tmp_path / "work").path, role="notebook") as opened:
        yield opened


@pytest.fixture
def shell(one_shell: InteractiveShell, ws: Workspace) -> InteractiveShell:
    one_shell.reset()
    one_shell.user_ns["ws"] = ws
    return one_shell


def run(shell: InteractiveShell, cell: str) -> Any:
    return shell.run_cell(cell).raise_error()


def value(shell: InteractiveShell, cell: str) -> Any:
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


def files(ws: Workspace) -> dict[str, str]:
    return {path.name: path.read_text() for path in ws.folder.capabilities.glob("*") if path.suffix}


def refusal(shell: InteractiveShell, cell: str) -> str:
    with pytest.raises(UsageError) as refused:
        run(shell, cell)
    return str(refused.value)


def test_a_cell_becomes_a_file_and_a_capability_of_workspace_and_notebook(shell, ws, capsys):
    run(shell, f"%%capability voices\n{SHOUT}")

    assert files(ws)["voices.py"] == SHOUT
    assert ws.catalog.get("shout").declaration.intent == "Say it loudly."
    assert value(shell, "shout('hi')") == "HI!"
    assert "is in capabilities/voices.py" in capsys.readouterr().out
    with Workspace(ws.folder.path) as other:
        assert other.run_sync("shout", text="hi")["loud"] == "HI!"


def test_a_cell_without_a_name_is_called_as_its_first_function(shell, ws):
    run(shell, f"%%capability\n{SHOUT}")

    assert "shout.py" in files(ws)


def test_running_the_changed_cell_again_declares_it_anew(shell, ws):
    run(shell, f"%%capability\n{SHOUT}")
    run(shell, "%%capability\n" + SHOUT.replace("upper", "title"))

    assert value(shell, "%pf run shout text=hi")["loud"] == "Hi!"


def test_the_same_cell_goes_over_the_same_file_of_a_fresh_clone(shell, ws):
    (ws.folder.capabilities / "shout.py").write_text(SHOUT)

    run(shell, f"%%capability\n{SHOUT}")

    assert value(shell, "shout('hi')") == "HI!"


def test_a_file_changed_by_other_means_is_replaced_only_when_asked(shell, ws):
    run(shell, f"%%capability\n{SHOUT}")
    mine = SHOUT.replace("upper", "lower")
    (ws.folder.capabilities / "shout.py").write_text(mine)

    said = refusal(shell, f"%%capability\n{SHOUT}")
    assert "replace it: %%capability shout --replace" in said
    assert files(ws)["shout.py"] == mine

    run(shell, f"%%capability --replace\n{SHOUT}")
    assert files(ws)["shout.py"] == SHOUT


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("def broken(:\n    pass\n", "line 1 of the cell is no Python"),
        ("x = 1\n", "declares no capability"),
        ("def plain():\n    return 1\n", "declares no capability"),
        (
            "@capability(provides='n')\ndef one() -> int:\n    return 1\n",
            "line 1 of the cell: NameError: name 'capability' is not defined; the file stands by",
        ),
        (SHOUT.replace("shout", "greet"), "declares 'greet', which greetings.py declares too"),
    ],
    ids=["no Python", "no function", "no capability", "not imported", "a name twice"],
)
def test_a_cell_that_does_not_work_changes_nothing(shell, ws, cell, said):
    before = files(ws)

    assert said in refusal(shell, f"%%capability mine\n{cell}")

    assert files(ws) == before
    assert ws.catalog.broken_files() == []


def test_a_mistake_leaves_the_version_before_in_use(shell, ws):
    run(shell, f"%%capability\n{SHOUT}")

    refusal(shell, "%%capability shout\n1 / 0\n" + SHOUT)

    assert files(ws)["shout.py"] == SHOUT
    assert value(shell, "%pf run shout text=hi")["loud"] == "HI!"


@pytest.mark.parametrize("name", ["two words", "../out", "_hidden", "no-name"])
def test_what_cannot_be_a_file_of_capabilities_is_refused(shell, ws, name):
    before = files(ws)

    assert "the name of a Python file is wanted" in refusal(shell, f"%%capability {name}\n{SHOUT}")

    assert files(ws) == before


def test_pf_run_reads_values_by_their_type_and_answers_the_execution(shell, ws):
    run(shell, f"%%capability\n{SHOUT}")

    done = value(shell, "%pf run shout text='good day' times=3")

    assert done["loud"] == "GOOD DAY!!!"
    assert value(shell, f"ws.execution({done.id!r})").inputs == {"text": "good day", "times": 3}


def test_pf_run_runs_pipelines_and_sees_files_changed_elsewhere(shell, ws):
    path = ws.folder.capabilities / "greetings.py"
    assert value(shell, "%pf run hello name=Ada")["greeting"].startswith("Hello Ada")

    path.write_text(path.read_text().replace("Hello", "Ahoy"))

    assert value(shell, "%pf run hello name=Ada")["greeting"].startswith("Ahoy Ada")


def test_braces_and_dollars_of_a_value_are_its_own(shell, ws):
    shell.user_ns["name"] = "wrong"
    cell = "%pf run hello 'name={name} $name'"

    assert "{name} $name" in value(shell, cell)["greeting"]


def test_a_failed_step_is_an_answer_and_not_an_exception(shell, ws):
    run(shell, "%%capability\n" + SHOUT.replace("return", "raise OSError(text)  #"))

    assert value(shell, "%pf run shout text=away").failure.message == "away"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "is how it goes"),
        ("walk hello", "is how it goes"),
        ("run", "is how it goes"),
        ("run name=Ada", "is how it goes"),
        ("run helo name=Ada", "did you mean 'hello'"),
        ("run hello", "give name="),
        ("run hello Ada", "perhaps name=Ada"),
        ("run hello nme=Ada", "did you mean 'name'"),
        ("run hello name='Ada", "is a quote left open"),
    ],
)
def test_a_wrong_line_is_answered_with_what_to_do(shell, line, said):
    assert said in refusal(shell, f"%pf {line}")


def test_without_a_workspace_the_magics_say_how_to_open_one(shell):
    del shell.user_ns["ws"]

    assert "ws = Workspace('my-work') opens it" in refusal(shell, "%pf run hello name=Ada")


def test_the_only_workspace_may_have_any_name_and_several_need_one_called_ws(shell, ws):
    shell.user_ns["mine"] = shell.user_ns.pop("ws")
    assert value(shell, "%pf run hello name=Ada")["greeting"]

    with Workspace(":memory:") as other:
        shell.user_ns["other"] = other
        assert "mine and other; call one of them ws" in refusal(shell, "%pf run hello name=Ada")
        shell.user_ns["ws"] = other
        said = refusal(shell, f"%%capability\n{SHOUT}")
    assert "a workspace in memory has no files" in said


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%pf r", ["run"]),
        ("%pf run spl", ["split_text"]),
        ("run = %pf run hell", ["hello"]),
        ("%pf run hello na", ["name="]),
        ("%pf run hello name=Ada na", []),
        ("%pf run nobody n", []),
    ],
)
def test_the_tab_key_completes_names_and_inputs(shell, typed, offered):
    with provisionalcompleter():
        found = {one.text for one in shell.Completer.completions(typed, len(typed))}

    assert [one for one in sorted(found) if one in (*offered, "name=", "text=")] == offered


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1\nws.edit('helo')", "'hello'?\n  line 2 of the cell: ws.edit('helo')"),
        ("ws.edit('quarterly')", "no pipeline is called 'quarterly'\n"),
        ("ws.edit(5)", "ws.edit(flow.saved_as('name'))"),
        ("ws.edit('hello', height='tall')", "number of pixels"),
        ("ws.edit('hello', execution='nope')", "no execution is called 'nope'"),
        ("ws.show(5)", "an execution is named by its id"),
        ("ws.catalog.get('hello_').edit(ws)", "no capability is called 'hello_'"),
        ("ws.catalog.get('greet').edit(ws)", "flow.saved_as('my_flow').edit(ws)"),
        ("ws.catalog.pipeline('hello').edit('ws')", "ws = Workspace('my-work')"),
        (
            "from packetflow import capability\n@capability(provides='x')\ndef f(a): pass",
            "`a: str`",
        ),
    ],
)
def test_a_mistake_in_a_cell_is_answered_in_a_few_lines_of_ones_own(shell, capsys, cell, said):
    shell.run_cell(cell)

    told = capsys.readouterr().out.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert said in told
    assert len(told.strip().splitlines()) == 2
    assert "packetflow/" not in told


def test_an_error_of_ones_own_code_is_shown_with_its_line_there(shell, capsys):
    shell.run_cell(
        "from packetflow import capability\n\n\n"
        "@capability(provides='x')\n"
        "def fall(a: str) -> str:\n"
        "    raise ValueError('no luck')\n\n\n"
        "ws.run_sync(fall, a='b').raise_for_failure()"
    )

    told = capsys.readouterr().out
    assert "no luck" in told
    assert "line 6 of the cell: raise ValueError('no luck')" in told
    assert "packetflow/" not in told
