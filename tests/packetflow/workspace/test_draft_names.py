"""Which draft goes by which name, while others look and change."""

from contextlib import ExitStack
from pathlib import Path

from packetflow.workspace.draft_names import names_held
from tests.forks import copied, is_free


def test_names_are_free_again_though_a_child_was_forked_meanwhile(tmp_path: Path):
    lock = tmp_path / "names.lock"

    with ExitStack() as child:
        with names_held(tmp_path):
            held = not is_free(lock)
            child.enter_context(copied(lock))

        assert held
        assert is_free(lock)
