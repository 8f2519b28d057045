"""`packetflow doctor --effects`."""

import pytest

from packetflow import Effect
from packetflow.cli.effects import covered

TOUCHY = """
import socket
import subprocess
import sys
from pathlib import Path
from packetflow import Effect, capability

@capability(provides="n", examples=[{"path": "new.txt"}], effects=[Effect.reads("files")])
def sly(path: str) -> int:
    "Touch more than it says."
    Path(path).write_text("x")
    Path("files/orders.csv").read_text()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    with socket.socket() as one:
        one.settimeout(1)
        one.connect_ex(("127.0.0.1", 9))
    return 1
"""


def test_what_is_not_declared_is_reported(say, example):
    (example / "capabilities" / "touchy.py").write_text(TOUCHY)

    said = say("doctor", "--effects", "sly", "--json")

    undeclared = {one["kind"]: one["what"] for one in said.json["undeclared"]}
    assert said.code == 1
    assert set(undeclared) == {"writes files", "processes", "network"}
    assert undeclared["network"] == "127.0.0.1:9"
    assert undeclared["writes files"] == "./new.txt"
    assert not (example / "new.txt").exists()


def test_what_is_declared_is_fine(say):
    said = say("doctor", "--effects", "pick_customer")

    assert said.code == 0
    assert "declared  reads files: ./files/customers.json" in said.out


def test_a_capability_without_example_cannot_be_tried(say):
    said = say("doctor", "--effects", "ask_credit_bureau")

    assert said.code == 1
    assert "declare it with examples=" in said.err


@pytest.mark.parametrize(
    ("kind", "effect", "is_covered"),
    [
        ("network", Effect.reads("network"), True),
        ("network", Effect.writes("payments"), True),
        ("network", Effect.model(), True),
        ("network", Effect.reads("files"), False),
        ("reads files", Effect.writes("files"), True),
        ("writes files", Effect.reads("files"), False),
        ("processes", Effect.reads("processes"), True),
        ("processes", Effect.audit(), False),
    ],
)
def test_an_effect_covers_what_it_names(kind, effect, is_covered):
    assert covered(kind, [effect]) is is_covered
