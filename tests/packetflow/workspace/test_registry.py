"""The store is told of each capability once for each of its forms."""

from pathlib import Path
from typing import Any

from packetflow import Effect, capability
from packetflow.kernel.records import CapabilitySeen
from packetflow.workspace.registry import register


def greet(**facts: Any) -> Any:
    def fn(name: str) -> str:
        return name

    return capability(name="greet", provides="greeting", **facts)(fn)


def test_only_what_is_new_or_has_changed_is_told(tmp_path: Path):
    told: list[Any] = []
    known = tmp_path / "known.json"

    counts = [
        register([one], told.append, known, 7)
        for one in (
            greet(),
            greet(),
            greet(version="2"),
            greet(version="2", effects=[Effect.reads("network")]),
            greet(version="2", effects=[Effect.reads("network")]),
        )
    ]

    assert counts == [1, 0, 1, 1, 0]
    assert all(isinstance(one, CapabilitySeen) for one in told)
    assert "network" in told[-1].effects


def test_a_memory_that_cannot_be_read_is_made_anew(tmp_path: Path):
    known = tmp_path / "known.json"
    known.write_text("no json")

    assert register([greet()], [].append, known, 7) == 1
    assert register([greet()], [].append, known, 7) == 0
