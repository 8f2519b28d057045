"""What comes later has the higher number, in whichever process and after every restart."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from packetflow.workspace.order import Order


def test_a_later_number_is_never_lower_in_another_process(tmp_path: Path):
    code = "import sys; from packetflow.workspace.order import Order; from pathlib import Path\n"
    code += "print(Order(Path(sys.argv[1]), boot='b')())"
    mine = Order(tmp_path, boot="b")
    before = mine()

    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, timeout=60
    )

    assert 0 < before < int(said.stdout) < mine()


def test_numbers_go_on_when_the_machine_has_started_anew(tmp_path: Path, monkeypatch):
    clock = [5_000_000]
    monkeypatch.setattr("time.monotonic_ns", lambda: clock[0])
    before = Order(tmp_path, boot="first")()
    clock[0] = 1_000  # the clock counts from the start
    after = Order(tmp_path, boot="second")()
    again = Order(tmp_path, boot="second")()

    assert before < after == again


def test_a_folder_that_two_machines_use_by_turns_still_has_one_order(tmp_path: Path):
    turns = [Order(tmp_path, boot=name)() for name in ("here", "there", "here")]

    assert turns == sorted(turns)


def test_two_processes_that_note_a_start_at_once_count_it_once(tmp_path: Path):
    (tmp_path / "boots").write_text("one\ntwo\ntwo\n")

    assert Order(tmp_path, boot="two")() >> 48 == 2


def test_after_a_torn_line_all_processes_of_a_start_count_alike(tmp_path: Path):
    (tmp_path / "boots").write_text("one\ntw")

    bases = [Order(tmp_path, boot="two")() >> 48 for _ in range(3)]

    assert bases == [3, 3, 3]


def test_a_start_that_could_not_be_noted_whole_gives_no_number(tmp_path: Path, monkeypatch):
    whole = os.write
    monkeypatch.setattr("packetflow.workspace.order.os.write", lambda fd, b: whole(fd, b[:3]))
    short = Order(tmp_path, boot="two")()
    monkeypatch.undo()
    order = Order(tmp_path, boot="two")

    assert short == 0
    assert order() >> 48 == Order(tmp_path, boot="two")() >> 48


@pytest.mark.parametrize("broken", ["no room", "no name"])
def test_without_a_name_of_the_start_or_room_to_note_it_there_is_no_number(
    tmp_path: Path, monkeypatch, broken: str
):
    monkeypatch.setattr("packetflow.workspace.order._BOOT", tmp_path / "missing")
    state = tmp_path / "deleted" if broken == "no room" else tmp_path

    assert Order(state, boot="b" if broken == "no room" else None)() == 0
