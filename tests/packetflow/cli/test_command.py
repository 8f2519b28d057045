import sys

import pytest
import typer

from packetflow.cli.command import Command
from packetflow.errors import UnknownName


def test_an_error_of_ours_is_one_line_and_exit_code_1(capsys):
    with pytest.raises(typer.Exit) as left, Command():
        raise UnknownName("pipeline", "x")

    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "error: no pipeline is called 'x'\n"


def test_an_unexpected_error_is_one_line_too(capsys):
    with pytest.raises(typer.Exit), Command():
        raise ZeroDivisionError("by zero")

    assert capsys.readouterr().err == "error: ZeroDivisionError: by zero (--debug shows where)\n"


def test_debug_shows_the_traceback(capsys):
    with pytest.raises(typer.Exit), Command(debug=True):
        raise ZeroDivisionError("by zero")

    assert "Traceback" in capsys.readouterr().err


def test_machines_get_errors_as_json(capsys):
    with pytest.raises(typer.Exit), Command(as_json=True):
        raise UnknownName("pipeline", "x")

    assert '"code": "unknown_name"' in capsys.readouterr().out


def test_only_the_answer_is_on_standard_output(capsys):
    with Command(as_json=True) as command:
        typer.echo("in between")
        command.answer({"n": 1}, "")

    out, err = capsys.readouterr()
    assert out == '{\n  "n": 1\n}\n'
    assert "in between" in err


def test_wrong_usage_stays_wrong_usage():
    with pytest.raises(typer.BadParameter), Command():
        raise typer.BadParameter("no")


def test_standard_output_is_given_back(capsys):
    before = sys.stdout
    with pytest.raises(typer.Exit), Command(as_json=True):
        raise UnknownName("pipeline", "x")

    assert sys.stdout is before
