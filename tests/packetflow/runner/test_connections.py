"""A request finds the runner that answers it, though others move or end before."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetflow.errors import RunnerLost
from packetflow.kernel import messages as m
from packetflow.runner import RunnerClient
from packetflow.runner.link import Moved


def test_a_request_that_was_moved_may_still_lose_one_runner(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    said: list[Exception | m.Answer] = [Moved(), RunnerLost("gone"), m.Done("", 3)]
    asked = 0

    class Meets:
        def ask(self, make: object, seconds: float | None) -> m.Answer:
            nonlocal asked
            asked += 1
            answer = said.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    with RunnerClient(folder, start=False) as client:
        monkeypatch.setattr(client._connections, "current", Meets)
        monkeypatch.setattr(client._connections, "let_go", lambda link: None)
        reached = client.emit("told")
        said += [RunnerLost("gone"), Moved(), RunnerLost("gone, too")]
        with pytest.raises(RunnerLost, match="gone, too"):
            client.emit("told")

    assert (reached, asked) == (3, 6)
