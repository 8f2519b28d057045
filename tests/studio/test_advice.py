"""Words for people when something did not work."""

from pathlib import Path

import pytest

from packetflow import errors
from studio.advice import advise, apologise


def family(kind: type) -> list[type]:
    return [kind, *(one for child in kind.__subclasses__() for one in family(child))]


@pytest.mark.parametrize("kind", family(errors.PacketFlowError))
def test_every_error_gets_a_title_its_message_and_a_way_out(kind: type):
    error = kind.__new__(kind)
    errors.PacketFlowError.__init__(error, "what failed, and where")

    said = advise(error)

    assert said.text == "What failed, and where."
    assert said.title
    assert said.way_out


def test_an_unexpected_error_is_kept_in_the_log_and_not_shown(tmp_path: Path):
    (tmp_path / ".packetflow").mkdir()

    said = apologise(ZeroDivisionError("division by zero"), tmp_path)

    log = (tmp_path / ".packetflow" / "studio.log").read_text()
    assert "division by zero" in log
    assert "division" not in said.text + said.title + said.way_out
    reference = said.text.split("kept as ")[1].split()[0]
    assert reference in log


def test_an_apology_needs_no_workspace(tmp_path: Path):
    assert apologise(ValueError("x"), tmp_path / "gone").title
