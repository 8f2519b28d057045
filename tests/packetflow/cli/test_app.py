"""The program as a whole: every example of its page, its help, its start."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from packetflow import __version__
from packetflow.cli.app import COMMANDS, ELSEWHERE

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
HEAVY = ("pyarrow", "duckdb", "numpy", "pandas", "plotly", "networkx", "asyncio")


def examples() -> list[list[str]]:
    lines = re.findall(r"^\$ packetflow (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_every_example_of_the_page_works_in_order(say):
    for words in examples():
        if "ID" in words:
            rows = say("runs", "--limit", "1", "--json").json["rows"]
            words = [rows[0][0][-8:] if word == "ID" else word for word in words]

        said = say(*words)

        assert said.code == 0, (words, said.err)
        if "--json" in words:
            json.loads(said.out)


def test_the_page_has_an_example_of_every_command():
    shown = {words[0] for words in examples()}

    # resume needs an interrupted run and studio a browser: tests of their own show them
    assert set(COMMANDS) - shown == {"resume", "studio"}


def test_the_version_is_said(say):
    assert say("--version").out == f"{__version__}\n"


def test_help_without_a_command_lists_them_all(say):
    out = say("--help").out

    assert [name for name in COMMANDS if f"\n  {name} " not in out] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples(say, name):
    said = say(name, "--help")

    assert said.code == 0
    assert f"\n    packetflow {name}" in said.out.partition("Examples:")[2]
    assert "..." not in said.out.split("\n")[2]


def test_the_list_of_commands_says_each_in_full(say):
    lines = say("--help").out.partition("Commands:")[2].partition("Begin with")[0].splitlines()

    assert [line for line in lines if line.endswith("...")] == []


def test_a_pipelines_name_in_place_of_a_command_is_answered_with_how_to_run_it(say):
    said = say("digest_documents")

    assert said.code == 2
    assert "`packetflow run digest_documents`" in said.err


@pytest.mark.parametrize(
    "words",
    [("run",), ("runs", "--limit", "0"), ("show", "--svg"), ("run", "language", "Ada"), ("nope",)],
)
def test_wrong_usage_has_exit_code_2(say, words):
    assert say(*words).code == 2


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom packetflow.cli import main\nsys.argv = ['packetflow', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *sys.modules)"
    )

    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    loaded = set(out.rpartition("loaded:")[2].split())
    assert loaded.isdisjoint(HEAVY)


def test_a_run_without_tables_loads_neither_arrow_nor_duckdb(say, example):
    say("init", "mine")
    code = (
        "import sys\nfrom packetflow.cli import main\n"
        "sys.argv = ['packetflow', 'run', 'hello', 'name=Ada', '-w', 'mine', '--json']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *sys.modules)"
    )

    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=example,
        env=os.environ | {"PYTHONPATH": str(PAGE.parents[1])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "Hello Ada" in out
    assert set(out.rpartition("loaded:")[2].split()).isdisjoint({"pyarrow", "duckdb"})


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--foo", "--json"),
        ("run", "--json"),
        ("emit", "foo", "bar", "--json"),
        ("runs", "--status", "nope", "--json"),
        ("sql", "select 1", "--csv", "--json"),
        ("lists", "--json"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_json_too_where_json_was_asked_for(program, words):
    said = program(*words)

    assert said.code == 2
    assert said.json["error"]["code"] == "usage"
    assert said.json["error"]["message"] in said.err


def test_a_command_is_found_by_what_others_call_it(say):
    said = say("replay", "1a2b3c4d")

    assert said.code == 2
    assert "there is no command 'replay'; did you mean 'fork'?" in said.err


def test_what_others_call_a_command_is_none_of_ours():
    assert set(ELSEWHERE.values()) <= set(COMMANDS)
    assert not set(ELSEWHERE) & set(COMMANDS)
