"""What there is, as cards that travel."""

from __future__ import annotations

from pathlib import Path

from packetflow.discovery.files import load_file
from packetflow.runner.present import capability_card

CODE = """\
from packetflow import capability

@capability(provides="sum")
def add(
    a: int,
) -> int:
    return a
"""


def test_a_capability_whose_file_is_just_being_written_has_a_card_without_source(tmp_path: Path):
    path = tmp_path / "sums.py"
    path.write_text(CODE)
    loaded = load_file(path, "written", None)
    path.write_text(CODE[: CODE.index(") ->")])

    card = capability_card(loaded.capabilities[0])

    assert (card.name, card.source) == ("add", "")
