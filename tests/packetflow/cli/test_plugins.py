import sys
from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner

from packetflow.cli import app as app_module
from packetflow.cli import plugins
from packetflow.cli.app import app

GROUP = plugins.GROUP


def greet(name: str) -> None:
    """Greet somebody."""
    typer.echo(f"hello {name}")


several = typer.Typer()


@several.command()
def one() -> None:
    """Say one."""
    typer.echo("one")


@several.command()
def two() -> None:
    """Say two."""


@pytest.fixture
def offered(monkeypatch):
    def offer(**points):
        made = [EntryPoint(name, value, GROUP) for name, value in points.items()]
        monkeypatch.setattr(plugins, "entry_points", lambda group: made)

    monkeypatch.setitem(sys.modules, "plugged", sys.modules[__name__])
    return offer


def test_a_function_of_a_plug_in_is_a_command(offered):
    offered(greet="plugged:greet")

    assert CliRunner().invoke(app, ["greet", "Ada"]).output == "hello Ada\n"
    assert "Greet somebody." in CliRunner().invoke(app, ["--help"]).output


def test_a_typer_of_a_plug_in_is_a_group_of_commands(offered):
    offered(say="plugged:several")

    assert CliRunner().invoke(app, ["say", "one"]).output == "one\n"


def test_a_broken_plug_in_is_named_and_left_out(offered):
    offered(bad="plugged:gone", greet="plugged:greet")

    said = CliRunner().invoke(app, ["--help"])

    assert said.exit_code == 0
    assert "plug-in command 'bad' (plugged:gone) was left out" in said.stderr
    assert "greet" in said.stdout


def test_a_plug_in_never_takes_the_place_of_a_built_in_command(offered):
    offered(run="plugged:greet")

    assert "Run a pipeline" in CliRunner().invoke(app, ["run", "--help"]).output
    assert CliRunner().invoke(app, ["--help"]).output.count("\n  run ") == 1


def test_an_unknown_command_is_wrong_usage_with_the_nearest(offered):
    offered()

    said = CliRunner().invoke(app, ["rnu"])

    assert said.exit_code == 2
    assert "run" in said.output


def test_every_built_in_command_can_be_loaded():
    for name in app_module.COMMANDS:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0
