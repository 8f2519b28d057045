from __future__ import annotations

import pytest

from packetflow.errors import WorkspaceError
from packetflow.store.settings import Settings, read_settings


def test_a_workspace_that_says_nothing_has_the_defaults(tmp_path):
    assert read_settings(tmp_path) == Settings(linger_seconds=1.5, retention_days=0)

    (tmp_path / "packetflow.toml").write_text("[other]\nx = 1\n")
    assert read_settings(tmp_path) == Settings()


def test_settings_are_read(tmp_path):
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 60\nretention_days = 30\n")

    assert read_settings(tmp_path) == Settings(60, 30)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[store", "no TOML"),
        ("[store]\nlinger = 1", "no setting 'linger'"),
        ("[store]\nretention_days = -1", "from 0 on"),
        ("[store]\nretention_days = 1.5", "from 0 on"),
        ("[store]\nretention_days = true", "from 0 on"),
        ("[store]\nlinger_seconds = 'x'", "from 0 on"),
        ("[store]\nlinger_seconds = nan", "from 0 on"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path, text, message):
    (tmp_path / "packetflow.toml").write_text(text)

    with pytest.raises(WorkspaceError, match=message):
        read_settings(tmp_path)
